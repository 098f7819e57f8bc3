//! Patterns of which one label must match several: a price and a quantity in one line.

use super::Draft;
use super::branches::Branches;
use super::probe::Probe;
use super::words::Found;
use crate::decider::DecideError;
use crate::program::Program;
use crate::sample;

/// Patterns that are tried together.
const MAX_TOGETHER: usize = 8;

/// Has patterns that lead nowhere by themselves be words of what a label leads to that matches all of them; those that are
/// not needed for it stay as they are.
pub(super) fn join(probe: &mut Probe<'_>, found: &mut Branches, words: &mut [Found]) -> Result<(), DecideError> {
    let samples = words.iter().enumerate().filter(|(_, word)| word.outcome.is_none());
    let mut needed: Vec<(usize, String)> =
        samples.filter_map(|(at, word)| Some((at, sample::of(word.compared())?))).take(MAX_TOGETHER).collect();
    let together =
        |needed: &[(usize, String)]| needed.iter().map(|(_, sample)| sample.as_str()).collect::<Vec<_>>().join(" ");
    if needed.len() < 2 {
        return Ok(());
    }
    let outcome = probe.labels(&[&together(&needed)])?;
    if outcome == found.default || (probe.fails(outcome) && !probe.fails(found.default)) {
        return Ok(());
    }
    // Labels of their own do as well.
    let apart: Vec<&str> = needed.iter().map(|(_, sample)| sample.as_str()).collect();
    if probe.labels(&apart)? == outcome {
        return Ok(());
    }
    for at in (0..needed.len()).rev() {
        let left_out = needed.remove(at);
        if needed.is_empty() || probe.labels(&[&together(&needed)])? != outcome {
            needed.insert(at, left_out);
        }
    }
    if needed.len() < 2 {
        return Ok(());
    }
    found.of_word(outcome, &together(&needed));
    for (at, _) in needed {
        (words[at].outcome, words[at].joined) = (Some(outcome), true);
    }
    Ok(())
}

/// Says which patterns a label must match together.
pub(super) fn tell(draft: &mut Draft, program: &Program, words: &[Found]) {
    let joined: Vec<String> =
        words.iter().filter(|word| word.joined).map(|word| format!("`{}`", word.written)).collect();
    if !joined.is_empty() {
        draft.warn(program, format!("one label must match all of these at once: {}", joined.join(", ")));
    }
}
