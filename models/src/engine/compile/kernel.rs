//! The kernel of a node.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::super::EngineError;
use super::super::codes::Layout;
use super::super::conv::{Conv, Geometry};
use super::super::ops::pool::Window;
use super::super::ops::{Kernel, Linear, Plain};
use super::Model;
use super::fold::{Folded, affine, folded};
use crate::net::{Node, Op};
use crate::quantization::WeightSegment;

/// What `node` computes, with the normalization behind it; and, of what has packed weights, a digest of all that it was
/// made from.
pub(super) fn kernel(node: &Node, norm: Option<&Node>, model: Model) -> Result<(Kernel, Option<u64>), EngineError> {
    if matches!(node.op, Op::Conv2d { .. } | Op::Linear { .. }) {
        return product(node, norm, model).map(|(kernel, digest)| (kernel, Some(digest)));
    }
    Ok((Kernel::Plain(plain(node, model)?), None))
}

/// A convolution or linear map, quantized or not: packed, or the one that another engine has packed already.
fn product(node: &Node, norm: Option<&Node>, model: Model) -> Result<(Kernel, u64), EngineError> {
    let quantization = model.network.quantization.as_ref();
    let segments = quantization.and_then(|quantization| quantization.weights.get(&node.name));
    let parameters = folded(node, norm, model.weights, segments.is_some())?;
    let (weight, bias) = (&parameters.weight, &parameters.bias);
    let input = &model.shapes[&node.inputs[0]];
    let digest = digest(node, input, &parameters, segments, model.layouts.get(&node.inputs[0]));
    if let Some(kernel) = model.packed.iter().find_map(|(key, kernel)| (*key == digest).then_some(kernel)) {
        return Ok(((*kernel).clone(), digest));
    }
    let misfit = || EngineError::Segments(node.name.clone());
    let packed = if let Some(segments) = segments {
        check_integers(node, segments, weight)?;
        let layout = model.layouts.get(&node.inputs[0]).ok_or_else(misfit)?;
        let affine = (parameters.scale.as_slice(), bias.as_slice());
        match geometry(&node.op, input) {
            Some(geometry) => Conv::quantized(geometry, weight, affine, segments, layout)
                .map(|conv| Kernel::Conv(Arc::new(conv)))
                .ok_or_else(misfit)?,
            None => Linear::quantized(weight, affine, segments, layout)
                .map(|linear| Kernel::Linear(Arc::new(linear)))
                .ok_or_else(misfit)?,
        }
    } else {
        match geometry(&node.op, input) {
            Some(geometry) => {
                let layout = model.layouts.get(&node.inputs[0]);
                Kernel::Conv(Arc::new(Conv::new(geometry, weight, bias, layout)))
            }
            None => Kernel::Linear(Arc::new(Linear::new(weight.len() / bias.len(), weight, bias))),
        }
    };
    Ok((packed, digest))
}

/// Two products with one digest are the same, unless somebody looked for two that are not.
fn digest(
    node: &Node,
    input: &[usize],
    parameters: &Folded,
    segments: Option<&Vec<WeightSegment>>,
    layout: Option<&Layout>,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?} {input:?} {segments:?} {layout:?}", node.op).hash(&mut hasher);
    for numbers in [&parameters.weight, &parameters.scale, &parameters.bias] {
        numbers.len().hash(&mut hasher);
        for number in numbers {
            hasher.write_u32(number.to_bits());
        }
    }
    hasher.finish()
}

fn geometry(op: &Op, input: &[usize]) -> Option<Geometry> {
    match *op {
        Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, .. } => {
            Some(Geometry { c_in, c_out, kernel, stride, padding, groups, rows: input[1], columns: input[2] })
        }
        _ => None,
    }
}

/// Checks that every weight is an integer of its segment, and that no sum of products can overflow.
fn check_integers(node: &Node, segments: &[WeightSegment], weight: &[f32]) -> Result<(), EngineError> {
    // The largest a term gets: a code of 8 bits times a weight in the upper bits of a byte.
    const LARGEST_TERM: usize = 255 * 128;
    let taps = if let Op::Conv2d { kernel, .. } = node.op { kernel * kernel } else { 1 };
    let channels: usize = segments.iter().map(|segment| segment.channels).sum();
    if taps * channels > i32::MAX as usize / LARGEST_TERM {
        return Err(EngineError::Depth(node.name.clone()));
    }
    let of_channel = |c: usize| {
        let mut end = 0;
        segments.iter().find(|segment| {
            end += segment.channels;
            c < end
        })
    };
    for filter in weight.chunks_exact(taps * channels) {
        for (c, taps) in filter.chunks_exact(taps).enumerate() {
            let holds = |n: &f32| of_channel(c).is_some_and(|segment| segment.holds(*n));
            if let Some(n) = taps.iter().find(|n| !holds(n)) {
                return Err(EngineError::NotOnGrid { node: node.name.clone(), value: *n });
            }
        }
    }
    Ok(())
}

fn plain(node: &Node, model: Model) -> Result<Plain, EngineError> {
    let input = &model.shapes[&node.inputs[0]];
    let output = &model.shapes[&node.name];
    let parameter = |suffix: &str| model.weights.get(&format!("{}.{suffix}", node.name));
    let window = |kernel: usize, stride: usize, padding: usize| Window {
        kernel,
        stride,
        padding,
        from: (input[1], input[2]),
        to: (output[1], output[2]),
    };
    Ok(match node.op {
        Op::BatchNorm2d { eps, .. } => Plain::Affine(affine(node, eps, model.weights)?),
        Op::MaxPool2d { kernel, stride, padding } => Plain::MaxPool(window(kernel, stride, padding)),
        Op::AvgPool2d { kernel, stride, padding } => Plain::AveragePool(window(kernel, stride, padding)),
        Op::GlobalAvgPool => {
            // All pixels as one row: a window as wide as that covers them.
            let pixels = input[1] * input[2];
            Plain::AveragePool(Window { kernel: pixels, stride: 1, padding: 0, from: (1, pixels), to: (1, 1) })
        }
        Op::Upsample { factor } => Plain::Upsample { columns: input[2], factor },
        Op::Mul => Plain::Multiply,
        Op::Concat => Plain::Concat,
        Op::Softmax => Plain::Softmax,
        Op::LayerNorm { eps, .. } => Plain::LayerNorm {
            weight: parameter("weight")?.data().to_vec(),
            bias: parameter("bias")?.data().to_vec(),
            eps: eps as f32,
        },
        Op::Attention { heads } => Plain::Attention { heads },
        Op::ClassToken { .. } => Plain::Prepend(parameter("value")?.data().to_vec()),
        Op::Offset { .. } => Plain::Offset(parameter("value")?.data().to_vec()),
        Op::SelectToken { index } => Plain::Select { index, tokens: input[0] },
        Op::Conv2d { .. } | Op::Linear { .. } => unreachable!("they are products"),
        Op::Add
        | Op::Tokens
        | Op::Relu
        | Op::Relu6
        | Op::HardSwish
        | Op::HardSigmoid
        | Op::Sigmoid
        | Op::Silu
        | Op::Gelu => Plain::Copy,
    })
}
