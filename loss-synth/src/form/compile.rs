//! From a summary's names to indices of raw outputs.

use std::ops::Range;

use std::collections::{HashMap, HashSet};

use chameleon_decision::{Bounds, Branch, Summary};

use super::takes::{joined, joined_counts};
use super::{CountRange, Interval, LossBranch, Outputs, Takes};
use crate::answer::{Answer, members_of_one};
use crate::error::LossError;
use crate::formula::ordinal;

/// How raw outputs are seen, and what each stands for.
pub(super) fn outputs(answer: &Answer) -> (Outputs, Vec<String>) {
    match answer {
        Answer::Labels { vocabulary, most, .. } => {
            let names = (1..=*most).flat_map(|rank| vocabulary.labels.iter().map(move |label| ranked(rank, label)));
            (Outputs::Scored, names.collect())
        }
        Answer::Element { vocabulary } => {
            let slots = std::iter::once(0..vocabulary.labels.len()).collect();
            (Outputs::Slots { slots, floor: true }, vocabulary.labels.clone())
        }
        Answer::Members { fields, elements } => {
            let sizes: Vec<usize> =
                (0..*elements).flat_map(|_| fields.iter().map(|field| field.members.len())).collect();
            let mut start = 0;
            let slots = sizes.iter().map(|size| {
                start += size;
                start - size..start
            });
            let slots = slots.collect();
            let members: Vec<&String> = fields.iter().flat_map(|field| &field.members).collect();
            let shown = |element: usize, member: &String| match elements {
                1 => member.clone(),
                _ => format!("{member} of item {}", element + 1),
            };
            let shown = &shown;
            let names = (0..*elements).flat_map(|element| members.iter().map(move |member| shown(element, member)));
            (Outputs::Slots { slots, floor: false }, names.collect())
        }
        // Classes are lowered to one of the others before.
        Answer::Classes { classes, .. } => {
            (Outputs::Scored, classes.iter().map(|class| class.member.clone()).collect())
        }
        Answer::Items { most } => (Outputs::Scored, (1..=*most).map(|item| format!("item {item}")).collect()),
        Answer::Numbers { numbers } => {
            let mut names = vec![String::new(); answer.width()];
            for number in numbers.iter().rev() {
                names[number.at..number.end()].fill(number.field.clone());
            }
            (Outputs::Numbers(numbers.clone()), names)
        }
    }
}

/// What an output of labels stands for, of which an answer can have several.
fn ranked(rank: usize, label: &str) -> String {
    if rank == 1 { label.to_owned() } else { format!("{} {label}", ordinal(rank)) }
}

/// The branches, those that nothing reaches too.
pub(super) fn branches(summary: &Summary, answer: &Answer, min_score: f64) -> Result<Vec<LossBranch>, LossError> {
    let index = index(answer);
    summary.branches.iter().map(|branch| compile(branch, summary, answer, &index, min_score)).collect()
}

/// The raw outputs of each label.
fn index(answer: &Answer) -> HashMap<&str, Vec<usize>> {
    match answer {
        Answer::Labels { vocabulary, most, .. } => {
            let width = vocabulary.labels.len();
            let ranks = |at: usize| (0..*most).map(|rank| rank * width + at).collect();
            vocabulary.labels.iter().enumerate().map(|(at, label)| (label.as_str(), ranks(at))).collect()
        }
        Answer::Element { vocabulary } => {
            vocabulary.labels.iter().enumerate().map(|(at, label)| (label.as_str(), vec![at])).collect()
        }
        Answer::Members { fields, elements } => {
            let one = members_of_one(fields);
            let members = fields.iter().flat_map(|field| &field.members).enumerate();
            let places = |at: usize| (0..*elements).map(|element| element * one + at).collect();
            members.map(|(at, member)| (member.as_str(), places(at))).collect()
        }
        Answer::Items { .. } | Answer::Numbers { .. } | Answer::Classes { .. } => HashMap::new(),
    }
}

fn compile(
    branch: &Branch,
    summary: &Summary,
    answer: &Answer,
    index: &HashMap<&str, Vec<usize>>,
    min_score: f64,
) -> Result<LossBranch, LossError> {
    if let Some(condition) = branch.conditions.first() {
        let reason = format!("branch `{}` also hangs on {} of the same item", branch.name, condition.field);
        return Err(LossError::NotInTaxonomy { reason });
    }
    if !branch.unless.is_empty() {
        let reason = format!("branch `{}` also hangs on what the item is called", branch.name);
        return Err(LossError::NotInTaxonomy { reason });
    }
    let bound = branch.min_score.map_or(0.0, |min| min.value);
    // The comparison is false for NaN, too.
    let attainable = bound < 1.0;
    if !attainable {
        return Err(LossError::MinScore { branch: branch.name.clone(), value: bound });
    }
    if bound > 0.0 && matches!(answer, Answer::Members { .. }) {
        let reason = format!("branch `{}` asks for the score of an item, and its members have none", branch.name);
        return Err(LossError::NotInTaxonomy { reason });
    }
    let mut labels = Vec::new();
    let never = answer.never();
    for label in branch.labels.iter().filter(|label| !never.contains(&label.as_str())) {
        labels.extend(index.get(label.as_str()).ok_or_else(|| LossError::UnknownLabel {
            branch: branch.name.clone(),
            label: label.clone(),
            vocabulary: summary.vocabulary.clone(),
        })?);
    }
    if let Answer::Items { most } = answer {
        labels = (0..*most).collect();
    }
    labels.sort_unstable();
    labels.dedup();
    let takes = takes(branch, answer)?;
    let min_score = bound.max(min_score);
    Ok(LossBranch { name: branch.name.clone(), labels, negated: branch.negated, min_score, takes })
}

fn takes(branch: &Branch, answer: &Answer) -> Result<Takes, LossError> {
    let Some(field) = branch.regions.first().and_then(|region| region.first()).map(|bounds| bounds.field.as_str())
    else {
        return Ok(Takes::Seen);
    };
    let intervals = |whole: f64| {
        let all = branch.regions.iter().flatten().map(|bounds| interval(bounds, whole));
        joined(all.collect())
    };
    match answer {
        Answer::Numbers { numbers } => {
            let place = |bounds: &Bounds| {
                let at = numbers.iter().position(|number| number.field == bounds.field);
                at.map(|at| (at, interval(bounds, 1.0))).ok_or_else(|| unknown(&bounds.field))
            };
            if numbers.len() == 1 && branch.regions.iter().all(|region| region.len() == 1) {
                branch.regions.iter().flatten().try_for_each(|bounds| place(bounds).map(drop))?;
                return Ok(Takes::Numbers(intervals(1.0).into_iter().map(|one| vec![(0, one)]).collect()));
            }
            let region = |region: &Vec<Bounds>| region.iter().map(place).collect::<Result<Vec<_>, _>>();
            Ok(Takes::Numbers(branch.regions.iter().map(region).collect::<Result<_, _>>()?))
        }
        _ if field == Bounds::COUNT => {
            let ranges = branch.regions.iter().flatten().map(count_range);
            Ok(Takes::Count(joined_counts(ranges.collect())))
        }
        Answer::Labels { percent, .. } if !branch.labels.is_empty() => {
            Ok(Takes::Score(intervals(if *percent { 100.0 } else { 1.0 })))
        }
        Answer::Element { .. } if !branch.labels.is_empty() => Ok(Takes::Score(intervals(1.0))),
        _ => Err(LossError::NotInTaxonomy { reason: format!("it is taken by where {field} lies") }),
    }
}

fn unknown(field: &str) -> LossError {
    LossError::UnknownField { field: field.to_owned(), api: "the answer".to_owned() }
}

fn interval(bounds: &Bounds, whole: f64) -> Interval {
    let scaled = |limit: chameleon_decision::Limit| chameleon_decision::Limit { value: limit.value / whole, ..limit };
    Interval { low: bounds.low.map(scaled), high: bounds.high.map(scaled) }
}

/// Whole numbers only: `> 2` is `>= 3`.
pub(crate) fn count_range(bounds: &Bounds) -> CountRange {
    let least = bounds.low.map_or(0.0, |low| if low.inclusive { low.value.ceil() } else { low.value.floor() + 1.0 });
    let most = bounds.high.map(|high| if high.inclusive { high.value.floor() } else { high.value.ceil() - 1.0 });
    CountRange { least: least.max(0.0) as usize, most: most.map(|most| most.max(0.0) as usize) }
}

/// Labels that belong together in a program that is run.
pub(super) fn group(name: &str, labels: Vec<usize>) -> LossBranch {
    LossBranch { name: name.to_owned(), labels, negated: false, min_score: 0.0, takes: Takes::Seen }
}

/// In a multi-choice a label alone reaches one branch; should a summary list it twice, the first branch keeps it.
pub(super) fn keep_first_owner(branches: &mut [LossBranch]) {
    let mut owned = HashSet::new();
    for branch in branches {
        branch.labels.retain(|&label| owned.insert(label));
    }
}

/// A label by itself takes a black-list unless it is listed.
pub(super) fn turn_black_lists(branches: &mut [LossBranch], width: usize) {
    for branch in branches.iter_mut().filter(|branch| branch.negated) {
        branch.labels = (0..width).filter(|label| branch.labels.binary_search(label).is_err()).collect();
        branch.negated = false;
    }
}

/// How many items of a branch one answer can have.
fn most_items(branch: &LossBranch, outputs: &Outputs, top_k: Option<usize>) -> usize {
    let is_own = |slot: &Range<usize>| branch.labels.iter().any(|label| slot.contains(label));
    let most = match outputs {
        // Each slot is one item.
        Outputs::Slots { slots, .. } => slots.iter().filter(|slot| is_own(slot)).count(),
        _ => branch.labels.len(),
    };
    most.min(top_k.unwrap_or(usize::MAX))
}

/// Why no answer takes the branch, or every answer; none where some do. What no answer has is dropped from it: numbers of
/// items, and regions that no number reaches, with the bounds that every number keeps.
pub(super) fn why_unreached(branch: &mut LossBranch, outputs: &Outputs, top_k: Option<usize>) -> Option<String> {
    const NO_LABEL: &str = "no label of the model reaches it";
    const ALWAYS: &str = "every answer takes it";
    let most = most_items(branch, outputs, top_k);
    let why = match &mut branch.takes {
        Takes::Seen | Takes::Score(_) if !branch.labels.is_empty() => return None,
        Takes::Seen if branch.negated => ALWAYS,
        Takes::Seen | Takes::Score(_) => NO_LABEL,
        Takes::Numbers(regions) => {
            keep_within_range(regions, outputs);
            match regions.as_slice() {
                [] => "no number takes it",
                all if all.iter().any(Vec::is_empty) => ALWAYS,
                _ => return None,
            }
        }
        Takes::Count(_) if most == 0 => NO_LABEL,
        Takes::Count(ranges) => {
            let least = ranges.iter().map(|range| range.least).min().unwrap_or(0);
            ranges.retain(|range| range.least <= most);
            for range in ranges.iter_mut() {
                range.most = range.most.filter(|&limit| limit < most);
            }
            if ranges.is_empty() {
                return Some(format!("it needs {least} items, and the model tells no more than {most} apart"));
            }
            if *ranges != [CountRange { least: 0, most: None }] {
                return None;
            }
            ALWAYS
        }
    };
    Some(why.to_owned())
}

fn keep_within_range(regions: &mut Vec<Vec<(usize, Interval)>>, outputs: &Outputs) {
    let Outputs::Numbers(numbers) = outputs else { return };
    let range = |at: usize| numbers[at].link.range();
    regions.retain(|region| region.iter().all(|&(at, interval)| interval.meets(range(at))));
    for region in regions {
        region.retain(|&(at, interval)| !interval.covers(range(at)));
    }
}
