//! Code that does what it says but probably not what it means.

use std::collections::BTreeMap;

use super::branches::Branches;
use super::probe::{NEUTRAL, Probe};
use super::words::Found;
use super::{Draft, joint};
use crate::decider::DecideError;
use crate::process::Warning;
use crate::program::{Program, Span};
use crate::summary::{MatchMode, Vocabulary};

/// What is said of a condition that changes nothing.
pub(super) const SAME_WAYS: &str = "both ways of this condition come to the same outcome";

/// What is said of a word that is looked for in a text of which a part is unknown.
pub(super) const PRESUMED: &str = "what else is in this text is not determined by the program; it is taken for it that it does not say what is looked for";

/// What is said where it is counted how many keys there are of which several are unknown.
pub(super) const PRESUMED_ONE: &str = "how many of these differ is not determined by the program; it is taken for it that all of them that are unknown are the same";

pub(super) fn find(
    draft: &mut Draft,
    program: &Program,
    probe: &Probe<'_>,
    found: &Branches,
    words: &[Found],
    vocabulary: &Vocabulary,
) {
    let lower: Vec<&Found> = words.iter().filter(|word| is_lower(word, vocabulary)).collect();
    for word in words {
        if let Some(message) = odd_word(word, vocabulary, lower.len() > FEW) {
            draft.warnings.push(Warning { span: word.span, message });
        }
    }
    if let Some((first, rest)) = lower.split_first().filter(|_| lower.len() > FEW) {
        let (text, rest, name) = (&first.written, rest.len(), &vocabulary.name);
        let message = format!("`{text}` and {rest} more words never equal a label: labels of {name} are capitalised");
        draft.warnings.push(Warning { span: first.span, message });
    }
    // Without a vocabulary nothing is known of what the API never answers; and it may not hold all that the API knows, as a
    // word of the application's.
    let has_words = |branch: &super::branches::Found| words.iter().any(|word| word.outcome == Some(branch.outcome));
    let unreached =
        |branch: &&super::branches::Found| branch.labels.is_empty() && !branch.negated && !has_words(branch);
    for branch in found.branches.iter().filter(unreached).filter(|_| !vocabulary.labels.is_empty()) {
        let outcome = probe.shown(branch.outcome);
        let effects = probe.own_effects(branch.outcome, found.default);
        let span = effects.first().map(|effect| effect.span);
        let message = format!("{NO_LABEL}{} leads to `{outcome}`", vocabulary.name);
        match span {
            Some(span) => draft.warnings.push(Warning { span, message }),
            None => draft.warn(program, message),
        }
    }
    for (span, always) in one_sided(probe) {
        draft.warnings.push(Warning { span, message: always_so(always) });
    }
    let entry = program.functions.get(program.entry.0 as usize).map(|function| function.span).unwrap_or_default();
    if found.joint.len() > MANY {
        draft.warnings.extend(joint::of_many(probe, found, entry));
    } else {
        draft.warnings.extend(found.joint.iter().map(|joint| joint::warning(probe, found, joint, entry)));
    }
    // Where an answer without results has an outcome of its own, such a condition can be what it is told apart by.
    if found.branches.is_empty() && !found.tells_empty {
        let turned = probe.inspecting.iter().find(|span| {
            [true, false].iter().all(|&way| probe.all_tests.contains(&(**span, way))) && comes_to_same(probe, **span)
        });
        if let Some(&span) = turned {
            let message = SAME_WAYS.to_owned();
            draft.warnings.push(Warning { span, message });
        }
    }
    draft.warnings.sort_by_key(|warning| warning.span);
    draft.warnings.dedup();
}

/// Whether the outcomes that show after a condition are those of either way of it.
fn comes_to_same(probe: &Probe<'_>, condition: Span) -> bool {
    probe.tests.values().all(|tests| tests.contains(&(condition, true)) == tests.contains(&(condition, false)))
}

/// More words of one kind are told of in one warning.
const FEW: usize = 3;

/// More sets of branches that have outcomes of their own are told of in one warning.
const MANY: usize = 8;

/// Whether a word is written small where no label is, whatever its case.
fn is_lower(word: &Found, vocabulary: &Vocabulary) -> bool {
    let starts_small = word.written.chars().next().is_some_and(char::is_lowercase);
    let folded = word.written.to_lowercase();
    word.outcome.is_some()
        && word.mode == MatchMode::Exact
        && starts_small
        && !vocabulary.labels.is_empty()
        && vocabulary.labels.iter().all(|label| label.to_lowercase() != folded)
}

/// Words whose case no label has; `together` tells those that are written small in one warning.
fn odd_word(word: &Found, vocabulary: &Vocabulary, together: bool) -> Option<String> {
    let text = &word.written;
    word.outcome?;
    if vocabulary.labels.is_empty() {
        return None;
    }
    let cased = matches!(word.mode, MatchMode::Exact);
    let exists = vocabulary.labels.iter().any(|label| label == text);
    let otherwise = vocabulary.labels.iter().find(|label| label.to_lowercase() == text.to_lowercase());
    match otherwise {
        Some(label) if cased && !exists => {
            Some(format!("`{text}` never equals the label `{label}`: letter case differs"))
        }
        None if is_lower(word, vocabulary) && !together => {
            Some(format!("`{text}` never equals a label: labels of {} are capitalised", vocabulary.name))
        }
        _ => None,
    }
}

fn always_so(always: bool) -> String {
    format!("{ALWAYS}{} on every answer tried", if always { "true" } else { "false" })
}

/// How a warning begins of a condition that went one way only.
const ALWAYS: &str = "this condition was ";

/// How a warning begins of an outcome that nothing in the vocabulary leads to.
const NO_LABEL: &str = "no label of ";

/// Whether a warning says of all answers that none does something: where other APIs answer otherwise, one may.
pub fn speaks_of_all_answers(warning: &Warning) -> bool {
    warning.message == SAME_WAYS || [ALWAYS, NO_LABEL].iter().any(|start| warning.message.starts_with(start))
}

/// Takes back what was said of conditions that an answer tried later has turned.
pub(super) fn take_back_turned(draft: &mut Draft, probe: &Probe<'_>) {
    let turned = |warning: &Warning, always: bool| {
        warning.message == always_so(always) && probe.all_tests.contains(&(warning.span, !always))
    };
    draft.warnings.retain(|warning| ![true, false].iter().any(|&always| turned(warning, always)));
}

/// Words that are combined at most.
const MAX_COMBINED: usize = 12;

/// Runs the program on more outputs while some test went one way only: two words in one label, two labels, all words,
/// low scores.
pub(super) fn try_more(probe: &mut Probe<'_>, words: &[Found]) -> Result<(), DecideError> {
    if one_sided(probe).is_empty() {
        return Ok(());
    }
    let spelled: Vec<Vec<String>> = words.iter().take(MAX_COMBINED).map(Found::spellings).collect();
    for (at, first) in spelled.iter().enumerate() {
        for label in first.iter().map(String::as_str).chain([NEUTRAL]) {
            for score in [0.01, 0.5] {
                probe.scored(&[(label, score)])?;
            }
        }
        for second in spelled[..at].iter().chain(&spelled[at + 1..]) {
            for (a, b) in first.iter().zip(second) {
                probe.labels(&[&format!("{a} {b}")])?;
                probe.labels(&[a, b])?;
            }
        }
    }
    let all: Vec<&str> = spelled.iter().flatten().map(String::as_str).collect();
    probe.labels(&all)?;
    Ok(())
}

/// Tests of the API's data that always went one way.
fn one_sided(probe: &Probe<'_>) -> Vec<(Span, bool)> {
    let mut ways: BTreeMap<Span, [bool; 2]> = BTreeMap::new();
    for &(span, taken) in &probe.all_tests {
        if probe.inspecting.contains(&span) {
            ways.entry(span).or_default()[usize::from(taken)] = true;
        }
    }
    ways.into_iter().filter(|(_, seen)| seen[0] != seen[1]).map(|(span, seen)| (span, seen[1])).collect()
}
