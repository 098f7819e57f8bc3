//! The measured result of a customization: `evaluation.json`.

use std::collections::BTreeMap;

use chameleon_loss::TermKind;
use serde::{Deserialize, Serialize};

use super::arms::Arm;
use super::recipe::{Layers, Recipe};
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::strata::Weighting;
use crate::tail::Part;

/// Version of the JSON form.
pub const FORMAT_VERSION: u32 = 4;

/// A rate with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Mean over seeds.
    pub mean: f64,
    /// Paired bootstrap over test images.
    pub interval: Interval,
    /// One for each seed.
    pub by_seed: Vec<f64>,
}

/// Wrong test decisions by critical error, mean over seeds. A decision of several branches can hold several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// No label of the right branch was seen.
    pub miss: f64,
    /// A wrong branch came first.
    pub overtake: f64,
    /// A branch was taken where none is right.
    pub false_alarm: f64,
    /// The program decided otherwise than its summary says.
    pub other: f64,
}

/// One arm's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmReport {
    /// What it is.
    pub description: String,
    /// Incorrect-decision rate, mean over decisions.
    pub balanced: Rate,
    /// Incorrect-decision rate, mean over images.
    pub natural: Rate,
    /// Why decisions were wrong.
    pub errors: ErrorCounts,
    /// Rate on the tuning images, weighted as the recipe says, one for each seed.
    pub tuning: Vec<f64>,
    /// Mean average precision of the application's labels on the test images, mean over seeds: what the scores are
    /// still worth to others.
    pub label_quality: f64,
}

impl ArmReport {
    /// The rate that counts where arms are compared.
    pub fn rate(&self, weighting: Weighting) -> &Rate {
        match weighting {
            Weighting::Balanced => &self.balanced,
            Weighting::Natural => &self.natural,
        }
    }
}

/// A ratio of two arms' rates, weighted as the recipe says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Of the means; none when the second is zero.
    pub value: Option<f64>,
    /// Paired bootstrap.
    pub interval: Interval,
}

/// The model that is written, and whether it may replace the generic one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// Its arm: the best on the tuning images, or one that they do not tell from it.
    pub arm: Arm,
    /// Its seeds: several where it is the mean of their models, none where nothing was trained.
    pub seeds: Vec<u64>,
    /// The shift of each branch's logits, already part of its bias.
    pub offsets: BTreeMap<String, f32>,
    /// The shift of the logits of all labels outside the application.
    pub others: f32,
    /// Its rate on the tuning images, weighted as the recipe says.
    pub tuning: f64,
    /// The generic model's.
    pub tuning_generic: f64,
    /// One-sided paired bootstrap on the tuning images, each judged with thresholds that were tuned without it: how likely
    /// it is no better.
    pub p_value: f64,
    /// What the p-value must be below: 0.05 shared out over the arms to choose from.
    pub p_limit: f64,
    /// Whether it may be served instead of the generic model.
    pub passes: bool,
    /// The same in words.
    pub reason: String,
    /// Its rate on the test images, which had no part in the choice.
    pub test: f64,
}

/// Numbers of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Images {
    /// Where they are from.
    pub source: String,
    /// To train with.
    pub train: usize,
    /// To choose with.
    pub tune: usize,
    /// To measure with.
    pub test: usize,
    /// Test images by right decision; rare decisions together.
    pub test_by_decision: Vec<usize>,
    /// Labels that the application looks at.
    pub labels: usize,
    /// How many of them a test image carries that carries one, on average.
    pub labels_together: f64,
}

/// One depth that was tried: the head alone, or layers before it too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// How layers before the head were changed, if they were.
    pub layers: Option<Layers>,
    /// The arm that does best on the tuning images.
    pub arm: Arm,
    /// Its rate there.
    pub tuning: f64,
    /// And on the test images.
    pub test: f64,
    /// The same of every arm, means over seeds.
    pub arms: BTreeMap<String, Tried>,
}

/// An arm's rates at some depth, weighted as the recipe says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// On the tuning images.
    pub tuning: f64,
    /// On the test images.
    pub test: f64,
}

impl Attempt {
    pub(super) fn new(layers: Option<&Layers>, evaluation: &Evaluation) -> Self {
        let Served { arm, tuning, test, .. } = evaluation.served;
        let tried = |(name, report): (&String, &ArmReport)| {
            let tuning = report.tuning.iter().sum::<f64>() / report.tuning.len().max(1) as f64;
            (name.clone(), Tried { tuning, test: report.rate(evaluation.recipe.weighting).mean })
        };
        let arms = evaluation.arms.iter().map(tried).collect();
        Self { layers: layers.cloned(), arm, tuning, test, arms }
    }

    /// In words.
    pub fn depth(&self) -> &'static str {
        match self.layers.as_ref().map(|layers| (layers.part, layers.rank.is_some())) {
            None => "the head",
            Some((Part::LastStage, true)) => "and adapters in the last stage",
            Some((Part::LastStage, false)) => "and the last stage",
            Some((Part::All, true)) => "and adapters in all layers",
            Some((Part::All, false)) => "and all layers",
        }
    }
}

/// The result of a customization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The application's name.
    pub app: String,
    /// How the numbers were made.
    pub protocol: String,
    /// The images.
    pub images: Images,
    /// Seeds of the trained arms.
    pub seeds: Vec<u64>,
    /// Results by arm name.
    pub arms: BTreeMap<String, ArmReport>,
    /// Ratios of rates, e.g. `C/G`.
    pub ratios: BTreeMap<String, Ratio>,
    /// The depths that were tried; all else is about the one that does best on the tuning images.
    pub attempts: Vec<Attempt>,
    /// What is served.
    pub served: Served,
    /// What its user should know beside the numbers.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// The decision loss, as text.
    pub formula: String,
    /// All settings.
    pub recipe: Recipe,
}

pub(super) const PROTOCOL: &str = "Incorrect-decision rate on held-out test examples (images or texts). Balanced: mean over the \
decisions that are right for some example (decisions with fewer than 10 examples share one place); natural: mean over \
examples. Every decision is taken by the application's program from all that the API would answer, labels with a score of \
at least 0.5, or of what the request asks for, highest first; it is right if an order of the true labels gives it. Thresholds, stopping and the served \
model are chosen on the tuning examples, for all arms alike, by the rate that the recipe's weighting names. Intervals: \
95 %, paired bootstrap over the test examples within decisions, errors averaged over seeds.";

impl ErrorCounts {
    pub(super) fn add(&mut self, kinds: &[TermKind]) {
        if kinds.is_empty() {
            self.other += 1.0;
        }
        for kind in kinds {
            match kind {
                TermKind::Miss => self.miss += 1.0,
                TermKind::Overtake => self.overtake += 1.0,
                TermKind::FalseAlarm => self.false_alarm += 1.0,
            }
        }
    }

    pub(super) fn mean<'a>(all: impl ExactSizeIterator<Item = &'a Self>) -> Self {
        let share = 1.0 / all.len().max(1) as f64;
        all.fold(Self::default(), |sum, one| Self {
            miss: sum.miss + share * one.miss,
            overtake: sum.overtake + share * one.overtake,
            false_alarm: sum.false_alarm + share * one.false_alarm,
            other: sum.other + share * one.other,
        })
    }
}
