//! How numbers of several items become one decision: the greatest of them, their mean, or what most of them say.

use std::collections::BTreeSet;

use super::Reason;
use super::axes::{Axis, Stretch};
use super::items::is_union;
use super::probe::{Outcome, Probe};
use super::verify::Random;
use crate::decider::DecideError;
use crate::decision::{Effect, Rendered};
use crate::output::ApiOutput;

/// Answers of several items of any numbers that are tried.
const RANDOM: usize = 12;

/// Stretches of which two are put together.
const MAX_STRETCHES: usize = 4;

/// How many items are tried at once.
const LONGEST: usize = 8;

/// How close to a limit a mean, a sum or a product may not come: it is rounded.
const NEAR: f64 = 1e-9;

/// What several items decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    First,
    /// One that leads to something else than an answer of nothing does is enough.
    Any(Outcome),
    /// The same, among the first of so many.
    AnyOfFirst(Outcome, usize),
    Highest,
    Lowest,
    Last,
    Mean,
    Sum,
    Most,
}

/// What the outcomes of several items are.
pub(super) enum Together {
    /// One of these.
    By(Aggregate),
    /// What each of them leads to, each on its own.
    Apart,
    /// More than one lead to this, whatever their numbers are.
    Several(Outcome),
    /// None of these.
    Otherwise,
}

/// Some items, and what they lead to.
type Trial = (Vec<f64>, Outcome);

/// Finds how items are put together; `usual` is what an answer of nothing leads to, `items` makes an answer.
pub(super) fn find(
    probe: &mut Probe<'_>,
    (axis, stretches): (&Axis, &[Stretch]),
    usual: Outcome,
    items: &dyn Fn(&[f64]) -> ApiOutput,
) -> Result<Together, DecideError> {
    let mut tried: Vec<Trial> = Vec::new();
    for numbers in mixtures(axis, &stretches[..stretches.len().min(MAX_STRETCHES)]) {
        let outcome = probe.run(&items(&numbers))?;
        tried.push((numbers, but_for_data(probe, stretches, outcome)));
    }
    // How many items are looked at shows where the one that counts is the last.
    let leads = stretches.iter().find(|stretch| stretch.outcome != usual);
    if let Some((idle, leads)) = stretches.iter().find(|stretch| stretch.outcome == usual).zip(leads) {
        for before in 2..LONGEST {
            let mut numbers = vec![idle.at(axis, 0.5); before];
            numbers.push(leads.at(axis, 0.5));
            let outcome = probe.run(&items(&numbers))?;
            tried.push((numbers, but_for_data(probe, stretches, outcome)));
        }
    }
    let Some(&(_, several)) = tried.first() else { return Ok(Together::Otherwise) };
    let all_alike = tried.iter().all(|(_, outcome)| *outcome == several);
    if all_alike && stretches.iter().any(|stretch| stretch.outcome != several) {
        return Ok(Together::Several(several));
    }
    let fits = |how: &Aggregate| {
        tried.iter().all(|(items, outcome)| how.outcome(stretches, items).is_none_or(|told| told == *outcome))
    };
    let others = stretches.iter().map(|stretch| stretch.outcome).filter(|outcome| *outcome != usual);
    let one_branch = others.collect::<BTreeSet<_>>().len() == 1;
    let any = one_branch.then_some(Aggregate::Any(usual));
    let among = (2..LONGEST).filter(|_| one_branch).map(|most| Aggregate::AnyOfFirst(usual, most));
    let all = [Aggregate::First].into_iter().chain(any).chain(REST).chain(among);
    if let Some(how) = all.into_iter().find(fits) {
        return Ok(Together::By(how));
    }
    let single = |number: f64| exactly(stretches, number).map(|stretch| stretch.outcome);
    let each = tried.iter().filter(|(items, _)| items.len() == 2).all(|(items, outcome)| {
        let parts = [single(items[0]), single(items[1])];
        let [Some(one), Some(other)] = parts else { return true };
        one == other || is_both(probe, *outcome, [one, other])
    });
    Ok(if each { Together::Apart } else { Together::Otherwise })
}

/// Whether an outcome is what two items lead to, each by itself.
pub(super) fn is_both(probe: &Probe<'_>, both: Outcome, parts: [Outcome; 2]) -> bool {
    is_union(probe, both, parts) || counts_both(probe, both, parts)
}

/// The outcome of one item that this one of several is but for more of the API's data: names joined by commas.
fn but_for_data(probe: &Probe<'_>, stretches: &[Stretch], outcome: Outcome) -> Outcome {
    let mut known = stretches.iter().map(|stretch| stretch.outcome);
    if known.clone().any(|one| one == outcome) {
        return outcome;
    }
    let hands_on =
        |one: Outcome| probe.decision(one).effects.iter().any(|effect| effect.values.iter().any(Rendered::has_data));
    let is_part = |one: &Outcome| hands_on(*one) && probe.decision(*one).is_part_by_data(probe.decision(outcome));
    known.find(is_part).unwrap_or(outcome)
}

/// Whether an outcome says what two others say, with other numbers: a record of how many there were of each.
fn counts_both(probe: &Probe<'_>, both: Outcome, parts: [Outcome; 2]) -> bool {
    let words = |outcome: Outcome| {
        let words = probe.decision(outcome).effects.iter().flat_map(Effect::chosen_words);
        words.filter(|word| word.parse::<f64>().is_err()).collect::<BTreeSet<_>>()
    };
    // Where only numbers tell the two apart, words say nothing of both.
    if parts[0] != parts[1] && words(parts[0]) == words(parts[1]) {
        return false;
    }
    let told = parts.into_iter().filter(|&part| !probe.fails(part)).flat_map(words).collect::<BTreeSet<_>>();
    !told.is_empty() && words(both) == told
}

const REST: [Aggregate; 6] =
    [Aggregate::Highest, Aggregate::Lowest, Aggregate::Last, Aggregate::Mean, Aggregate::Sum, Aggregate::Most];

/// Items of one stretch and of two, close to each other and far: a mean is what the farther one says, most of them are
/// not; and a few of all of them.
fn mixtures(axis: &Axis, stretches: &[Stretch]) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for first in stretches {
        for share in [0.1, 0.9] {
            let one = first.at(axis, share);
            all.extend([vec![one; 2], vec![one; 3]]);
        }
        for second in stretches.iter().filter(|second| second.outcome != first.outcome) {
            for [here, there] in [[0.1, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.9]] {
                let (one, other) = (first.at(axis, here), second.at(axis, there));
                all.extend([vec![one, other], vec![one, one, other], vec![one, other, other], vec![other, one, other]]);
                all.push(vec![one, other, one, other, one]);
            }
        }
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..RANDOM {
        let count = 4 + random.below(5);
        let mut number = || stretches[random.below(stretches.len())].at(axis, (1 + random.below(99)) as f64 / 100.0);
        all.push((0..count).map(|_| number()).collect());
    }
    all
}

impl Together {
    /// Why no class fits.
    pub(super) fn reason(&self, field: &str, probe: &Probe<'_>) -> Reason {
        Reason(match self {
            Self::Several(outcome) => {
                format!("{field} decides where there is one item; more than one lead to `{}`", probe.shown(*outcome))
            }
            Self::By(Aggregate::First | Aggregate::Any(_) | Aggregate::AnyOfFirst(..)) | Self::Apart => {
                format!("{field} decides")
            }
            Self::By(Aggregate::Highest) => format!("the highest {field} of all items decides"),
            Self::By(Aggregate::Lowest) => format!("the lowest {field} of all items decides"),
            Self::By(Aggregate::Last) => format!("the {field} of the last item decides"),
            Self::By(Aggregate::Mean) => format!("the mean of {field} over all items decides"),
            Self::By(Aggregate::Sum) => format!("the sum of {field} over all items decides"),
            Self::By(Aggregate::Most) => format!("the interval of {field} in which most items lie decides"),
            Self::Otherwise => {
                format!("several items, with {field} in different intervals or in one, lead to something of their own")
            }
        })
    }
}

impl Aggregate {
    /// What some items lead to; `None` where that is too close to call.
    fn outcome(self, stretches: &[Stretch], items: &[f64]) -> Option<Outcome> {
        let sum: f64 = items.iter().sum();
        let value = match self {
            Self::First => *items.first()?,
            Self::Any(usual) => {
                let led: Vec<Outcome> = items
                    .iter()
                    .map(|item| exactly(stretches, *item).map(|stretch| stretch.outcome))
                    .collect::<Option<_>>()?;
                return Some(led.into_iter().find(|outcome| *outcome != usual).unwrap_or(usual));
            }
            Self::AnyOfFirst(usual, most) => {
                return Self::Any(usual).outcome(stretches, &items[..most.min(items.len())]);
            }
            Self::Highest => items.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Lowest => items.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Last => *items.last()?,
            Self::Mean => sum / items.len() as f64,
            Self::Sum => sum,
            Self::Most => return most(stretches, items),
        };
        let stretch =
            if matches!(self, Self::Mean | Self::Sum) { holding(stretches, value) } else { exactly(stretches, value) };
        stretch.map(|stretch| stretch.outcome)
    }
}

/// The outcome that most items lead to alone; `None` for a draw.
fn most(stretches: &[Stretch], items: &[f64]) -> Option<Outcome> {
    let outcomes: Vec<Outcome> =
        items.iter().map(|item| exactly(stretches, *item).map(|stretch| stretch.outcome)).collect::<Option<_>>()?;
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

/// The stretch that a number lies in which is one of an item's.
fn exactly(stretches: &[Stretch], number: f64) -> Option<&Stretch> {
    stretches.iter().find(|stretch| {
        stretch.low.is_none_or(|low| number > low.value || (low.inclusive && number >= low.value))
            && stretch.high.is_none_or(|high| number < high.value || (high.inclusive && number <= high.value))
    })
}
