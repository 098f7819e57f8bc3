//! What several items lead to: what one of them does, or one that has the mean of their numbers and what most of them are.

use serde_json::Value as Json;

use super::{Cell, Field, Table};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};
use crate::summarize::Draft;
use crate::summarize::axes::Axis;
use crate::summarize::probe::{Outcome, Probe};
use crate::summarize::ranges::append;
use crate::summarize::several::{self, Sample, Several};
use crate::summarize::tree;
use crate::summarize::verify::Random;

/// Answers of several items that are tried, of which so many must show that it is not the first of them.
const TRIALS: usize = 32;
const ENOUGH: usize = 6;

/// Every so many answers are long.
const LONG: usize = 8;

/// How close to a limit a mean may not come: it is rounded.
const NEAR: f64 = 1e-9;

/// How the numbers of several items become one.
#[derive(Clone, Copy)]
enum Way {
    Mean,
    Highest,
    Lowest,
}

const WAYS: [Way; 3] = [Way::Mean, Way::Highest, Way::Lowest];

impl Table<'_> {
    /// What several items lead to.
    pub(super) fn of_several(
        &self,
        draft: &mut Draft,
        probe: &mut Probe<'_>,
        shape: &Shape,
        (parts, usual): (&[tree::Part], Outcome),
    ) -> Result<(), DecideError> {
        let Some(list) = &self.list else { return Ok(()) };
        let samples: Vec<Sample> = parts
            .iter()
            .map(|part| {
                let first: Vec<usize> = part.cells.iter().map(|cells| cells[0]).collect();
                Sample { answer: self.answer(&first), outcome: part.outcome }
            })
            .collect();
        let Some(several) = several::find(probe, (shape, list), &samples, usual)? else { return Ok(()) };
        draft.summary.top_k = (several == Several::First).then_some(1);
        draft.summary.per_element = several == Several::Apart;
        draft.summary.several = several.show(probe, usual);
        if several == Several::Own {
            for way in WAYS {
                if self.is_as_one(probe, way, list)? {
                    draft.summary.several = Some(self.show_one(way));
                    break;
                }
            }
        }
        Ok(())
    }

    /// Whether several items lead where one does that has this of their numbers, and what most of them are.
    fn is_as_one(&self, probe: &mut Probe<'_>, way: Way, list: &Path) -> Result<bool, DecideError> {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let item: Path = [list.as_slice(), &[ITEM.to_owned()]].concat();
        let others: Vec<Axis> =
            self.others.iter().filter_map(|field| field.axis.clone()).filter(|axis| axis.is_of(list)).collect();
        let mut telling = 0;
        for trial in 0..TRIALS {
            let count = if trial % LONG == LONG - 1 { 10 } else { 2 } + random.below(4);
            let places: Vec<Vec<usize>> = (0..count).map(|_| self.any_cells(&mut random)).collect();
            let Some(one) = self.as_one(way, &places) else { continue };
            // What has no say on one item has none on how several are weighed.
            let mut answers = places.iter().map(|cells| {
                let mut answer = self.answer(cells);
                several::vary(&mut answer, &others, &mut random, trial % 2 == 0);
                answer
            });
            let Some(mut all) = answers.next() else { continue };
            let first = probe.run(&ApiOutput::Answer { answer: all.clone() })?;
            answers.for_each(|answer| append(&mut all, &answer, &item));
            let (all, one) =
                (probe.run(&ApiOutput::Answer { answer: all })?, probe.run(&ApiOutput::Answer { answer: one })?);
            if !probe.differ_by_data_only(all, one) {
                return Ok(false);
            }
            telling += usize::from(all != first);
        }
        Ok(telling >= ENOUGH)
    }

    /// The one that stands for several, in words.
    fn show_one(&self, way: Way) -> String {
        let (numbers, others): (Vec<&Field<'_>>, Vec<_>) = self.fields.iter().partition(|field| field.axis.is_some());
        let shown = |fields: Vec<&Field<'_>>| fields.into_iter().map(Field::show).collect::<Vec<_>>().join(", ");
        let numbers = (!numbers.is_empty()).then(|| format!("the {} {}", way.show(), shown(numbers)));
        let others = (!others.is_empty()).then(|| format!("the {} of most", shown(others)));
        let parts = numbers.into_iter().chain(others).collect::<Vec<_>>().join(" and ");
        format!("as one with {parts}")
    }

    fn any_cells(&self, random: &mut Random) -> Vec<usize> {
        self.fields.iter().map(|field| random.below(field.cells.len())).collect()
    }

    /// The one item that stands for several; nothing for a draw, or a number too near to a limit.
    fn as_one(&self, way: Way, items: &[Vec<usize>]) -> Option<Json> {
        let mut answer = self.base.clone();
        for (at, field) in self.fields.iter().enumerate() {
            let samples: Vec<Json> = items.iter().map(|cells| field.cells[cells[at]].sample()).collect();
            let value = if field.axis.is_some() {
                let numbers: Vec<f64> = samples.iter().filter_map(Json::as_f64).collect();
                let number = way.of(&numbers);
                let mut limits = field.cells.iter().filter_map(Cell::low);
                if limits.any(|limit| (limit.value - number).abs() < NEAR) {
                    return None;
                }
                Json::from(number)
            } else {
                several::most(samples.into_iter())?
            };
            field.set(&mut answer, &value);
        }
        Some(answer)
    }
}

impl Way {
    fn of(self, numbers: &[f64]) -> f64 {
        match self {
            Self::Mean => numbers.iter().sum::<f64>() / numbers.len().max(1) as f64,
            Self::Highest => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Lowest => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    fn show(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Highest => "highest",
            Self::Lowest => "lowest",
        }
    }
}
