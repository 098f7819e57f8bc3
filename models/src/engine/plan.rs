//! Memory: which buffer every value lives in.
//!
//! A value lives from the step that makes it to the last step that reads it; afterwards its buffer is free for others.
//! Values in f32 and values as codes have buffers of their own. Sizes are per image and scale with the batch.

use std::collections::HashMap;

use super::codes::Layout;
use super::compile::Step;
use crate::net::{INPUT, Shape};

/// Buffers and who uses them.
#[derive(Debug)]
pub(super) struct Plan {
    /// Numbers in each f32 buffer for one image.
    pub(super) floats: Vec<usize>,
    /// Bytes in each buffer of codes for one image.
    pub(super) codes: Vec<usize>,
    /// Where the network's input goes.
    pub(super) input: Slot,
    /// Slots of every step.
    pub(super) steps: Vec<Places>,
}

/// A buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Floats(usize),
    Codes(usize),
}

/// Slots of one step.
#[derive(Debug)]
pub(super) struct Places {
    /// In the order of [`Step::operands`].
    pub(super) operands: Vec<Slot>,
    pub(super) residual: Option<Slot>,
    /// Never one of the others.
    pub(super) output: Slot,
}

/// Places all values of `steps`.
pub(super) fn plan(steps: &[Step], shapes: &HashMap<String, Shape>, layouts: &HashMap<String, Layout>) -> Plan {
    let mut last_reader = HashMap::new();
    for (i, step) in steps.iter().enumerate() {
        last_reader.extend(step.reads().map(|value| (value, i)));
    }
    let mut buffers = Buffers { shapes, layouts, floats: Slots::default(), codes: Slots::default() };
    let input = buffers.acquire(INPUT);
    let mut home = HashMap::from([(INPUT, input)]);
    let mut places = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        let output = buffers.acquire(&step.value);
        let operands = step.operands.iter().map(|value| home[value.as_str()]).collect();
        let residual = step.residual.as_ref().map(|value| home[value.as_str()]);
        let mut over: Vec<Slot> = step.reads().filter(|value| last_reader[value] == i).map(|v| home[v]).collect();
        // An operand may be read twice by one step; its slot is freed once.
        over.sort_unstable();
        over.dedup();
        for slot in over {
            buffers.release(slot);
        }
        home.insert(&step.value, output);
        if !last_reader.contains_key(step.value.as_str()) {
            buffers.release(output);
        }
        places.push(Places { operands, residual, output });
    }
    Plan { floats: buffers.floats.sizes, codes: buffers.codes.sizes, input, steps: places }
}

impl Step {
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        self.operands.iter().chain(&self.residual).map(String::as_str)
    }
}

struct Buffers<'a> {
    shapes: &'a HashMap<String, Shape>,
    layouts: &'a HashMap<String, Layout>,
    floats: Slots,
    codes: Slots,
}

impl Buffers<'_> {
    fn acquire(&mut self, value: &str) -> Slot {
        let shape = &self.shapes[value];
        match self.layouts.get(value) {
            Some(layout) => Slot::Codes(self.codes.acquire(layout.record() * shape[1..].iter().product::<usize>())),
            None => Slot::Floats(self.floats.acquire(shape.iter().product())),
        }
    }

    fn release(&mut self, slot: Slot) {
        match slot {
            Slot::Floats(i) => self.floats.free.push(i),
            Slot::Codes(i) => self.codes.free.push(i),
        }
    }
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
