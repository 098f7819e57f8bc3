//! Decisions by how many items there are that are sure enough, where none of them decides anything alone: more than one face
//! of which the API is sure.

use serde_json::Value as Json;

use super::axes::{Axis, Stretch, stretches};
use super::constants::Constants;
use super::kinds::{Item, Kinds, MAX_ALIKE, Said, said};
use super::mixed::Mixed;
use super::probe::{Outcome, Probe};
use super::ranges::{answer_with, append};
use super::subject::put;
use super::{Draft, shares};
use crate::Api;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::program::Program;
use crate::shape::{ITEM, Shape};
use crate::summary::Branch;

/// Numbers of items of which one shows that their number makes a difference.
const SHOWING: [usize; 4] = [2, 3, 5, 10];

/// Numbers of an item that are tried.
const MAX_NUMBERS: usize = 3;

/// Where in their interval the numbers of an item's three ways lie.
const PLACES: [f64; 3] = [0.02, 0.98, 0.5];

/// Fills the draft where the number of items decides of which one number lies on one side of a cut; says whether it does.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (program, api): (&Program, &Api),
    constants: &Constants,
) -> Result<bool, DecideError> {
    let shape = &api.answer;
    let mut axes: Vec<Axis> =
        Axis::all(shape).into_iter().filter(|axis| axis.is_in_list() && !axis.is_nested()).collect();
    axes.sort_by_key(|axis| !axis.is_score(shape));
    for axis in axes.iter().take(MAX_NUMBERS) {
        let Some(list) = axis.path.iter().position(|step| step == ITEM).map(|at| &axis.path[..at]) else { continue };
        let mut mixed = Mixed::of(probe, (shape, api.repeats), constants, &draft.summary);
        let Some([taken, other]) = sides(probe, shape, axis, constants)? else { continue };
        let items = [&taken, &other].map(|side| alike(&mut mixed, list, axis, side));
        let kinds = Kinds::of_items(list.to_vec(), items.to_vec());
        if !kinds.repeat(&mixed) {
            continue;
        }
        let known = draft.summary.clone();
        draft.summary.field = Some(axis.show());
        draft.summary.top_k = None;
        let regions = vec![vec![taken.bounds(axis)]];
        draft.summary.branches = vec![Branch { regions, ..Branch::default() }];
        if shares::fill(draft, probe, (program, constants), (&mut mixed, &kinds))? {
            return Ok(true);
        }
        draft.summary = known;
    }
    Ok(false)
}

/// The two stretches of a number between which several items lead elsewhere, that which does not lead to what none do first.
fn sides(
    probe: &mut Probe<'_>,
    shape: &Shape,
    axis: &Axis,
    constants: &Constants,
) -> Result<Option<[Stretch; 2]>, DecideError> {
    let of = |probe: &Probe<'_>, outcome: Outcome| -> Said { said(probe.decision(outcome)) };
    let none = probe.run(&ApiOutput::Answer { answer: shape.nothing() })?;
    let none = of(probe, none);
    let values = axis.few_values(constants);
    for count in SHOWING {
        let found = stretches(probe, &values, &|value| several(shape, axis, value, count))?;
        if let [below, above] = found.as_slice() {
            return Ok(match (of(probe, below.outcome) == none, of(probe, above.outcome) == none) {
                (true, false) => Some([above.clone(), below.clone()]),
                (false, true) => Some([below.clone(), above.clone()]),
                // So many lead to what none do: more of them may not.
                (true, true) if count < SHOWING[SHOWING.len() - 1] => continue,
                _ => None,
            });
        }
    }
    Ok(None)
}

/// An answer of so many items with this number.
fn several(shape: &Shape, axis: &Axis, value: f64, count: usize) -> Json {
    let one = answer_with(shape, axis, value);
    let mut answer = one.clone();
    for _ in 1..count {
        append(&mut answer, &one, &axis.path);
    }
    answer
}

/// Items whose number is within a stretch, and everything else is anything.
fn alike(mixed: &mut Mixed<'_>, list: &[String], axis: &Axis, side: &Stretch) -> Vec<Item> {
    let path = &axis.path[list.len() + 1..];
    let random: Vec<Json> = (0..MAX_ALIKE).filter_map(|_| mixed.item(list)).collect();
    let way = |item: &Json, place: f64| {
        let mut item = item.clone();
        put(&mut item, path, Json::from(side.at(axis, place)));
        item
    };
    random.iter().map(|item| PLACES.map(|place| way(item, place))).collect()
}
