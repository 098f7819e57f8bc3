//! The detector's layers on top of an image-label network.
//!
//! Anchor-free with a decoupled head, as in FCOS (Tian et al. 2019) and YOLOX (Ge et al. 2021), at one resolution: that
//! of the backbone's last stage, one cell every 16 pixels. Objects of other sizes are found by running it on the image
//! at several sizes. The last stage knows what is there, the one before it where: both are joined, the finer one halved
//! by a strided convolution. From there one branch describes each cell ([`EMBEDDING`]), the other says whether an object
//! has its centre there and what its box is ([`BOXES`]).

use crate::net::{Network, NetworkError, Node, Op};
use crate::resnet::FEATURES;

/// Prefix of the detector's nodes.
pub const PREFIX: &str = "objects.";
/// Value that describes what is at each cell, (D, rows, columns), at least zero.
pub const EMBEDDING: &str = "objects.name.relu";
/// Value with each cell's box ([`Cell::encode`](super::boxes::Cell::encode)) and, last, the logit of there being an
/// object: (5, rows, columns).
pub const BOXES: &str = "objects.boxes";

const BATCH_NORM_EPS: f64 = 1e-5;

/// Widths of the detector's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadConfig {
    /// Channels of the joined stages.
    pub joined: usize,
    /// Channels of [`EMBEDDING`].
    pub embedding: usize,
    /// Channels of the branch that finds boxes.
    pub boxes: usize,
}

/// Values of the backbone that the detector reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taps {
    /// Last value of the stage before the last.
    pub fine: String,
    /// Last value of the last stage.
    pub deep: String,
}

/// Where the detector reads the backbone: what its pooling reads, and the last value before with twice the rows.
///
/// # Errors
/// The network is none, or has no such values.
pub fn taps(backbone: &Network) -> Result<Taps, NetworkError> {
    let shapes = backbone.shapes()?;
    let missing = || NetworkError::UnknownInput { node: PREFIX.to_owned(), input: FEATURES.to_owned() };
    let pool = backbone.nodes.iter().find(|node| node.name == FEATURES).ok_or_else(missing)?;
    let deep = pool.inputs.first().ok_or_else(missing)?;
    let [_, rows, columns] = shapes[deep][..] else { return Err(missing()) };
    let twice = |node: &&Node| matches!(shapes[&node.name][..], [_, r, c] if (r, c) == (2 * rows, 2 * columns));
    let fine = backbone.nodes.iter().rfind(twice).ok_or_else(missing)?;
    Ok(Taps { fine: fine.name.clone(), deep: deep.clone() })
}

/// The detector's nodes on a backbone.
///
/// # Errors
/// As [`taps`].
pub fn head(backbone: &Network, config: HeadConfig) -> Result<Vec<Node>, NetworkError> {
    let (taps, shapes) = (taps(backbone)?, backbone.shapes()?);
    let (fine, deep) = (shapes[&taps.fine][0], shapes[&taps.deep][0]);
    let HeadConfig { joined, embedding, boxes } = config;
    let mut nodes = Vec::new();
    let deep = conv_norm(&mut nodes, "deep", &taps.deep, [deep, joined, 1, 1]);
    let fine = conv_norm(&mut nodes, "fine", &taps.fine, [fine, joined, 3, 2]);
    let sum = push(&mut nodes, "join.add", Op::Add, &[&fine, &deep]);
    let join = push(&mut nodes, "join.relu", Op::Relu, &[&sum]);
    let name = conv_norm(&mut nodes, "name", &join, [joined, embedding, 3, 1]);
    push(&mut nodes, "name.relu", Op::Relu, &[&name]);
    let place = conv_norm(&mut nodes, "place", &join, [joined, boxes, 3, 1]);
    let place = push(&mut nodes, "place.relu", Op::Relu, &[&place]);
    let out = Op::Conv2d { c_in: boxes, c_out: 5, kernel: 1, stride: 1, padding: 0, groups: 1, bias: true };
    push(&mut nodes, "boxes", out, &[&place]);
    Ok(nodes)
}

/// The backbone with the detector's nodes behind its own, for images of `side` x `side` pixels.
pub fn joined(backbone: &Network, head: &[Node], side: usize) -> Network {
    let mut network = backbone.clone();
    (network.input.height, network.input.width) = (side, side);
    network.nodes.extend_from_slice(head);
    network
}

fn push(nodes: &mut Vec<Node>, name: &str, op: Op, inputs: &[&str]) -> String {
    let name = format!("{PREFIX}{name}");
    let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
    nodes.push(Node { name: name.clone(), op, inputs });
    name
}

/// A convolution with its normalization; `sizes` are input and output channels, kernel and stride.
fn conv_norm(nodes: &mut Vec<Node>, name: &str, x: &str, sizes: [usize; 4]) -> String {
    let [c_in, c_out, kernel, stride] = sizes;
    let conv = Op::Conv2d { c_in, c_out, kernel, stride, padding: kernel / 2, groups: 1, bias: false };
    let value = push(nodes, &format!("{name}.conv"), conv, &[x]);
    push(nodes, &format!("{name}.bn"), Op::BatchNorm2d { channels: c_out, eps: BATCH_NORM_EPS }, &[&value])
}
