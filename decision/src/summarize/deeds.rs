//! What is done outside with the API's data on every answer of an outcome.
//!
//! That labels are sent or stored as soon as there are any decides nothing, and is left out while outcomes are told apart
//! ([`Probe::ignore_logging`](super::probe::Probe::ignore_logging)). Where something else decides, it is part of what a
//! branch does, and may be all that it is for: a message that names what was seen.

use std::collections::{HashMap, HashSet};

use crate::decision::{Decision, Effect};

/// What was left out of outcomes.
#[derive(Default)]
pub(super) struct Deeds {
    /// By outcome as it is told apart: the same with what was left out, as far as all answers that led there do it.
    whole: HashMap<Decision, Decision>,
    /// What only some of the answers of one outcome do: it hangs on something else than the outcomes.
    apart: HashSet<Effect>,
}

impl Deeds {
    /// Notes what a run did, and the outcome that it counts as.
    pub(super) fn note(&mut self, outcome: &Decision, done: &Decision) {
        let Some(known) = self.whole.get_mut(outcome) else {
            self.whole.insert(outcome.clone(), done.clone());
            return;
        };
        let lacks = |decision: &Decision, effect: &Effect| {
            !outcome.effects.contains(effect) && !decision.effects.contains(effect)
        };
        self.apart.extend(known.effects.iter().filter(|effect| lacks(done, effect)).cloned());
        self.apart.extend(done.effects.iter().filter(|effect| lacks(known, effect)).cloned());
        known.effects.retain(|effect| !lacks(done, effect));
    }

    /// Takes an outcome for another from now on.
    pub(super) fn merge(&mut self, outcome: &Decision, into: &Decision) {
        if let Some(done) = self.whole.get(outcome).cloned() {
            self.note(into, &done);
        }
    }

    /// An outcome with what was left out of it.
    pub(super) fn whole(&self, outcome: &Decision) -> Option<Decision> {
        let mut whole = self.whole.get(outcome)?.clone();
        whole.effects.retain(|effect| outcome.effects.contains(effect) || !self.apart.contains(effect));
        Some(whole)
    }
}

/// Whether an effect that passes data on reaches something outside: what is printed is read by people, and a variable by
/// the program.
pub(super) fn reaches_out(effect: &Effect) -> bool {
    effect.action != "print" && !effect.action.ends_with(" =")
}
