//! Decisions by how many items are sure enough, whatever they are called: `len([l for l in labels if l.score > 0.9]) >= 2`.
//!
//! One item alone leads nowhere then, nor do several that the API is not sure of.

use super::Draft;
use super::counts::{Counted, steps};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::scores::{as_written, neighbours};
use super::subject::{list_of_names, named_field};
use crate::decider::DecideError;
use crate::shape::{Shape, show_path};
use crate::summary::{DecisionType, MinScore};

/// The most items that are tried.
const MOST: usize = 12;

/// Items beside which others are tried that are not sure enough.
const BESIDE: usize = 3;

/// Fills the draft when the number of sure items decides; `false` when it does not.
pub(super) fn fill(draft: &mut Draft, probe: &mut Probe<'_>, shape: &Shape) -> Result<bool, DecideError> {
    if named_field(shape).is_none() || !probe.subject.knows(NEUTRAL) {
        return Ok(false);
    }
    let Some(list) = list_of_names(shape) else { return Ok(false) };
    let usual = scored(probe, 1, 1.0)?;
    let mut outcomes: Vec<Outcome> = (0..=MOST).map(|count| scored(probe, count, 1.0)).collect::<Result<_, _>>()?;
    // What none leads to may be told apart as well, and is told otherwise.
    outcomes[0] = usual;
    let Counted::Steps(steps) = steps(&outcomes) else { return Ok(false) };
    let Some(least) = outcomes.iter().position(|&outcome| outcome != usual) else { return Ok(false) };
    let Some(cut) = cut(probe, least, usual, outcomes[least])? else { return Ok(false) };
    if !counts_sure_ones(probe, &outcomes, cut)? {
        return Ok(false);
    }
    let steps = steps.into_iter().filter(|step| step.0 != usual).collect();
    draft.summary.field = Some(show_path(&list));
    draft.summary.decision_type = DecisionType::Count;
    draft.summary.default = probe.decision(usual).clone();
    draft.push_regions(probe, usual, steps, None);
    for branch in &mut draft.summary.branches {
        branch.min_score = Some(cut);
    }
    Ok(true)
}

/// The outcome on so many items, no two of one name, each as sure as the others.
fn scored(probe: &mut Probe<'_>, count: usize, score: f64) -> Result<Outcome, DecideError> {
    beside(probe, [(count, score), (0, score)])
}

/// The outcome on so many items of one score, and then on so many of another.
fn beside(probe: &mut Probe<'_>, items: [(usize, f64); 2]) -> Result<Outcome, DecideError> {
    let scores = items.into_iter().flat_map(|(count, score)| std::iter::repeat_n(score, count));
    let named: Vec<(String, f64)> = scores.enumerate().map(|(at, score)| (format!("{NEUTRAL}{at}"), score)).collect();
    let labels: Vec<(&str, f64)> = named.iter().map(|(name, score)| (name.as_str(), *score)).collect();
    probe.scored(&labels)
}

/// The score that so many items need; none where they lead to the same however sure they are, or to something else between.
fn cut(probe: &mut Probe<'_>, count: usize, usual: Outcome, many: Outcome) -> Result<Option<MinScore>, DecideError> {
    if scored(probe, count, 0.0)? != usual {
        return Ok(None);
    }
    let mut is_other = false;
    let mut passes = |score: f64| {
        let outcome = scored(probe, count, score)?;
        is_other |= outcome != usual && outcome != many;
        Ok(outcome == many)
    };
    let found = neighbours([0.0, 1.0], &mut passes)?;
    let cut = as_written(found, &mut passes)?;
    Ok(cut.filter(|_| !is_other))
}

/// Whether items that are not sure enough change nothing beside those that are.
fn counts_sure_ones(probe: &mut Probe<'_>, outcomes: &[Outcome], cut: MinScore) -> Result<bool, DecideError> {
    let unsure = cut.value / 2.0;
    for (count, &outcome) in outcomes.iter().enumerate().skip(1).take(MOST - BESIDE) {
        let after = beside(probe, [(count, 1.0), (BESIDE, unsure)])?;
        let before = beside(probe, [(BESIDE, unsure), (count, 1.0)])?;
        if after != outcome || before != outcome {
            return Ok(false);
        }
    }
    Ok(true)
}
