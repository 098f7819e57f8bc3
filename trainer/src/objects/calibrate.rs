//! From the network's logits to scores that mean something.
//!
//! A name is answered where its score is at least one half, so scores should be probabilities: the share of such answers
//! whose box overlaps an object of that name. They are fitted on images held out of training, as `scale * logit - trust *
//! doubt + shift`, the same three numbers for all names (Platt 1999), and become part of the names' rows.

use anyhow::{Result, ensure};
use chameleon_models::head::Head;

/// One answer that could be given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// The network's logit of the name.
    pub(super) logit: f64,
    /// The candidate's doubt that it is an object.
    pub(super) doubt: f64,
    /// Whether an object of that name is there.
    pub(super) right: bool,
}

/// The fitted numbers.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(super) struct Calibration {
    pub(super) scale: f64,
    pub(super) trust: f64,
    pub(super) shift: f64,
}

/// Newton steps; the loss is convex and smooth, a dozen are enough.
const STEPS: usize = 30;
/// Keeps the system solvable if one of the three makes no difference.
const RIDGE: f64 = 1e-3;

impl Calibration {
    /// Logits as they are.
    pub(super) const NONE: Self = Self { scale: 1.0, trust: 0.0, shift: 0.0 };

    /// The maximum of the likelihood.
    ///
    /// # Errors
    /// All answers are right, or all wrong.
    pub(super) fn fit(answers: &[Answer]) -> Result<Self> {
        let right = answers.iter().filter(|answer| answer.right).count();
        ensure!(right > 0 && right < answers.len(), "{right} of {} answers are right", answers.len());
        let mut fitted = [1.0, 0.0, 0.0];
        for _ in 0..STEPS {
            let mut gradient = [0.0; 3];
            let mut curvature = [[0.0; 3]; 3];
            for answer in answers {
                let x = [answer.logit, -answer.doubt, 1.0];
                let z: f64 = x.iter().zip(&fitted).map(|(x, w)| x * w).sum();
                let p = 1.0 / (1.0 + (-z).exp());
                let error = p - f64::from(u8::from(answer.right));
                for i in 0..3 {
                    gradient[i] += error * x[i];
                    for j in 0..3 {
                        curvature[i][j] += p * (1.0 - p) * x[i] * x[j];
                    }
                }
            }
            for (i, row) in curvature.iter_mut().enumerate() {
                row[i] += RIDGE;
            }
            let step = solve(curvature, gradient);
            for (value, step) in fitted.iter_mut().zip(step) {
                // A full step may overshoot where the likelihood is far from quadratic.
                *value -= step.clamp(-1.0, 1.0);
            }
        }
        let [scale, trust, shift] = fitted;
        ensure!(fitted.iter().all(|value| value.is_finite()), "calibration diverged: {fitted:?}");
        Ok(Self { scale, trust, shift })
    }

    /// The names' rows over embedding and doubt, from those over the embedding alone.
    pub(super) fn apply(self, weight: &[f32], bias: &[f32]) -> Head {
        let dim = weight.len() / bias.len().max(1);
        let mut rows = Vec::with_capacity(weight.len() + bias.len());
        for row in weight.chunks_exact(dim.max(1)) {
            rows.extend(row.iter().map(|&w| (f64::from(w) * self.scale) as f32));
            rows.push(-self.trust as f32);
        }
        let bias = bias.iter().map(|&b| f64::from(b).mul_add(self.scale, self.shift) as f32).collect();
        Head { weight: rows, bias }
    }
}

/// Solves a symmetric positive definite system by elimination.
fn solve(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> [f64; 3] {
    for i in 0..3 {
        for j in i + 1..3 {
            let factor = a[j][i] / a[i][i];
            let row = a[i];
            for (value, pivot) in a[j].iter_mut().zip(row) {
                *value -= factor * pivot;
            }
            b[j] -= factor * b[i];
        }
    }
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn numbers_that_made_the_answers_are_found_again() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let made = Calibration { scale: 1.7, trust: 0.8, shift: -0.5 };
        let mut answer = || {
            let (logit, doubt): (f64, f64) = (rng.random_range(-4.0..4.0), rng.random_range(0.0..3.0));
            let p = 1.0 / (1.0 + (-(made.scale * logit - made.trust * doubt + made.shift)).exp());
            Answer { logit, doubt, right: rng.random_bool(p) }
        };
        let answers: Vec<Answer> = (0..40_000).map(|_| answer()).collect();
        let fitted = Calibration::fit(&answers).expect("both kinds are there");
        for (got, expected) in [(fitted.scale, made.scale), (fitted.trust, made.trust), (fitted.shift, made.shift)] {
            assert!((got - expected).abs() < 0.1, "{fitted:?}");
        }
        let wrong: Vec<Answer> = answers.into_iter().filter(|answer| !answer.right).collect();
        assert!(Calibration::fit(&wrong).is_err());
    }

    #[test]
    fn calibrated_rows_give_the_calibrated_logits() {
        let calibration = Calibration { scale: 2.0, trust: 0.5, shift: 0.25 };
        let head = calibration.apply(&[1.0, -2.0, 0.5, 3.0], &[0.1, -0.2]);
        let logits = head.logits(&[0.3, 0.7, 1.5], None);
        for (logit, (w, b)) in logits.iter().zip([([1.0, -2.0], 0.1), ([0.5, 3.0], -0.2)]) {
            let own = w[0] * 0.3 + w[1] * 0.7 + b;
            assert!((f64::from(*logit) - (2.0 * own - 0.5 * 1.5 + 0.25)).abs() < 1e-5);
        }
    }
}
