//! The table itself: values of each field between which nothing changes, and what every combination of them leads to.

use serde_json::Value as Json;

use super::{Cell, MAX_CELLS, Table};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::summarize::axes::{Axis, stretches};
use crate::summarize::constants::Constants;
use crate::summarize::probe::{Outcome, Probe};
use crate::summarize::verify::Random;
use crate::summary::Limit;

/// Pairs of numbers with which it is tried whether only their mean counts.
const PAIRS: usize = 6;

/// More limits of one number are no ladder.
const MAX_LIMITS: usize = 8;

impl Table<'_> {
    /// Finds the cells of every field, beside those that are known, with the other fields as in these answers; `false` where
    /// there are too many.
    pub(super) fn find_cells(
        &mut self,
        probe: &mut Probe<'_>,
        constants: &Constants,
        settings: &[Json],
    ) -> Result<bool, DecideError> {
        for at in 0..self.fields.len() {
            let Some(axis) = self.fields[at].axis.clone() else {
                self.fields[at].cells = self.fields[at].values(constants).into_iter().map(Cell::Value).collect();
                continue;
            };
            let known = self.fields[at].cells.iter().filter_map(Cell::low);
            let mut limits: Vec<Limit> = known.collect();
            for setting in settings {
                let field = &self.fields[at];
                let found = stretches(probe, &axis.few_values(constants), &|value| {
                    let mut answer = setting.clone();
                    field.set(&mut answer, &Json::from(value));
                    answer
                })?;
                limits.extend(found.iter().filter_map(|stretch| stretch.low));
            }
            let cells = axis.cut(&mut limits);
            if limits.len() > MAX_LIMITS {
                return Ok(false);
            }
            self.fields[at].cells = cells.into_iter().map(Cell::Interval).collect();
        }
        Ok(self.fields.iter().map(|field| field.cells.len()).product::<usize>() <= MAX_CELLS)
    }

    /// Two numbers of which only the mean counts, such as the ends of an age's range, are one field.
    pub(super) fn take_means(&mut self, probe: &mut Probe<'_>, settings: &[Json]) -> Result<(), DecideError> {
        for other in (1..self.fields.len()).rev() {
            for one in 0..other {
                if !self.is_mean(probe, [one, other], settings)? {
                    continue;
                }
                let second = self.fields.remove(other);
                let field = &mut self.fields[one];
                field.paths.extend(second.paths);
                field.axis = field.axis.as_ref().map(|axis| Axis::mean(axis, &field.paths[1]));
                field.cells.clear();
                break;
            }
        }
        Ok(())
    }

    /// Whether only the mean of two numbers that stand beside each other counts, where they count.
    fn is_mean(&self, probe: &mut Probe<'_>, [one, other]: [usize; 2], settings: &[Json]) -> Result<bool, DecideError> {
        let [one, other] = [&self.fields[one], &self.fields[other]];
        let (Some(first), Some(second)) = (&one.axis, &other.axis) else { return Ok(false) };
        let record = |axis: &Axis| axis.path.split_last().map(|last| last.1.to_vec());
        if first.range() != second.range() || record(first) != record(second) || one.paths.len() > 1 {
            return Ok(false);
        }
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let mut counts = false;
        for setting in settings {
            let mut led = None;
            let (low, high) = first.range();
            let middle = f64::midpoint(low, high);
            // Their means are exact.
            let mut any = || low + (high - low) * random.below(65) as f64 / 64.0;
            let random = [(); PAIRS].map(|()| (any(), any()));
            for (a, b) in [(low, high), (high, low), (low, middle)].into_iter().chain(random) {
                let mut at = |a: f64, b: f64| {
                    let mut answer = setting.clone();
                    one.set(&mut answer, &Json::from(a));
                    other.set(&mut answer, &Json::from(b));
                    probe.run(&ApiOutput::Answer { answer })
                };
                let apart = at(a, b)?;
                if apart != at(f64::midpoint(a, b), f64::midpoint(a, b))? {
                    return Ok(false);
                }
                counts |= *led.get_or_insert(apart) != apart;
            }
        }
        Ok(counts)
    }

    /// What each combination of cells leads to, the last field's cells side by side.
    pub(super) fn outcomes(&self, probe: &mut Probe<'_>) -> Result<Option<Vec<Outcome>>, DecideError> {
        let mut outcomes = Vec::new();
        for at in 0..self.fields.iter().map(|field| field.cells.len()).product() {
            outcomes.push(probe.run(&ApiOutput::Answer { answer: self.answer(&self.cells_at(at)) })?);
        }
        let differs = outcomes.iter().any(|&outcome| outcome != outcomes[0]);
        Ok(differs.then_some(outcomes))
    }

    /// The cells of a combination.
    fn cells_at(&self, mut at: usize) -> Vec<usize> {
        let mut places = vec![0; self.fields.len()];
        for (place, field) in places.iter_mut().zip(&self.fields).rev() {
            *place = at % field.cells.len();
            at /= field.cells.len();
        }
        places
    }

    pub(super) fn answer(&self, cells: &[usize]) -> Json {
        let mut answer = self.base.clone();
        for (field, &cell) in self.fields.iter().zip(cells) {
            field.set(&mut answer, &field.cells[cell].sample());
        }
        answer
    }
}
