//! What is done to one number after another: activations and what they are made of. Plain loops, to be compiled for
//! an instruction set by [`Isa::vectorize`](super::Isa::vectorize).

use super::{LANES, Vector};

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Activation {
    /// The number itself.
    Identity,
    /// Limited to a range: `ReLU` to [0, infinity), `ReLU6` to [0, 6].
    Clamp(f32, f32),
    /// x clamp(x / 6 + 1 / 2, 0, 1).
    HardSwish,
    /// clamp(x / 6 + 1 / 2, 0, 1).
    HardSigmoid,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// x / (1 + e^-x).
    Silu,
    /// x times the normal distribution function of x.
    Gelu,
}

impl Activation {
    /// max(x, 0).
    pub(in super::super) const RELU: Self = Self::Clamp(0.0, f32::INFINITY);

    /// The function of every number of a vector.
    #[inline(always)]
    pub(in super::super) fn of<V: Vector>(self, x: V) -> V {
        match self {
            Self::Identity => x,
            Self::Clamp(low, high) => x.max(V::splat(low)).min(V::splat(high)),
            other => {
                let mut values = [0.0; LANES];
                x.store(&mut values);
                other.apply(&mut values);
                V::load(&values)
            }
        }
    }

    /// Replaces every number by its function value. NaN stays NaN, except that a clamp makes it its lower limit.
    #[inline(always)]
    pub(in super::super) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Clamp(low, high) => values.iter_mut().for_each(|v| *v = clamp(*v, low, high)),
            Self::HardSwish => values.iter_mut().for_each(|v| *v *= hard_sigmoid(*v)),
            Self::HardSigmoid => values.iter_mut().for_each(|v| *v = hard_sigmoid(*v)),
            Self::Sigmoid => values.iter_mut().for_each(|v| *v = sigmoid(*v)),
            Self::Silu => values.iter_mut().for_each(|v| *v *= sigmoid(*v)),
            Self::Gelu => values.iter_mut().for_each(|v| *v *= normal(*v)),
        }
    }
}

/// Limits a number; NaN becomes the lower limit. Unlike `f32::clamp` it is turned into vectors everywhere.
#[inline(always)]
pub(in super::super) fn clamp(x: f32, low: f32, high: f32) -> f32 {
    x.max(low).min(high)
}

#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    clamp(x / 6.0 + 0.5, 0.0, 1.0)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The normal distribution function, by Abramowitz and Stegun's 7.1.26 for the error function: off by 1e-7 at most.
#[inline(always)]
fn normal(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let upper = 0.5 * series * exp(-z * z);
    if x < 0.0 { upper } else { 1.0 - upper }
}

/// e^x to about two units in the last place; arguments beyond +-87 count as that.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2: 2^n by its bits, e^r by its Taylor series.
#[inline(always)]
pub(in super::super) fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    /// Adding it leaves no bits after the point.
    const ROUND: f32 = 12_582_912.0;
    let x = clamp(x, -87.0, 87.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let series = 1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))));
    let power = f32::from_bits(((n + (ROUND + 127.0)).to_bits() & 0x1FF) << 23);
    (1.0 + r + r * r * series) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_what_they_say() {
        for i in -2000..2000 {
            let x = i as f32 / 100.0;
            let wide = f64::from(x);
            let one = |activation: Activation| {
                let mut value = [x];
                activation.apply(&mut value);
                f64::from(value[0])
            };
            let sigmoid = 1.0 / (1.0 + (-wide).exp());
            assert!((f64::from(exp(x)) / wide.exp() - 1.0).abs() < 3e-7, "exp({x})");
            assert!((one(Activation::Sigmoid) - sigmoid).abs() < 2e-7, "sigmoid({x})");
            assert!((one(Activation::Silu) - wide * sigmoid).abs() < 2e-6, "silu({x})");
            assert!((one(Activation::RELU) - wide.max(0.0)).abs() < f64::EPSILON, "relu({x})");
            assert!((one(Activation::HardSwish) - wide * (wide / 6.0 + 0.5).clamp(0.0, 1.0)).abs() < 2e-6);
        }
    }

    #[test]
    fn gelu_is_exact_at_known_points() {
        // x times the normal distribution function, from tables.
        for (x, expected) in
            [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_3), (2.0, 1.954_5), (-3.0, -0.004_049_7)]
        {
            let mut value = [x];
            Activation::Gelu.apply(&mut value);
            assert!((value[0] - expected).abs() < 1e-6, "{x}: {}, expected {expected}", value[0]);
        }
    }
}
