//! CPU inference in f32 and in small integers.
//!
//! [`Engine::new`] compiles a [`Network`] and its [`Weights`] once: normalization is folded into the convolution before
//! it, residual sum and activation into the pass that stores its result, convolutions behind each other are run band by
//! band where what they hand on is large, weights are packed for the kernels, and every value that is stored gets a
//! place in a set of buffers that later values reuse. [`Engine::run`] then allocates nothing of a value's size but its
//! result.
//!
//! Values are kept as (N, H, W, C), so that a convolution reads runs of channels; input and results are (N, C, H, W)
//! as everywhere else. Quantized values are kept as codes, written by the step that makes them. This module knows
//! nothing of files, images or labels.

#![allow(clippy::inline_always, reason = "loops are compiled for the instruction set of the function around them")]

mod aligned;
mod batch;
mod chain;
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
mod pass;
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

use crate::layers::Joined;
use crate::net::{INPUT, Network, NetworkError, Shape};
use crate::weights::{Weights, WeightsError};
pub use batch::Job;
use codes::Layout;
use compile::{Model, Source, Step};
use ops::Kernel;
use plan::{Plan, Slot};
use scratch::Pool;

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

impl Value {
    /// Numbers of one image's.
    fn size(&self) -> usize {
        self.shape.iter().product()
    }
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
        Self::compile(network, weights, kept, &[])
    }

    /// As [`Engine::keeping`], for this engine's network with what an application changes in it. The layers that it
    /// leaves alone are not packed again: both engines use them.
    ///
    /// # Errors
    /// As [`Engine::keeping`].
    pub fn beside(&self, joined: &Joined, kept: &[&str]) -> Result<Self, EngineError> {
        let Joined { network, weights, own } = joined;
        let packed = self.steps.iter().flat_map(|step| step.sources.iter().zip(step.kernel.packed()));
        let shared = packed.filter(|(source, _)| source.nodes().all(|node| !own.contains(&node.name)));
        Self::compile(network, weights, kept, &shared.collect::<Vec<_>>())
    }

    fn compile(
        network: &Network,
        weights: &Weights,
        kept: &[&str],
        packed: &[(&Source, Kernel)],
    ) -> Result<Self, EngineError> {
        let shapes = network.shapes()?;
        weights.check(network)?;
        if let Some(name) = kept.iter().find(|name| !shapes.contains_key(**name)) {
            return Err(EngineError::NoValue((*name).to_owned()));
        }
        let quantization = network.quantization.clone().unwrap_or_default();
        quantization.check(network)?;
        let layouts =
            quantization.values.iter().map(|(name, segments)| (name.clone(), Layout::new(segments))).collect();
        let model = Model { network, weights, shapes: &shapes, layouts: &layouts, packed };
        let steps = compile::compile(model, kept)?;
        let plan = plan::plan(&steps, &shapes, &layouts);
        let values = values(&steps, &plan, &shapes);
        let input = shapes[INPUT].clone();
        Ok(Self { steps, plan, values, layouts, input, pool: Pool::default() })
    }

    /// How many of its layers with weights are not those of `other`.
    #[cfg(test)]
    pub(crate) fn layers_beyond(&self, other: &Self) -> usize {
        let addresses = |engine: &Self| -> Vec<usize> {
            let packed = engine.steps.iter().flat_map(|step| step.kernel.packed());
            let address = |kernel: Kernel| match kernel {
                Kernel::Conv(conv) => Some(std::sync::Arc::as_ptr(&conv).addr()),
                Kernel::Linear(linear) => Some(std::sync::Arc::as_ptr(&linear).addr()),
                Kernel::Chain(_) | Kernel::Plain(_) => None,
            };
            packed.filter_map(address).collect()
        };
        let known = addresses(other);
        addresses(self).iter().filter(|address| !known.contains(address)).count()
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
        let mut output = vec![0.0; n * self.value(wanted).size()];
        self.run_into(input, n, wanted, &mut output);
        output
    }

    /// As [`Engine::run`], to where the caller has room. Of a few images, once it ran as many, it takes no memory from
    /// the system.
    ///
    /// # Panics
    /// As [`Engine::run`], or `output` does not have as many numbers as the value has.
    pub fn run_into(&self, input: &[f32], n: usize, wanted: &str, output: &mut [f32]) {
        let (image, value) = (self.image(input, n), self.value(wanted));
        assert_eq!(output.len(), n * value.size(), "{n} values of shape {:?} expected", value.shape);
        let run = |(input, output): (&[f32], &mut [f32])| self.run_chunk(input, &[value], &mut [output]);
        match n {
            0 => {}
            1..=CHUNK => run((input, output)),
            _ => {
                let inputs = input.par_chunks((CHUNK * image).max(1));
                inputs.zip(output.par_chunks_mut((CHUNK * value.size()).max(1))).for_each(run);
            }
        }
    }

    /// Numbers of an image, of which `input` has to hold `n`.
    fn image(&self, input: &[f32], n: usize) -> usize {
        let image: usize = self.input.iter().product();
        assert_eq!(input.len(), n * image, "{n} images of shape {:?} expected", self.input);
        image
    }

    fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or_else(|| panic!("`{name}` is no value of this engine"))
    }

    /// As [`Engine::run`], for several values in one pass.
    ///
    /// # Panics
    /// As [`Engine::run`].
    pub fn run_all(&self, input: &[f32], n: usize, wanted: &[&str]) -> Vec<Vec<f32>> {
        let image = self.image(input, n);
        let values: Vec<&Value> = wanted.iter().map(|name| self.value(name)).collect();
        let sizes: Vec<usize> = values.iter().map(|value| value.size()).collect();
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

fn values(steps: &[Step], plan: &Plan, shapes: &HashMap<String, Shape>) -> HashMap<String, Value> {
    let value = |name: &str, slot, steps| (name.to_owned(), Value { shape: shapes[name].clone(), slot, steps });
    let made = steps.iter().zip(&plan.steps).enumerate();
    let made = made.map(|(i, (step, places))| value(&step.value, places.output, i + 1));
    std::iter::once(value(INPUT, plan.input, 0)).chain(made).collect()
}
