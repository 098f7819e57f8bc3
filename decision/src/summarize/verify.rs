//! The check of a summary against the program on random outputs.

use super::Reason;
use super::branches::Branches;
use super::probe::{Outcome, Probe};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::summary::{DecisionType, Summary, Vocabulary};

/// Longest answer that is looked at, in labels: more than any API sends by default.
pub(super) const LONGEST: u32 = 50;

/// Outputs tried.
const TRIALS: u32 = 96;

/// Compares what the summary predicts with what the program does.
pub(super) fn check(
    probe: &mut Probe<'_>,
    found: &Branches,
    summary: &Summary,
    vocabulary: &Vocabulary,
) -> Result<Result<(), Reason>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for trial in 0..TRIALS {
        let mut labels = sample(&mut random, found, summary, vocabulary, trial);
        for at in (1..labels.len()).rev() {
            if labels[..at].iter().any(|before| probe.subject.exclude(before.0, labels[at].0)) {
                labels.remove(at);
            }
        }
        if labels.is_empty() {
            continue;
        }
        let output = ApiOutput::labels(labels.iter().copied());
        let taken = summary.taken(&output);
        let expected = match (summary.decision_type, taken.as_slice()) {
            (_, []) if found.nothing_below.is_some_and(|cut| !labels.iter().any(|label| cut.admits(label.1))) => {
                found.empty
            }
            (_, []) => found.default,
            (DecisionType::MultiSelect, several) => {
                let base = |at: usize| {
                    let with = found.branches[at].with?;
                    found.branches.iter().position(|branch| branch.outcome == with)
                };
                let all = several.iter().flat_map(|&at| base(at).into_iter().chain([at]));
                let samples: Vec<&str> =
                    all.filter_map(|at| found.branches[at].samples.first()).map(String::as_str).collect();
                probe.labels(&samples)?
            }
            (_, [first, ..]) => found.branches[*first].outcome,
        };
        let actual = probe.scored(&labels)?;
        let expected = match (summary.decision_type, taken.as_slice()) {
            // What is put together in the order of the answer is one text for each order.
            (DecisionType::MultiSelect, several) if several.len() > 1 && actual != expected => {
                in_order(probe, found, several, &labels, vocabulary)?.unwrap_or(expected)
            }
            _ => expected,
        };
        if actual != expected && !probe.differ_by_data_only(actual, expected) {
            let shown: Vec<_> = labels.iter().map(|(label, score)| format!("{label} {score:.2}")).collect();
            return Ok(Err(Reason(format!(
                "on [{}] the program does `{}` where its branches say `{}`",
                shown.join(", "),
                probe.decision(actual),
                probe.decision(expected)
            ))));
        }
    }
    Ok(Ok(()))
}

/// What the branches that are taken lead to in the order in which the answer has their labels, as each has one.
fn in_order(
    probe: &mut Probe<'_>,
    found: &Branches,
    taken: &[usize],
    labels: &[(&str, f64)],
    vocabulary: &Vocabulary,
) -> Result<Option<Outcome>, DecideError> {
    if taken.iter().any(|&at| found.branches[at].negated || found.branches[at].with.is_some()) {
        return Ok(None);
    }
    let has = |at: usize, label: &str| found.branches[at].labels.iter().any(|&of| vocabulary.labels[of] == label);
    let in_order = labels.iter().filter_map(|label| taken.iter().copied().find(|&at| has(at, label.0)));
    let mut places: Vec<usize> = Vec::new();
    for at in in_order {
        if !places.contains(&at) {
            places.push(at);
        }
    }
    if places.len() != taken.len() {
        return Ok(None);
    }
    let samples: Vec<&str> =
        places.iter().filter_map(|&at| found.branches[at].samples.first()).map(String::as_str).collect();
    probe.labels(&samples).map(Some)
}

/// An output of up to eight labels, most of them from the branches, highest score first.
fn sample<'a>(
    random: &mut Random,
    found: &'a Branches,
    summary: &Summary,
    vocabulary: &'a Vocabulary,
    trial: u32,
) -> Vec<(&'a str, f64)> {
    if vocabulary.labels.is_empty() {
        return Vec::new();
    }
    let cuts: Vec<f64> = summary.branches.iter().filter_map(|branch| branch.min_score).map(|cut| cut.value).collect();
    let count = 1 + random.below(if trial.is_multiple_of(8) { 14 } else { 6 });
    let mut labels: Vec<(&str, f64)> = Vec::new();
    for _ in 0..count {
        let branch = &found.branches[random.below(found.branches.len())];
        let label = match random.below(3) {
            // A branch that only a word outside the vocabulary reaches never shows in an answer.
            at if at == 0 || branch.labels.is_empty() => random.below(vocabulary.labels.len()),
            _ => branch.labels[random.below(branch.labels.len())],
        };
        let label = vocabulary.labels[label].as_str();
        // An API sends each label once.
        if labels.iter().all(|other| other.0 != label) {
            let score = if cuts.is_empty() { 1.0 } else { (1 + random.below(100)) as f64 / 100.0 };
            // No two scores are the very same.
            labels.push((label, score - labels.len() as f64 * 1e-6));
        }
    }
    labels.sort_by(|a, b| b.1.total_cmp(&a.1));
    labels
}

/// A small generator (xorshift), so that a summary is the same each time.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }
}
