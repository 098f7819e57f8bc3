//! How an application model is trained.

use anyhow::{Result, ensure};
use chameleon_loss::{LossConfig, Pooling, Step};
use serde::{Deserialize, Serialize};

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
    /// Adam's rate at the start; it falls to zero along a half cosine.
    pub learning_rate: f64,
    /// Pull towards the generic head, per step and unit of learning rate.
    pub decay: f64,
    /// How many times, evenly spaced, the tuning images choose where to stop.
    pub checkpoints: usize,
}

impl Default for Stage {
    fn default() -> Self {
        Self { steps: 300, batch: 256, learning_rate: 1e-2, decay: 0.1, checkpoints: 3 }
    }
}

impl Stage {
    /// # Errors
    /// A setting with which nothing can be trained.
    pub fn check(&self) -> Result<()> {
        ensure!(self.steps > 0 && self.batch > 0, "a stage needs at least one step and one image a step");
        ensure!((1..=self.steps).contains(&self.checkpoints), "checkpoints must be 1 to {}", self.steps);
        let rates = [self.learning_rate, self.decay];
        ensure!(rates.iter().all(|rate| rate.is_finite() && *rate >= 0.0), "rates must be finite and at least 0");
        Ok(())
    }
}

impl Default for Recipe {
    fn default() -> Self {
        let loss = LossConfig {
            step: Step::Softplus { beta: 2.0, margin: 0.5 },
            pooling: Pooling::LogSumExp { temperature: 0.25 },
            ..LossConfig::default()
        };
        let offsets = (-12..=12).filter(|&i| i != 0).map(|i| i as f32 * 0.25).collect();
        Self { first: Stage::default(), second: Stage::default(), loss, offsets, rounds: 2, resamples: 10_000 }
    }
}
