//! From raw outputs to a number of the answer: a sentiment's score, a magnitude, a confidence.

use serde::{Deserialize, Serialize};

use crate::config::Space;
use crate::dual::Dual;
use crate::scores::logit;
use crate::step::{sigmoid, softplus};

/// How raw outputs `z` make one number `s`. What [`Space::Logit`] compares is the output itself, which the number grows
/// with, and the bound `b` on the number as the bound `s⁻¹(b)` on the output; of [`Link::Share`] it is the log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Link {
    /// `s = z`.
    Identity,
    /// `s = low + (high - low) sigmoid(z)`: a number between two others, such as a sentiment's score in -1..1.
    Bounded {
        /// The least it can be.
        low: f64,
        /// The greatest it can be.
        high: f64,
    },
    /// `s = log(1 + exp(z))`: a number above 0 without a greatest, such as a magnitude.
    Positive,
    /// `s = sum softmax(z)_i values_i`: what a classifier of ordered classes expects. Always compared as a number.
    Expectation {
        /// The number that each class stands for.
        values: Vec<f64>,
    },
    /// `s = softmax(z)_class`: how likely a classifier takes one of its classes to be. In [`Space::Logit`] its log-odds are
    /// compared, `z_class - log sum exp(z_other)`, with those of the bound.
    Share {
        /// Which class, below `classes`.
        class: usize,
        /// How many classes there are.
        classes: usize,
    },
}

impl Link {
    /// How many raw outputs it takes.
    pub fn width(&self) -> usize {
        match self {
            Self::Identity | Self::Bounded { .. } | Self::Positive => 1,
            Self::Expectation { values } => values.len(),
            Self::Share { classes, .. } => *classes,
        }
    }

    /// The least and the greatest that the number comes near to, and does not reach, unless they are one.
    pub(crate) fn range(&self) -> (f64, f64) {
        match self {
            Self::Identity => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Bounded { low, high } => (*low, *high),
            Self::Positive => (0.0, f64::INFINITY),
            Self::Expectation { values } => values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value))),
            Self::Share { .. } => (0.0, 1.0),
        }
    }

    /// The number that these raw outputs make.
    ///
    /// # Panics
    /// `raw` is not as long as [`Link::width`].
    pub fn number(&self, raw: &[f32]) -> f64 {
        assert_eq!(raw.len(), self.width(), "raw outputs of one number");
        self.compared(Space::Probability, raw, 0).value
    }

    /// The number where one class is all there is; of what is made of one output, no number.
    pub(crate) fn of_class(&self, of: usize) -> f64 {
        match self {
            Self::Expectation { values } => values.get(of).copied().unwrap_or(f64::NAN),
            Self::Share { class, .. } => f64::from(u8::from(*class == of)),
            Self::Identity | Self::Bounded { .. } | Self::Positive => f64::NAN,
        }
    }

    /// What is compared with a bound, from the outputs of a row that begin at `at`.
    pub(crate) fn compared(&self, space: Space, row: &[f32], at: usize) -> Dual {
        let z = f64::from(row[at]);
        match self {
            Self::Expectation { values } => expectation(&row[at..at + values.len()], values, at),
            Self::Share { class, classes } => share(space, &row[at..at + classes], *class, at),
            _ if space == Space::Logit => Dual::of_logit(at, z, 1.0),
            Self::Identity => Dual::of_logit(at, z, 1.0),
            Self::Bounded { low, high } => {
                let (p, q) = (sigmoid(z), sigmoid(-z));
                Dual::of_logit(at, low + (high - low) * p, (high - low) * p * q)
            }
            Self::Positive => Dual::of_logit(at, softplus(z), sigmoid(z)),
        }
    }

    /// A bound on the number as it is compared.
    pub(crate) fn bound(&self, space: Space, bound: f64) -> f64 {
        match self {
            _ if space == Space::Probability => bound,
            Self::Identity | Self::Expectation { .. } => bound,
            Self::Bounded { low, high } => logit((bound - low) / (high - low)),
            Self::Share { .. } => logit(bound),
            Self::Positive => bound.max(0.0).exp_m1().ln(),
        }
    }
}

fn expectation(raw: &[f32], values: &[f64], at: usize) -> Dual {
    let shares = softmax(raw);
    let mean: f64 = shares.iter().zip(values).map(|(share, value)| share * value).sum();
    let slopes = shares.iter().zip(values).enumerate().map(|(i, (share, value))| (at + i, share * (value - mean)));
    Dual { value: mean, slopes: slopes.collect() }
}

/// The share of a class, or its log-odds.
fn share(space: Space, raw: &[f32], class: usize, at: usize) -> Dual {
    let others: Vec<usize> = (0..raw.len()).filter(|&other| other != class).collect();
    let outputs: Vec<f32> = others.iter().map(|&other| raw[other]).collect();
    let log_odds = f64::from(raw[class]) - log_sum_exp(&outputs);
    let (value, steepness) = match space {
        Space::Logit => (log_odds, 1.0),
        Space::Probability => (sigmoid(log_odds), sigmoid(log_odds) * sigmoid(-log_odds)),
    };
    let slopes = others.iter().zip(softmax(&outputs)).map(|(&other, share)| (at + other, -steepness * share));
    Dual { value, slopes: slopes.chain([(at + class, steepness)]).collect() }
}

/// `log sum exp(z)` without overflow.
fn log_sum_exp(raw: &[f32]) -> f64 {
    let largest = raw.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    f64::from(largest) + raw.iter().map(|&z| f64::from(z - largest).exp()).sum::<f64>().ln()
}

/// `exp(z_i) / sum exp(z)` without overflow.
pub(crate) fn softmax(raw: &[f32]) -> Vec<f64> {
    let largest = raw.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = raw.iter().map(|&z| f64::from(z - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> [Link; 5] {
        let expectation = Link::Expectation { values: vec![-1.0, 0.0, 1.0] };
        let share = Link::Share { class: 1, classes: 3 };
        [Link::Identity, Link::Bounded { low: -1.0, high: 1.0 }, Link::Positive, expectation, share]
    }

    #[test]
    fn a_number_passes_a_bound_when_what_is_compared_does() {
        for link in links() {
            for z in [-3.0f32, -0.4, 0.0, 0.3, 2.0] {
                let raw: Vec<f32> = (0..link.width()).map(|i| z * (i as f32 - 0.5)).collect();
                for bound in [-0.7, 0.0, 0.2, 0.9] {
                    let passes = |space| link.compared(space, &raw, 0).value > link.bound(space, bound);
                    assert_eq!(passes(Space::Logit), link.number(&raw) > bound, "{link:?} {raw:?} {bound}");
                    assert_eq!(passes(Space::Probability), link.number(&raw) > bound, "{link:?} {raw:?} {bound}");
                }
            }
        }
    }

    #[test]
    fn slopes_are_those_of_the_number() {
        for link in links() {
            let raw: Vec<f32> = (0..link.width()).map(|i| 0.4 - 0.3 * i as f32).collect();
            let dual = link.compared(Space::Probability, &raw, 0);
            for &(i, slope) in &dual.slopes {
                let at = |delta: f32| {
                    let mut moved = raw.clone();
                    moved[i] += delta;
                    link.number(&moved)
                };
                let numeric = (at(0.015625) - at(-0.015625)) / 0.03125;
                assert!((numeric - slope).abs() < 1e-3, "{link:?}: {numeric} and {slope}");
            }
        }
    }

    #[test]
    fn a_bound_at_the_end_of_the_range_does_not_bind() {
        let link = Link::Bounded { low: -1.0, high: 1.0 };
        assert!(link.bound(Space::Logit, -1.0) < f64::MIN && link.bound(Space::Logit, 1.5) > f64::MAX);
    }
}
