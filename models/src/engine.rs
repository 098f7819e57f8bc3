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
        let image: usize = self.input.iter().product();
        assert_eq!(input.len(), n * image, "{n} images of shape {:?} expected", self.input);
        let value = self.values.get(wanted).unwrap_or_else(|| panic!("`{wanted}` is no value of this engine"));
        let size: usize = value.shape.iter().product();
        let mut output = vec![0.0; n * size];
        let chunk = |(input, output): (&[f32], &mut [f32])| self.run_chunk(input, value, output);
        match n {
            0 => {}
            1 => chunk((input, &mut output)),
            _ => input.par_chunks(CHUNK * image).zip(output.par_chunks_mut(CHUNK * size)).for_each(chunk),
        }
        output
    }

    fn run_chunk(&self, input: &[f32], wanted: &Value, output: &mut [f32]) {
        let n = input.len() / self.input.iter().product::<usize>();
        let mut scratch = self.pool.take();
        scratch.fit(&self.plan.slots, n);
        layout::to_channels_last(input, &self.input, &mut scratch.slots[self.plan.input]);
        for (step, places) in self.steps[..wanted.steps].iter().zip(&self.plan.steps) {
            run_step(step, places, n, &mut scratch);
        }
        layout::to_channels_first(&scratch.slots[wanted.slot], &wanted.shape, output);
        self.pool.give(scratch);
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
