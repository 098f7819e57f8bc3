//! Memory: which buffer every value lives in.
//!
//! A value lives from the step that makes it to the last step that reads it; afterwards its buffer is free for others.
//! Sizes are per image and scale with the batch.

use std::collections::HashMap;

use super::compile::Step;
use crate::net::{INPUT, Shape};

/// Buffers and who uses them.
#[derive(Debug)]
pub(super) struct Plan {
    /// Elements of each buffer for one image.
    pub(super) slots: Vec<usize>,
    /// Slot of the network's input.
    pub(super) input: usize,
    /// Slots of every step.
    pub(super) steps: Vec<Places>,
}

/// Slots of one step.
#[derive(Debug)]
pub(super) struct Places {
    /// In the order of [`Step::operands`].
    pub(super) operands: Vec<usize>,
    /// Never one of the operands.
    pub(super) output: usize,
}

/// Places all values of `steps`.
pub(super) fn plan(steps: &[Step], shapes: &HashMap<String, Shape>) -> Plan {
    let size = |value: &str| shapes[value].iter().product::<usize>();
    let mut last_reader = HashMap::new();
    for (i, step) in steps.iter().enumerate() {
        last_reader.extend(step.operands.iter().map(|value| (value.as_str(), i)));
    }
    let mut slots = Slots::default();
    let input = slots.acquire(size(INPUT));
    let mut home = HashMap::from([(INPUT, input)]);
    let mut places = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        let output = slots.acquire(size(&step.value));
        let operands: Vec<usize> = step.operands.iter().map(|value| home[value.as_str()]).collect();
        let mut over: Vec<usize> =
            step.operands.iter().filter(|value| last_reader[value.as_str()] == i).map(|v| home[v.as_str()]).collect();
        // An operand may be read twice by one step; its slot is freed once.
        over.sort_unstable();
        over.dedup();
        slots.free.extend(over);
        home.insert(&step.value, output);
        if !last_reader.contains_key(step.value.as_str()) {
            slots.free.push(output);
        }
        places.push(Places { operands, output });
    }
    Plan { slots: slots.sizes, input, steps: places }
}

#[derive(Default)]
struct Slots {
    sizes: Vec<usize>,
    free: Vec<usize>,
}

impl Slots {
    /// The smallest free slot that is large enough, else the largest free one made larger, else a new one.
    fn acquire(&mut self, size: usize) -> usize {
        let fits = |&slot: &usize| self.sizes[slot] >= size;
        let best = self.free.iter().copied().filter(fits).min_by_key(|&slot| self.sizes[slot]);
        let Some(slot) = best.or_else(|| self.free.iter().copied().max_by_key(|&slot| self.sizes[slot])) else {
            self.sizes.push(size);
            return self.sizes.len() - 1;
        };
        self.free.retain(|&other| other != slot);
        self.sizes[slot] = self.sizes[slot].max(size);
        slot
    }
}
