//! Which fields have a say: found by changing one of them at a time on random answers, and the others where some pass.

use serde_json::Value as Json;

use super::{MAX_PARTS, SETTINGS, Table};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::summarize::constants::Constants;
use crate::summarize::probe::{Outcome, Probe};
use crate::summarize::tree;
use crate::summarize::verify::Random;

/// Random answers on which every field is changed.
const POINTS: usize = 48;

impl Table<'_> {
    /// Random answers.
    pub(super) fn settings(&self, constants: &Constants) -> Vec<Json> {
        let values: Vec<Vec<Json>> = self.fields.iter().map(|field| field.values(constants)).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let one = |_| {
            let mut answer = self.base.clone();
            for (field, values) in self.fields.iter().zip(&values) {
                field.set(&mut answer, &values[random.below(values.len())]);
            }
            answer
        };
        (0..SETTINGS).map(one).collect()
    }

    /// Which fields change what some answer leads to.
    pub(super) fn telling(&self, probe: &mut Probe<'_>, constants: &Constants) -> Result<Vec<bool>, DecideError> {
        let values: Vec<Vec<Json>> = self.fields.iter().map(|field| field.values(constants)).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut telling = vec![false; values.len()];
        for _ in 0..POINTS {
            let mut answer = self.base.clone();
            for (field, values) in self.fields.iter().zip(&values) {
                // Some as they are, and some as high or low as they can be: few answers pass several limits.
                match random.below(4) {
                    0 => {}
                    1 => field.set(&mut answer, &values[[0, values.len() - 1][random.below(2)]]),
                    _ => field.set(&mut answer, &values[random.below(values.len())]),
                }
            }
            let usual = probe.run(&ApiOutput::Answer { answer: answer.clone() })?;
            for (at, field) in self.fields.iter().enumerate().filter(|(at, _)| values[*at].len() > 1) {
                let mut other = answer.clone();
                let last = values[at].len() - 1;
                let place = if random.below(2) == 0 { [0, last][random.below(2)] } else { random.below(last + 1) };
                field.set(&mut other, &values[at][place]);
                let outcome = probe.run(&ApiOutput::Answer { answer: other })?;
                telling[at] |= outcome != usual;
            }
        }
        Ok(telling)
    }

    /// Other fields that change what some part leads to, alone or together, with an answer that shows it: those that have a
    /// say only where others pass.
    pub(super) fn more(
        &self,
        probe: &mut Probe<'_>,
        parts: &[tree::Part],
        constants: &Constants,
    ) -> Result<Option<(Vec<usize>, Json)>, DecideError> {
        for part in parts.iter().take(MAX_PARTS) {
            let answer = self.answer(&part.cells.iter().map(|cells| cells[0]).collect::<Vec<_>>());
            for (at, field) in self.others.iter().enumerate() {
                for value in field.values(constants) {
                    let mut other = answer.clone();
                    field.set(&mut other, &value);
                    if probe.run(&ApiOutput::Answer { answer: other.clone() })? != part.outcome {
                        return Ok(Some((vec![at], other)));
                    }
                }
            }
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for part in parts.iter().take(MAX_PARTS) {
            let answer = self.answer(&part.cells.iter().map(|cells| cells[0]).collect::<Vec<_>>());
            for _ in 0..SETTINGS {
                let together = self.together(probe, (&answer, part.outcome), constants, &mut random)?;
                if together.is_some() {
                    return Ok(together);
                }
            }
        }
        Ok(None)
    }

    /// The other fields that change the outcome together, if random values of all do.
    fn together(
        &self,
        probe: &mut Probe<'_>,
        (answer, outcome): (&Json, Outcome),
        constants: &Constants,
        random: &mut Random,
    ) -> Result<Option<(Vec<usize>, Json)>, DecideError> {
        let mut tried: Vec<Option<Json>> = Vec::new();
        for field in &self.others {
            let values = field.values(constants);
            let last = values.len().saturating_sub(1);
            let at = if random.below(2) == 0 { [0, last][random.below(2)] } else { random.below(last + 1) };
            tried.push(values.get(at).cloned());
        }
        let with = |tried: &[Option<Json>]| {
            let mut answer = answer.clone();
            for (field, value) in self.others.iter().zip(tried) {
                if let Some(value) = value {
                    field.set(&mut answer, value);
                }
            }
            answer
        };
        let differs = |probe: &mut Probe<'_>, tried: &[Option<Json>]| {
            probe.run(&ApiOutput::Answer { answer: with(tried) }).map(|other| other != outcome)
        };
        if !differs(probe, &tried)? {
            return Ok(None);
        }
        for at in 0..tried.len() {
            let value = tried[at].take();
            if !differs(probe, &tried)? {
                tried[at] = value;
            }
        }
        Ok(Some(((0..tried.len()).filter(|&at| tried[at].is_some()).collect(), with(&tried))))
    }
}
