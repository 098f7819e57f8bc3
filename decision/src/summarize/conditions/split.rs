//! A name that leads to several outcomes by a number of its item: how many places it is seen at, where one of them is.

use serde_json::Value as Json;

use super::{Axis, Branches, Condition, Constants, Fields, Held, Outcome, Path, Probe, Search, Shape, Subject};
use super::{DecideError, Program, held, put, show_path, stretches, values};

/// Labels that must lead to the same.
const MAX_LABELS: usize = 3;

/// Outcomes beside the usual one.
const MAX_CELLS: usize = 6;

/// What values of one field lead to, but for the usual outcome.
type Cells = Vec<(Outcome, Condition)>;

/// An outcome, and what must hold of the item for it.
pub(in super::super) type Split = (Outcome, Vec<Condition>);

/// The outcomes of the one branch's labels, each with what must hold of the item; `None` where more than two of its
/// numbers have a say, or something else has.
pub(in super::super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    (shape, program): (&Shape, &Program),
) -> Result<Option<Vec<Split>>, DecideError> {
    let fields = Fields::of(shape).filter(|_| !matches!(probe.subject, Subject::Members(_)));
    let ([branch], Some(fields)) = (found.branches.as_slice(), fields) else { return Ok(None) };
    if branch.negated || branch.except {
        return Ok(None);
    }
    let constants = Constants::of(program);
    let mut search = Search::new(probe, fields, &constants, found.default);
    let mut told: Option<Vec<Cells>> = None;
    for label in branch.samples.iter().take(MAX_LABELS) {
        if search.has_other_say(label)? {
            return Ok(None);
        }
        let cells = search.telling(label)?;
        if told.get_or_insert_with(|| cells.clone()) != &cells {
            return Ok(None);
        }
    }
    let cells = match told.unwrap_or_default().as_slice() {
        [one] => one.iter().map(|(outcome, condition)| (*outcome, vec![condition.clone()])).collect(),
        [one, other] => match (one.as_slice(), other.as_slice()) {
            ([(_, gate)], cells) | (cells, [(_, gate)]) => {
                cells.iter().map(|(outcome, condition)| (*outcome, vec![gate.clone(), condition.clone()])).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Ok(Some(cells).filter(|cells: &Vec<_>| (1..=MAX_CELLS).contains(&cells.len())))
}

impl Search<'_, '_, '_> {
    /// Whether anything but numbers has a say with a name.
    fn has_other_say(&mut self, label: &str) -> Result<bool, DecideError> {
        let others = [&self.fields.own, &self.fields.below, &self.fields.others].into_iter().flatten();
        let others: Vec<_> = others.filter(|(_, leaf)| !matches!(leaf, Shape::Number { .. })).cloned().collect();
        let usual = self.outcome(label, &[])?;
        for (path, value) in values(&others).collect::<Vec<_>>() {
            if self.outcome(label, &[(&path, &value)])? != usual {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What each field that has a say leads to, for a name.
    fn telling(&mut self, label: &str) -> Result<Vec<Cells>, DecideError> {
        let mut all = Vec::new();
        for held in self.fields.held.clone() {
            all.extend(self.by_count(label, &held)?);
        }
        let numbers = self.fields.own.iter().chain(&self.fields.below);
        let numbers: Vec<Path> =
            numbers.filter(|(_, leaf)| matches!(leaf, Shape::Number { .. })).map(|field| field.0.clone()).collect();
        for path in numbers {
            // One of them may say nothing where several do.
            for count in [1, self.probe.most()] {
                if let Some(cells) = self.by_number(label, &path, count)? {
                    all.push(cells);
                    break;
                }
            }
        }
        Ok(all)
    }

    fn by_count(&mut self, label: &str, held: &Held<'_>) -> Result<Option<Cells>, DecideError> {
        let counts = self.probe.counts.clone();
        let mut outcomes = Vec::new();
        for &count in &counts {
            outcomes.push(self.outcome(label, &[(&held.path, &held.of(count))])?);
        }
        let field = show_path(&held.path);
        let condition = |outcome: Outcome| {
            let taken: Vec<bool> = outcomes.iter().map(|other| *other == outcome).collect();
            let intervals = held::intervals(&taken, &counts, &field);
            Condition { field: field.clone(), values: Vec::new(), intervals }
        };
        Ok(self.cells(&outcomes, &condition))
    }

    fn by_number(&mut self, label: &str, path: &Path, count: usize) -> Result<Option<Cells>, DecideError> {
        let Some(axis) = Axis::all(self.fields.shape).into_iter().find(|axis| axis.path == *path) else {
            return Ok(None);
        };
        let mut base = self.fields.answer(self.probe, label);
        for held in self.fields.held.iter().filter(|held| path.starts_with(&held.path)) {
            put(&mut base, &held.path, held.of(count));
        }
        let found = stretches(self.probe, &axis.values(self.constants), &|value| {
            let mut answer = base.clone();
            put(&mut answer, path, Json::from(value));
            answer
        })?;
        let outcomes: Vec<Outcome> = found.iter().map(|stretch| stretch.outcome).collect();
        let condition = |outcome: Outcome| {
            let own = found.iter().filter(|stretch| stretch.outcome == outcome);
            let intervals = own.map(|stretch| stretch.bounds(&axis)).collect();
            Condition { field: axis.show(), values: Vec::new(), intervals }
        };
        Ok(self.cells(&outcomes, &condition))
    }

    /// One for each outcome but the usual one; `None` where all are the same.
    fn cells(&self, outcomes: &[Outcome], condition: &dyn Fn(Outcome) -> Condition) -> Option<Cells> {
        if outcomes.iter().all(|outcome| *outcome == outcomes[0]) {
            return None;
        }
        let mut cells: Cells = Vec::new();
        for &outcome in outcomes {
            if !self.probe.differ_by_data_only(outcome, self.default) && cells.iter().all(|cell| cell.0 != outcome) {
                cells.push((outcome, condition(outcome)));
            }
        }
        Some(cells)
    }
}
