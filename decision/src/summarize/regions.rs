//! Branches that are taken in regions: of a number of the answer, or of how many items there are.

use super::probe::{Outcome, Probe};
use super::{Draft, name};
use crate::program::Program;
use crate::summary::{Bounds, Branch, Limit, Region};

/// What is said of a count that is shown as it is: its branch tells only some from none.
const NUMBER_ITSELF: &str = "how many there are is shown or handed on: every number is an outcome of its own";

impl Draft {
    /// Adds a branch for each outcome with the regions that lead to it. Words and labels are those of `items`, the branch
    /// of the items that are counted or whose score is looked at.
    pub(super) fn push_regions(
        &mut self,
        probe: &Probe<'_>,
        usual: Outcome,
        steps: Vec<(Outcome, Vec<Region>)>,
        items: Option<&Branch>,
    ) {
        // The usual outcome has nothing of its own; it is named by all it does.
        let effects = |outcome: Outcome| match probe.own_effects(outcome, usual) {
            own if own.is_empty() => probe.decision(outcome).effects.iter().collect(),
            own => own,
        };
        let effects: Vec<Vec<_>> = steps.iter().map(|step| effects(step.0)).collect();
        let names = name::of(&effects);
        for (((outcome, regions), effects), name) in steps.into_iter().zip(effects).zip(names) {
            self.summary.branches.push(Branch {
                name,
                outcome: probe.decision(outcome).clone(),
                words: items.map_or_else(Vec::new, |items| items.words.clone()),
                labels: items.map_or_else(Vec::new, |items| items.labels.clone()),
                negated: items.is_some_and(|items| items.negated),
                unless: Vec::new(),
                with: None,
                except: items.is_some_and(|items| items.except),
                any: false,
                min_score: items.and_then(|items| items.min_score),
                regions,
                conditions: Vec::new(),
                evidence: name::evidence(probe, outcome, usual, &effects),
            });
        }
    }

    /// The number of the one branch's items is handed on as it is.
    pub(super) fn number(&mut self, program: &Program, probe: &Probe<'_>, one: Outcome) {
        let Some(items) = self.summary.branches.pop() else { return };
        self.warn(program, NUMBER_ITSELF.to_owned());
        self.push_regions(probe, self.default_outcome, vec![(one, vec![some()])], Some(&items));
    }

    /// Of several branches some are counted.
    pub(super) fn numbers(&mut self, program: &Program, counted: &[usize]) {
        self.warn(program, NUMBER_ITSELF.to_owned());
        for &at in counted {
            if let Some(branch) = self.summary.branches.get_mut(at) {
                branch.regions.push(some());
            }
        }
    }

    /// The one branch's items are counted: a branch for each outcome of their number but the default's.
    pub(super) fn count(&mut self, probe: &Probe<'_>, steps: Vec<(Outcome, Vec<Region>)>) {
        let Some(items) = self.summary.branches.pop() else { return };
        let usual = steps.iter().map(|step| step.0).find(|&outcome| *probe.decision(outcome) == self.summary.default);
        let usual = usual.unwrap_or(self.default_outcome);
        let steps = steps.into_iter().filter(|step| step.0 != usual).collect();
        self.push_regions(probe, usual, steps, Some(&items));
    }
}

/// One or more.
fn some() -> Region {
    let low = Some(Limit { value: 1.0, inclusive: true });
    vec![Bounds { field: Bounds::COUNT.to_owned(), low, high: None, percent: false }]
}
