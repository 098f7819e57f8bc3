//! Decisions by where two numbers of the answer lie, such as how good a text's mood is and how strong.

use serde_json::Value as Json;

use super::axes::{Axis, Cell, stretches};
use super::constants::Constants;
use super::probe::{Outcome, Probe};
use super::verify::Random;
use super::{Draft, Reason};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::Shape;
use crate::summary::{DecisionType, Limit, Region};

/// More intervals of one number are no ladder.
const MAX_CELLS: usize = 12;

/// How often the limits of one number are looked for between those of the other.
const ROUNDS: usize = 2;

/// Numbers of the whole answer of which every two are tried.
const MAX_AXES: usize = 6;

/// Answers on which the regions are checked.
const TRIALS: usize = 128;

/// Fills the draft with the regions of two numbers of the answer; `false` where there are too many, or they do not say all.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    axes: [&Axis; 2],
) -> Result<bool, Reason> {
    let Some(cells) = cells(probe, shape, constants, axes)? else { return Ok(false) };
    let mut table: Vec<Vec<Outcome>> = Vec::new();
    for one in &cells[0] {
        let row = cells[1].iter().map(|other| probe.run(&at(shape, axes, [one.sample, other.sample])));
        table.push(row.collect::<Result<_, _>>()?);
    }
    if !says_all(probe, shape, axes, (&cells, &table))? {
        return Ok(false);
    }
    let usual = draft.default_outcome;
    let mut steps = regions(axes, (&cells, &table));
    let two = steps.len() == 2 && steps.iter().any(|step| step.0 == usual);
    if two {
        steps.retain(|step| step.0 != usual);
    }
    draft.push_regions(probe, usual, steps, None);
    draft.summary.decision_type = if two { DecisionType::TrueFalse } else { DecisionType::Range };
    Ok(true)
}

/// As [`fill`], where no number alone makes a difference, but both together.
pub(super) fn fill_together(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
) -> Result<bool, Reason> {
    let all = Axis::all(shape);
    let own: Vec<&Axis> = all.iter().filter(|axis| !axis.is_in_list()).take(MAX_AXES).collect();
    for (place, one) in own.iter().enumerate() {
        for other in &own[place + 1..] {
            if differs_at_corners(probe, shape, [one, other])? && fill(draft, probe, shape, constants, [one, other])? {
                draft.summary.field = Some(format!("{}, {}", one.show(), other.show()));
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the ends of two numbers lead to more than one outcome.
fn differs_at_corners(probe: &mut Probe<'_>, shape: &Shape, axes: [&Axis; 2]) -> Result<bool, DecideError> {
    let [ends, others] = axes.map(|axis| <[f64; 2]>::from(axis.range()));
    let mut corners = Vec::new();
    for one in ends {
        for other in others {
            corners.push(probe.run(&at(shape, axes, [one, other]))?);
        }
    }
    Ok(corners.iter().any(|corner| *corner != corners[0]))
}

fn at(shape: &Shape, axes: [&Axis; 2], values: [f64; 2]) -> ApiOutput {
    let mut answer = shape.with(&axes[0].path, Json::from(values[0]));
    super::subject::put(&mut answer, &axes[1].path, Json::from(values[1]));
    ApiOutput::Answer { answer }
}

/// The intervals of both numbers between which the outcome can change.
fn cells(
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
    axes: [&Axis; 2],
) -> Result<Option<[Vec<Cell>; 2]>, DecideError> {
    let values = axes.map(|axis| axis.few_values(constants));
    let ends = |axis: &Axis| Vec::from(<[f64; 2]>::from(axis.range()));
    let mut samples = axes.map(ends);
    let mut limits: [Vec<Limit>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for this in [0, 1] {
            for &fixed in &samples[1 - this] {
                let answer = |value: f64| {
                    let pair = if this == 0 { [value, fixed] } else { [fixed, value] };
                    at(shape, axes, pair).answer(shape)
                };
                let found = stretches(probe, &values[this], &answer)?;
                limits[this].extend(found.iter().filter_map(|stretch| stretch.low));
            }
            let cells = axes[this].cut(&mut limits[this]);
            if limits[this].len() >= MAX_CELLS {
                return Ok(None);
            }
            samples[this] = cells.iter().map(|cell| cell.sample).collect();
        }
    }
    let [first, second] = &mut limits;
    Ok(Some([axes[0].cut(first), axes[1].cut(second)]))
}

/// Whether the table says what the program does on other answers, too, whatever other numbers the answer has.
fn says_all(
    probe: &mut Probe<'_>,
    shape: &Shape,
    axes: [&Axis; 2],
    (cells, table): (&[Vec<Cell>; 2], &[Vec<Outcome>]),
) -> Result<bool, DecideError> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let all = Axis::all(shape);
    let is_other = |axis: &&Axis| !axis.is_in_list() && axes.iter().all(|own| own.path != axis.path);
    let others: Vec<&Axis> = all.iter().filter(is_other).collect();
    for _ in 0..TRIALS {
        let values = [0, 1].map(|this: usize| {
            let (least, greatest) = axes[this].range();
            let share = random.below(1000) as f64 / 1000.0;
            let limits: Vec<f64> = cells[this].iter().filter_map(|cell| cell.low).map(|limit| limit.value).collect();
            match random.below(3) {
                0 => least + (greatest - least) * share,
                // Limits are where small numbers are.
                1 => least + (greatest - least) * share * share * share,
                // What is no rectangle shows beside its corners.
                _ if limits.is_empty() => greatest * share,
                _ => (limits[random.below(limits.len())] * (0.5 + share)).clamp(least, greatest),
            }
        });
        let place = [0, 1].map(|this: usize| cells[this].iter().position(|cell| cell.holds(values[this])));
        let [Some(one), Some(other)] = place else { return Ok(false) };
        let mut answer = at(shape, axes, values).answer(shape);
        for axis in &others {
            let (least, greatest) = axis.range();
            let share = random.below(3) as f64 / 2.0;
            answer = axis.in_answer(&answer, least + (greatest - least) * share);
        }
        if probe.run(&ApiOutput::Answer { answer })? != table[one][other] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Rows and columns of the table, each from one to another.
#[derive(Clone, Copy)]
struct Block {
    rows: [usize; 2],
    columns: [usize; 2],
}

/// Each outcome with its regions, in order of the first.
fn regions(axes: [&Axis; 2], (cells, table): (&[Vec<Cell>; 2], &[Vec<Outcome>])) -> Vec<(Outcome, Vec<Region>)> {
    let mut steps: Vec<(Outcome, Vec<Block>)> = Vec::new();
    for (row, outcomes) in table.iter().enumerate() {
        let mut from = 0;
        for to in 0..outcomes.len() {
            if outcomes.get(to + 1) == Some(&outcomes[from]) {
                continue;
            }
            let block = Block { rows: [row, row], columns: [from, to] };
            let place = steps.iter().position(|step| step.0 == outcomes[from]).unwrap_or(steps.len());
            if place == steps.len() {
                steps.push((outcomes[from], Vec::new()));
            }
            let above = |known: &&mut Block| known.columns == block.columns && known.rows[1] + 1 == row;
            match steps[place].1.iter_mut().find(above) {
                Some(known) => known.rows[1] = row,
                None => steps[place].1.push(block),
            }
            from = to + 1;
        }
    }
    let region = |block: &Block| -> Region {
        let bounds = [block.rows, block.columns]
            .into_iter()
            .zip(axes)
            .zip(cells)
            .map(|(([from, to], axis), cells)| axis.bounds(cells[from].low, cells[to].high));
        bounds.filter(|bounds| bounds.low.is_some() || bounds.high.is_some()).collect()
    };
    steps.into_iter().map(|(outcome, blocks)| (outcome, blocks.iter().map(region).collect())).collect()
}
