//! A network as data: one description that the trainer builds with libtorch and the engine runs with its own kernels.
//!
//! A [`Network`] is a list of [`Node`]s in topological order, each naming the values it reads. A value is named by the
//! node that makes it; the input image is the value [`INPUT`]. Parameters are named after their node, as in a `PyTorch`
//! state dict, so a checkpoint needs no mapping table:
//!
//! | op            | parameters                                                                          |
//! |---------------|-------------------------------------------------------------------------------------|
//! | `Conv2d`      | `{node}.weight` (out, in / groups, k, k), `{node}.bias` (out) if `bias`               |
//! | `BatchNorm2d` | `{node}.weight`, `{node}.bias`, `{node}.running_mean`, `{node}.running_var` (channels) |
//! | `Linear`      | `{node}.weight` (out, in), `{node}.bias` (out)                                       |
//! | `LayerNorm`   | `{node}.weight`, `{node}.bias` (features)                                             |
//! | `ClassToken`, `Offset` | `{node}.value` (features), (tokens, features)                               |
//!
//! A value is a map of channels (C, H, W), a vector (D) or a sequence of tokens (T, D). How a network is quantized is a
//! part of the description, too ([`Quantization`]).
//!
//! This module knows shapes only: no tensors, no kernels, no files.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

mod op;

pub use op::Op;

use crate::quantization::Quantization;

/// The name of the value that holds the input batch, shape (N, channels, height, width).
pub const INPUT: &str = "input";

/// The most elements one value may hold, so that a damaged or hostile description cannot ask for all memory.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// What a network expects its input to look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageInput {
    /// Channels, RGB order.
    pub channels: usize,
    /// Rows in pixels.
    pub height: usize,
    /// Columns in pixels.
    pub width: usize,
    /// Per-channel mean of pixel values scaled to 0..1; subtracted first.
    pub mean: Vec<f32>,
    /// Per-channel standard deviation of pixel values scaled to 0..1; divided by second.
    pub std: Vec<f32>,
}

impl ImageInput {
    /// Elements of one image's tensor.
    pub fn elements(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Checks that every channel has a mean and a standard deviation to normalize by.
    ///
    /// # Errors
    /// [`NetworkError::Normalization`] if not.
    pub fn check(&self) -> Result<(), NetworkError> {
        let whole = |values: &[f32]| values.len() == self.channels && values.iter().all(|v| v.is_finite());
        if whole(&self.mean) && whole(&self.std) && self.std.iter().all(|&s| s > 0.0) {
            Ok(())
        } else {
            Err(NetworkError::Normalization(self.channels))
        }
    }
}

/// One operation with its name and the values it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique; also the prefix of the node's parameters.
    pub name: String,
    /// What it computes.
    #[serde(flatten)]
    pub op: Op,
    /// Names of the values it reads, in order.
    pub inputs: Vec<String>,
}

/// A network: an input description and nodes in topological order. The last node's value is the output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Short name, e.g. `resnet-s`.
    pub name: String,
    /// What the input looks like.
    pub input: ImageInput,
    /// Nodes; each reads only [`INPUT`] or earlier nodes.
    pub nodes: Vec<Node>,
    /// What of it is quantized, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantization: Option<Quantization>,
}

/// Why a description is not a network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NetworkError {
    /// A node reads a value that no earlier node makes.
    #[error("node `{node}` reads `{input}`, which no earlier node makes")]
    UnknownInput {
        /// The reading node.
        node: String,
        /// The missing value.
        input: String,
    },
    /// Two nodes share a name.
    #[error("two nodes are named `{0}`")]
    DuplicateName(String),
    /// A node's inputs do not fit its operation.
    #[error("node `{node}`: expected {expected}, got {got}")]
    Shape {
        /// The node.
        node: String,
        /// What it needs.
        expected: String,
        /// What it is given.
        got: String,
    },
    /// A value would hold no numbers, or more than [`MAX_ELEMENTS`].
    #[error("value `{0}` must hold between 1 and {MAX_ELEMENTS} elements")]
    TooLarge(String),
    /// Normalization does not fit the channels.
    #[error("the input's mean and std must each hold {0} finite numbers, std above zero")]
    Normalization(usize),
    /// A value or node is not quantized as the network needs.
    #[error("quantization of `{name}`: {problem}")]
    Quantization {
        /// The value or node.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no node at all.
    #[error("the network has no nodes")]
    Empty,
}

/// Shape of one value without the batch dimension: (C, H, W) or (D).
pub type Shape = Vec<usize>;

impl Network {
    /// Shapes of all values (without the batch dimension), checking every node against its inputs.
    ///
    /// # Errors
    /// The first node whose inputs are missing or of the wrong shape.
    pub fn shapes(&self) -> Result<HashMap<String, Shape>, NetworkError> {
        let mut shapes = HashMap::new();
        let input = &self.input;
        let input = vec![input.channels, input.height, input.width];
        check_size(INPUT, &input)?;
        shapes.insert(INPUT.to_owned(), input);
        if self.nodes.is_empty() {
            return Err(NetworkError::Empty);
        }
        for node in &self.nodes {
            let shape = node_shape(node, &shapes)?;
            if shapes.insert(node.name.clone(), shape).is_some() {
                return Err(NetworkError::DuplicateName(node.name.clone()));
            }
        }
        Ok(shapes)
    }

    /// Gives a node and its value another name.
    pub(crate) fn rename(&mut self, old: &str, new: &str) {
        for node in &mut self.nodes {
            let names = std::iter::once(&mut node.name).chain(&mut node.inputs);
            names.filter(|name| *name == old).for_each(|name| new.clone_into(name));
        }
    }

    /// Names and shapes of all parameters and buffers, in node order.
    pub fn parameters(&self) -> Vec<(String, Shape)> {
        let parameters = |node: &Node| {
            let mut all = node.op.parameters();
            let quantized = |q: &Quantization| q.weights.contains_key(&node.name);
            if self.quantization.as_ref().is_some_and(quantized) {
                let outputs = all[0].1[0];
                all.push(("scale", vec![outputs]));
            }
            let named = |(suffix, shape)| (format!("{}.{suffix}", node.name), shape);
            all.into_iter().map(named).collect::<Vec<_>>()
        };
        self.nodes.iter().flat_map(parameters).collect()
    }

    /// Multiply-accumulates of one forward pass over one input.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn macs(&self) -> Result<u64, NetworkError> {
        let shapes = self.shapes()?;
        let macs = self.nodes.iter().map(|node| {
            let out: usize = shapes[&node.name].iter().product();
            (out * node.op.macs_per_output(&shapes[&node.inputs[0]])) as u64
        });
        Ok(macs.sum())
    }
}

/// The shape of the value that a node behind the others makes.
pub(crate) fn node_shape(node: &Node, shapes: &HashMap<String, Shape>) -> Result<Shape, NetworkError> {
    node.op.check(&node.name)?;
    let shape = node.shape(shapes)?;
    check_size(&node.name, &shape)?;
    Ok(shape)
}

impl Node {
    /// The shape of its value.
    fn shape(&self, shapes: &HashMap<String, Shape>) -> Result<Shape, NetworkError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for name in &self.inputs {
            let shape = shapes
                .get(name)
                .ok_or_else(|| NetworkError::UnknownInput { node: self.name.clone(), input: name.clone() })?;
            inputs.push(shape.as_slice());
        }
        self.op.shape(&inputs).map_err(|expected| NetworkError::Shape {
            node: self.name.clone(),
            expected,
            got: format!("{inputs:?}"),
        })
    }
}

pub(crate) fn check_size(value: &str, shape: &[usize]) -> Result<(), NetworkError> {
    let elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    match elements {
        Some(1..=MAX_ELEMENTS) => Ok(()),
        _ => Err(NetworkError::TooLarge(value.to_owned())),
    }
}
