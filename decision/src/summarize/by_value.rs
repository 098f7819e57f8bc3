//! Decisions by one field of the whole answer together with a number beside it: a sentiment that counts where its score
//! is high enough.
//!
//! Each value of the field is a ladder over one number, which may be another for every value, or over the difference of
//! two that are compared with each other. Where numbers have a say with one value in any other way, this is no such
//! decision.

use serde_json::Value as Json;

use super::axes::{Axis, Stretch, stretches};
use super::constants::Constants;
use super::name;
use super::probe::{Outcome, Probe};
use super::subject::Members;
use super::verify::Random;
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::{Branch, Condition, DecisionType, Limit, MatchMode, Word};

/// More stretches of a number than this are no ladder.
const MAX_STRETCHES: usize = 6;

/// Answers of any values at once that the ladders are checked on.
const TRIALS: usize = 64;

/// A ladder: of one value, over what has a say with it.
struct Ladder {
    value: String,
    over: Over,
    stretches: Vec<Stretch>,
}

/// What a ladder is over.
enum Over {
    Nothing,
    Number(Axis),
    Difference(Axis, Axis),
}

impl Over {
    /// What it is as a number of its own.
    fn axis(&self) -> Option<Axis> {
        match self {
            Self::Nothing => None,
            Self::Number(axis) => Some(axis.clone()),
            Self::Difference(one, other) => Some(Axis::difference(one, other)),
        }
    }

    /// Its value in an answer.
    fn value(&self, answer: &Json) -> f64 {
        let of = |axis: &Axis| {
            let part = axis.path.iter().try_fold(answer, |part, step| part.get(step));
            part.and_then(Json::as_f64).unwrap_or_default()
        };
        match self {
            Self::Nothing => 0.0,
            Self::Number(axis) => of(axis),
            Self::Difference(one, other) => of(one) - of(other),
        }
    }
}

/// The values of one field that lead to one outcome under one condition.
struct Cell {
    outcome: Outcome,
    condition: Option<Condition>,
    values: Vec<String>,
}

/// Fills the draft when the decision is of this kind; `false` when it is not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    (shape, members): (&Shape, &Members<'_>),
    constants: &Constants,
) -> Result<bool, Reason> {
    let Some((field, values)) = members.single() else { return Ok(false) };
    let axes: Vec<Axis> = Axis::all(shape).into_iter().filter(|axis| !axis.path.iter().any(|s| s == ITEM)).collect();
    let mut ladders = Vec::new();
    for value in values {
        let Some(ladder) = ladder(probe, (shape, &field), value, (&axes, constants))? else { return Ok(false) };
        ladders.push(ladder);
    }
    let told = |ladder: &Ladder| ladder.stretches.iter().map(|stretch| stretch.outcome).collect::<Vec<_>>();
    // Where the field makes no difference it is the number that decides, and the other way round.
    let field_counts = ladders.iter().any(|ladder| told(ladder) != told(&ladders[0]));
    let number_counts = ladders.iter().any(|ladder| ladder.stretches.len() > 1);
    if !number_counts || !holds(probe, (shape, &field), &ladders, (&axes, constants))? {
        return Ok(false);
    }
    if !field_counts {
        let Over::Difference(..) = ladders[0].over else { return Ok(false) };
        let Some(axis) = ladders[0].over.axis() else { return Ok(false) };
        draft.summary.field = Some(axis.show());
        super::ranges::ladder(draft, probe, &axis, &ladders[0].stretches, None);
        return Ok(true);
    }
    let cells = cells(&ladders, draft.default_outcome);
    if cells.is_empty() {
        return Ok(false);
    }
    draft.summary.field = Some(members.show());
    draft.summary.vocabulary = members.show();
    draft.summary.decision_type = if cells.len() == 1 { DecisionType::TrueFalse } else { DecisionType::MultiChoice };
    draft.push_cells(probe, &cells, constants);
    Ok(true)
}

/// What one value leads to; `None` where no one number says it.
fn ladder(
    probe: &mut Probe<'_>,
    (shape, field): (&Shape, &Path),
    value: String,
    (axes, constants): (&[Axis], &Constants),
) -> Result<Option<Ladder>, DecideError> {
    let base = answer(shape, field, &value);
    let usual = probe.run(&ApiOutput::Answer { answer: base.clone() })?;
    let mut telling: Vec<&Axis> = Vec::new();
    for axis in axes {
        for number in axis.few_values(constants) {
            if probe.run(&ApiOutput::Answer { answer: axis.in_answer(&base, number) })? != usual {
                telling.push(axis);
                break;
            }
        }
    }
    if let [one] = telling[..]
        && let Some((other, stretches)) = against_another(probe, &base, one, axes)?
    {
        return Ok(Some(Ladder { value, over: Over::Difference(one.clone(), other), stretches }));
    }
    let (over, stretches) = match telling[..] {
        [] => (Over::Nothing, vec![Stretch { low: None, high: None, outcome: usual, sample: 0.0 }]),
        [axis] => {
            let found = stretches(probe, &axis.values(constants), &|number| axis.in_answer(&base, number))?;
            (Over::Number(axis.clone()), found)
        }
        [one, other] => match difference(probe, &base, one, other)? {
            Some(stretches) => (Over::Difference(one.clone(), other.clone()), stretches),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok((stretches.len() <= MAX_STRETCHES).then_some(Ladder { value, over, stretches }))
}

/// The number that the one with a say is compared with: with all others at nothing only the one shows.
fn against_another(
    probe: &mut Probe<'_>,
    base: &Json,
    one: &Axis,
    axes: &[Axis],
) -> Result<Option<(Axis, Vec<Stretch>)>, DecideError> {
    for other in axes.iter().filter(|other| other.path != one.path) {
        if let Some(found) = difference(probe, base, one, other)? {
            return Ok(Some((other.clone(), found)));
        }
    }
    Ok(None)
}

/// What leads where as one number is less than another, the same, or more; `None` where it is not that which counts.
fn difference(
    probe: &mut Probe<'_>,
    base: &Json,
    one: &Axis,
    other: &Axis,
) -> Result<Option<Vec<Stretch>>, DecideError> {
    if one.range() != other.range() {
        return Ok(None);
    }
    let (low, high) = one.range();
    let at = |part: f64| low + (high - low) * part;
    let mut outcomes = Vec::new();
    for pairs in [
        [(0.1, 0.2), (0.1, 0.9), (0.8, 0.9)],
        [(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)],
        [(0.2, 0.1), (0.9, 0.1), (0.9, 0.8)],
    ] {
        let mut led = Vec::new();
        for (first, second) in pairs {
            let answer = other.in_answer(&one.in_answer(base, at(first)), at(second));
            led.push(probe.run(&ApiOutput::Answer { answer })?);
        }
        if led.iter().any(|outcome| *outcome != led[0]) {
            return Ok(None);
        }
        outcomes.push(led[0]);
    }
    let [less, same, more] = outcomes[..] else { return Ok(None) };
    if less == more {
        return Ok(None);
    }
    let zero = |inclusive: bool| Some(Limit { value: 0.0, inclusive });
    let mut found = vec![Stretch { low: None, high: zero(same == less), outcome: less, sample: -1.0 }];
    if same != less && same != more {
        found.push(Stretch { low: zero(true), high: zero(true), outcome: same, sample: 0.0 });
    }
    found.push(Stretch { low: zero(same == more), high: None, outcome: more, sample: 1.0 });
    Ok(Some(found))
}

/// Whether the ladders say what answers of any values lead to.
fn holds(
    probe: &mut Probe<'_>,
    (shape, field): (&Shape, &Path),
    ladders: &[Ladder],
    (axes, constants): (&[Axis], &Constants),
) -> Result<bool, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..TRIALS {
        let ladder = &ladders[random.below(ladders.len())];
        let mut answer = answer(shape, field, &ladder.value);
        for axis in axes {
            let numbers = axis.few_values(constants);
            answer = axis.in_answer(&answer, numbers[random.below(numbers.len())]);
        }
        let number = ladder.over.value(&answer);
        let is_inside = |stretch: &&Stretch| ladder.over.axis().is_none_or(|axis| stretch.bounds(&axis).holds(number));
        let expected = ladder.stretches.iter().find(is_inside).map(|stretch| stretch.outcome);
        if expected != Some(probe.run(&ApiOutput::Answer { answer })?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn cells(ladders: &[Ladder], usual: Outcome) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for ladder in ladders {
        let mut led: Vec<(Outcome, Option<Condition>)> = Vec::new();
        for stretch in ladder.stretches.iter().filter(|stretch| stretch.outcome != usual) {
            let Some(axis) = ladder.over.axis() else {
                led.push((stretch.outcome, None));
                continue;
            };
            let bounds = stretch.bounds(&axis);
            let known = led.iter_mut().find(|known| known.0 == stretch.outcome);
            if let Some((_, Some(condition))) = known {
                condition.intervals.push(bounds);
            } else {
                let condition = Condition { field: axis.show(), values: Vec::new(), intervals: vec![bounds] };
                led.push((stretch.outcome, Some(condition)));
            }
        }
        for (outcome, condition) in led {
            match cells.iter_mut().find(|cell| cell.outcome == outcome && cell.condition == condition) {
                Some(cell) => cell.values.push(ladder.value.clone()),
                None => cells.push(Cell { outcome, condition, values: vec![ladder.value.clone()] }),
            }
        }
    }
    cells
}

impl Draft {
    fn push_cells(&mut self, probe: &Probe<'_>, cells: &[Cell], constants: &Constants) {
        let usual = self.default_outcome;
        let effects: Vec<_> = cells.iter().map(|cell| probe.own_effects(cell.outcome, usual)).collect();
        let names = name::of(&effects);
        let compared = probe.compared();
        for ((cell, effects), name) in cells.iter().zip(&effects).zip(names) {
            let word = |value: &String| {
                let text = compared.iter().find(|text| text.eq_ignore_ascii_case(value))?;
                let mode = if text == value { MatchMode::Exact } else { MatchMode::Iexact };
                let (text, span) = constants.place(text)?;
                Some(Word { text, mode, span })
            };
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(cell.outcome).clone(),
                words: cell.values.iter().filter_map(word).collect(),
                labels: cell.values.clone(),
                conditions: cell.condition.clone().into_iter().collect(),
                evidence: name::evidence(probe, cell.outcome, usual, effects),
                ..Branch::default()
            });
        }
        // In the order of the source.
        self.summary.branches.sort_by_key(|branch| {
            let first = branch.evidence.iter().chain(branch.words.iter().map(|word| &word.span)).max().copied();
            (first.is_none(), first)
        });
    }
}

fn answer(shape: &Shape, field: &Path, value: &str) -> Json {
    shape.with(field, Json::from(value))
}
