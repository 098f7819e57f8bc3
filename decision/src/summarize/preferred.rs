//! Names whose items are handed on before any other: a list of them is gone through first, and only then the highest score
//! or the first place says which one it is.

use super::branches::Branches;
use super::matching::spellings;
use super::probe::{NEUTRAL, Probe};
use super::words;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::process::Warning;

/// Words that are tried.
const MAX_WORDS: usize = 24;

/// Scores of the first item and the second.
const SCORES: [f64; 2] = [0.99, 0.93];

/// Scores of items that may be too unsure for the program.
const UNSURE: [f64; 6] = [0.05, 0.3, 0.5, 0.7, 0.8, 0.9];

/// What is said of them.
pub(super) struct Preferred {
    /// As they are written.
    pub(super) words: Vec<String>,
    pub(super) warning: Warning,
}

/// The words that are handed on before what any other name leads to.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[words::Found],
) -> Result<Option<Preferred>, DecideError> {
    let rest = probe.labels(&[NEUTRAL])?;
    if !found.branches.iter().any(|branch| branch.outcome == rest) {
        return Ok(None);
    }
    // One that counts only where the API is surer of it than of others is handed on under a condition.
    let mut least = SCORES[1];
    for score in UNSURE {
        if probe.scored(&[(NEUTRAL, score)])? == rest {
            least = score;
            break;
        }
    }
    let mut preferred: Vec<(&words::Found, String)> = Vec::new();
    for word in words.iter().filter(|word| !word.compared().contains(NEUTRAL)).take(MAX_WORDS) {
        for form in spellings(word.compared()) {
            if probe.labels(&[&form])? == rest && is_before(probe, (&form, NEUTRAL), least)? {
                preferred.push((word, form));
                break;
            }
        }
    }
    let Some((first, _)) = preferred.first() else { return Ok(None) };
    let mut in_order = preferred.len() > 1;
    for pair in preferred.windows(2) {
        in_order = in_order && is_before(probe, (&pair[0].1, &pair[1].1), least)?;
    }
    let quoted: Vec<String> = preferred.iter().map(|(word, _)| format!("`{}`", word.written)).collect();
    let order = if in_order { ", in this order" } else { "" };
    let message = format!("of several, one called {} is handed on before any other{order}", quoted.join(", "));
    let warning = Warning { span: first.span, message };
    Ok(Some(Preferred { words: preferred.iter().map(|(word, _)| word.written.clone()).collect(), warning }))
}

/// Whether of items of two names only the one shows, wherever it stands, whichever score is higher, and however low its own
/// is, if no lower than any must have.
fn is_before(probe: &mut Probe<'_>, (one, other): (&str, &str), least: f64) -> Result<bool, DecideError> {
    let [more, less] = SCORES;
    for labels in [[(other, more), (one, less)], [(one, more), (other, less)], [(other, more), (one, least)]] {
        probe.run(&probe.subject.output(ApiOutput::labels(labels)))?;
        // What is only printed on the way says nothing where something is returned or given to something outside.
        let has = |text: &String, name: &str| text.to_lowercase().contains(&name.to_lowercase());
        let Some(way) = probe.ways().iter().find(|text| has(text, one) || has(text, other)) else { return Ok(false) };
        if !has(way, one) || has(way, other) {
            return Ok(false);
        }
    }
    Ok(true)
}
