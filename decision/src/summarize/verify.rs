//! The check of a summary against the program on random outputs.

use super::Reason;
use super::branches::Branches;
use super::probe::Probe;
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
