//! Numbers of an answer, and where the outcome changes along them.

use serde_json::Value as Json;

use super::constants::Constants;
use super::probe::{Outcome, Probe};
use super::subject::put;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};
use crate::summary::{Bounds, Limit};

/// Values tried along an axis besides those the program is written with.
const STEPS: u32 = 128;

/// The same, where two axes are tried together.
const FEW_STEPS: u32 = 16;

/// One number of the answer; in a list, that of its only item.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) path: Path,
    low: f64,
    high: f64,
    percent: bool,
}

/// A stretch of an axis with one outcome.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) low: Option<Limit>,
    pub(super) high: Option<Limit>,
    pub(super) outcome: Outcome,
    /// A value inside it.
    pub(super) sample: f64,
}

/// An interval between two limits, and a value inside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) low: Option<Limit>,
    pub(super) high: Option<Limit>,
    pub(super) sample: f64,
}

/// The limit of what lies on its other side.
pub(super) fn turned(limit: Limit) -> Limit {
    Limit { inclusive: !limit.inclusive, ..limit }
}

/// The intervals between limits, each with its ends; puts the limits in order, each once.
pub(super) fn between(limits: &mut Vec<Limit>) -> Vec<(Option<Limit>, Option<Limit>)> {
    // Both zeros are one limit.
    let value = |limit: &Limit| limit.value + 0.0;
    limits.sort_by(|a, b| value(a).total_cmp(&value(b)).then(b.inclusive.cmp(&a.inclusive)));
    limits.dedup();
    let lows = std::iter::once(None).chain(limits.iter().copied().map(Some));
    let highs = limits.iter().map(|limit| Some(turned(*limit))).chain([None]);
    lows.zip(highs).collect()
}

impl Cell {
    pub(super) fn holds(&self, value: f64) -> bool {
        let above = |limit: Limit| value > limit.value || (limit.inclusive && value >= limit.value);
        let below = |limit: Limit| value < limit.value || (limit.inclusive && value <= limit.value);
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}

impl Axis {
    /// An answer with this number.
    pub(super) fn in_answer(&self, answer: &Json, number: f64) -> Json {
        let mut answer = answer.clone();
        put(&mut answer, &self.path, Json::from(number));
        answer
    }

    /// The intervals that limits cut the axis into; puts them in order, each once.
    pub(super) fn cut(&self, limits: &mut Vec<Limit>) -> Vec<Cell> {
        let (least, greatest) = self.range();
        between(limits)
            .into_iter()
            .map(|(low, high)| {
                let from = low.map_or(least, |limit| limit.value);
                let to = high.map_or(greatest, |limit| limit.value);
                let sample = if from < to { f64::midpoint(from, to) } else { from };
                Cell { low, high, sample }
            })
            .collect()
    }

    /// The numbers of an answer, those of the whole before those of items.
    pub(super) fn all(shape: &Shape) -> Vec<Self> {
        let mut axes: Vec<Self> = Vec::new();
        for (path, leaf) in shape.leaves() {
            let (low, high) = match leaf {
                Shape::Number { low, high } => (low.min(*high), high.max(*low)),
                Shape::Score => (0.0, 1.0),
                Shape::Percent => (0.0, 100.0),
                _ => continue,
            };
            // A number that is always the same decides nothing.
            if low >= high {
                continue;
            }
            axes.push(Self { path, low, high, percent: *leaf == Shape::Percent });
        }
        axes.sort_by_key(Self::is_in_list);
        axes
    }

    /// The product of two numbers, from the least to the greatest that it can be.
    pub(super) fn product(one: &Self, other: &Self) -> Self {
        let corners = [one.low * other.low, one.low * other.high, one.high * other.low, one.high * other.high];
        let (low, high) = (corners.into_iter().fold(0.0, f64::min), corners.into_iter().fold(0.0, f64::max));
        Self { path: vec![format!("{} * {}", one.show(), other.show())], low, high, percent: false }
    }

    /// The difference of two numbers, from the least to the greatest that it can be.
    pub(super) fn difference(one: &Self, other: &Self) -> Self {
        let path = vec![format!("{} - {}", one.show(), other.show())];
        Self { path, low: one.low - other.high, high: one.high - other.low, percent: false }
    }

    /// The mean of two numbers of the same range, set where the first stands.
    pub(super) fn mean(one: &Self, other: &[String]) -> Self {
        let path = vec![format!("({} + {}) / 2", one.show(), show_path(other))];
        Self { path, ..one.clone() }
    }

    /// The range of its values.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// An interval of the axis.
    pub(super) fn bounds(&self, low: Option<Limit>, high: Option<Limit>) -> Bounds {
        let (low, high) = (low.map(|limit| written(limit, true)), high.map(|limit| written(limit, false)));
        Bounds { field: self.show(), low, high, percent: self.percent }
    }

    pub(super) fn is_in_list(&self) -> bool {
        self.path.iter().any(|step| step == crate::shape::ITEM)
    }

    /// Whether it is of the items of a list within an item.
    pub(super) fn is_nested(&self) -> bool {
        self.path.iter().filter(|step| *step == crate::shape::ITEM).count() > 1
    }

    /// Whether it is of the items of a list, not of those of a list within these.
    pub(super) fn is_of(&self, list: &[String]) -> bool {
        self.path.iter().rposition(|step| step == crate::shape::ITEM).is_some_and(|at| self.path[..at] == *list)
    }

    /// Whether it says how sure the API is of an item.
    pub(super) fn is_score(&self, shape: &Shape) -> bool {
        matches!(shape.at(&self.path), Some(Shape::Score | Shape::Percent))
    }

    /// What certainty is on this axis: 1, or 100 for a percentage.
    pub(super) fn whole(&self) -> f64 {
        self.high
    }

    pub(super) fn show(&self) -> String {
        show_path(&self.path)
    }

    /// Values at which a program with these constants may change its mind, and others between, in ascending order.
    pub(super) fn values(&self, constants: &Constants) -> Vec<f64> {
        self.values_in(STEPS, constants)
    }

    /// As [`Axis::values`], with fewer others.
    pub(super) fn few_values(&self, constants: &Constants) -> Vec<f64> {
        self.values_in(FEW_STEPS, constants)
    }

    fn values_in(&self, steps: u32, constants: &Constants) -> Vec<f64> {
        let mut values: Vec<f64> =
            (0..=steps).map(|step| self.low + (self.high - self.low) * f64::from(step) / f64::from(steps)).collect();
        for number in constants.numbers.iter().copied().chain([0.0]) {
            for scaled in [number, -number, number / 10.0, -number / 10.0, number / 100.0, -number / 100.0] {
                values.extend([scaled.next_down(), scaled, scaled.next_up()]);
            }
        }
        values.retain(|value| (self.low..=self.high).contains(value));
        // Of the two zeros one is enough.
        for value in &mut values {
            *value += 0.0;
        }
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    }
}

/// Where the outcome changes along ascending values; `answer` says what an answer with such a value is.
pub(super) fn stretches(
    probe: &mut Probe<'_>,
    values: &[f64],
    answer: &dyn Fn(f64) -> Json,
) -> Result<Vec<Stretch>, DecideError> {
    let mut at = |value: f64| probe.run(&ApiOutput::Answer { answer: answer(value) });
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut before: Option<(f64, Outcome)> = None;
    for &value in values {
        let outcome = at(value)?;
        if let Some((last, known)) = before
            && known == outcome
        {
            debug_assert!(last <= value, "values ascend");
            before = Some((value, outcome));
            continue;
        }
        let mut low = None;
        if let Some((last, known)) = before {
            let (below, above) = halve(last, value, &mut |middle| Ok(at(middle)? == known))?;
            let inclusive = shorter(above, below);
            let value = if inclusive { above } else { below };
            low = Some(Limit { value, inclusive });
            if let Some(stretch) = stretches.last_mut() {
                stretch.high = Some(Limit { value, inclusive: !inclusive });
            }
        }
        stretches.push(Stretch { low, high: None, outcome, sample: value });
        before = Some((value, outcome));
    }
    Ok(stretches)
}

impl Stretch {
    /// A value inside it, so far from its lower end to its upper one; the least, where it has no more.
    pub(super) fn at(&self, axis: &Axis, share: f64) -> f64 {
        let (least, greatest) = axis.range();
        let (low, high) =
            (self.low.map_or(least, |limit| limit.value), self.high.map_or(greatest, |limit| limit.value));
        let value = low + (high - low) * share;
        if low < value && value < high { value } else { self.sample }
    }

    /// The stretch as an interval of its axis.
    pub(super) fn bounds(&self, axis: &Axis) -> Bounds {
        axis.bounds(self.low, self.high)
    }
}

/// The two neighbouring numbers between which `same` turns false.
pub(super) fn halve(
    mut below: f64,
    mut above: f64,
    same: &mut dyn FnMut(f64) -> Result<bool, DecideError>,
) -> Result<(f64, f64), DecideError> {
    while below.next_up() < above {
        let mut middle = below + (above - below) / 2.0;
        if middle <= below || middle >= above {
            middle = below.next_up();
        }
        if same(middle)? { below = middle } else { above = middle }
    }
    Ok((below, above))
}

/// A limit as a person would write it: what sums and products lose puts it a few floats beside a short number.
fn written(limit: Limit, is_low: bool) -> Limit {
    const MANY_DIGITS: usize = 14;
    const NEAR: f64 = 1e-12;
    const TINY: f64 = 1e-30;
    let Limit { value, .. } = limit;
    let short = (value * 1e9).round() / 1e9 + 0.0;
    let mantissa = format!("{value:e}");
    let digits = mantissa.bytes().take_while(|&digit| digit != b'e').filter(u8::is_ascii_digit).count();
    let is_lost = value != 0.0 && (digits >= MANY_DIGITS && (short - value).abs() < NEAR || value.abs() < TINY);
    if !is_lost || short.to_bits() == value.to_bits() {
        return limit;
    }
    // The short number is on the one side or the other.
    Limit { value: short, inclusive: if is_low { short > value } else { short < value } }
}

/// Whether the first of two neighbouring numbers is the one that a person writes.
fn shorter(first: f64, second: f64) -> bool {
    first.abs().to_string().len() <= second.abs().to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_short_numbers_where_floats_lost_something() {
        let written = |value, inclusive, is_low| written(Limit { value, inclusive }, is_low);
        let exactly = |value, inclusive| Limit { value, inclusive };
        assert_eq!(written(-0.500_000_000_000_000_1, false, false), exactly(-0.5, false));
        assert_eq!(written(0.749_999_999_999_999_9, true, true), exactly(0.75, true));
        assert_eq!(written(-5.551_115_123_125_783e-17, false, false), exactly(0.0, false));
        assert_eq!(written(5e-324, false, true), exactly(0.0, false));
        assert_eq!(written(0.123_456_789_012_345_67, true, true), exactly(0.123_456_789_012_345_67, true));
        assert_eq!(written(1e-15, false, true), exactly(1e-15, false));
    }
}
