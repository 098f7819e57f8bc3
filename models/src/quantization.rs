//! How a network's values and weights are quantized: a part of its description.
//!
//! A quantized *value* is stored as unsigned codes; the code u of a channel stands for `base + step * u`. A quantized
//! *weight* of b bits is an integer n times its output channel's scale, signed (n from -2^(b-1) to 2^(b-1) - 1), or on
//! the odd grid (n = 2 s + 1, from -(2^b - 1) to 2^b - 1, no zero) and times 2^(1-b) as well. Both are cut into segments of input channels, so that
//! channels of different width stand side by side (mixed precision: the widths of a channel's codes and of the weights
//! that read it agree); one segment is a uniform width.
//!
//! In a quantized network the parameter `{node}.weight` of a quantized node holds the integers n, and `{node}.scale`
//! (outputs) what they are multiplied by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::net::{Network, NetworkError, Op, Shape};

/// Which values and nodes are quantized, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantization {
    /// By the name of the value.
    pub values: BTreeMap<String, Vec<CodeSegment>>,
    /// By the name of the node. Its input is a quantized value.
    pub weights: BTreeMap<String, Vec<WeightSegment>>,
}

/// The codes of some channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeSegment {
    /// How many channels, a multiple of 16 except in the last segment.
    pub channels: usize,
    /// 8, 4, 2 or 1.
    pub bits: u8,
    /// Distance between the numbers that codes stand for.
    pub step: f32,
    /// What code 0 stands for.
    pub base: f32,
}

/// The weights that read some input channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightSegment {
    /// How many input channels: those of the value's segment.
    pub channels: usize,
    /// 8, 4, 2 or 1. One bit goes with codes of one bit and the odd grid.
    pub bits: u8,
    /// Whether weights are on the odd grid.
    #[serde(default)]
    pub odd: bool,
}

impl CodeSegment {
    /// `bits` bits for the range [low, high], which is widened to hold zero; zero has a code of its own.
    pub fn for_range(channels: usize, bits: u8, low: f32, high: f32) -> Self {
        let levels = f32::from(u8::MAX >> (8 - bits));
        let (low, high) = (low.min(0.0), high.max(0.0));
        let step = ((high - low) / levels).max(f32::MIN_POSITIVE * 1e6);
        Self { channels, bits, step, base: -step * (-low / step).round() }
    }

    /// The symmetric grid of mixed-precision networks: odd multiples of 2^(1 - bits) within (-2, 2).
    pub fn symmetric(channels: usize, bits: u8) -> Self {
        let step = 2.0_f32.powi(2 - i32::from(bits));
        Self { channels, bits, step, base: step / 2.0 - 2.0 }
    }

    /// The highest code.
    pub fn max(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }

    pub(crate) fn is_bit(&self) -> bool {
        self.bits == 1
    }

    /// By how many bits codes are shifted up in memory. Two-bit codes are, so that the products of the symmetric grids
    /// of two and four bits have the same unit and share sums.
    pub(crate) fn shift(&self) -> u32 {
        if self.bits == 2 { 2 } else { 0 }
    }
}

impl WeightSegment {
    /// The lowest and the highest integer.
    pub fn range(&self) -> (i32, i32) {
        let levels = 1 << self.bits;
        if self.odd || self.bits == 1 { (1 - levels, levels - 1) } else { (-levels / 2, levels / 2 - 1) }
    }

    /// What an integer stands for, without its output channel's scale.
    pub fn unit(&self) -> f32 {
        if self.odd || self.bits == 1 { 2.0_f32.powi(1 - i32::from(self.bits)) } else { 1.0 }
    }

    /// The integer whose number is nearest to `x`, which is without the output channel's scale.
    pub fn nearest(&self, x: f32) -> i32 {
        let (low, high) = self.range();
        let n = if self.odd || self.bits == 1 {
            2.0 * ((x / self.unit() - 1.0) / 2.0).round_ties_even() + 1.0
        } else {
            x.round_ties_even()
        };
        (n as i32).clamp(low, high)
    }

    /// Whether an integer is on the grid.
    pub fn holds(&self, n: f32) -> bool {
        let (low, high) = self.range();
        let inside = n >= low as f32 && n <= high as f32 && n.fract() == 0.0;
        inside && (!(self.odd || self.bits == 1) || n as i32 % 2 != 0)
    }
}

impl Quantization {
    /// Checks that values and nodes are there and that their segments fit each other.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self, network: &Network) -> Result<(), NetworkError> {
        let shapes = network.shapes()?;
        for (name, segments) in &self.values {
            let shape = shapes.get(name).ok_or_else(|| fault(name, "no node makes this value"))?;
            check_codes(name, segments, shape)?;
        }
        for (name, segments) in &self.weights {
            let node = network.nodes.iter().find(|node| node.name == *name);
            let node = node.ok_or_else(|| fault(name, "there is no such node"))?;
            match node.op {
                Op::Conv2d { groups: 1, .. } | Op::Linear { .. } => {}
                _ => return Err(fault(name, "only convolutions of one group and linear maps have quantized weights")),
            }
            let codes = node.inputs.first().and_then(|input| self.values.get(input));
            check_weights(name, segments, codes.ok_or_else(|| fault(name, "its input is not quantized"))?)?;
        }
        Ok(())
    }
}

fn fault(name: &str, problem: &str) -> NetworkError {
    NetworkError::Quantization { name: name.to_owned(), problem: problem.to_owned() }
}

fn check_codes(name: &str, segments: &[CodeSegment], shape: &Shape) -> Result<(), NetworkError> {
    let channels = segments.iter().try_fold(0_usize, |sum, segment| sum.checked_add(segment.channels));
    if channels != shape.first().copied() {
        return Err(fault(name, "its segments do not add up to its channels"));
    }
    if segments.iter().any(|segment| !matches!(segment.bits, 1 | 2 | 4 | 8) || segment.channels == 0) {
        return Err(fault(name, "segments have 1, 2, 4 or 8 bits and at least one channel"));
    }
    if segments.iter().rev().skip(1).any(|segment| !segment.channels.is_multiple_of(16)) {
        return Err(fault(name, "all segments but the last have a multiple of 16 channels"));
    }
    let usable =
        |s: &CodeSegment| s.step.is_normal() && s.step > 0.0 && (1.0 / s.step).is_normal() && s.base.is_finite();
    if segments.iter().all(usable) { Ok(()) } else { Err(fault(name, "a step or base is not usable")) }
}

fn check_weights(name: &str, weights: &[WeightSegment], codes: &[CodeSegment]) -> Result<(), NetworkError> {
    let alike = weights.len() == codes.len() && weights.iter().zip(codes).all(|(w, c)| w.channels == c.channels);
    if !alike {
        return Err(fault(name, "its segments are not those of its input"));
    }
    for (weight, code) in weights.iter().zip(codes) {
        match (weight.bits, code.bits) {
            (1, 1) if (code.base + code.step / 2.0).abs() < f32::MIN_POSITIVE => {}
            (2 | 4 | 8, 2 | 4 | 8) if !(weight.odd && weight.bits == 8) => {}
            _ => return Err(fault(name, "1-bit weights go with codes of one bit around zero, others with others")),
        }
    }
    Ok(())
}
