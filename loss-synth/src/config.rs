//! Configuration of the loss.

use chameleon_decision::DecisionProcess;
use serde::{Deserialize, Serialize};

use crate::error::LossError;
use crate::pooling::Pooling;
use crate::step::Step;
use crate::terms::TermKind;

/// What scores are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// Logits: differences do not saturate, so gross errors keep their gradient.
    Logit,
    /// Sigmoid scores, as the reference implementation does; differences lie in -1..1.
    Probability,
}

/// Weight of each kind of critical error; equal by default, since each makes exactly one wrong decision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TermWeights {
    /// Of a miss, at least 0.
    pub miss: f64,
    /// Of an overtake, at least 0.
    pub overtake: f64,
    /// Of a false alarm, at least 0.
    pub false_alarm: f64,
}

impl Default for TermWeights {
    fn default() -> Self {
        Self { miss: 1.0, overtake: 1.0, false_alarm: 1.0 }
    }
}

impl TermWeights {
    /// The weight of one kind.
    pub fn of(&self, kind: TermKind) -> f64 {
        match kind {
            TermKind::Miss => self.miss,
            TermKind::Overtake => self.overtake,
            TermKind::FalseAlarm => self.false_alarm,
        }
    }
}

/// Configuration of a [`DecisionLoss`](crate::DecisionLoss).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LossConfig {
    /// What scores are compared as.
    pub space: Space,
    /// The soft step from a margin to a loss.
    pub step: Step,
    /// How the largest score of several labels is taken.
    pub pooling: Pooling,
    /// Weight of each kind of critical error.
    pub weights: TermWeights,
    /// How much more a wrong decision counts than one that is right with little room, at least 1.
    pub wrong_weight: f64,
    /// The score below which the API returns no label, in 0..1.
    pub min_score: f64,
    /// How many results the API returns when the application does not say; none when it returns all.
    pub default_top_k: Option<u32>,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self {
            space: Space::Logit,
            step: Step::Softplus { beta: 2.0, margin: 1.0 },
            pooling: Pooling::LogSumExp { temperature: 0.25 },
            weights: TermWeights::default(),
            wrong_weight: 1.0,
            min_score: 0.5,
            default_top_k: Some(10),
        }
    }
}

impl LossConfig {
    /// The constants of `ChameleonAPI`'s published training code: sigmoid steps of probabilities with a jump at the
    /// decision boundary, one label of a branch at a time.
    pub fn reference() -> Self {
        Self {
            space: Space::Probability,
            step: Step::Sigmoid { beta: 5.0, margin: 0.1 },
            pooling: Pooling::Max,
            wrong_weight: 5.0,
            ..Self::default()
        }
    }

    /// The same for the requests of an application, which may ask for surer labels than the API has.
    pub(crate) fn asking(self, process: &DecisionProcess) -> Result<Self, LossError> {
        let value = process.least_score();
        if value >= 1.0 {
            return Err(LossError::LeastScore { value });
        }
        Ok(Self { min_score: self.min_score.max(value), ..self })
    }

    /// # Errors
    /// The first field that is not a number or is out of its range.
    pub(crate) fn validate(&self) -> Result<(), LossError> {
        self.step.validate()?;
        self.pooling.validate()?;
        let weights = [
            ("weights.miss", self.weights.miss),
            ("weights.overtake", self.weights.overtake),
            ("weights.false_alarm", self.weights.false_alarm),
        ];
        for (field, value) in weights {
            require(field, value, value >= 0.0, "a finite number, at least 0")?;
        }
        require("wrong_weight", self.wrong_weight, self.wrong_weight >= 1.0, "a finite number, at least 1")?;
        require("min_score", self.min_score, (0.0..1.0).contains(&self.min_score), "a number in 0..1")
    }
}

/// Checks one field; infinities and NaN never pass.
pub(crate) fn require(field: &'static str, value: f64, holds: bool, expected: &'static str) -> Result<(), LossError> {
    if holds && value.is_finite() { Ok(()) } else { Err(LossError::Config { field, value, expected }) }
}
