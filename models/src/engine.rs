//! CPU inference in f32 and in small integers.
//!
//! [`Engine::new`] compiles a [`Network`] and its [`Weights`] once: normalization is folded into the convolution before
//! it, residual sum and activation into the pass that stores its result, weights are packed for the kernels, and every
//! value gets a place in a set of buffers that later values reuse. [`Engine::run`] then allocates nothing of a value's
//! size but its result.
//!
//! Values are kept as (N, H, W, C), so that a convolution reads runs of channels; input and results are (N, C, H, W)
//! as everywhere else. Quantized values are kept as codes, written by the step that makes them. This module knows
//! nothing of files, images or labels.

#![allow(clippy::inline_always, reason = "loops are compiled for the instruction set of the function around them")]

mod aligned;
mod codes;
mod compile;
mod conv;
mod integers;
#[allow(unsafe_code, reason = "the home of intrinsics")]
mod kernels;
mod layout;
mod matrix;
mod ops;
mod output;
mod plan;
pub mod product;
#[cfg(test)]
mod reference;
mod rows;
mod scratch;
#[cfg(test)]
mod tests;
mod winograd;

use std::collections::HashMap;

use rayon::prelude::*;

use crate::net::{INPUT, Network, NetworkError, Shape};
use crate::weights::{Weights, WeightsError};
use codes::{Decode, Encode, Layout};
use compile::{Model, Source, Step};
use ops::Kernel;
use output::{Finish, Operand, Output};
use plan::{Plan, Slot};
use scratch::{Pool, Scratch};

/// Images that one thread takes at a time: weights are read from memory once for all of them.
const CHUNK: usize = 4;

/// Why a network cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The description is no network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The weights are not the network's.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A normalization divides by the root of a number that is not positive.
    #[error("node `{0}`: a running variance plus eps is not above zero")]
    Variance(String),
    /// A quantized weight is not one of the numbers that its bits can hold.
    #[error("node `{node}`: {value} is not on the grid of its quantized weights")]
    NotOnGrid {
        /// The node.
        node: String,
        /// The weight.
        value: f32,
    },
    /// Sums of so many products may overflow.
    #[error("node `{0}`: too many inputs for quantized weights")]
    Depth(String),
    /// Segments cannot share a sum.
    #[error("node `{0}`: the units of its segments are not multiples of each other")]
    Segments(String),
    /// No node makes the value that is to be kept.
    #[error("no node of the network makes `{0}`")]
    NoValue(String),
}

/// A compiled network. Many threads may run it at once.
#[derive(Debug)]
pub struct Engine {
    steps: Vec<Step>,
    plan: Plan,
    values: HashMap<String, Value>,
    /// Of the quantized values.
    layouts: HashMap<String, Layout>,
    input: Shape,
    pool: Pool,
}

/// Where a value is, and when.
#[derive(Debug)]
struct Value {
    shape: Shape,
    slot: Slot,
    /// Steps to run until it is there.
    steps: usize,
}

impl Engine {
    /// Compiles a network with its parameters.
    ///
    /// # Errors
    /// The description is no network, the weights are not its parameters, or a variance is not positive.
    pub fn new(network: &Network, weights: &Weights) -> Result<Self, EngineError> {
        Self::keeping(network, weights, &[])
    }

    /// As [`Engine::new`], but the values named can be asked for even where they would be fused away.
    ///
    /// # Errors
    /// As [`Engine::new`], or no node makes a value that is to be kept.
    pub fn keeping(network: &Network, weights: &Weights, kept: &[&str]) -> Result<Self, EngineError> {
        Self::compile(network, weights, kept, None)
    }

    /// As [`Engine::keeping`], for a network that has layers in common with this engine's: nodes of the same name must
    /// have the same parameters. Those are not packed again: both engines use them.
    ///
    /// # Errors
    /// As [`Engine::keeping`].
    pub fn beside(&self, network: &Network, weights: &Weights, kept: &[&str]) -> Result<Self, EngineError> {
        Self::compile(network, weights, kept, Some(self))
    }

    fn compile(network: &Network, weights: &Weights, kept: &[&str], other: Option<&Self>) -> Result<Self, EngineError> {
        let shapes = network.shapes()?;
        weights.check(network)?;
        if let Some(name) = kept.iter().find(|name| !shapes.contains_key(**name)) {
            return Err(EngineError::NoValue((*name).to_owned()));
        }
        let quantization = network.quantization.clone().unwrap_or_default();
        quantization.check(network)?;
        let layouts =
            quantization.values.iter().map(|(name, segments)| (name.clone(), Layout::new(segments))).collect();
        let packed: Vec<(&Source, &Kernel)> = other
            .iter()
            .flat_map(|engine| &engine.steps)
            .filter_map(|step| Some((step.source.as_ref()?, &step.kernel)))
            .collect();
        let model = Model { network, weights, shapes: &shapes, layouts: &layouts, packed: &packed };
        let steps = compile::compile(model, kept)?;
        let plan = plan::plan(&steps, &shapes, &layouts);
        let values = values(&steps, &plan, &shapes);
        let input = shapes[INPUT].clone();
        Ok(Self { steps, plan, values, layouts, input, pool: Pool::default() })
    }

    /// How many of its layers with weights are not those of `other`.
    #[cfg(test)]
    pub(crate) fn layers_beyond(&self, other: &Self) -> usize {
        let address = |step: &Step| match &step.kernel {
            Kernel::Conv(conv) => Some(std::sync::Arc::as_ptr(conv).addr()),
            Kernel::Linear(linear) => Some(std::sync::Arc::as_ptr(linear).addr()),
            Kernel::Plain(_) => None,
        };
        let known: Vec<usize> = other.steps.iter().filter_map(address).collect();
        self.steps.iter().filter_map(address).filter(|address| !known.contains(address)).count()
    }

    /// The shape of a value for one image, (C, H, W) or (D), if it can be asked for.
    pub fn shape(&self, value: &str) -> Option<&[usize]> {
        self.values.get(value).map(|value| value.shape.as_slice())
    }

    /// The value `wanted` of `n` images: (N, C, H, W) or (N, D), row-major.
    ///
    /// `input` is (N, C, H, W), normalized as the network's input says. A few images run on the calling thread, more of
    /// them on rayon's. Layers after the wanted value are not run.
    ///
    /// # Panics
    /// `input` does not hold `n` images, or [`Engine::shape`] does not know `wanted`.
    pub fn run(&self, input: &[f32], n: usize, wanted: &str) -> Vec<f32> {
        self.run_all(input, n, &[wanted]).pop().expect("one value was asked for")
    }

    /// As [`Engine::run`], for several values in one pass.
    ///
    /// # Panics
    /// As [`Engine::run`].
    pub fn run_all(&self, input: &[f32], n: usize, wanted: &[&str]) -> Vec<Vec<f32>> {
        let image: usize = self.input.iter().product();
        assert_eq!(input.len(), n * image, "{n} images of shape {:?} expected", self.input);
        let value =
            |name: &&str| self.values.get(*name).unwrap_or_else(|| panic!("`{name}` is no value of this engine"));
        let values: Vec<&Value> = wanted.iter().map(value).collect();
        let sizes: Vec<usize> = values.iter().map(|value| value.shape.iter().product()).collect();
        let mut outputs: Vec<Vec<f32>> = sizes.iter().map(|size| vec![0.0; n * size]).collect();
        // For each chunk of images its part of every output.
        let mut chunks: Vec<(&[f32], Vec<&mut [f32]>)> =
            input.chunks((CHUNK * image).max(1)).map(|input| (input, Vec::with_capacity(values.len()))).collect();
        for (output, size) in outputs.iter_mut().zip(&sizes) {
            chunks.iter_mut().zip(output.chunks_mut(CHUNK * size)).for_each(|((_, parts), part)| parts.push(part));
        }
        let run = |(input, mut parts): (&[f32], Vec<&mut [f32]>)| self.run_chunk(input, &values, &mut parts);
        if chunks.len() == 1 {
            chunks.into_iter().for_each(run);
        } else {
            chunks.into_par_iter().for_each(run);
        }
        outputs
    }

    /// Runs a few images and writes the wanted values to their places.
    fn run_chunk(&self, input: &[f32], wanted: &[&Value], outputs: &mut [&mut [f32]]) {
        let n = input.len() / self.input.iter().product::<usize>();
        let mut scratch = self.pool.take();
        scratch.fit(&self.plan, n);
        self.load(input, &mut scratch);
        let last = wanted.iter().map(|value| value.steps).max().unwrap_or(0);
        let mut extract = |done: usize, scratch: &mut Scratch| {
            // A later step may use the buffer for something else: a value is copied as soon as it is there.
            for (value, output) in wanted.iter().zip(outputs.iter_mut()).filter(|(value, _)| value.steps == done) {
                self.extract(value, scratch, output);
            }
        };
        extract(0, &mut scratch);
        for (i, (step, places)) in self.steps[..last].iter().zip(&self.plan.steps).enumerate() {
            self.run_step(step, places, n, &mut scratch);
            extract(i + 1, &mut scratch);
        }
        self.pool.give(scratch);
    }

    /// Copies a value, as (N, C, H, W) in f32.
    fn extract(&self, value: &Value, scratch: &mut Scratch, output: &mut [f32]) {
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
                plain.resize(plain.len().max(input.len()), 0.0);
                layout::to_channels_last(input, &self.input, plain);
                let (numbers, codes) = (&plain[..input.len()], &mut *scratch.codes[slot]);
                kernels::Isa::detect().vectorize(Encode { numbers, layout, codes });
            }
        }
    }

    fn run_step(&self, step: &Step, places: &plan::Places, n: usize, scratch: &mut Scratch) {
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

    fn compute(&self, step: &Step, places: &plan::Places, n: usize, scratch: &mut Scratch, output: &mut Output) {
        let Scratch { floats, codes, decoded, working } = scratch;
        let size = |name: &str| n * self.values[name].shape.iter().product::<usize>();
        let operand = |name: &str, slot: Slot| match slot {
            Slot::Floats(slot) => Operand::Floats(&floats[slot][..size(name)]),
            Slot::Codes(slot) => {
                let layout = &self.layouts[name];
                Operand::Codes(&codes[slot][..size(name) / layout.channels * layout.record()], layout)
            }
        };
        let mut operands: Vec<Operand> =
            step.operands.iter().zip(&places.operands).map(|(name, slot)| operand(name, *slot)).collect();
        if !step.kernel.reads_codes() {
            decode_all(&mut operands, decoded);
        }
        let residual = step.residual.as_ref().zip(places.residual).map(|(name, slot)| operand(name, slot));
        let finish = Finish { residual, activation: step.activation };
        step.kernel.run(n, &operands, step.channels(), &finish, working, output);
    }
}

impl Step {
    /// Numbers of the dimension that is innermost in memory.
    fn channels(&self) -> usize {
        if self.shape.len() == 2 { self.shape[1] } else { self.shape[0] }
    }

    fn pixels(&self) -> usize {
        self.shape.iter().product::<usize>() / self.channels()
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
    kernels::Isa::detect().vectorize(Decode { codes, layout, numbers });
}

fn values(steps: &[Step], plan: &Plan, shapes: &HashMap<String, Shape>) -> HashMap<String, Value> {
    let value = |name: &str, slot, steps| (name.to_owned(), Value { shape: shapes[name].clone(), slot, steps });
    let made = steps.iter().zip(&plan.steps).enumerate();
    let made = made.map(|(i, (step, places))| value(&step.value, places.output, i + 1));
    std::iter::once(value(INPUT, plan.input, 0)).chain(made).collect()
}
