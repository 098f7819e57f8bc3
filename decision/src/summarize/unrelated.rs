//! What single labels lead to, without trying each of a large vocabulary.
//!
//! A label that has nothing to do with any text it was compared with leads where a name leads that no application looks
//! for. That it does is tried on some of them, spread over the vocabulary: a program can also count letters.

use super::probe::{NEUTRAL, Outcome, Probe};
use crate::decider::DecideError;
use crate::summary::Vocabulary;

/// Of smaller vocabularies every label is tried.
const SMALL: usize = 96;

/// Where a program compares with more texts than these, to look for related labels is as long as to try them.
const MAX_TEXTS: usize = 256;

/// How many unrelated labels are tried.
const SAMPLE: usize = 24;

/// The outcome of each label of the vocabulary alone.
pub(super) fn singles(probe: &mut Probe<'_>, vocabulary: &Vocabulary) -> Result<Vec<Outcome>, DecideError> {
    let labels = &vocabulary.labels;
    match related(probe, labels)? {
        Some(found) => Ok(found),
        None => labels.iter().map(|label| probe.labels(&[label])).collect(),
    }
}

/// The outcomes, where those of related labels and of some others tell all; `None` where every label must be tried.
fn related(probe: &mut Probe<'_>, labels: &[String]) -> Result<Option<Vec<Outcome>>, DecideError> {
    if labels.len() < SMALL || probe.has_patterns {
        return Ok(None);
    }
    let neutral = probe.labels(&[NEUTRAL])?;
    let folded: Vec<String> = labels.iter().map(|label| fold(label)).collect();
    let mut found: Vec<Option<Outcome>> = vec![None; labels.len()];
    let written: Vec<String> = probe.written.iter().map(|text| fold(text)).filter(|text| !text.is_empty()).collect();
    let mut known = usize::MAX;
    loop {
        let texts = probe.compared();
        if texts.len() == known {
            break;
        }
        known = texts.len();
        let texts: Vec<String> = texts.iter().map(|text| fold(text)).chain(written.iter().cloned()).collect();
        if texts.len() > MAX_TEXTS || texts.iter().any(String::is_empty) {
            return Ok(None);
        }
        for (at, label) in folded.iter().enumerate() {
            if found[at].is_none() && texts.iter().any(|text| text.contains(label) || label.contains(text)) {
                found[at] = Some(probe.labels(&[&labels[at]])?);
            }
        }
    }
    let others: Vec<usize> = (0..labels.len()).filter(|&at| found[at].is_none()).collect();
    for &at in others.iter().step_by((others.len() / SAMPLE).max(1)) {
        if probe.labels(&[&labels[at]])? != neutral {
            return Ok(None);
        }
    }
    Ok(Some(found.into_iter().map(|outcome| outcome.unwrap_or(neutral)).collect()))
}

/// The letters and digits of a text, in lower case.
fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
