//! Texts of which a part is handed on, which what is in them chooses: what a regular expression finds, what stands behind a
//! word.

use super::Draft;
use super::constants::Constants;
use super::probe::{NEUTRAL, OTHER, Probe};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::process::Warning;
use crate::program::Span;
use crate::sample;

/// How the reason begins where nothing decides but which part of a text is handed on.
const PIECES: &str = "which part of a text is handed on is decided by what is in it";

/// Words of which it is asked whether they choose a part of a text.
const MAX_WORDS: usize = 24;

/// Where any name leads to the same but for the part of it that is handed on, says what that part is chosen by.
pub(super) fn tell(draft: &mut Draft, probe: &mut Probe<'_>, constants: &Constants) -> Result<(), DecideError> {
    let usual = probe.run(&ApiOutput::sure([NEUTRAL]))?;
    if probe.fails(usual) {
        return Ok(());
    }
    for word in probe.compared().into_iter().take(MAX_WORDS) {
        let message = match sample::without(&word) {
            Some(text) => {
                let outcome = probe.run(&ApiOutput::sure([text.as_str()]))?;
                let shown = || format!("a text without a match of `{word}` leads to `{}`", probe.shown(outcome));
                (outcome != usual).then(shown)
            }
            None => beside(probe, &word)?.map(|part| format!("of a text with `{word}` in it {part} is handed on")),
        };
        let Some(message) = message else { continue };
        let (written, span) = constants.place(&word).unwrap_or_else(|| (word.clone(), Span::default()));
        draft.summary.idle.retain(|idle| idle.text != written);
        draft.warnings.push(Warning { span, message });
        draft.summary.reason = Some(format!("{PIECES}: `{}`", probe.shown(usual)));
    }
    Ok(())
}

/// Which part of a text shows where a word stands in it, if not the same as where another one does.
fn beside(probe: &mut Probe<'_>, word: &str) -> Result<Option<&'static str>, DecideError> {
    let mut shown = |word: &str| -> Result<String, DecideError> {
        probe.run(&ApiOutput::sure([format!("{NEUTRAL} {word} {OTHER}").as_str()]))?;
        Ok(probe.observed().to_lowercase())
    };
    // As long as the word: what is cut out may be cut out by its place.
    let other = "q".repeat(word.chars().count());
    let (with, without) = (shown(word)?, shown(&other)?);
    // As much shows of either where it is cut out by its place, though that lies within the word.
    let as_much = with.chars().count() == without.chars().count();
    if as_much || with.replace(&word.to_lowercase(), &other) == without {
        return Ok(None);
    }
    Ok(match [NEUTRAL, OTHER].map(|part| with.contains(&part.to_lowercase())) {
        [true, false] => Some("what stands before it"),
        [false, true] => Some("what stands behind it"),
        _ => Some("something else than of one without it"),
    })
}
