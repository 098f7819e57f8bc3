//! How an application model is trained.

use anyhow::{Result, ensure};
use chameleon_decision::DecisionProcess;
use chameleon_loss::LossConfig;
use serde::{Deserialize, Serialize};

use super::Depth;
use crate::evaluation::strata::Weighting;
use crate::tail::Part;

/// Channels of adapters.
const RANK: usize = 4;
/// Adam's rate for adapters, which begin with nothing.
const ADAPTERS_RATE: f64 = 1e-3;
/// And for parameters that are trained already.
const OWN_RATE: f64 = 1e-4;

/// All settings of a customization; saved with the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Stage 1: binary cross-entropy on the application's labels, from the generic head.
    pub first: Stage,
    /// Stage 2: the decision loss (or, for the control arm, more cross-entropy) from the end of stage 1.
    pub second: Stage,
    /// The decision loss.
    pub loss: LossConfig,
    /// Shifts of a branch's logits that threshold tuning tries, beside 0.
    pub offsets: Vec<f32>,
    /// Shifts of all labels outside the application that it tries, beside 0: at most 0 each.
    pub others: Vec<f32>,
    /// How layers before the head are changed, in a second try; none when only the head is.
    pub layers: Option<Layers>,
    /// The rank of the change that each stage makes to the head; none when it is free.
    pub rank: Option<usize>,
    /// How much each image counts: in what is drawn for training, in thresholds, stopping and the choice of the model, and
    /// in what is compared.
    pub weighting: Weighting,
    /// Training images used at most, drawn evenly over the decisions; none when all.
    pub images: Option<usize>,
    /// In decisions on labels: how often those training images that belong to no branch and that the generic model takes most nearly for one, a
    /// quarter of them, are drawn for once that another one is.
    pub hard_negatives: usize,
    /// Chance that a training image's labels of one branch are replaced by another label of that branch: labels that
    /// are wrong without consequence.
    pub noise: f64,
    /// Rounds of threshold tuning over all branches.
    pub rounds: usize,
    /// Bootstrap resamples behind every interval.
    pub resamples: u32,
}

/// One training stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stage {
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step, drawn evenly over the decisions.
    pub batch: usize,
    /// Adam's rate at the start, as a share of the root mean square of the generic head's weights (so steps are relative
    /// to what they change, as in Adafactor; Shazeer and Stern 2018). It falls to zero along a half cosine.
    pub learning_rate: f64,
    /// Pull towards the generic head, per step and unit of learning rate.
    pub decay: f64,
    /// How many times, evenly spaced, the tuning images choose where to stop.
    pub checkpoints: usize,
}

/// How layers before the head are changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layers {
    /// Which of them.
    pub part: Part,
    /// Channels of the adapters beside their convolutions; none when the layers themselves are changed.
    pub rank: Option<usize>,
    /// Adam's rate for what is changed, at the start.
    pub learning_rate: f64,
    /// In place of the recipe's first stage.
    pub first: Stage,
    /// In place of its second.
    pub second: Stage,
}

impl Default for Layers {
    fn default() -> Self {
        Self::new(Part::LastStage, Some(RANK))
    }
}

impl Layers {
    /// The layers of a depth; none for the head alone.
    pub fn at(depth: Depth) -> Option<Self> {
        match depth {
            Depth::Head => None,
            Depth::Adapters => Some(Self::new(Part::LastStage, Some(RANK))),
            Depth::Stage => Some(Self::new(Part::LastStage, None)),
            Depth::AllAdapters => Some(Self::new(Part::All, Some(RANK))),
            Depth::Full => Some(Self::new(Part::All, None)),
        }
    }

    /// Adapters of some rank, or the layers themselves.
    fn new(part: Part, rank: Option<usize>) -> Self {
        let learning_rate = if rank.is_some() { ADAPTERS_RATE } else { OWN_RATE };
        let stage = Stage { steps: 60, batch: 128, checkpoints: 1, ..Stage::default() };
        Self { part, rank, learning_rate, first: stage.clone(), second: stage }
    }

    /// Steps of all arms together, for one seed.
    pub fn steps(&self) -> usize {
        self.first.steps + 2 * self.second.steps
    }

    fn check(&self) -> Result<()> {
        ensure!(self.rank.is_none_or(|rank| (1..=64).contains(&rank)), "adapters need a rank of 1 to 64");
        ensure!(self.learning_rate.is_finite() && self.learning_rate >= 0.0, "rates must be finite and at least 0");
        self.first.check()?;
        self.second.check()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self { steps: 300, batch: 256, learning_rate: 1e-2, decay: 0.1, checkpoints: 3 }
    }
}

impl Recipe {
    /// The settings of the loss for an application of this API.
    pub fn loss_of(&self, process: &DecisionProcess) -> LossConfig {
        LossConfig { default_top_k: process.api.default_top_k, ..self.loss }
    }

    /// Steps of all arms together, for one seed: those of the head.
    pub fn steps(&self) -> usize {
        self.first.steps + 2 * self.second.steps
    }

    /// Those of the layers before it too.
    pub fn all_steps(&self) -> usize {
        self.steps() + self.layers.as_ref().map_or(0, Layers::steps)
    }

    /// The part of the network that is changed before the head.
    pub fn part(&self) -> Option<Part> {
        self.layers.as_ref().map(|layers| layers.part)
    }

    /// # Errors
    /// A setting with which nothing can be trained or tuned.
    pub fn check(&self) -> Result<()> {
        self.first.check()?;
        self.second.check()?;
        self.layers.as_ref().map_or(Ok(()), Layers::check)?;
        let shifts = self.offsets.iter().chain(&self.others);
        ensure!(shifts.clone().all(|shift| shift.is_finite()), "offsets and others must be finite");
        ensure!(self.rank != Some(0), "a change of the head needs a rank of at least 1");
        ensure!(self.images != Some(0), "nothing can be trained without images");
        ensure!((1..=100).contains(&self.hard_negatives), "hard_negatives must be 1 to 100");
        ensure!((0.0..=1.0).contains(&self.noise), "noise must lie in 0..1");
        ensure!(self.others.iter().all(|&shift| shift <= 0.0), "others must be at most 0: they can only make room");
        Ok(())
    }
}

impl Stage {
    /// # Errors
    /// A setting with which nothing can be trained.
    fn check(&self) -> Result<()> {
        ensure!(self.steps > 0 && self.batch > 0, "a stage needs at least one step and one image a step");
        ensure!((1..=self.steps).contains(&self.checkpoints), "checkpoints must be 1 to {}", self.steps);
        let rates = [self.learning_rate, self.decay];
        ensure!(rates.iter().all(|rate| rate.is_finite() && *rate >= 0.0), "rates must be finite and at least 0");
        Ok(())
    }
}

impl Default for Recipe {
    fn default() -> Self {
        let offsets = (-12..=12).filter(|&i| i != 0).map(|i| i as f32 * 0.25).collect();
        let others = vec![-0.5, -1.0, -2.0, -4.0, -1000.0];
        Self {
            first: Stage::default(),
            second: Stage::default(),
            loss: LossConfig::default(),
            offsets,
            others,
            layers: None,
            rank: None,
            weighting: Weighting::default(),
            images: None,
            hard_negatives: 1,
            noise: 0.0,
            rounds: 2,
            resamples: 10_000,
        }
    }
}
