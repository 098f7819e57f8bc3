//! Branches that are taken in regions: of a number of the answer, or of how many items there are.

use super::probe::{Outcome, Probe};
use super::{Draft, name};
use crate::summary::{Branch, Region};

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
                except: items.is_some_and(|items| items.except),
                min_score: items.and_then(|items| items.min_score),
                regions,
                evidence: name::evidence(probe, outcome, usual, &effects),
            });
        }
    }
}
