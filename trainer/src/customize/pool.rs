//! What all customizations of one generic model share: its images, its head, and what it says of them.

use anyhow::{Result, ensure};
use chameleon_decision::{DecisionProcess, Vocabulary};
use chameleon_loss::DecisionLoss;
use chameleon_models::zoo::Generic;

use crate::evaluation::form::Form;
use crate::service::{Model, Service};

use super::answer;
use super::body::Body;
use super::examples::Examples;
use super::head::Head;
use super::recipe::Recipe;

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
    /// The label that each output is for, L: each is one, or as many as the images have ranks.
    pub outputs: Vec<String>,
    /// The generic head of all labels.
    pub head: Head,
    /// Its logits for all images, (N, L).
    pub logits: Vec<f32>,
}

/// Outputs are numbered in 16 bits.
const MOST_OUTPUTS: usize = u16::MAX as usize;

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
        Self::with_head(service, model.vocabulary(), head, examples, body)
    }

    fn with_head(
        service: Service,
        vocabulary: Vocabulary,
        head: Head,
        examples: Examples,
        body: Option<Body>,
    ) -> Result<Self> {
        let all: Vec<usize> = (0..examples.targets.len()).collect();
        let logits = head.logits(&examples.select(&all))?;
        let outputs = (0..examples.ranks).flat_map(|_| vocabulary.labels.clone()).collect();
        Ok(Self { service, examples, body, vocabulary, outputs, head, logits })
    }

    /// The same images for a decision by how many objects there are of some names: with outputs for the best candidate of
    /// each name, for the next one, and so on, up to as many as the decision tells apart. None where it asks no more than
    /// whether there is one.
    ///
    /// # Errors
    /// How many there are is not known of all images.
    pub fn counting(&self, process: &DecisionProcess, recipe: &Recipe) -> Result<Option<Self>> {
        if self.form() != Form::Labels {
            return Ok(None);
        }
        let labels = self.vocabulary.labels.len();
        let answer = answer::labels(process, self, self.examples.places.min(MOST_OUTPUTS / labels.max(1)).max(1));
        if answer.width() == labels {
            return Ok(None);
        }
        // Whatever is wrong with the decision is so with one output a label, too.
        let Ok(loss) = DecisionLoss::of(process, &answer, recipe.loss_of(process)) else { return Ok(None) };
        // A program that is run has one.
        let ranks = loss.width() / labels.max(1);
        if ranks < 2 {
            return Ok(None);
        }
        let names: Vec<u16> =
            loss.labels().into_iter().filter(|&label| label < labels).map(|label| label as u16).collect();
        let examples = self.examples.counting(&names, labels, ranks)?;
        let (vocabulary, head) = (self.vocabulary.clone(), self.head.clone());
        Ok(Some(Self::with_head(self.service, vocabulary, head, examples, None)?))
    }

    /// The form in which an application sees the outputs.
    pub fn form(&self) -> Form {
        Form::of(self.service)
    }

    /// L.
    pub fn width(&self) -> usize {
        self.outputs.len()
    }

    /// The labels that these outputs are for, each once.
    pub fn labels_of(&self, outputs: &[u16]) -> Vec<u16> {
        outputs.iter().copied().filter(|&output| usize::from(output) < self.vocabulary.labels.len()).collect()
    }

    /// The outputs for these labels: for each one, then for each the next one, and so on.
    pub fn outputs_of(&self, labels: &[u16]) -> Vec<u16> {
        let all = self.vocabulary.labels.len() as u16;
        (0..self.examples.ranks as u16).flat_map(|rank| labels.iter().map(move |label| rank * all + label)).collect()
    }

    /// The generic logits of one image, L.
    pub fn row(&self, image: usize) -> &[f32] {
        &self.logits[image * self.width()..(image + 1) * self.width()]
    }

    /// 1 where an output is true of an image, row-major (B, n).
    pub fn targets(&self, images: &[usize], labels: &[u16]) -> Vec<f32> {
        let carried = |&i: &usize| {
            let truth = &self.examples.targets[i];
            labels.iter().map(move |label| if truth.binary_search(label).is_ok() { 1.0 } else { 0.0 })
        };
        images.iter().flat_map(carried).collect()
    }
}
