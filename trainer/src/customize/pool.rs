//! What all customizations of one generic model share: its images, its head, and what it says of them.

use anyhow::{Result, ensure};
use chameleon_decision::Vocabulary;
use chameleon_models::zoo::Generic;

use crate::evaluation::form::Form;
use crate::service::{Model, Service};

use super::body::Body;
use super::examples::Examples;
use super::head::Head;

/// A generic model's images. Threads share it.
pub struct Pool {
    /// What the model answers.
    pub service: Service,
    /// The images.
    pub examples: Examples,
    /// What the last stage reads of them, where it may be changed.
    pub body: Option<Body>,
    /// The model's labels.
    pub vocabulary: Vocabulary,
    /// The generic head of all labels.
    pub head: Head,
    /// Its logits for all images, (N, L).
    pub logits: Vec<f32>,
}

impl Pool {
    /// Runs the generic head over all images. Without a `body` only the head can be changed.
    ///
    /// # Errors
    /// The images' features are not this model's.
    pub fn new(service: Service, model: &Model, examples: Examples, body: Option<Body>) -> Result<Self> {
        let model: &dyn Generic = model.generic();
        let head = Head::generic(model)?;
        ensure!(
            head.dim() == examples.dim,
            "{}: {} features an image; the model has {}",
            examples.source,
            examples.dim,
            head.dim()
        );
        let all: Vec<usize> = (0..examples.targets.len()).collect();
        let logits = head.logits(&examples.select(&all))?;
        Ok(Self { service, examples, body, vocabulary: model.vocabulary(), head, logits })
    }

    /// The form in which an application sees the outputs.
    pub fn form(&self) -> Form {
        Form::of(self.service)
    }

    /// L.
    pub fn width(&self) -> usize {
        self.vocabulary.labels.len()
    }

    /// The generic logits of one image, L.
    pub fn row(&self, image: usize) -> &[f32] {
        &self.logits[image * self.width()..(image + 1) * self.width()]
    }

    /// 1 where an image carries a label, row-major (B, n).
    pub fn targets(&self, images: &[usize], labels: &[u16]) -> Vec<f32> {
        let carried = |&i: &usize| {
            let truth = &self.examples.targets[i];
            labels.iter().map(move |label| if truth.binary_search(label).is_ok() { 1.0 } else { 0.0 })
        };
        images.iter().flat_map(carried).collect()
    }
}
