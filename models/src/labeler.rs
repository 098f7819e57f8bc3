//! Labels of images: the shared network for all applications, with one application's rows put over the generic ones.

#[cfg(test)]
mod tests;

use chameleon_decision::Label;

use crate::app::AppModel;
use crate::engine::{Engine, EngineError};
use crate::head::{self, Head};
use crate::net::ImageInput;
use crate::resnet::FEATURES;
use crate::zoo::{Generic as _, ImageLabels};

pub use crate::head::MIN_SCORE;

/// A network ready to label images. Many threads may use it at once.
#[derive(Debug)]
pub struct ImageLabeler {
    engine: Engine,
    input: ImageInput,
    names: Vec<String>,
    head: Head,
}

impl ImageLabeler {
    /// Compiles the network.
    ///
    /// # Errors
    /// The parts of `model`, which are public, no longer fit each other.
    pub fn new(model: &ImageLabels) -> Result<Self, EngineError> {
        let engine = Engine::keeping(&model.network, &model.weights, &[FEATURES])?;
        Ok(Self {
            engine,
            input: model.network.input.clone(),
            names: model.labels.iter().map(|label| label.name.clone()).collect(),
            head: model.head()?,
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
        all.chunks_exact(self.head.features().max(1)).map(<[f32]>::to_vec).collect()
    }

    /// All labels with a score of at least [`MIN_SCORE`], highest first, equal ones in the vocabulary's order.
    ///
    /// The score is the sigmoid of the logit: the generic head's, or `app`'s for the labels that it brings. The other
    /// labels are shifted by as much as `app` says.
    pub fn labels(&self, features: &[f32], app: Option<&AppModel>) -> Vec<Label> {
        let found = head::found(&self.logits(features, app)).into_iter();
        found.map(|(i, score)| Label { description: self.names[i].clone(), score }).collect()
    }

    /// The logit of every label, in the vocabulary's order.
    pub fn logits(&self, features: &[f32], app: Option<&AppModel>) -> Vec<f32> {
        self.head.logits(features, app)
    }
}
