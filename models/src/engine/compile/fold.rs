//! Normalization folded into the convolution before it.

use super::super::EngineError;
use super::super::ops::Affine;
use crate::net::{Node, Op};
use crate::weights::{Weights, WeightsError};

/// A convolution's parameters with the normalization behind it folded in.
pub(super) struct Folded {
    /// (outputs, ...).
    pub(super) weight: Vec<f32>,
    /// What an output's weights are multiplied by, if they are integers; else all one.
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// The parameters of a convolution or linear map: `(w s) x + (b s + t)` for the affine map `s, t` of the normalization.
pub(super) fn folded(
    node: &Node,
    norm: Option<&Node>,
    weights: &Weights,
    quantized: bool,
) -> Result<Folded, EngineError> {
    let parameter = |suffix: &str| -> Result<Vec<f32>, WeightsError> {
        Ok(weights.get(&format!("{}.{suffix}", node.name))?.data().to_vec())
    };
    let (outputs, has_bias) = match node.op {
        Op::Conv2d { c_out, bias, .. } => (c_out, bias),
        Op::Linear { d_out, .. } => (d_out, true),
        _ => unreachable!("called for convolutions and linear maps only"),
    };
    let mut weight = parameter("weight")?;
    let mut scale = if quantized { parameter("scale")? } else { vec![1.0; outputs] };
    let mut bias = if has_bias { parameter("bias")? } else { vec![0.0; outputs] };
    if let Some(Node { op: Op::BatchNorm2d { eps, .. }, .. }) = norm {
        let affine = affine(norm.unwrap_or(node), *eps, weights)?;
        for ((bias, factor), offset) in bias.iter_mut().zip(&affine.scale).zip(&affine.bias) {
            *bias = *bias * factor + offset;
        }
        if quantized {
            scale.iter_mut().zip(&affine.scale).for_each(|(scale, factor)| *scale *= factor);
        } else {
            let depth = weight.len() / outputs;
            for (filter, factor) in weight.chunks_exact_mut(depth).zip(&affine.scale) {
                for weight in filter {
                    *weight *= factor;
                }
            }
        }
    }
    Ok(Folded { weight, scale, bias })
}

/// Normalization by running statistics as an affine map, worked out in f64.
pub(super) fn affine(node: &Node, eps: f64, weights: &Weights) -> Result<Affine, EngineError> {
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
