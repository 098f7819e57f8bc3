//! From nodes to steps: folding and fusing.
//!
//! A convolution or linear map takes along the nodes behind it for as long as each is the only reader of the value
//! before it: batch normalization (folded into weights and bias), a sum with another value, an activation. Every other
//! kernel takes along an activation. What was taken along is stored nowhere and cannot be asked for; a value that is
//! quantized is always stored. Convolutions behind each other then become [`chain`]s, of whose values only the last is
//! stored as a whole.

mod chain;
mod fold;
mod kernel;

use std::collections::HashMap;
use std::iter;

use super::EngineError;
use super::codes::Layout;
use super::kernels::elementwise::Activation;
use super::ops::Kernel;
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
    /// Of packed weights: what they were packed from, in the order of [`Kernel::packed`].
    pub(super) sources: Vec<Source>,
    /// Values the kernel reads.
    pub(super) operands: Vec<String>,
    /// Value that is added before the activation.
    pub(super) residual: Option<String>,
    pub(super) activation: Activation,
}

/// What a kernel with packed weights was made from. In networks whose nodes of one name have the same parameters, the
/// same source makes the same kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    node: Node,
    norm: Option<Node>,
    /// Shape of the value it reads.
    input: Shape,
}

impl Source {
    /// The nodes whose parameters are in it.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        iter::once(&self.node).chain(&self.norm)
    }
}

/// What compiling needs to know of a network.
#[derive(Clone, Copy)]
pub(super) struct Model<'n> {
    pub(super) network: &'n Network,
    pub(super) weights: &'n Weights,
    pub(super) shapes: &'n HashMap<String, Shape>,
    pub(super) layouts: &'n HashMap<String, Layout>,
    /// What another engine has packed.
    pub(super) packed: &'n [(&'n Source, Kernel)],
}

/// Steps in an order in which each reads only values made before.
pub(super) fn compile(model: Model, kept: &[&str]) -> Result<Vec<Step>, EngineError> {
    let mut graph = Graph::new(model, kept);
    let mut steps = Vec::new();
    for i in 0..model.network.nodes.len() {
        if !graph.taken[i] {
            steps.push(graph.step(i)?);
        }
    }
    // A step stands where its last node stood: by then all its operands are made.
    steps.sort_by_key(|(last, _)| *last);
    Ok(chain::join(steps.into_iter().map(|(_, step)| step).collect(), model, kept))
}

struct Graph<'n> {
    model: Model<'n>,
    nodes: &'n [Node],
    readers: HashMap<&'n str, Vec<usize>>,
    kept: &'n [&'n str],
    taken: Vec<bool>,
}

impl<'n> Graph<'n> {
    fn new(model: Model<'n>, kept: &'n [&'n str]) -> Self {
        let nodes = model.network.nodes.as_slice();
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, node) in nodes.iter().enumerate() {
            for input in &node.inputs {
                readers.entry(input).or_default().push(i);
            }
        }
        Self { model, nodes, readers, kept, taken: vec![false; nodes.len()] }
    }

    /// The node behind node `i` if it can be taken along: it alone reads the value, once, and nobody else took it.
    fn next(&self, i: usize) -> Option<(usize, &'n Node)> {
        let value = self.nodes[i].name.as_str();
        if self.kept.contains(&value) || self.model.layouts.contains_key(value) {
            return None;
        }
        match self.readers.get(value).map(Vec::as_slice) {
            Some(&[next]) if !self.taken[next] => Some((next, &self.nodes[next])),
            _ => None,
        }
    }

    /// The step that begins with node `first`, and the last node in it.
    fn step(&mut self, first: usize) -> Result<(usize, Step), EngineError> {
        let node = &self.nodes[first];
        let mut last = first;
        let (mut operands, mut residual) = (node.inputs.clone(), None);
        let mut activation = activation(&node.op);
        let is_product = matches!(node.op, Op::Conv2d { .. } | Op::Linear { .. });
        let norm = self
            .next(first)
            .filter(|(_, next)| matches!((&node.op, &next.op), (Op::Conv2d { .. }, Op::BatchNorm2d { .. })));
        if let Some((next, _)) = norm {
            self.take(&mut last, next);
        }
        let (kernel, source) = kernel::kernel(node, norm.map(|(_, node)| node), self.model)?;
        if let Some((next, sum)) = self.next(last).filter(|(_, next)| is_product && matches!(next.op, Op::Add)) {
            residual = sum.inputs.iter().find(|name| **name != self.nodes[last].name).cloned();
            self.take(&mut last, next);
        }
        if matches!(node.op, Op::Add) {
            residual = operands.pop();
        }
        if activation.is_none()
            && let Some((next, function)) =
                self.next(last).and_then(|(next, node)| Some((next, self::activation(&node.op)?)))
        {
            activation = Some(function);
            self.take(&mut last, next);
        }
        let value = self.nodes[last].name.clone();
        let shape = self.model.shapes[&value].clone();
        let activation = activation.unwrap_or(Activation::Identity);
        let sources = source.into_iter().collect();
        Ok((last, Step { value, shape, kernel, sources, operands, residual, activation }))
    }

    fn take(&mut self, last: &mut usize, next: usize) {
        self.taken[next] = true;
        *last = next;
    }
}

/// The operation as a function of one number, if it is one.
fn activation(op: &Op) -> Option<Activation> {
    match op {
        Op::Relu => Some(Activation::RELU),
        Op::Relu6 => Some(Activation::Clamp(0.0, 6.0)),
        Op::HardSwish => Some(Activation::HardSwish),
        Op::HardSigmoid => Some(Activation::HardSigmoid),
        Op::Sigmoid => Some(Activation::Sigmoid),
        Op::Silu => Some(Activation::Silu),
        Op::Gelu => Some(Activation::Gelu),
        _ => None,
    }
}
