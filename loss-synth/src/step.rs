//! The soft step: from a margin to a loss.

use serde::{Deserialize, Serialize};

use crate::config::require;
use crate::error::LossError;

/// A decreasing function of the margin `x`; with `d = margin - x`, the distance by which `x` falls short. A weight `w` of
/// wrong decisions, at least 1, makes them count more than decisions that are right with little room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// `log(1 + exp(beta d)) / beta + (w - 1) log(1 + exp(-beta x)) / beta`: grows linearly with the error, so gross
    /// errors keep their gradient; where the decision turns wrong the weight sets in without a jump.
    Softplus {
        /// Sharpness, above 0.
        beta: f64,
        /// Margin asked for, finite.
        margin: f64,
    },
    /// `v(d) / (1 + exp(-beta d))` with `v = w` for `d > 0`, else 1: the reference implementation's step. With a weight
    /// its value jumps at `d = 0`; its gradient vanishes on gross errors.
    Sigmoid {
        /// Sharpness, above 0.
        beta: f64,
        /// Margin asked for, finite.
        margin: f64,
    },
}

impl Step {
    pub(crate) fn validate(self) -> Result<(), LossError> {
        let (Self::Softplus { beta, margin } | Self::Sigmoid { beta, margin }) = self;
        require("step.beta", beta, beta > 0.0, "a finite number above 0")?;
        require("step.margin", margin, true, "a finite number")
    }

    /// The loss of a margin and its derivative by the margin.
    pub(crate) fn at(self, x: f64, wrong_weight: f64) -> (f64, f64) {
        match self {
            Self::Softplus { beta, margin } => {
                let (short, wrong, extra) = (beta * (margin - x), -beta * x, wrong_weight - 1.0);
                // An infinite room must not meet the weight 0 of an unweighted step.
                let (value, slope) =
                    if extra > 0.0 { (extra * softplus(wrong) / beta, extra * sigmoid(wrong)) } else { (0.0, 0.0) };
                (softplus(short) / beta + value, -sigmoid(short) - slope)
            }
            Self::Sigmoid { beta, margin } => {
                let d = margin - x;
                let weight = if d > 0.0 { wrong_weight } else { 1.0 };
                let phi = sigmoid(beta * d);
                (weight * phi, -weight * beta * phi * (1.0 - phi))
            }
        }
    }
}

/// `1 / (1 + exp(-x))` without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `log(1 + exp(x))` without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [(Step, f64); 3] = [
        (Step::Softplus { beta: 3.0, margin: 0.5 }, 1.0),
        (Step::Softplus { beta: 3.0, margin: 0.5 }, 4.0),
        (Step::Sigmoid { beta: 5.0, margin: 0.1 }, 5.0),
    ];

    #[test]
    fn loss_falls_as_the_margin_grows() {
        for (step, weight) in STEPS {
            let values: Vec<f64> = (-40..40).map(|i| step.at(f64::from(i) / 10.0, weight).0).collect();
            assert!(values.windows(2).all(|w| w[0] > w[1]), "{step:?}");
        }
    }

    #[test]
    fn softplus_keeps_its_gradient_on_gross_errors_and_sigmoid_does_not() {
        for (step, expected) in [(STEPS[0], -1.0), (STEPS[1], -4.0), (STEPS[2], 0.0)] {
            assert!((step.0.at(-50.0, step.1).1 - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn slopes_are_those_of_the_value() {
        for (step, weight) in STEPS {
            for x in [-2.0, -0.3, 0.05, 0.4, 1.7] {
                let numeric = (step.at(x + 1e-5, weight).0 - step.at(x - 1e-5, weight).0) / 2e-5;
                assert!((numeric - step.at(x, weight).1).abs() < 1e-6, "{step:?} at {x}");
            }
        }
    }

    #[test]
    fn extreme_margins_are_finite() {
        for (step, weight) in STEPS {
            for x in [-1e300, 1e300, f64::INFINITY] {
                let (value, slope) = step.at(x, weight);
                assert!(slope.is_finite() && !value.is_nan(), "{step:?} at {x}");
            }
        }
    }
}
