//! Objects of images: named boxes with scores.
//!
//! The detector stands on the image-label network: its layers ([`network`]) read that network's last two stages, so that
//! one pass over an image at the label network's own size gives the features for labels and the objects that fill much
//! of the image. Further passes over the image at larger sizes find smaller ones. Every pass stretches the whole image to
//! a square, as the label network does; boxes are shares of the image's sides, so that no trace of it is left. Each pass
//! answers for objects of its own range of sizes.
//!
//! What is where is decided in two steps. First, which boxes hold an object at all: cells of all passes are ranked by
//! that, and of boxes that overlap one stays ([`suppress`]). Such a [`Candidate`] does not depend on names. Then every
//! name is a row of a linear layer over the candidate's features, its score the sigmoid, and a name is answered where it
//! is at least [`MIN_SCORE`]: the contract of labels, and an application changes rows as it does there.
//! One candidate may have several names, a special one and broader ones.

pub mod bank;
pub mod boxes;
pub mod network;
pub mod suppress;
#[cfg(test)]
mod tests;

use chameleon_decision::{BoundingBox, DetectedObject};

use crate::app::AppModel;
use crate::engine::{Engine, EngineError};
use crate::head::{Head, MIN_SCORE, score};
use crate::net::ImageInput;
use crate::preprocess::{self, RgbImage};
use crate::resnet::FEATURES;
use crate::zoo::objects::PassConfig;
use crate::zoo::{ImageLabels, ImageObjects};
use boxes::{CODE, Cell};
use network::{BOXES, EMBEDDING};

/// A place where there may be an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Where.
    pub bounds: BoundingBox,
    /// What is there, in numbers of at least zero: the cell's embedding and, last, its doubt that there is an object,
    /// the negative logarithm of the probability.
    pub features: Vec<f32>,
}

impl Candidate {
    /// How unlikely it is that there is an object: 0 if it is certain.
    pub fn doubt(&self) -> f32 {
        self.features.last().copied().unwrap_or(f32::INFINITY)
    }
}

/// What one look at an image gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// The label network's features, if the detector looks at its size.
    pub labels: Option<Vec<f32>>,
    /// Most certain first.
    pub candidates: Vec<Candidate>,
}

/// A detector ready to run. Many threads may use it at once.
#[derive(Debug)]
pub struct ObjectDetector {
    passes: Vec<Pass>,
    /// Rows and columns of the label network's input.
    label_side: usize,
    overlap: f64,
    candidates: usize,
    /// The greatest doubt of a candidate.
    doubt: f32,
    names: Vec<String>,
    head: Head,
}

/// The network for images of one size.
#[derive(Debug)]
struct Pass {
    config: PassConfig,
    engine: Engine,
    input: ImageInput,
}

impl ObjectDetector {
    /// Compiles the networks: one for every size at which an image is looked at.
    ///
    /// # Errors
    /// The parts of the models, which are public, no longer fit each other.
    pub fn new(backbone: &ImageLabels, objects: &ImageObjects) -> Result<Self, EngineError> {
        let weights = objects.joined_weights(&backbone.weights)?;
        let pass = |&config: &PassConfig| {
            let network = network::joined(&backbone.network, &objects.detector.nodes, config.side);
            let engine = Engine::keeping(&network, &weights, &[EMBEDDING, BOXES, FEATURES])?;
            Ok(Pass { config, engine, input: network.input })
        };
        Ok(Self {
            passes: objects.detector.passes.iter().map(pass).collect::<Result<_, EngineError>>()?,
            label_side: backbone.network.input.height,
            overlap: objects.detector.overlap,
            candidates: objects.detector.candidates,
            doubt: objects.detector.doubt,
            names: objects.labels.iter().map(|label| label.name.clone()).collect(),
            head: objects.names.clone(),
        })
    }

    /// The objects of an image that have a name, most certain first.
    pub fn detect(&self, image: &RgbImage, app: Option<&AppModel>) -> Vec<DetectedObject> {
        self.name(&self.look(image).candidates, app, MIN_SCORE)
    }

    /// Numbers that describe a candidate.
    pub fn features(&self) -> usize {
        self.head.features()
    }

    /// The candidates of an image, and its features for labels.
    pub fn look(&self, image: &RgbImage) -> Sight {
        let mut cells = Vec::new();
        let mut labels = None;
        for pass in &self.passes {
            let pixels = preprocess::tensor(image, &pass.input);
            let mut values = pass.engine.run_all(&pixels, 1, &[BOXES, EMBEDDING, FEATURES]).into_iter();
            let [boxes, embeddings, features] = std::array::from_fn(|_| values.next().unwrap_or_default());
            if pass.input.height == self.label_side {
                labels = Some(features);
            }
            let &[_, rows, columns] = pass.engine.shape(BOXES).unwrap_or(&[0, 0, 0]) else { continue };
            let of_pass = candidates(&boxes, &embeddings, rows, columns).into_iter();
            cells.extend(of_pass.filter(|candidate| pass.config.fits(&candidate.bounds)));
        }
        // NaN, which damaged weights could make, counts as the greatest doubt.
        cells.sort_by(|a: &Candidate, b: &Candidate| a.doubt().total_cmp(&b.doubt()));
        cells.truncate(cells.partition_point(|cell| cell.doubt() <= self.doubt));
        let bounds: Vec<BoundingBox> = cells.iter().map(|cell| cell.bounds).collect();
        let kept = suppress::suppress(&bounds, self.overlap, self.candidates);
        Sight { labels, candidates: kept.into_iter().map(|i| cells[i].clone()).collect() }
    }

    /// Every name with a score of at least `min_score`, for every candidate; the highest scores first.
    pub fn name(&self, candidates: &[Candidate], app: Option<&AppModel>, min_score: f64) -> Vec<DetectedObject> {
        let mut found: Vec<(f32, usize, BoundingBox)> = Vec::new();
        for candidate in candidates {
            let logits = self.head.logits(&candidate.features, app);
            let named = logits.into_iter().enumerate().filter(|&(_, logit)| score(logit) >= min_score);
            found.extend(named.map(|(name, logit)| (logit, name, candidate.bounds)));
        }
        // The sort is stable. By logit: scores of very sure names round to the same number.
        found.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
        let object = |(logit, name, bounds): (f32, usize, BoundingBox)| DetectedObject {
            name: self.names[name].clone(),
            score: score(logit),
            bounds,
        };
        found.into_iter().map(object).collect()
    }
}

/// The candidates of one pass: each cell is one.
fn candidates(boxes: &[f32], embeddings: &[f32], rows: usize, columns: usize) -> Vec<Candidate> {
    let cells = rows * columns;
    let candidate = |i: usize| {
        let number = |values: &[f32], channel: usize| values[channel * cells + i];
        let cell = Cell { row: i / columns, column: i % columns, rows, columns };
        let code = std::array::from_fn(|channel| f64::from(number(boxes, channel)));
        let mut features: Vec<f32> = embeddings.iter().skip(i).step_by(cells).copied().collect();
        features.push(doubt(number(boxes, CODE)));
        Candidate { bounds: cell.decode(code), features }
    };
    (0..cells).map(candidate).collect()
}

/// -ln(sigmoid(logit)), without overflow.
fn doubt(logit: f32) -> f32 {
    (-logit).max(0.0) + (-logit.abs()).exp().ln_1p()
}
