//! Labels of images: the shared network for all applications, with one application's rows put over the generic ones.

#[cfg(test)]
mod tests;

use chameleon_decision::Label;

use crate::app::AppModel;
use crate::engine::{Engine, EngineError};
use crate::net::ImageInput;
use crate::resnet::{FEATURES, HEAD};
use crate::zoo::ImageLabels;

/// A label is returned if its score is at least this. An application's own threshold is part of its rows' bias.
pub const MIN_SCORE: f64 = 0.5;

/// A network ready to label images. Many threads may use it at once.
#[derive(Debug)]
pub struct ImageLabeler {
    engine: Engine,
    input: ImageInput,
    names: Vec<String>,
    /// Features of one image, D.
    features: usize,
    /// The generic head, (labels, D).
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl ImageLabeler {
    /// Compiles the network.
    ///
    /// # Errors
    /// The parts of `model`, which are public, no longer fit each other.
    pub fn new(model: &ImageLabels) -> Result<Self, EngineError> {
        let engine = Engine::keeping(&model.network, &model.weights, &[FEATURES])?;
        let parameter = |suffix: &str| model.weights.get(&format!("{HEAD}.{suffix}"));
        Ok(Self {
            engine,
            input: model.network.input.clone(),
            names: model.labels.iter().map(|label| label.name.clone()).collect(),
            features: model.feature_count(),
            weight: parameter("weight")?.data().to_vec(),
            bias: parameter("bias")?.data().to_vec(),
        })
    }

    /// What [`preprocess::tensor`](crate::preprocess::tensor) has to make of an image.
    pub fn input(&self) -> &ImageInput {
        &self.input
    }

    /// The features (D) of each image, given as (C, H, W).
    ///
    /// # Panics
    /// An image is not as large as [`ImageLabeler::input`] says.
    pub fn features(&self, images: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let all = match images {
            [image] => self.engine.run(image, 1, FEATURES),
            images => self.engine.run(&images.concat(), images.len(), FEATURES),
        };
        all.chunks_exact(self.features.max(1)).map(<[f32]>::to_vec).collect()
    }

    /// All labels with a score of at least [`MIN_SCORE`], highest first, equal ones in the vocabulary's order.
    ///
    /// The score is the sigmoid of the logit: the generic head's, or `app`'s for the labels that it brings. The other
    /// labels are shifted by as much as `app` says.
    pub fn labels(&self, features: &[f32], app: Option<&AppModel>) -> Vec<Label> {
        let logits = self.logits(features, app);
        let mut found: Vec<(usize, f32)> =
            logits.into_iter().enumerate().filter(|&(_, logit)| score(logit) >= MIN_SCORE).collect();
        // The sort is stable. By logit: scores of very sure labels round to the same number.
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let label = |(i, logit): (usize, f32)| Label { description: self.names[i].clone(), score: score(logit) };
        found.into_iter().map(label).collect()
    }

    /// The logit of every label, in the vocabulary's order.
    pub fn logits(&self, features: &[f32], app: Option<&AppModel>) -> Vec<f32> {
        let row = |(weight, bias): (&[f32], &f32)| dot(weight, features) + bias;
        let dim = self.features.max(1);
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

/// Sigmoid. NaN stays NaN and is below every threshold.
fn score(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
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
