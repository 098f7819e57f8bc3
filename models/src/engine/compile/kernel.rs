//! The kernel of a node.

use std::sync::Arc;

use super::super::EngineError;
use super::super::conv::{Conv, Geometry};
use super::super::ops::pool::Window;
use super::super::ops::{Kernel, Linear, Plain};
use super::fold::{affine, folded};
use super::{Model, Source};
use crate::net::{Node, Op};
use crate::quantization::WeightSegment;

/// What `node` computes, with the normalization behind it; and, of what has packed weights, what it was made from.
pub(super) fn kernel(node: &Node, norm: Option<&Node>, model: Model) -> Result<(Kernel, Option<Source>), EngineError> {
    if !matches!(node.op, Op::Conv2d { .. } | Op::Linear { .. }) {
        return Ok((Kernel::Plain(plain(node, model)?), None));
    }
    let input = model.shapes[&node.inputs[0]].clone();
    let source = Source { node: node.clone(), norm: norm.cloned(), input };
    let packed = model.packed.iter().find_map(|(other, kernel)| (**other == source).then_some(kernel));
    let kernel = packed.map_or_else(|| product(node, norm, model), |kernel| Ok(kernel.clone()))?;
    Ok((kernel, Some(source)))
}

/// A convolution or linear map, quantized or not.
fn product(node: &Node, norm: Option<&Node>, model: Model) -> Result<Kernel, EngineError> {
    let quantization = model.network.quantization.as_ref();
    let segments = quantization.and_then(|quantization| quantization.weights.get(&node.name));
    let parameters = folded(node, norm, model.weights, segments.is_some())?;
    let (weight, bias) = (&parameters.weight, &parameters.bias);
    let input = &model.shapes[&node.inputs[0]];
    let misfit = || EngineError::Segments(node.name.clone());
    let layout = model.layouts.get(&node.inputs[0]);
    let Some(segments) = segments else {
        return Ok(match geometry(&node.op, input) {
            Some(geometry) => Kernel::Conv(Arc::new(Conv::new(geometry, weight, bias, layout))),
            None => Kernel::Linear(Arc::new(Linear::new(weight.len() / bias.len(), weight, bias))),
        });
    };
    check_integers(node, segments, weight)?;
    let layout = layout.ok_or_else(misfit)?;
    let affine = (parameters.scale.as_slice(), bias.as_slice());
    let rows = input.iter().product::<usize>() / layout.channels;
    let kernel = match geometry(&node.op, input) {
        Some(geometry) => {
            Conv::quantized(geometry, weight, affine, segments, layout).map(|conv| Kernel::Conv(Arc::new(conv)))
        }
        None => {
            Linear::quantized(rows, weight, affine, segments, layout).map(|linear| Kernel::Linear(Arc::new(linear)))
        }
    };
    kernel.ok_or_else(misfit)
}

fn geometry(op: &Op, input: &[usize]) -> Option<Geometry> {
    match *op {
        Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, .. } => {
            let (above, below, rows, columns) = (padding, padding, input[1], input[2]);
            Some(Geometry { c_in, c_out, kernel, stride, padding, above, below, groups, rows, columns })
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
