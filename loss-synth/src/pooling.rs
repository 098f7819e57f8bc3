//! The largest of several scores, hard or smooth.

use serde::{Deserialize, Serialize};

use crate::config::require;
use crate::dual::Dual;
use crate::error::LossError;

/// How the largest of several values is taken. The smallest is the negated largest of the negated values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pooling {
    /// The maximum: exact, but only one label of a branch learns at a time.
    Max,
    /// `T log sum exp(x / T)`: above the maximum by at most `T log n`, and every label near it learns.
    LogSumExp {
        /// T, above 0; tends to the maximum as it falls.
        temperature: f64,
    },
}

impl Pooling {
    pub(crate) fn validate(self) -> Result<(), LossError> {
        match self {
            Self::Max => Ok(()),
            Self::LogSumExp { temperature } => {
                require("pooling.temperature", temperature, temperature > 0.0, "a finite number above 0")
            }
        }
    }

    /// The largest; minus infinity of none.
    pub(crate) fn max(self, values: Vec<Dual>) -> Dual {
        let nothing = || Dual::constant(f64::NEG_INFINITY);
        match self {
            Self::Max => values.into_iter().reduce(Dual::or).unwrap_or_else(nothing),
            Self::LogSumExp { temperature } => log_sum_exp(&values, temperature).unwrap_or_else(nothing),
        }
    }

    /// The smallest; infinity of none.
    pub(crate) fn min(self, values: Vec<Dual>) -> Dual {
        self.max(values.into_iter().map(Dual::negated).collect()).negated()
    }
}

fn log_sum_exp(values: &[Dual], temperature: f64) -> Option<Dual> {
    let largest = values.iter().map(|x| x.value).reduce(f64::max)?;
    if !largest.is_finite() {
        return values.iter().find(|x| x.value.total_cmp(&largest).is_eq()).cloned();
    }
    let weights: Vec<f64> = values.iter().map(|x| ((x.value - largest) / temperature).exp()).collect();
    let total: f64 = weights.iter().sum();
    let slopes = values.iter().zip(&weights).flat_map(|(x, &weight)| {
        let share = weight / total;
        x.slopes.iter().map(move |&(label, slope)| (label, share * slope))
    });
    Some(Dual { value: largest + temperature * total.ln(), slopes: slopes.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duals(values: &[f64]) -> Vec<Dual> {
        values.iter().enumerate().map(|(i, &v)| Dual::of_logit(i, v, 1.0)).collect()
    }

    #[test]
    fn soft_maximum_lies_between_the_maximum_and_its_bound() {
        let values = [0.3, -2.0, 0.1, 0.25];
        let soft = Pooling::LogSumExp { temperature: 0.5 }.max(duals(&values)).value;
        assert!(soft > 0.3 && soft < 0.3 + 0.5 * 4f64.ln());
        let sharp = Pooling::LogSumExp { temperature: 1e-3 }.max(duals(&values)).value;
        assert!((sharp - 0.3).abs() < 1e-6);
    }

    #[test]
    fn shares_of_a_soft_maximum_sum_to_one() {
        let soft = Pooling::LogSumExp { temperature: 2.0 }.max(duals(&[1.0, 2.0, -40.0]));
        assert!((soft.slopes.iter().map(|s| s.1).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn smallest_of_none_never_decides() {
        for pooling in [Pooling::Max, Pooling::LogSumExp { temperature: 1.0 }] {
            assert!(pooling.min(Vec::new()).value > f64::MAX);
        }
    }

    #[test]
    fn huge_logits_do_not_overflow() {
        let soft = Pooling::LogSumExp { temperature: 1e-3 }.max(duals(&[1e6, -1e6]));
        assert!((soft.value - 1e6).abs() < 1e-6 && (soft.slopes[0].1 - 1.0).abs() < 1e-12);
    }
}
