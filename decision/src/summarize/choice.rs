//! Which of several items an application hands on, where a number of theirs decides: found by changing one item at a time
//! and looking whether anything else is returned, printed or given to something outside.

use serde_json::Value as Json;

use super::axes::{Axis, Stretch, halve};
use super::handed::filled;
use super::probe::{OTHER, Outcome, Probe};
use super::ranges::answer_with;
use super::subject::put;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Shape};
use crate::summary::Handed;

/// Where in the interval that leads to the branch the numbers of three items lie: close to each other, and far.
const CLOSE: [f64; 3] = [0.9, 0.8999, 0.8998];
const FAR: [f64; 3] = [0.9, 0.3, 0.01];

/// So many items show that all do.
const MANY: usize = 8;

/// Numbers of a list within an item that are tried.
const MAX_NUMBERS: usize = 3;

/// Shares are found to so many parts of one.
const PARTS: f64 = 1e6;

/// What is handed on of several items.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice {
    Of(Handed),
    /// All whose number is more than such a share of that of the greatest, or of the first.
    Share {
        share: f64,
        of_greatest: bool,
    },
}

/// Items that differ by one number and are otherwise alike.
pub(super) struct Items<'s> {
    pub(super) shape: &'s Shape,
    pub(super) axis: &'s Axis,
}

impl Items<'_> {
    /// What is handed on of items whose numbers lead to the one branch; `usual` is what those of no branch lead to.
    pub(super) fn choice(
        &self,
        probe: &mut Probe<'_>,
        stretches: &[Stretch],
        usual: Outcome,
    ) -> Result<Option<Choice>, DecideError> {
        let Some(taken) = stretches.iter().rfind(|stretch| stretch.outcome != usual) else { return Ok(None) };
        let close = CLOSE.map(|share| taken.at(self.axis, share));
        if close[0] <= close[1] || close[1] <= close[2] {
            return Ok(None);
        }
        let turned = [close[2], close[1], close[0]];
        let (descending, ascending) = (self.shown(probe, &close)?, self.shown(probe, &turned)?);
        let one = match (descending.as_slice(), ascending.as_slice()) {
            ([0], [0]) => Some(Handed::First),
            ([0], [2]) if self.axis.is_score(self.shape) => Some(Handed::Highest),
            ([0], [2]) => Some(Handed::Greatest),
            ([2], [2]) => Some(Handed::Last),
            ([0, 1, 2], [0, 1, 2]) => None,
            _ => return Ok(None),
        };
        if let Some(one) = one {
            return Ok(Some(Choice::Of(one)));
        }
        let far = FAR.map(|share| taken.at(self.axis, share));
        if self.shown(probe, &far)?.len() < far.len() {
            return self.share(probe, taken);
        }
        if self.shown(probe, &[close[0]; MANY])?.len() < MANY {
            return Ok(None);
        }
        // What shows of any item is no choice.
        let Some(other) = stretches.iter().find(|stretch| stretch.outcome == usual) else { return Ok(None) };
        let beside = self.shown(probe, &[close[0], other.sample])?;
        Ok((beside == [0]).then_some(Choice::Of(Handed::All)))
    }

    /// The share of another item's number that an item needs to be handed on.
    fn share(&self, probe: &mut Probe<'_>, taken: &Stretch) -> Result<Option<Choice>, DecideError> {
        let mut shares = Vec::new();
        for place in [0.9, 0.5] {
            let greatest = taken.at(self.axis, place);
            let mut fails = |number: f64| Ok(!self.shows(probe, &[greatest, number], 1)?);
            let least = taken.at(self.axis, FAR[2]);
            if !fails(least)? {
                return Ok(None);
            }
            let (below, _) = halve(least, greatest, &mut fails)?;
            shares.push((below / greatest * PARTS).round() / PARTS);
        }
        let share = shares[0];
        if shares.iter().any(|other| other.to_bits() != share.to_bits()) {
            return Ok(None);
        }
        let greatest = taken.at(self.axis, 0.9);
        let [less, more] = [greatest * (share - 0.01), greatest * (share + 0.01)];
        let of_greatest = !self.shows(probe, &[less, greatest], 0)? && self.shows(probe, &[more, greatest], 0)?;
        Ok(Some(Choice::Share { share, of_greatest }))
    }

    /// The items of these numbers of which something shows.
    pub(super) fn shown(&self, probe: &mut Probe<'_>, numbers: &[f64]) -> Result<Vec<usize>, DecideError> {
        let usual = self.observed(probe, numbers, numbers.len())?;
        let mut shown = Vec::new();
        for at in 0..numbers.len() {
            if self.observed(probe, numbers, at)? != usual {
                shown.push(at);
            }
        }
        Ok(shown)
    }

    fn shows(&self, probe: &mut Probe<'_>, numbers: &[f64], at: usize) -> Result<bool, DecideError> {
        Ok(self.observed(probe, numbers, numbers.len())? != self.observed(probe, numbers, at)?)
    }

    /// What is returned, printed and given to something outside, where all of an item but the number is otherwise.
    fn observed(&self, probe: &mut Probe<'_>, numbers: &[f64], changed: usize) -> Result<String, DecideError> {
        let mut answer = answer_with(self.shape, self.axis, numbers[0]);
        for (at, &number) in numbers.iter().enumerate() {
            let mut other = answer_with(self.shape, self.axis, number);
            if at == changed {
                self.change(&mut other);
            }
            if at == 0 {
                answer = other;
            } else {
                add(&mut answer, other, &self.axis.path);
            }
        }
        probe.run(&ApiOutput::Answer { answer })?;
        Ok(probe.observed().to_owned())
    }

    /// Gives the fields beside the number other values.
    fn change(&self, answer: &mut Json) {
        let Some(last) = self.axis.path.iter().rposition(|step| step == ITEM) else { return };
        let item = &self.axis.path[..=last];
        for (path, leaf) in self.shape.leaves() {
            let is_own = path.strip_prefix(item).is_some_and(|rest| rest.iter().all(|step| step != ITEM));
            let value = match leaf {
                Shape::Name | Shape::Text => Json::from(OTHER),
                Shape::Number { .. } | Shape::Word(_) => filled(leaf, 1),
                _ => continue,
            };
            if is_own && path != self.axis.path {
                put(answer, &path, value);
            }
        }
    }
}

/// The number of which the greatest is handed on of a list within each item of this one.
pub(super) fn within_item(
    probe: &mut Probe<'_>,
    shape: &Shape,
    list: &[String],
) -> Result<Option<String>, DecideError> {
    let is_within = |axis: &Axis| axis.is_nested() && axis.path.starts_with(list);
    let mut axes: Vec<Axis> = Axis::all(shape).into_iter().filter(is_within).collect();
    axes.sort_by_key(|axis| !axis.is_score(shape));
    for axis in axes.iter().take(MAX_NUMBERS) {
        let (low, high) = axis.range();
        let shown = |probe: &mut Probe<'_>, shares: [f64; 3]| {
            Items { shape, axis }.shown(probe, &shares.map(|share| low + (high - low) * share))
        };
        if shown(probe, [0.8, 0.5, 0.2])? == [0] && shown(probe, [0.2, 0.5, 0.8])? == [2] {
            return Ok(Some(axis.show()));
        }
    }
    Ok(None)
}

/// Adds the item that the innermost list on the path has in another answer.
fn add(answer: &mut Json, mut other: Json, path: &[String]) {
    let Some(last) = path.iter().rposition(|step| step == ITEM) else { return };
    let (mut list, mut more) = (Some(answer), Some(&mut other));
    for step in &path[..last] {
        list = list.and_then(|part| if step == ITEM { part.get_mut(0) } else { part.get_mut(step) });
        more = more.and_then(|part| if step == ITEM { part.get_mut(0) } else { part.get_mut(step) });
    }
    if let (Some(Json::Array(items)), Some(Json::Array(more))) = (list, more) {
        items.append(more);
    }
}
