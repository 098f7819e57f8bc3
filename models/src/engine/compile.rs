//! From nodes to steps: folding and fusing.
//!
//! A convolution takes along the nodes behind it for as long as each is the only reader of the value before it:
//! batch normalization (folded into weights and bias), a sum with another value, `ReLU`. What was taken along is stored
//! nowhere and cannot be asked for.

use std::collections::HashMap;

use super::EngineError;
use super::conv::{Conv, Geometry};
use super::ops::{Affine, Kernel, Linear};
use crate::net::{Network, Node, Op, Shape};
use crate::weights::Weights;

/// One pass over memory: a kernel and what is fused into it.
#[derive(Debug)]
pub(super) struct Step {
    /// Name of the value it makes: the last node that was taken along.
    pub(super) value: String,
    /// Shape of that value.
    pub(super) shape: Shape,
    /// What it computes.
    pub(super) kernel: Kernel,
    /// Values it reads. The second, if any, is added before `ReLU`.
    pub(super) operands: Vec<String>,
    /// Whether negative results become zero.
    pub(super) relu: bool,
}

/// Steps in an order in which each reads only values made before.
pub(super) fn compile(
    network: &Network,
    weights: &Weights,
    shapes: &HashMap<String, Shape>,
    kept: &[&str],
) -> Result<Vec<Step>, EngineError> {
    let mut graph = Graph::new(network, kept);
    let mut steps = Vec::new();
    for i in 0..network.nodes.len() {
        if !graph.taken[i] {
            steps.push(graph.step(i, weights, shapes)?);
        }
    }
    // A step stands where its last node stood: by then all its operands are made.
    steps.sort_by_key(|(last, _)| *last);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

struct Graph<'n> {
    nodes: &'n [Node],
    readers: HashMap<&'n str, Vec<usize>>,
    kept: &'n [&'n str],
    taken: Vec<bool>,
}

impl<'n> Graph<'n> {
    fn new(network: &'n Network, kept: &'n [&'n str]) -> Self {
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, node) in network.nodes.iter().enumerate() {
            for input in &node.inputs {
                readers.entry(input).or_default().push(i);
            }
        }
        Self { nodes: &network.nodes, readers, kept, taken: vec![false; network.nodes.len()] }
    }

    /// The node behind node `i` if it can be taken along: it alone reads the value, once, and nobody else took it.
    fn next(&self, i: usize) -> Option<(usize, &'n Node)> {
        let value = self.nodes[i].name.as_str();
        match self.readers.get(value).map(Vec::as_slice) {
            Some(&[next]) if !self.taken[next] && !self.kept.contains(&value) => Some((next, &self.nodes[next])),
            _ => None,
        }
    }

    /// The step that begins with node `first`, and the last node in it.
    fn step(
        &mut self,
        first: usize,
        weights: &Weights,
        shapes: &HashMap<String, Shape>,
    ) -> Result<(usize, Step), EngineError> {
        let node = &self.nodes[first];
        let mut last = first;
        let mut operands = node.inputs.clone();
        let mut relu = false;
        let kernel = match &node.op {
            Op::Conv2d { .. } => {
                let norm = self.next(first).filter(|(_, next)| matches!(next.op, Op::BatchNorm2d { .. }));
                if let Some((next, _)) = norm {
                    self.take(&mut last, next);
                }
                let conv = conv(node, norm.map(|(_, node)| node), weights, &shapes[&node.inputs[0]])?;
                if let Some((next, sum)) = self.next(last)
                    && matches!(sum.op, Op::Add)
                {
                    let other = sum.inputs.iter().filter(|name| **name != self.nodes[last].name);
                    operands.extend(other.cloned());
                    self.take(&mut last, next);
                }
                Kernel::Conv(conv)
            }
            Op::Linear { d_in, d_out } => {
                let [weight, bias] = ["weight", "bias"].map(|suffix| weights.get(&format!("{}.{suffix}", node.name)));
                Kernel::Linear(Linear::new(*d_in, *d_out, weight?.data(), bias?.data()))
            }
            Op::BatchNorm2d { eps, .. } => Kernel::Affine(affine(node, *eps, weights)?),
            Op::GlobalAvgPool => Kernel::AveragePool { pixels: shapes[&node.inputs[0]][1..].iter().product() },
            Op::Add => Kernel::Copy,
            Op::Relu => {
                relu = true;
                Kernel::Copy
            }
        };
        if let Some((next, Node { op: Op::Relu, .. })) = self.next(last) {
            relu = true;
            self.take(&mut last, next);
        }
        let value = self.nodes[last].name.clone();
        let shape = shapes[&value].clone();
        Ok((last, Step { value, shape, kernel, operands, relu }))
    }

    fn take(&mut self, last: &mut usize, next: usize) {
        self.taken[next] = true;
        *last = next;
    }
}

/// A convolution with the normalization behind it folded in: `(w * s) x + (b * s + t)` for the affine map `s, t`.
fn conv(node: &Node, norm: Option<&Node>, weights: &Weights, input: &[usize]) -> Result<Conv, EngineError> {
    let Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, bias } = node.op else {
        unreachable!("called for convolutions only")
    };
    let mut weight = weights.get(&format!("{}.weight", node.name))?.data().to_vec();
    let mut offset = vec![0.0; c_out];
    if bias {
        offset.copy_from_slice(weights.get(&format!("{}.bias", node.name))?.data());
    }
    if let Some(Node { op: Op::BatchNorm2d { eps, .. }, .. }) = norm {
        let Affine { scale, bias } = affine(norm.unwrap_or(node), *eps, weights)?;
        for (filter, scale) in weight.chunks_exact_mut(c_in / groups * kernel * kernel).zip(&scale) {
            for weight in filter {
                *weight *= scale;
            }
        }
        for ((offset, scale), bias) in offset.iter_mut().zip(&scale).zip(&bias) {
            *offset = *offset * scale + bias;
        }
    }
    let geometry = Geometry { c_in, c_out, kernel, stride, padding, groups, rows: input[1], columns: input[2] };
    Ok(Conv::new(geometry, &weight, &offset))
}

/// Normalization by running statistics as an affine map, worked out in f64.
fn affine(node: &Node, eps: f64, weights: &Weights) -> Result<Affine, EngineError> {
    let get = |suffix: &str| weights.get(&format!("{}.{suffix}", node.name));
    let (weight, bias) = (get("weight")?.data(), get("bias")?.data());
    let (mean, variance) = (get("running_mean")?.data(), get("running_var")?.data());
    let mut affine = Affine { scale: Vec::with_capacity(weight.len()), bias: Vec::with_capacity(weight.len()) };
    for c in 0..weight.len() {
        let variance = f64::from(variance[c]) + eps;
        if variance.is_nan() || variance <= 0.0 {
            return Err(EngineError::Variance(node.name.clone()));
        }
        let scale = f64::from(weight[c]) / variance.sqrt();
        affine.scale.push(scale as f32);
        affine.bias.push((f64::from(bias[c]) - f64::from(mean[c]) * scale) as f32);
    }
    Ok(affine)
}
