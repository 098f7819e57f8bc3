//! Decisions by how many items a list within an item holds: a label is shown where it has a place in the picture.

use serde_json::Value as Json;

use super::counts::Step;
use super::held::{Held, intervals};
use super::probe::{NEUTRAL, Outcome, Probe};
use super::subject::{filled, put};
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::DecisionType;

/// Fills the draft when the decision hangs on nothing but how many items the lists within items hold; `false` when it does
/// not.
pub(super) fn fill(draft: &mut Draft, probe: &mut Probe<'_>, shape: &Shape) -> Result<bool, Reason> {
    let usual = draft.default_outcome;
    for held in Held::all(shape) {
        let Some(list) = held.path.iter().position(|step| step == ITEM).map(|at| held.path[..at].to_vec()) else {
            continue;
        };
        let counts = probe.counts.clone();
        let mut outcomes = Vec::new();
        for &count in &counts {
            let item = item_of(shape, &held, (&list, count));
            outcomes.push(probe.run(&answer_of(shape, &list, vec![item]))?);
        }
        let steps = steps(probe, (&outcomes, &counts), &held.path, usual);
        let leads_nowhere = outcomes.iter().any(|outcome| probe.differ_by_data_only(*outcome, usual));
        if steps.is_empty() || !leads_nowhere || !stays(probe, (shape, &held), &list, (&outcomes, &counts))? {
            continue;
        }
        draft.summary.field = Some(show_path(&held.path));
        draft.summary.decision_type = if steps.len() == 1 { DecisionType::TrueFalse } else { DecisionType::Range };
        draft.push_regions(probe, usual, steps, None);
        let items =
            |count: usize, items: usize| answer_of(shape, &list, vec![item_of(shape, &held, (&list, count)); items]);
        let leading = outcomes.iter().position(|outcome| !probe.differ_by_data_only(*outcome, usual));
        let leading = leading.map_or(0, |at| counts[at]);
        draft.summary.again = probe.acted_times(&items(leading, 2))? > probe.acted_times(&items(leading, 1))?;
        return Ok(true);
    }
    Ok(false)
}

/// One step for each outcome but the usual one, with the numbers that lead to it.
fn steps(probe: &Probe<'_>, (outcomes, counts): (&[Outcome], &[usize]), path: &Path, usual: Outcome) -> Vec<Step> {
    let alike = |one: Outcome, other: Outcome| {
        probe.differ_by_data_only(one, other) || probe.differ_by_repeats_only(one, other)
    };
    let mut kinds: Vec<Outcome> = Vec::new();
    for &outcome in outcomes {
        if !alike(outcome, usual) && !kinds.iter().any(|&kind| alike(kind, outcome)) {
            kinds.push(outcome);
        }
    }
    let field = show_path(path);
    let regions = |kind: Outcome| {
        let taken: Vec<bool> = outcomes.iter().map(|&outcome| alike(outcome, kind)).collect();
        intervals(&taken, counts, &field).into_iter().map(|bounds| vec![bounds]).collect()
    };
    kinds.into_iter().map(|kind| (kind, regions(kind))).collect()
}

/// Whether it is the number of one item that decides: neither one that leads nowhere beside it nor how sure it is changes
/// anything, and several that lead nowhere do not add up.
fn stays(
    probe: &mut Probe<'_>,
    (shape, held): (&Shape, &Held<'_>),
    list: &Path,
    (outcomes, counts): (&[Outcome], &[usize]),
) -> Result<bool, DecideError> {
    let empty = item_of(shape, held, (list, 0));
    for (&outcome, &count) in outcomes.iter().zip(counts) {
        let item = item_of(shape, held, (list, count));
        let unsure = item_with(shape, held, (list, count), 0.0);
        let mut alike = vec![vec![empty.clone(), item.clone()], vec![item.clone(), empty.clone()], vec![unsure]];
        if count > 0 {
            alike.push(vec![item.clone(), item]);
        }
        for items in alike {
            let other = probe.run(&answer_of(shape, list, items))?;
            if !probe.differ_by_data_only(other, outcome) && !probe.differ_by_repeats_only(other, outcome) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// A sure item whose list holds so many.
fn item_of(shape: &Shape, held: &Held<'_>, of: (&Path, usize)) -> Json {
    item_with(shape, held, of, 1.0)
}

fn item_with(shape: &Shape, held: &Held<'_>, (list, count): (&Path, usize), score: f64) -> Json {
    let item = shape.at(list).and_then(Shape::item);
    let mut item = item.map_or(Json::Null, |item| filled(item, score, NEUTRAL));
    put(&mut item, &held.path[list.len() + 1..], held.of(count));
    item
}

fn answer_of(shape: &Shape, list: &Path, items: Vec<Json>) -> ApiOutput {
    let mut answer = shape.nothing();
    put(&mut answer, list, Json::Array(items));
    ApiOutput::Answer { answer }
}
