//! What is done outside with the API's data on every answer of an outcome.
//!
//! That labels are sent or stored as soon as there are any decides nothing, and is left out while outcomes are told apart
//! ([`Probe::ignore_logging`](super::probe::Probe::ignore_logging)). Where something else decides, it is part of what a
//! branch does, and may be all that it is for: a message that names what was seen.

use std::collections::HashMap;

use crate::decision::{Decision, Effect};

/// By outcome as it is told apart: the same with what was left out, as far as all answers that led there do it.
#[derive(Default)]
pub(super) struct Deeds(HashMap<Decision, Decision>);

impl Deeds {
    /// Notes what a run did, and the outcome that it counts as.
    pub(super) fn note(&mut self, outcome: &Decision, done: &Decision) {
        match self.0.get_mut(outcome) {
            Some(known) => {
                known.effects.retain(|effect| outcome.effects.contains(effect) || done.effects.contains(effect));
            }
            None => {
                self.0.insert(outcome.clone(), done.clone());
            }
        }
    }

    /// Takes an outcome for another from now on.
    pub(super) fn merge(&mut self, outcome: &Decision, into: &Decision) {
        if let Some(done) = self.0.get(outcome).cloned() {
            self.note(into, &done);
        }
    }

    /// An outcome with what was left out of it.
    pub(super) fn whole(&self, outcome: &Decision) -> Option<&Decision> {
        self.0.get(outcome)
    }
}

/// Whether an effect that passes data on reaches something outside: what is printed is read by people, and a variable by
/// the program.
pub(super) fn reaches_out(effect: &Effect) -> bool {
    effect.action != "print" && !effect.action.ends_with(" =")
}
