//! Decisions by where numbers of the answer lie.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::axes::{Axis, Stretch, stretches};
use super::branches::Branches;
use super::constants::Constants;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::{Draft, Reason, name};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::Shape;
use crate::summary::{Bounds, Branch, DecisionType, Region};

/// Most stretches that an axis may have to be a ladder.
const MAX_STRETCHES: usize = 24;

/// Which numbers of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Those of the whole answer.
    Whole,
    /// Those of the items of its lists.
    Items,
}

/// Fills the draft when the decision hangs on numbers; `false` when it does not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    place: Where,
) -> Result<bool, Reason> {
    let mut relevant = Vec::new();
    for axis in Axis::all(shape).into_iter().filter(|axis| axis.is_in_list() == (place == Where::Items)) {
        let values = axis.values(constants);
        let stretches = stretches(probe, &values, &|value| shape.with(&axis.path, Json::from(value)))?;
        if stretches.len() > 1 {
            relevant.push((axis, stretches));
        }
    }
    let Some((axis, stretches)) = relevant.first() else { return Ok(false) };
    draft.summary.field = Some(relevant.iter().map(|(axis, _)| axis.show()).collect::<Vec<_>>().join(", "));
    if stretches.len() > MAX_STRETCHES {
        return Err(Reason(format!("the outcome follows {} more closely than a ladder", axis.show())));
    }
    if let Some((other, _)) = relevant.get(1) {
        return Err(together(axis, &other.show()));
    }
    if let Some(other) = depends_on_others(probe, shape, axis, stretches)? {
        return Err(together(axis, &other));
    }
    draft.summary.per_element = axis.is_in_list();
    ladder(draft, probe, axis, stretches);
    Ok(true)
}

/// Fills the draft when the labels of the one branch lead to several outcomes by their score.
pub(super) fn fill_labelled(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    found: &Branches,
    shape: &Shape,
    constants: &Constants,
) -> Result<bool, Reason> {
    let scores = Axis::all(shape).into_iter().find(|axis| axis.is_in_list() && axis.is_score(shape));
    let (Some(axis), Some(sample)) = (scores, found.branches.first().and_then(|branch| branch.samples.first())) else {
        return Ok(false);
    };
    let values = axis.values(constants);
    let subject = probe.subject.clone();
    let stretches = stretches(probe, &values, &|value| {
        subject.output(ApiOutput::labels([(sample.as_str(), value / axis.whole())])).answer(shape)
    })?;
    if stretches.len() > MAX_STRETCHES || hangs_on_company(probe, sample, &stretches)? {
        return Ok(false);
    }
    let Some(labelled) = draft.summary.branches.pop() else { return Ok(false) };
    draft.default_outcome = found.default;
    ladder(draft, probe, &axis, &stretches);
    for branch in &mut draft.summary.branches {
        branch.words.clone_from(&labelled.words);
        branch.labels.clone_from(&labelled.labels);
    }
    let default = &draft.summary.default;
    draft.summary.branches.retain(|branch| branch.outcome != *default);
    draft.summary.decision_type = DecisionType::Range;
    Ok(true)
}

/// Whether another label makes a difference, as in an average.
fn hangs_on_company(probe: &mut Probe<'_>, sample: &str, stretches: &[Stretch]) -> Result<bool, DecideError> {
    let kin = format!("{sample} {NEUTRAL}");
    for stretch in stretches {
        for other in [NEUTRAL, &kin] {
            if probe.scored(&[(sample, stretch.sample), (other, 0.0)])? != stretch.outcome {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn together(axis: &Axis, other: &str) -> Reason {
    Reason(format!("the outcome hangs on {} and on {other} together", axis.show()))
}

/// Another number of the answer with which the ladder changes.
fn depends_on_others(
    probe: &mut Probe<'_>,
    shape: &Shape,
    axis: &Axis,
    stretches: &[Stretch],
) -> Result<Option<String>, DecideError> {
    for (path, leaf) in shape.leaves() {
        let others: &[f64] = match leaf {
            Shape::Number { low, high } => &[*low, f64::midpoint(*low, *high), *high],
            _ => continue,
        };
        if path == axis.path || path.iter().any(|step| step == crate::shape::ITEM) {
            continue;
        }
        for &other in others {
            for stretch in stretches {
                let mut answer = shape.with(&axis.path, Json::from(stretch.sample));
                super::subject::put(&mut answer, &path, Json::from(other));
                if probe.run(&ApiOutput::Answer { answer })? != stretch.outcome {
                    return Ok(Some(crate::shape::show_path(&path)));
                }
            }
        }
    }
    Ok(None)
}

/// One branch for each outcome, in ascending order of its first stretch; of two, the one that an answer of nothing does not
/// lead to.
fn ladder(draft: &mut Draft, probe: &Probe<'_>, axis: &Axis, stretches: &[Stretch]) {
    let field = axis.show();
    let mut regions: BTreeMap<Outcome, Vec<Region>> = BTreeMap::new();
    let mut order = Vec::new();
    for stretch in stretches {
        if !order.contains(&stretch.outcome) {
            order.push(stretch.outcome);
        }
        let bounds: Bounds = stretch.bounds(&field);
        regions.entry(stretch.outcome).or_default().push(vec![bounds]);
    }
    let usual = draft.default_outcome;
    let two = order.len() == 2 && order.contains(&usual);
    if two {
        order.retain(|&outcome| outcome != usual);
    }
    let effects: Vec<_> = order.iter().map(|&outcome| probe.own_effects(outcome, usual)).collect();
    // The usual outcome has nothing of its own; it is named by all it does.
    let shown: Vec<Vec<_>> = order
        .iter()
        .zip(&effects)
        .map(
            |(&outcome, own)| {
                if own.is_empty() { probe.decision(outcome).effects.iter().collect() } else { own.clone() }
            },
        )
        .collect();
    let names = name::of(&shown);
    for ((outcome, effects), name) in order.into_iter().zip(shown).zip(names) {
        draft.summary.branches.push(Branch {
            name,
            outcome: probe.decision(outcome).clone(),
            words: Vec::new(),
            labels: Vec::new(),
            negated: false,
            min_score: None,
            evidence: name::evidence(probe, outcome, usual, &effects),
            regions: regions.remove(&outcome).unwrap_or_default(),
        });
    }
    draft.summary.decision_type = if two { DecisionType::TrueFalse } else { DecisionType::Range };
}
