//! One pass of a few images through the steps.

use std::ops::Range;

use super::codes::{Decode, Encode, EncodePlanes, Layout};
use super::compile::Step;
use super::kernels::Isa;
use super::output::{Finish, Operand, Output};
use super::plan::{Places, Slot};
use super::scratch::Scratch;
use super::{Engine, Value, layout};
use crate::net::INPUT;

/// Operands of a step that no memory is taken for.
const FEW: usize = 4;

impl Engine {
    /// Runs a few images and writes the wanted values to their places.
    pub(super) fn run_chunk(&self, input: &[f32], wanted: &[&Value], outputs: &mut [&mut [f32]]) {
        let mut scratch = self.begin(input);
        let n = input.len() / self.input.iter().product::<usize>();
        let last = wanted.iter().map(|value| value.steps).max().unwrap_or(0);
        let mut extract = |done: usize, scratch: &mut Scratch| {
            // A later step may use the buffer for something else: a value is copied as soon as it is there.
            for (value, output) in wanted.iter().zip(outputs.iter_mut()).filter(|(value, _)| value.steps == done) {
                self.extract(value, scratch, output);
            }
        };
        extract(0, &mut scratch);
        for i in 0..last {
            self.advance(i..i + 1, n, &mut scratch);
            extract(i + 1, &mut scratch);
        }
        self.pool.give(scratch);
    }

    /// Working memory with the images of a pass in it.
    pub(super) fn begin(&self, input: &[f32]) -> Scratch {
        let n = input.len() / self.input.iter().product::<usize>();
        let mut scratch = self.pool.take();
        scratch.fit(&self.plan, n);
        self.load(input, &mut scratch);
        scratch
    }

    /// Runs some steps for the first `n` images of a pass.
    pub(super) fn advance(&self, steps: Range<usize>, n: usize, scratch: &mut Scratch) {
        for (step, places) in self.steps[steps.clone()].iter().zip(&self.plan.steps[steps]) {
            self.run_step(step, places, n, scratch);
        }
    }

    /// Copies a value, as (N, C, H, W) in f32.
    pub(super) fn extract(&self, value: &Value, scratch: &mut Scratch, output: &mut [f32]) {
        match value.slot {
            Slot::Floats(slot) => layout::to_channels_first(&scratch.floats[slot], &value.shape, output),
            Slot::Codes(slot) => {
                let layout = &self.layouts[self.value_name(value)];
                let values = &mut scratch.working.plain;
                values.resize(values.len().max(output.len()), 0.0);
                decode(&scratch.codes[slot], layout, &mut values[..output.len()]);
                layout::to_channels_first(values, &value.shape, output);
            }
        }
    }

    /// The name of a value that has a place.
    fn value_name(&self, wanted: &Value) -> &str {
        wanted.steps.checked_sub(1).map_or(INPUT, |last| self.steps[last].value.as_str())
    }

    /// Puts the input where the first steps read it.
    fn load(&self, input: &[f32], scratch: &mut Scratch) {
        match self.plan.input {
            Slot::Floats(slot) => layout::to_channels_last(input, &self.input, &mut scratch.floats[slot]),
            Slot::Codes(slot) => {
                let layout = &self.layouts[INPUT];
                let plain = &mut scratch.working.plain;
                let codes = &mut *scratch.codes[slot];
                if layout.affine(0).is_some() {
                    let (image, record) = (self.input.iter().product(), layout.record());
                    let size = image / layout.channels * record;
                    for (numbers, codes) in input.chunks_exact(image).zip(codes.chunks_exact_mut(size)) {
                        Isa::detect().vectorize(EncodePlanes { numbers, layout, codes });
                    }
                    return;
                }
                plain.resize(plain.len().max(input.len()), 0.0);
                layout::to_channels_last(input, &self.input, plain);
                let numbers = &plain[..input.len()];
                Isa::detect().vectorize(Encode { numbers, layout, codes });
            }
        }
    }

    fn run_step(&self, step: &Step, places: &Places, n: usize, scratch: &mut Scratch) {
        let pixels: usize = step.pixels();
        // The plan never gives a step's output the slot of one of its operands, so it can be taken out meanwhile.
        match places.output {
            Slot::Floats(slot) => {
                let mut values = std::mem::take(&mut scratch.floats[slot]);
                let size = n * pixels * step.channels();
                self.compute(step, places, n, scratch, &mut Output::Floats(&mut values[..size]));
                scratch.floats[slot] = values;
            }
            Slot::Codes(slot) => {
                let layout = &self.layouts[&step.value];
                let mut codes = std::mem::take(&mut scratch.codes[slot]);
                let size = n * pixels * layout.record();
                self.compute(step, places, n, scratch, &mut Output::Codes(&mut codes[..size], layout));
                scratch.codes[slot] = codes;
            }
        }
    }

    fn compute(&self, step: &Step, places: &Places, n: usize, scratch: &mut Scratch, output: &mut Output) {
        let Scratch { floats, codes, decoded, working } = scratch;
        let size = |name: &str| n * self.values[name].size();
        let operand = |name: &str, slot: Slot| match slot {
            Slot::Floats(slot) => Operand::Floats(&floats[slot][..size(name)]),
            Slot::Codes(slot) => {
                let layout = &self.layouts[name];
                Operand::Codes(&codes[slot][..size(name) / layout.channels * layout.record()], layout)
            }
        };
        let (mut few, mut many) = ([Operand::Floats(&[]); FEW], Vec::new());
        let count = step.operands.len();
        let operands = if count <= FEW {
            &mut few[..count]
        } else {
            many.resize(count, Operand::Floats(&[]));
            many.as_mut_slice()
        };
        for ((place, name), slot) in operands.iter_mut().zip(&step.operands).zip(&places.operands) {
            *place = operand(name, *slot);
        }
        if !step.kernel.reads_codes() {
            decode_all(operands, decoded);
        }
        let residual = step.residual.as_ref().zip(places.residual).map(|(name, slot)| operand(name, slot));
        let finish = Finish { residual, activation: step.activation };
        step.kernel.run(n, operands, step.channels(), &finish, working, output);
    }
}

/// Replaces codes by the numbers that they stand for.
fn decode_all<'s>(operands: &mut [Operand<'s>], decoded: &'s mut Vec<Vec<f32>>) {
    decoded.resize_with(decoded.len().max(operands.len()), Vec::new);
    for (operand, values) in operands.iter_mut().zip(decoded) {
        if let Operand::Codes(codes, layout) = *operand {
            values.resize(codes.len() / layout.record() * layout.channels, 0.0);
            decode(codes, layout, values);
            *operand = Operand::Floats(values);
        }
    }
}

/// The numbers that records stand for, as many as `numbers` holds.
fn decode(codes: &[u8], layout: &Layout, numbers: &mut [f32]) {
    Isa::detect().vectorize(Decode { codes, layout, numbers });
}
