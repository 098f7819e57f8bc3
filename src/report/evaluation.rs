//! The part of `evaluation.json` that the report shows. The trainer writes the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::trainer::Weighting;

/// A percentile interval.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    /// None when it is infinite.
    pub(crate) high: Option<f64>,
}

/// A rate in 0..1.
#[derive(Clone, Deserialize)]
pub(crate) struct Rate {
    pub(crate) mean: f64,
    pub(crate) interval: Interval,
    pub(crate) by_seed: Vec<f64>,
}

/// Wrong test decisions by critical error.
#[derive(Clone, Deserialize)]
pub(crate) struct ErrorCounts {
    pub(crate) miss: f64,
    pub(crate) overtake: f64,
    pub(crate) false_alarm: f64,
    pub(crate) other: f64,
}

/// One arm of the comparison.
#[derive(Clone, Deserialize)]
pub(crate) struct Arm {
    pub(crate) description: String,
    pub(crate) balanced: Rate,
    pub(crate) natural: Rate,
    pub(crate) errors: ErrorCounts,
    pub(crate) label_quality: f64,
}

/// A ratio of two arms' rates.
#[derive(Clone, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) value: Option<f64>,
    pub(crate) interval: Interval,
}

/// What is served and why.
#[derive(Clone, Deserialize)]
pub(crate) struct Served {
    pub(crate) arm: String,
    pub(crate) passes: bool,
    pub(crate) reason: String,
    pub(crate) test: f64,
}

/// Numbers of images.
#[derive(Clone, Deserialize)]
pub(crate) struct Images {
    pub(crate) train: usize,
    pub(crate) tune: usize,
    pub(crate) test: usize,
}

/// The settings.
#[derive(Clone, Deserialize)]
pub(crate) struct Recipe {
    #[serde(default)]
    pub(crate) weighting: Weighting,
}

/// A measured customization.
#[derive(Clone, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) protocol: String,
    pub(crate) images: Images,
    pub(crate) seeds: Vec<u64>,
    pub(crate) arms: BTreeMap<String, Arm>,
    pub(crate) ratios: BTreeMap<String, Ratio>,
    pub(crate) served: Served,
    #[serde(default)]
    pub(crate) remarks: Vec<String>,
    pub(crate) formula: String,
    pub(crate) recipe: Recipe,
}

impl Evaluation {
    /// An arm's rate that counts where arms are compared.
    pub(crate) fn rate<'a>(&self, arm: &'a Arm) -> &'a Rate {
        match self.recipe.weighting {
            Weighting::Balanced => &arm.balanced,
            Weighting::Natural => &arm.natural,
        }
    }

    /// The arms in the order they build on each other; unknown ones last.
    pub(super) fn ordered(&self) -> Vec<(&str, &Arm)> {
        const ORDER: [&str; 6] = ["G", "T", "K", "B", "B+", "C"];
        let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
        let mut arms: Vec<(&str, &Arm)> = self.arms.iter().map(|(name, arm)| (name.as_str(), arm)).collect();
        arms.sort_by_key(|(name, _)| place(name));
        arms
    }
}
