//! The last layer of a generic model, with one application's rows put over the generic ones.

use crate::app::AppModel;

/// A label is returned if its score is at least this. An application's own threshold is part of its rows' bias.
pub const MIN_SCORE: f64 = 0.5;

/// An affine map from features to the logits of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// (L, D), row-major.
    pub weight: Vec<f32>,
    /// (L).
    pub bias: Vec<f32>,
}

impl Head {
    /// D.
    pub fn features(&self) -> usize {
        self.weight.len() / self.bias.len().max(1)
    }

    /// The logit of every label: the generic one, or `app`'s for the labels that it brings. The others are shifted by
    /// as much as `app` says.
    pub fn logits(&self, features: &[f32], app: Option<&AppModel>) -> Vec<f32> {
        let row = |(weight, bias): (&[f32], &f32)| dot(weight, features) + bias;
        let dim = self.features().max(1);
        let mut logits: Vec<f32> = self.weight.chunks_exact(dim).zip(&self.bias).map(row).collect();
        if let Some(app) = app {
            for logit in &mut logits {
                *logit += app.manifest.others;
            }
            let own = app.weight.chunks_exact(dim).zip(&app.bias).map(row);
            for (&i, own) in app.rows.iter().zip(own) {
                if let Some(logit) = logits.get_mut(i) {
                    *logit = own;
                }
            }
        }
        logits
    }
}

/// Places and scores of the labels with a score of at least [`MIN_SCORE`], highest first, equal ones in order.
pub(crate) fn found(logits: &[f32]) -> Vec<(usize, f64)> {
    let mut found: Vec<(usize, f32)> =
        logits.iter().copied().enumerate().filter(|&(_, logit)| score(logit) >= MIN_SCORE).collect();
    // The sort is stable. By logit: scores of very sure labels round to the same number.
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    found.into_iter().map(|(i, logit)| (i, score(logit))).collect()
}

/// Sigmoid. NaN stays NaN and is below every threshold.
pub(crate) fn score(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// `exp(z_i) / sum exp(z)` without overflow.
pub(crate) fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits.iter().map(|&z| f64::from(z - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// Sums in 16 lanes, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut lanes = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
