//! How numbers of several items become one decision: the greatest of them, their mean, or what most of them say.

use super::Reason;
use super::axes::{Axis, Stretch};
use super::probe::{Outcome, Probe};
use crate::decider::DecideError;

/// Stretches of which two are put together.
const MAX_STRETCHES: usize = 4;

/// How close to a limit a mean, a sum or a product may not come: it is rounded.
const NEAR: f64 = 1e-9;

/// What several items decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Highest,
    Lowest,
    Last,
    Mean,
    Sum,
    Most,
}

const ALL: [Aggregate; 6] =
    [Aggregate::Highest, Aggregate::Lowest, Aggregate::Last, Aggregate::Mean, Aggregate::Sum, Aggregate::Most];

/// What the outcomes of several items are: `None` where some of them are no single item's, as where each leaves a trace
/// of its own.
pub(super) enum Together {
    /// One of these.
    By(Aggregate),
    /// More than one lead to this, whatever their numbers are.
    Several(Outcome),
    /// Single items' outcomes, in a way that is none of these.
    Otherwise,
}

/// Finds how items are put together; `run` gives the outcome of items with these numbers.
pub(super) fn find(
    axis: &Axis,
    stretches: &[Stretch],
    run: &mut dyn FnMut(&[f64]) -> Result<Outcome, DecideError>,
) -> Result<Option<Together>, DecideError> {
    let mut tried: Vec<(Vec<f64>, Outcome)> = Vec::new();
    let few = &stretches[..stretches.len().min(MAX_STRETCHES)];
    for first in few {
        for second in few.iter().filter(|second| second.outcome != first.outcome) {
            // Far from each other and close: a mean is what the farther one says, most of them are not.
            for [here, there] in [[0.1, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.9]] {
                let (one, other) = (first.at(axis, here), second.at(axis, there));
                for items in [vec![one, other], vec![one, one, other], vec![one, other, other], vec![other, one, other]]
                {
                    let outcome = run(&items)?;
                    tried.push((items, outcome));
                }
            }
        }
    }
    if stretches.len() > 1
        && let Some((_, several)) = tried.first()
        && tried.iter().all(|(_, outcome)| outcome == several)
        && stretches.iter().any(|stretch| stretch.outcome != *several)
    {
        let mut alike = true;
        for stretch in few {
            alike &= run(&[stretch.sample, stretch.sample])? == *several;
        }
        if alike {
            return Ok(Some(Together::Several(*several)));
        }
    }
    let is_of_one = |outcome: &Outcome| stretches.iter().any(|stretch| stretch.outcome == *outcome);
    if !tried.iter().all(|(_, outcome)| is_of_one(outcome)) {
        return Ok(None);
    }
    let fits = |how: &Aggregate| {
        tried.iter().all(|(items, outcome)| how.outcome(stretches, items).is_none_or(|told| told == *outcome))
    };
    Ok(Some(ALL.into_iter().find(fits).map_or(Together::Otherwise, Together::By)))
}

impl Together {
    /// Why no class fits.
    pub(super) fn reason(&self, field: &str, probe: &Probe<'_>) -> Reason {
        Reason(match self {
            Self::Several(outcome) => {
                format!("{field} decides where there is one item; more than one lead to `{}`", probe.shown(*outcome))
            }
            Self::By(Aggregate::Highest) => format!("the highest {field} of all items decides"),
            Self::By(Aggregate::Lowest) => format!("the lowest {field} of all items decides"),
            Self::By(Aggregate::Last) => format!("the {field} of the last item decides"),
            Self::By(Aggregate::Mean) => format!("the mean of {field} over all items decides"),
            Self::By(Aggregate::Sum) => format!("the sum of {field} over all items decides"),
            Self::By(Aggregate::Most) => format!("the interval of {field} in which most items lie decides"),
            Self::Otherwise => {
                format!("items with {field} in several of these intervals are weighed against each other")
            }
        })
    }
}

impl Aggregate {
    /// What some items lead to; `None` where that is too close to call.
    fn outcome(self, stretches: &[Stretch], items: &[f64]) -> Option<Outcome> {
        let sum: f64 = items.iter().sum();
        let value = match self {
            Self::Highest => items.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Lowest => items.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Last => *items.last()?,
            Self::Mean => sum / items.len() as f64,
            Self::Sum => sum,
            Self::Most => return most(stretches, items),
        };
        holding(stretches, value).map(|stretch| stretch.outcome)
    }
}

/// The outcome that most items lead to alone; `None` for a draw.
fn most(stretches: &[Stretch], items: &[f64]) -> Option<Outcome> {
    let outcomes: Vec<Outcome> =
        items.iter().map(|item| holding(stretches, *item).map(|stretch| stretch.outcome)).collect::<Option<_>>()?;
    let count = |outcome: Outcome| outcomes.iter().filter(|other| **other == outcome).count();
    outcomes.iter().copied().find(|outcome| 2 * count(*outcome) > outcomes.len())
}

/// The stretch that a value lies in, if it is not too near to another one.
pub(super) fn holding(stretches: &[Stretch], value: f64) -> Option<&Stretch> {
    stretches.iter().find(|stretch| {
        stretch.low.is_none_or(|low| value > low.value + NEAR)
            && stretch.high.is_none_or(|high| value < high.value - NEAR)
    })
}
