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
//!
//! This module knows shapes only: no tensors, no kernels, no files.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

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

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Square-kernel cross-correlation with zero padding.
    Conv2d {
        /// Input channels.
        c_in: usize,
        /// Output channels.
        c_out: usize,
        /// Kernel rows and columns.
        kernel: usize,
        /// Step in both directions.
        stride: usize,
        /// Zeros added on every side.
        padding: usize,
        /// Channel groups; `c_in` and `c_out` are multiples of it.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        groups: usize,
        /// Whether a bias is added.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bias: bool,
    },
    /// Normalization by running statistics (inference) or batch statistics (training).
    BatchNorm2d {
        /// Channels of input and output.
        channels: usize,
        /// Added to the variance.
        eps: f64,
    },
    /// max(x, 0).
    Relu,
    /// Element-wise sum of two values of the same shape.
    Add,
    /// Mean over rows and columns: (N, C, H, W) to (N, C).
    GlobalAvgPool,
    /// Affine map of the last dimension.
    Linear {
        /// Input features.
        d_in: usize,
        /// Output features.
        d_out: usize,
    },
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_one(n: &usize) -> bool {
    *n == 1
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
            check_size(&node.name, &shape)?;
            if shapes.insert(node.name.clone(), shape).is_some() {
                return Err(NetworkError::DuplicateName(node.name.clone()));
            }
        }
        Ok(shapes)
    }

    /// Names and shapes of all parameters and buffers, in node order.
    pub fn parameters(&self) -> Vec<(String, Shape)> {
        self.nodes.iter().flat_map(node_parameters).collect()
    }

    /// Multiply-accumulates of one forward pass over one input.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn macs(&self) -> Result<u64, NetworkError> {
        let shapes = self.shapes()?;
        let macs = self.nodes.iter().map(|node| {
            let out: usize = shapes[&node.name].iter().product();
            let per_output = match &node.op {
                Op::Conv2d { c_in, kernel, groups, .. } => c_in / groups * kernel * kernel,
                Op::Linear { d_in, .. } => *d_in,
                _ => 0,
            };
            (out * per_output) as u64
        });
        Ok(macs.sum())
    }
}

fn check_size(value: &str, shape: &[usize]) -> Result<(), NetworkError> {
    let elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    match elements {
        Some(1..=MAX_ELEMENTS) => Ok(()),
        _ => Err(NetworkError::TooLarge(value.to_owned())),
    }
}

fn node_parameters(node: &Node) -> Vec<(String, Shape)> {
    let named = |suffix: &str, shape: Shape| (format!("{}.{suffix}", node.name), shape);
    match &node.op {
        Op::Conv2d { c_in, c_out, kernel, groups, bias, .. } => {
            let mut all = vec![named("weight", vec![*c_out, c_in / groups, *kernel, *kernel])];
            if *bias {
                all.push(named("bias", vec![*c_out]));
            }
            all
        }
        Op::BatchNorm2d { channels, .. } => {
            ["weight", "bias", "running_mean", "running_var"].map(|suffix| named(suffix, vec![*channels])).to_vec()
        }
        Op::Linear { d_in, d_out } => {
            vec![named("weight", vec![*d_out, *d_in]), named("bias", vec![*d_out])]
        }
        Op::Relu | Op::Add | Op::GlobalAvgPool => Vec::new(),
    }
}

fn node_shape(node: &Node, shapes: &HashMap<String, Shape>) -> Result<Shape, NetworkError> {
    let mut inputs = Vec::with_capacity(node.inputs.len());
    for name in &node.inputs {
        let shape = shapes
            .get(name)
            .ok_or_else(|| NetworkError::UnknownInput { node: node.name.clone(), input: name.clone() })?;
        inputs.push(shape.as_slice());
    }
    let misfit =
        |expected: String| NetworkError::Shape { node: node.name.clone(), expected, got: format!("{inputs:?}") };
    match (&node.op, inputs.as_slice()) {
        (Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, .. }, [[c, h, w]]) => {
            let grouped = *groups > 0 && c_in % groups == 0 && c_out % groups == 0;
            let side = |n: usize| conv_side(n, *kernel, *stride, *padding);
            match (side(*h), side(*w)) {
                (Some(rows), Some(columns)) if c == c_in && grouped => Ok(vec![*c_out, rows, columns]),
                _ => Err(misfit(format!("({c_in}, h, w) with h, w >= {kernel} - 2 * {padding}"))),
            }
        }
        (Op::BatchNorm2d { channels, .. }, [shape @ [c, _, _]]) if c == channels => Ok(shape.to_vec()),
        (Op::BatchNorm2d { channels, .. }, _) => Err(misfit(format!("({channels}, h, w)"))),
        (Op::Relu, [shape]) => Ok(shape.to_vec()),
        (Op::Add, [a, b]) if a == b => Ok(a.to_vec()),
        (Op::Add, _) => Err(misfit("two values of one shape".to_owned())),
        (Op::GlobalAvgPool, [[c, _, _]]) => Ok(vec![*c]),
        (Op::Linear { d_in, d_out }, [[d]]) if d == d_in => Ok(vec![*d_out]),
        (Op::Linear { d_in, .. }, _) => Err(misfit(format!("({d_in})"))),
        (Op::Conv2d { c_in, .. }, _) => Err(misfit(format!("({c_in}, h, w)"))),
        (Op::Relu, _) => Err(misfit("one value".to_owned())),
        (Op::GlobalAvgPool, _) => Err(misfit("(c, h, w)".to_owned())),
    }
}

/// Rows or columns after a convolution; `None` where the kernel does not fit the padded side.
fn conv_side(n: usize, kernel: usize, stride: usize, padding: usize) -> Option<usize> {
    let room = padding.checked_mul(2)?.checked_add(n)?.checked_sub(kernel)?;
    if kernel == 0 { None } else { Some(room.checked_div(stride)? + 1) }
}
