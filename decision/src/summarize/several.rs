//! How several items go together of which each leads somewhere by what is in it: faces that have moods, results that have
//! lists of their own. What one of them leads to is asked of the program itself.

use serde_json::Value as Json;

use super::aggregate::is_both;
use super::axes::Axis;
use super::namesakes::Texts;
use super::probe::{Outcome, Probe};
use super::ranges::append;
use super::rank;
use super::subject::put;
use super::verify::Random;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};

/// Items that are put together.
const MAX_SAMPLES: usize = 6;

/// Answers of more than two of them, of which some have other numbers, and every so many are long.
const TRIALS: usize = 60;
const LONG: usize = 6;

/// So many answers at least must tell a way from what the first of the items leads to.
const ENOUGH: usize = 6;

/// Numbers of an item by which the greatest or the least may decide.
const MAX_NUMBERS: usize = 24;

/// Steps of a number that is tried.
const STEPS: usize = 64;

/// An answer of one item, and what it leads to.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) answer: Json,
    pub(super) outcome: Outcome,
}

/// What several items lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Several {
    /// What the first one does.
    First,
    /// What the first one does that leads elsewhere than is usual.
    FirstThatLeads,
    /// What one does that leads elsewhere than is usual, for each of them.
    EachThatLeads,
    Last,
    /// More than one lead to this, whatever they are.
    Alike(Outcome),
    /// What each of them does.
    Apart,
    /// The first of these outcomes that one of them leads to.
    Order(Vec<Outcome>),
    /// What most of them lead to; those that lead to what is usual may not count.
    Most {
        with_usual: bool,
    },
    /// What the one of the greatest number does.
    Greatest(String),
    /// The same of the least.
    Least(String),
    Own,
}

/// Some items, what each leads to, and what they lead to together.
struct Trial {
    items: Vec<Sample>,
    parts: Vec<Outcome>,
    outcome: Outcome,
}

/// Finds what several items of a list lead to; `usual` is what an item of no branch does. `None` where what single items lead
/// to differs by the API's data at most.
pub(super) fn find(
    probe: &mut Probe<'_>,
    (shape, list): (&Shape, &[String]),
    samples: &[Sample],
    usual: Outcome,
) -> Result<Option<Several>, DecideError> {
    let samples = &samples[..samples.len().min(MAX_SAMPLES)];
    if samples.iter().all(|sample| probe.differ_by_data_only(sample.outcome, samples[0].outcome)) {
        return Ok(None);
    }
    of_samples(probe, (shape, list), samples, usual).map(Some)
}

fn of_samples(
    probe: &mut Probe<'_>,
    (shape, list): (&Shape, &[String]),
    samples: &[Sample],
    usual: Outcome,
) -> Result<Several, DecideError> {
    let known = samples.iter().map(|sample| (&sample.answer, sample.outcome));
    let texts = Texts::of(probe, (shape, list), known)?;
    let pairs = pairs(probe, (list, &texts), samples)?;
    let Some(any) = pairs.first() else { return Ok(Several::Own) };
    let more = more(probe, (shape, list, &texts), samples)?;
    let fits = |told: &dyn Fn(&[Outcome]) -> Option<Outcome>| {
        pairs.iter().chain(&more).all(|trial| told(&trial.parts).is_none_or(|told| told == trial.outcome))
    };
    if fits(&|parts| parts.first().copied()) {
        return Ok(Several::First);
    }
    if fits(&|parts| Some(parts.iter().copied().find(|part| *part != usual).unwrap_or(usual))) {
        let again = does_again(probe, (list, &texts), samples, usual)?;
        return Ok(if again { Several::EachThatLeads } else { Several::FirstThatLeads });
    }
    if fits(&|parts| parts.last().copied()) {
        return Ok(Several::Last);
    }
    if fits(&|_| Some(any.outcome)) {
        return Ok(Several::Alike(any.outcome));
    }
    let differ = pairs.iter().filter(|trial| trial.parts[0] != trial.parts[1]);
    if differ.clone().all(|trial| is_both(probe, trial.outcome, [trial.parts[0], trial.parts[1]])) {
        return Ok(Several::Apart);
    }
    if let Some(order) = order(&pairs)
        && fits(&|parts| parts.iter().copied().min_by_key(|part| order.iter().position(|one| one == part)))
    {
        return Ok(Several::Order(order));
    }
    for with_usual in [false, true] {
        let counted = |part: &Outcome| with_usual || *part != usual;
        let of_most = |parts: &[Outcome]| most(parts.iter().copied().filter(counted));
        let telling = more.iter().filter(|trial| trial.is_telling() && of_most(&trial.parts).is_some()).count();
        if telling >= ENOUGH && fits(&of_most) {
            return Ok(Several::Most { with_usual });
        }
    }
    Ok(by_number(&more, shape, list).unwrap_or(Several::Own))
}

impl Several {
    /// What several of the items of a list lead to, in words; nothing for what goes without saying.
    pub(super) fn show(&self, probe: &Probe<'_>, usual: Outcome) -> Option<String> {
        Some(match self {
            Self::First | Self::Apart => return None,
            Self::FirstThatLeads => format!("the first that leads to anything but `{}`", probe.shown(usual)),
            Self::EachThatLeads => format!("each that leads to anything but `{}`", probe.shown(usual)),
            Self::Last => "the last one decides".to_owned(),
            Self::Alike(outcome) => format!("more than one lead to `{}`", probe.shown(*outcome)),
            Self::Order(order) => {
                let order: Vec<String> = order.iter().map(|outcome| format!("`{}`", probe.shown(*outcome))).collect();
                format!("the first of these that one of them leads to: {}", order.join(", "))
            }
            Self::Most { with_usual: true } => "what most of them lead to".to_owned(),
            Self::Most { with_usual: false } => {
                format!("what most of them lead to, those not counted that lead to `{}`", probe.shown(usual))
            }
            Self::Greatest(number) => format!("the one of the greatest {number} decides"),
            Self::Least(number) => format!("the one of the least {number} decides"),
            Self::Own => "not told: what they lead to together is something of its own".to_owned(),
        })
    }
}

impl Trial {
    /// Runs the program on these items; an outcome that is one of theirs but for data is that one.
    fn of(
        probe: &mut Probe<'_>,
        (list, texts): (&[String], &Texts),
        items: Vec<Sample>,
    ) -> Result<Option<Self>, DecideError> {
        let Some((first, rest)) = items.split_first() else { return Ok(None) };
        let mut answer = first.answer.clone();
        let path: Path = [list, &[ITEM.to_owned()]].concat();
        for (place, item) in (1..).zip(rest) {
            let mut item = item.answer.clone();
            texts.set(&mut item, place);
            append(&mut answer, &item, &path);
        }
        let outcome = probe.run(&ApiOutput::Answer { answer })?;
        let parts: Vec<Outcome> = items.iter().map(|item| item.outcome).collect();
        let known = parts.iter().copied().find(|part| probe.differ_by_data_only(*part, outcome));
        Ok(Some(Self { items, parts, outcome: known.unwrap_or(outcome) }))
    }

    /// Whether not all of its items lead to the same.
    fn is_telling(&self) -> bool {
        self.parts.iter().any(|part| *part != self.parts[0])
    }
}

/// Every item before every other, and before itself.
fn pairs(
    probe: &mut Probe<'_>,
    (list, texts): (&[String], &Texts),
    samples: &[Sample],
) -> Result<Vec<Trial>, DecideError> {
    let mut tried = Vec::new();
    for one in samples {
        for other in samples {
            tried.extend(Trial::of(probe, (list, texts), vec![one.clone(), other.clone()])?);
        }
    }
    Ok(tried)
}

/// Whether the program does what an item leads to once more for a second one that leads there, too.
fn does_again(
    probe: &mut Probe<'_>,
    (list, texts): (&[String], &Texts),
    samples: &[Sample],
    usual: Outcome,
) -> Result<bool, DecideError> {
    let path: Path = [list, &[ITEM.to_owned()]].concat();
    for sample in samples.iter().filter(|sample| sample.outcome != usual) {
        let one = sample.answer.clone();
        let (mut both, mut other) = (one.clone(), one.clone());
        texts.set(&mut other, 1);
        append(&mut both, &other, &path);
        let [one, both] = [one, both].map(|answer| ApiOutput::Answer { answer });
        if probe.acted_times(&both)? <= probe.acted_times(&one)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Some of them at random, as they are or with other numbers: one of them may be picked, or weighed, by any of these.
fn more(
    probe: &mut Probe<'_>,
    (shape, list, texts): (&Shape, &[String], &Texts),
    samples: &[Sample],
) -> Result<Vec<Trial>, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let axes: Vec<Axis> = Axis::all(shape).into_iter().filter(|axis| axis.is_of(list)).collect();
    let mut tried = Vec::new();
    // One that has all of its numbers high after two that have them low, and the other way round: a weight shows.
    for (one, other) in samples.iter().flat_map(|one| samples.iter().map(move |other| (one, other))) {
        for [high, low] in [[STEPS, 0], [0, STEPS]] {
            let mut items = vec![other.clone(), other.clone(), one.clone()];
            for (place, item) in items.iter_mut().enumerate() {
                for axis in &axes {
                    set(&mut item.answer, axis, if place == 2 { high } else { low });
                }
                item.outcome = alone(probe, samples, &item.answer)?;
            }
            tried.extend(Trial::of(probe, (list, texts), items)?);
        }
    }
    for trial in 0..TRIALS {
        let is_long = trial % LONG == LONG - 1;
        let count = if is_long { 10 } else { 3 } + random.below(3);
        let mut items = Vec::new();
        // Where only the first few are looked at, the last of many that are alike shows it.
        let alike = is_long.then(|| random.below(samples.len()));
        for place in 0..count {
            let any = random.below(samples.len());
            let mut item = samples[alike.filter(|_| place + 1 < count).unwrap_or(any)].clone();
            if trial % 4 != 0 {
                vary(&mut item.answer, &axes, &mut random, trial % 4 == 2);
                item.outcome = alone(probe, samples, &item.answer)?;
            }
            items.push(item);
        }
        tried.extend(Trial::of(probe, (list, texts), items)?);
    }
    Ok(tried)
}

/// What one item leads to; what differs from what a sample does by data alone is that.
fn alone(probe: &mut Probe<'_>, samples: &[Sample], answer: &Json) -> Result<Outcome, DecideError> {
    let outcome = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
    let known = samples.iter().map(|sample| sample.outcome).find(|known| probe.differ_by_data_only(*known, outcome));
    Ok(known.unwrap_or(outcome))
}

/// Gives these numbers of an answer's items other values: any, or the ends of their ranges, where what is sure enough or
/// large enough is surely so.
pub(super) fn vary(answer: &mut Json, axes: &[Axis], random: &mut Random, ends: bool) {
    for axis in axes {
        set(answer, axis, if ends { [0, STEPS][random.below(2)] } else { random.below(STEPS + 1) });
    }
}

/// Sets a number so many steps from the least that it can be.
fn set(answer: &mut Json, axis: &Axis, at: usize) {
    let (low, high) = axis.range();
    put(answer, &axis.path, Json::from(low + (high - low) * at as f64 / STEPS as f64));
}

/// The outcomes in an order in which each wins over those after it, whichever item comes first.
fn order(pairs: &[Trial]) -> Option<Vec<Outcome>> {
    let mut order: Vec<Outcome> = pairs.iter().map(|trial| trial.parts[0]).collect();
    order.sort_unstable();
    order.dedup();
    let wins = |one: Outcome| pairs.iter().filter(|trial| trial.parts.contains(&one) && trial.outcome == one).count();
    let is_one = |trial: &Trial| trial.parts.contains(&trial.outcome);
    order.sort_by_key(|outcome| std::cmp::Reverse(wins(*outcome)));
    pairs.iter().all(is_one).then_some(order)
}

/// What is there most often; nothing for a draw.
pub(super) fn most<T: PartialEq>(parts: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for part in parts {
        match counts.iter_mut().find(|known| known.0 == part) {
            Some(known) => known.1 += 1,
            None => counts.push((part, 1)),
        }
    }
    let most = counts.iter().map(|known| known.1).max()?;
    let mut first = counts.into_iter().filter(|known| known.1 == most).map(|known| known.0);
    first.next().filter(|_| first.next().is_none())
}

/// The number of which the item that has the greatest, or the least, decides, wherever it stands.
fn by_number(trials: &[Trial], shape: &Shape, list: &[String]) -> Option<Several> {
    for measure in rank::measures(shape, list, MAX_NUMBERS) {
        for is_least in [false, true] {
            let led = |trial: &Trial| {
                let numbers = trial.items.iter().map(|item| measure.of(&item.answer)).collect::<Option<Vec<_>>>()?;
                let best = numbers.iter().copied().reduce(if is_least { f64::min } else { f64::max })?;
                let mut at = (0..numbers.len()).filter(|&at| numbers[at].to_bits() == best.to_bits());
                at.next().filter(|_| at.next().is_none()).map(|at| trial.parts[at])
            };
            let told = trials.iter().filter_map(|trial| led(trial).map(|outcome| (trial, outcome)));
            let telling = told.clone().filter(|(trial, outcome)| trial.parts.first() != Some(outcome)).count();
            if telling >= ENOUGH && told.clone().all(|(trial, outcome)| trial.outcome == outcome) {
                let number = measure.show();
                return Some(if is_least { Several::Least(number) } else { Several::Greatest(number) });
            }
        }
    }
    None
}
