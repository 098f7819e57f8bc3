//! The effects of a run so far, each once.

use std::hash::BuildHasher as _;

use foldhash::HashMap;
use foldhash::fast::FixedState;

use crate::decision::Effect;

/// Fewer effects are as soon looked through.
const FEW: usize = 16;

/// Effects in order of first occurrence.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    list: Vec<Effect>,
    /// Places by hash, once there are more than a few: a motor may be turned by a thousand steps.
    places: HashMap<u64, usize>,
}

impl Effects {
    /// Adds an effect, unless it is there.
    pub(super) fn add(&mut self, effect: Effect) {
        if self.list.len() < FEW {
            if !self.list.contains(&effect) {
                self.list.push(effect);
            }
            return;
        }
        if self.places.is_empty() {
            self.places = self.list.iter().enumerate().map(|(at, effect)| (hash(effect), at)).collect();
        }
        let known = match self.places.get(&hash(&effect)) {
            None => false,
            Some(&at) => self.list[at] == effect || self.list.contains(&effect),
        };
        if !known {
            self.places.entry(hash(&effect)).or_insert(self.list.len());
            self.list.push(effect);
        }
    }

    /// Adds an effect that came before others, unless it is there.
    pub(super) fn insert(&mut self, at: usize, effect: Effect) {
        if self.places.is_empty() && at < self.list.len() && !self.list.contains(&effect) {
            self.list.insert(at, effect);
        } else {
            self.add(effect);
        }
    }

    /// The effects as a list.
    pub(super) fn into_list(self) -> Vec<Effect> {
        self.list
    }

    /// The effects in order.
    pub(super) fn list(&self) -> &[Effect] {
        &self.list
    }
}

fn hash(effect: &Effect) -> u64 {
    FixedState::default().hash_one(effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Rendered;
    use crate::program::Span;

    #[test]
    fn each_of_many_effects_is_there_once_in_order() {
        let effect = |step: usize| Effect {
            span: Span::default(),
            action: "motor.step".to_owned(),
            values: vec![Rendered::Chosen(step.to_string())],
        };
        let mut effects = Effects::default();
        for step in (0..100).chain(0..100) {
            effects.add(effect(step));
        }
        assert_eq!(effects.into_list(), (0..100).map(effect).collect::<Vec<_>>());
    }
}
