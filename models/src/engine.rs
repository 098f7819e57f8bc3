//! CPU inference in f32.
//!
//! [`Engine::new`] compiles a [`Network`] and its [`Weights`] once: normalization is folded into the convolution before
//! it, residual sum and `ReLU` into the pass that stores its result, weights are packed for the kernels, and every value
//! gets a place in a set of buffers that later values reuse. [`Engine::run`] then allocates nothing but its result.
//!
//! Values are kept as (N, H, W, C), so that a convolution reads runs of channels; input and results are (N, C, H, W)
//! as everywhere else. This module knows nothing of files, images or labels.

mod compile;
mod conv;
mod kernels;
mod layout;
mod matrix;
mod ops;
mod plan;
#[cfg(test)]
mod reference;
mod scratch;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rayon::prelude::*;

use crate::net::{INPUT, Network, NetworkError, Shape};
use crate::weights::{Weights, WeightsError};
use compile::Step;
use plan::Plan;
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
    input: Shape,
    pool: Pool,
}

/// Where a value is, and when.
#[derive(Debug)]
struct Value {
    shape: Shape,
    slot: usize,
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
        let shapes = network.shapes()?;
        weights.check(network)?;
        if let Some(name) = kept.iter().find(|name| !shapes.contains_key(**name)) {
            return Err(EngineError::NoValue((*name).to_owned()));
        }
        let steps = compile::compile(network, weights, &shapes, kept)?;
        let plan = plan::plan(&steps, &shapes);
        let values = values(&steps, &plan, &shapes);
        let input = shapes[INPUT].clone();
        Ok(Self { steps, plan, values, input, pool: Pool::default() })
    }

    /// The shape of a value for one image, (C, H, W) or (D), if it can be asked for.
    pub fn shape(&self, value: &str) -> Option<&[usize]> {
        self.values.get(value).map(|value| value.shape.as_slice())
    }

    /// The value `wanted` of `n` images: (N, C, H, W) or (N, D), row-major.
    ///
    /// `input` is (N, C, H, W), normalized as the network's input says. One image runs on the calling thread, more of
    /// them on rayon's. Layers after the wanted value are not run.
    ///
    /// # Panics
    /// `input` does not hold `n` images, or [`Engine::shape`] does not know `wanted`.
    pub fn run(&self, input: &[f32], n: usize, wanted: &str) -> Vec<f32> {
        let [output] = self.run_several(input, n, [wanted]);
        output
    }

    /// As [`Engine::run`], for several values in one pass.
    ///
    /// # Panics
    /// As [`Engine::run`].
    pub fn run_several<const W: usize>(&self, input: &[f32], n: usize, wanted: [&str; W]) -> [Vec<f32>; W] {
        let image: usize = self.input.iter().product();
        assert_eq!(input.len(), n * image, "{n} images of shape {:?} expected", self.input);
        let known = |name: &str| self.values.get(name).unwrap_or_else(|| panic!("`{name}` is no value of this engine"));
        let values = wanted.map(known);
        let mut outputs = values.map(|value| vec![0.0; n * value.size()]);
        let part = |i: usize| &input[i * CHUNK * image..((i + 1) * CHUNK).min(n) * image];
        match n {
            0 => {}
            1 => self.run_chunk(input, values, outputs.each_mut().map(Vec::as_mut_slice)),
            _ => {
                let mut rest = outputs.each_mut().map(|output| {
                    let size = output.len() / n;
                    output.chunks_mut(CHUNK * size)
                });
                let chunk = |_| rest.each_mut().map(|chunks| chunks.next().unwrap_or_default());
                let chunks: Vec<[&mut [f32]; W]> = (0..n.div_ceil(CHUNK)).map(chunk).collect();
                chunks.into_par_iter().enumerate().for_each(|(i, outputs)| self.run_chunk(part(i), values, outputs));
            }
        }
        outputs
    }

    /// Values may share memory with later ones, so each is copied out as soon as it is made.
    fn run_chunk<const W: usize>(&self, input: &[f32], wanted: [&Value; W], mut outputs: [&mut [f32]; W]) {
        let n = input.len() / self.input.iter().product::<usize>();
        let mut scratch = self.pool.take();
        scratch.fit(&self.plan.slots, n);
        layout::to_channels_last(input, &self.input, &mut scratch.slots[self.plan.input]);
        let mut copy_out = |done: usize, scratch: &Scratch| {
            for (value, output) in wanted.iter().zip(&mut outputs).filter(|(value, _)| value.steps == done) {
                layout::to_channels_first(&scratch.slots[value.slot], &value.shape, output);
            }
        };
        copy_out(0, &scratch);
        let steps = wanted.iter().map(|value| value.steps).max().unwrap_or(0);
        for (i, (step, places)) in self.steps[..steps].iter().zip(&self.plan.steps).enumerate() {
            run_step(step, places, n, &mut scratch);
            copy_out(i + 1, &scratch);
        }
        self.pool.give(scratch);
    }
}

impl Value {
    /// Elements for one image.
    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

fn run_step(step: &Step, places: &plan::Places, n: usize, scratch: &mut Scratch) {
    // The plan never gives a step's output the slot of one of its operands, so it can be taken out meanwhile.
    let mut output = std::mem::take(&mut scratch.slots[places.output]);
    let size = n * step.shape.iter().product::<usize>();
    let operand = |i: usize| places.operands.get(i).map(|&slot| scratch.slots[slot].as_slice());
    let x = operand(0).unwrap_or_default();
    step.kernel.run(n, x, operand(1), step.relu, &mut scratch.padded, &mut output[..size]);
    scratch.slots[places.output] = output;
}

fn values(steps: &[Step], plan: &Plan, shapes: &HashMap<String, Shape>) -> HashMap<String, Value> {
    let value = |name: &str, slot, steps| (name.to_owned(), Value { shape: shapes[name].clone(), slot, steps });
    let made = steps.iter().zip(&plan.steps).enumerate();
    let made = made.map(|(i, (step, places))| value(&step.value, places.output, i + 1));
    std::iter::once(value(INPUT, plan.input, 0)).chain(made).collect()
}
