//! Decisions that one item of a kind does not make, but several do: a crowd is more than five persons.
//!
//! A label then stands for so many items as it takes: as many of that name, or, where an answer has each name once, one of
//! that name beside others of the program's words.

use super::constants::Constants;
use super::matching::spellings;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{Members, Subject};
use super::verify::LONGEST;
use super::{Draft, Reason};
use crate::Api;
use crate::decider::DecideError;
use crate::program::Program;
use crate::summary::Vocabulary;

/// Words of the program that are tried.
pub(super) const MAX_WORDS: usize = 24;

/// Numbers of items of which one shows that some number makes a difference.
pub(super) const SHOWING: [usize; 5] = [LONGEST as usize, 2, 3, 5, 10];

/// Beside how many of the program's words another one is tried, where each name is there once.
const MAX_COMPANY: usize = 8;

/// What a label stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copies {
    /// So many items of the label's own name.
    count: usize,
    /// Other labels, where a name is there once: it stands beside all but one of them.
    company: Vec<String>,
}

impl Default for Copies {
    /// Itself.
    fn default() -> Self {
        Self { count: 1, company: Vec::new() }
    }
}

impl Copies {
    /// How many items a label stands for.
    pub(super) fn count(&self) -> usize {
        self.count.max(self.company.len())
    }

    /// The labels with scores that are answered for these.
    pub(super) fn of(&self, labels: &[(&str, f64)]) -> Vec<(String, f64)> {
        // What no application looks for stands for itself.
        let times = |name: &str| if name == NEUTRAL { 1 } else { self.count };
        let own = labels.iter().flat_map(|&(name, score)| std::iter::repeat_n((name.to_owned(), score), times(name)));
        let others = self.company.iter().filter(|other| labels.iter().all(|label| label.0 != *other));
        let score = labels.first().map_or(0.0, |label| label.1);
        let beside = others.take(self.company.len().saturating_sub(1)).map(|other| (other.clone(), score));
        if labels.is_empty() { Vec::new() } else { own.chain(beside).collect() }
    }
}

/// Fills the draft when several items of a kind decide; `false` when no number of them does.
pub(super) fn fill<'p>(
    draft: &mut Draft,
    probe: &mut Probe<'p>,
    (program, api): (&Program, &'p Api),
    constants: &Constants,
    vocabulary: &Vocabulary,
) -> Result<bool, Reason> {
    // Who counts says up to what.
    if !constants.counts() {
        return Ok(false);
    }
    let mut subjects = vec![(Subject::Names, super::subject::named_field(&api.answer), vocabulary.clone())];
    for members in Members::of(api).into_iter().filter(Members::are_of_items) {
        let own = Vocabulary { name: members.show(), labels: members.vocabulary() };
        subjects.push((Subject::Members(members.clone()), Some(members.show()), own));
    }
    for (subject, field, vocabulary) in subjects {
        let Some(field) = field else { continue };
        probe.turn_to(subject);
        let Some(copies) = least(probe, constants, api.repeats, &vocabulary)? else { continue };
        let known = (draft.summary.clone(), draft.warnings.clone());
        (draft.summary.field, draft.summary.vocabulary) = (Some(field), vocabulary.name.clone());
        draft.warnings.clear();
        let is_number = copies.company.is_empty();
        probe.multiply(copies);
        let told = draft.by_labels((program, api), probe, &vocabulary);
        probe.multiply(Copies::default());
        match told {
            Ok(true) => return Ok(true),
            Err(reason) if is_number => return Err(reason),
            // Which of them come together is told otherwise.
            Ok(false) | Err(_) => (draft.summary, draft.warnings) = known,
        }
    }
    probe.turn_to(Subject::Names);
    Ok(false)
}

/// The fewest items of one word, or of several, that lead elsewhere than as many of any other name.
fn least(
    probe: &mut Probe<'_>,
    constants: &Constants,
    repeats: bool,
    vocabulary: &Vocabulary,
) -> Result<Option<Copies>, DecideError> {
    let words = words(probe, vocabulary);
    if repeats || probe.subject.repeats() {
        let mut least = None;
        for word in &words {
            least = least.into_iter().chain(of_one(probe, word)?).min();
        }
        return Ok(least.map(|count: usize| Copies { count, company: Vec::new() }));
    }
    for list in constants.lists.iter().map(|list| list.iter().map(|text| text.0.clone()).collect()).chain([words]) {
        if let Some(copies) = of_list(probe, list)? {
            return Ok(Some(copies));
        }
    }
    Ok(None)
}

/// The program's words, or of a closed set of values all.
fn words(probe: &Probe<'_>, vocabulary: &Vocabulary) -> Vec<String> {
    if !probe.subject.knows(NEUTRAL) {
        return vocabulary.labels.clone();
    }
    probe.compared().into_iter().filter(|word| !word.trim().is_empty()).take(MAX_WORDS).collect()
}

/// The fewest items of one name that lead elsewhere than as many of another.
fn of_one(probe: &mut Probe<'_>, word: &str) -> Result<Option<usize>, DecideError> {
    for form in spellings(word).into_iter().filter(|form| probe.subject.knows(form)).collect::<Vec<_>>() {
        let differs = |probe: &mut Probe<'_>, count: usize| {
            let [own, others] = [form.as_str(), NEUTRAL].map(|name| vec![name; count]);
            let (own, others) = (probe.exactly(&own)?, probe.exactly(&others)?);
            Ok::<_, DecideError>(!probe.differ_by_data_only(own, others))
        };
        let mut shows = false;
        for count in SHOWING {
            shows = shows || differs(probe, count)?;
        }
        for count in 2..=LONGEST as usize {
            if shows && differs(probe, count)? {
                return Ok(Some(count));
            }
        }
    }
    Ok(None)
}

/// Words of a list of which it takes several: all but one of those that it takes, and another one.
fn of_list(probe: &mut Probe<'_>, list: Vec<String>) -> Result<Option<Copies>, DecideError> {
    let none = probe.labels(&[NEUTRAL])?;
    let mut labels: Vec<String> = Vec::new();
    for word in list.into_iter().take(MAX_COMPANY) {
        // As the program compares it, or as the API would say it.
        labels.extend(spellings(&word).into_iter().take(1).filter(|label| !labels.contains(label)).collect::<Vec<_>>());
        let texts: Vec<&str> = labels.iter().map(String::as_str).collect();
        let led = probe.exactly(&texts)?;
        if labels.len() < 2 || probe.differ_by_data_only(led, none) {
            continue;
        }
        // It is a number of them only if each is needed.
        for at in (0..labels.len()).rev() {
            let without: Vec<&str> = (0..labels.len()).filter(|&i| i != at).map(|i| labels[i].as_str()).collect();
            let led = probe.exactly(&without)?;
            if !probe.differ_by_data_only(led, none) {
                labels.remove(at);
            }
        }
        return Ok((labels.len() > 1).then_some(Copies { count: 1, company: labels }));
    }
    Ok(None)
}

/// Whether so many items lead to the outcome whichever of these names they have.
pub(super) fn are_alike(
    probe: &mut Probe<'_>,
    names: &[String],
    outcome: Outcome,
    repeats: bool,
) -> Result<bool, DecideError> {
    let count = probe.copies().count();
    let enough = names.len() >= if repeats { 1 } else { count };
    for start in 0..if enough { names.len() } else { 0 } {
        let items: Vec<&str> = names.iter().map(String::as_str).cycle().skip(start).take(count).collect();
        if probe.exactly(&items)? != outcome {
            return Ok(false);
        }
    }
    Ok(enough)
}

/// The outcome on so many items of these names in turn.
pub(super) fn outcome(probe: &mut Probe<'_>, names: &[String], number: usize) -> Result<Outcome, DecideError> {
    let items: Vec<&str> = names.iter().map(String::as_str).cycle().take(number).collect();
    probe.exactly(&items)
}
