//! The soft step: from a margin to a loss.

use serde::{Deserialize, Serialize};

use crate::config::require;
use crate::error::LossError;

/// A decreasing function of the margin `x`; with `d = margin - x`, the distance by which `x` falls short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// `log(1 + exp(beta d)) / beta`: grows linearly with the error, so gross errors keep their gradient.
    Softplus {
        /// Sharpness, above 0.
        beta: f64,
        /// Margin asked for, finite.
        margin: f64,
    },
    /// `w(d) / (1 + exp(-beta d))` with `w = wrong_weight` for `d > 0`, else 1: the reference implementation's step.
    /// Its value jumps at `d = 0`; its gradient vanishes on gross errors.
    Sigmoid {
        /// Sharpness, above 0.
        beta: f64,
        /// Margin asked for, finite.
        margin: f64,
        /// Weight where the margin is not reached, above 0.
        wrong_weight: f64,
    },
}

impl Step {
    pub(crate) fn validate(self) -> Result<(), LossError> {
        let (Self::Softplus { beta, margin } | Self::Sigmoid { beta, margin, .. }) = self;
        require("step.beta", beta, beta > 0.0, "a finite number above 0")?;
        require("step.margin", margin, true, "a finite number")?;
        if let Self::Sigmoid { wrong_weight, .. } = self {
            require("step.wrong_weight", wrong_weight, wrong_weight > 0.0, "a finite number above 0")?;
        }
        Ok(())
    }

    /// The loss of a margin and its derivative by the margin.
    pub(crate) fn at(self, x: f64) -> (f64, f64) {
        match self {
            Self::Softplus { beta, margin } => {
                let d = beta * (margin - x);
                (softplus(d) / beta, -sigmoid(d))
            }
            Self::Sigmoid { beta, margin, wrong_weight } => {
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
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 2] =
        [Step::Softplus { beta: 3.0, margin: 0.5 }, Step::Sigmoid { beta: 5.0, margin: 0.1, wrong_weight: 5.0 }];

    #[test]
    fn loss_falls_as_the_margin_grows() {
        for step in STEPS {
            let values: Vec<f64> = (-40..40).map(|i| step.at(f64::from(i) / 10.0).0).collect();
            assert!(values.windows(2).all(|w| w[0] > w[1]), "{step:?}");
        }
    }

    #[test]
    fn softplus_keeps_its_gradient_on_gross_errors_and_sigmoid_does_not() {
        assert!((STEPS[0].at(-50.0).1 + 1.0).abs() < 1e-9);
        assert!(STEPS[1].at(-50.0).1.abs() < 1e-9);
    }

    #[test]
    fn extreme_margins_are_finite() {
        for step in STEPS {
            for x in [-1e300, 1e300] {
                let (value, slope) = step.at(x);
                assert!(slope.is_finite() && !value.is_nan(), "{step:?} at {x}");
            }
        }
    }
}
