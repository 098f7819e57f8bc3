//! Labels of images: the shared network for all applications, with what one of them changes.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chameleon_decision::Label;

use crate::app::AppModel;
use crate::engine::{Engine, EngineError, Job};
use crate::head::{self, Head};
use crate::layers::{LayersError, join};
use crate::net::ImageInput;
use crate::resnet::FEATURES;
use crate::zoo::{Generic as _, ImageLabels};

pub use crate::head::MIN_SCORE;

/// A network ready to label images. Many threads may use it at once; clones share it.
#[derive(Clone, Debug)]
pub struct ImageLabeler {
    engine: Arc<Engine>,
    input: ImageInput,
    names: Arc<[String]>,
    head: Arc<Head>,
    app: Option<Arc<AppModel>>,
}

/// Why a labeler cannot be made for an application.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelerError {
    /// What the application changes does not fit the network.
    #[error(transparent)]
    Layers(#[from] LayersError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl ImageLabeler {
    /// Compiles the generic network.
    ///
    /// # Errors
    /// The parts of `model`, which are public, no longer fit each other.
    pub fn new(model: &ImageLabels) -> Result<Self, EngineError> {
        let engine = Engine::keeping(&model.network, &model.weights, &[FEATURES])?;
        Ok(Self {
            engine: Arc::new(engine),
            input: model.network.input.clone(),
            names: model.labels.iter().map(|label| label.name.clone()).collect(),
            head: Arc::new(model.head()?),
            app: None,
        })
    }

    /// The labeler of one application of `model`, from which this one was made. It shares all layers with this one but
    /// those that the application brings.
    ///
    /// # Errors
    /// The application's model is not one of `model`.
    pub fn for_app(&self, model: &ImageLabels, app: Arc<AppModel>) -> Result<Self, LabelerError> {
        let mut own = self.clone();
        if !app.layers.is_empty() {
            let joined = join(&model.network, &model.weights, &app.layers)?;
            own.engine = Arc::new(self.engine.beside(&joined, &[FEATURES])?);
        }
        own.app = Some(app);
        Ok(own)
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

    /// The labels of a batch of images, each given with the labeler of its application, as that one would give for the
    /// image alone ([`ImageLabeler::features`], [`ImageLabeler::labels`]).
    ///
    /// Labelers of one network ([`ImageLabeler::for_app`]) may be mixed: layers before the first one that an application
    /// changes are run for all images together. A few images run on the calling thread, more of them on rayon's.
    ///
    /// # Panics
    /// An image is not as large as its labeler's [`ImageLabeler::input`] says.
    pub fn label_batch(batch: &[(&Self, &[f32])]) -> Vec<Vec<Label>> {
        let jobs: Vec<Job> = batch.iter().map(|(labeler, image)| Job { engine: &labeler.engine, image }).collect();
        let features = Engine::run_batch(&jobs, FEATURES);
        batch.iter().zip(features).map(|((labeler, _), features)| labeler.labels(&features)).collect()
    }

    /// All labels with a score of at least [`MIN_SCORE`], highest first, equal ones in the vocabulary's order.
    ///
    /// The score is the sigmoid of the logit: the generic head's, or the application's for the labels that it brings. The
    /// other labels are shifted by as much as the application says.
    pub fn labels(&self, features: &[f32]) -> Vec<Label> {
        let found = head::found(&self.logits(features)).into_iter();
        found.map(|(i, score)| Label { description: self.names[i].clone(), score }).collect()
    }

    /// The logit of every label, in the vocabulary's order.
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        self.head.logits(features, self.app.as_deref())
    }
}
