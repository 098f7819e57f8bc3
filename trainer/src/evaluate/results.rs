//! All decisions together: `results.json`.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chameleon_decision::DecisionType;
use serde::{Deserialize, Serialize};

use super::row::{Measurement, Outcome, Row};
use crate::customize::arms::Arm;
use crate::customize::recipe::Recipe;
use crate::customize::report::{Evaluation, Ratio};
use crate::evaluation::bootstrap::{Interval, Resamples};
use crate::evaluation::crossed::{Crossed, Errors};
use crate::evaluation::strata::Strata;

/// Version of the file's form.
pub const FORMAT_VERSION: u32 = 1;
/// What the product serves, beside the arms.
pub const SERVED: &str = "S";

/// The ratios that are reported.
const RATIOS: [(&str, &str); 6] = [("S", "G"), ("S", "T"), ("C", "G"), ("C", "T"), ("C", "B+"), ("B", "T")];
/// A product that is worse than the generic model this surely is listed: 2.5 % at either end.
const WORSE: f64 = 0.975;

const PROTOCOL: &str = "Incorrect-decision rate on held-out test images, the mean over the decisions that are right for \
some image (those of fewer than 10 images share one place), then the mean over the decisions' programs. Every decision \
is taken by the application's own program from all labels with a score of at least 0.5, highest first, cut as the \
application asks; it is right if some order of the true labels gives it. Arms train on the same images for the same \
steps from the same start; thresholds, stopping and the served model are chosen on the tuning images with one grid for \
all arms. Arms are means over seeds; S is the one model that the product serves: the arm that is best on the tuning \
images, or the generic model where the gate holds that back. Intervals: 95 %, bootstrap over applications and images.";

/// The results of all decisions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// How the numbers were made.
    pub protocol: String,
    /// The generic model: name and version.
    pub model: String,
    /// Where the images are from.
    pub source: String,
    /// Seeds of the trained arms.
    pub seeds: Vec<u64>,
    /// Training settings.
    pub recipe: Recipe,
    /// Averages over all decisions, then over those of each type.
    pub groups: Vec<Group>,
    /// Each decision.
    pub decisions: Vec<DecisionResult>,
    /// Decisions that could not be evaluated.
    pub skipped: Vec<Skipped>,
}

/// What all rows were made with.
pub struct Setting {
    /// The generic model: name and version.
    pub model: String,
    /// Where the images are from.
    pub source: String,
    /// Seeds of the trained arms.
    pub seeds: Vec<u64>,
    /// Training settings.
    pub recipe: Recipe,
}

/// Averages over some decisions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Group {
    /// The type, or none for all.
    pub decision_type: Option<DecisionType>,
    /// How many.
    pub decisions: usize,
    /// By arm.
    pub arms: BTreeMap<String, Average>,
    /// Ratios of rates, e.g. `S/G`.
    pub ratios: BTreeMap<String, Ratio>,
}

/// One arm's averages.
#[derive(Debug, Serialize, Deserialize)]
pub struct Average {
    /// Balanced rate of wrong decisions.
    pub rate: f64,
    /// Of the rate.
    pub interval: Interval,
}

/// One decision.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecisionResult {
    /// Its name.
    pub name: String,
    /// Its type.
    pub decision_type: DecisionType,
    /// Balanced rate of what the product serves.
    pub served: f64,
    /// Whether that is worse than the generic model by more than the noise.
    pub worse_than_generic: bool,
    /// All arms.
    pub evaluation: Evaluation,
}

/// A decision without a result.
#[derive(Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl Results {
    /// Puts the rows together.
    ///
    /// # Errors
    /// Rows measured on different images.
    pub fn new(rows: Vec<Row>, mut skipped: Vec<Skipped>, setting: Setting) -> Result<Self> {
        let recipe = setting.recipe;
        let mut measured = Vec::new();
        for Row { name, decision_type, outcome, .. } in rows {
            match outcome {
                Outcome::Measured(measurement) => measured.push((name, decision_type, *measurement)),
                Outcome::Skipped(reason) => skipped.push(Skipped { name, reason }),
            }
        }
        let images = measured.first().map_or(0, |(_, _, first)| first.wrong_served.len());
        ensure!(measured.iter().all(|(_, _, m)| m.wrong_served.len() == images), "rows of different images");
        let mut types: Vec<DecisionType> = Vec::new();
        for (_, decision_type, _) in &measured {
            if !types.contains(decision_type) {
                types.push(*decision_type);
            }
        }
        types.sort_by_key(|decision_type| *decision_type as u8);
        let of = |wanted: Option<DecisionType>| {
            let fits = measured.iter().filter(|(_, found, _)| wanted.is_none_or(|wanted| wanted == *found));
            group(wanted, &fits.map(|(_, _, measurement)| measurement).collect::<Vec<_>>(), images, recipe.resamples)
        };
        let groups = std::iter::once(None).chain(types.into_iter().map(Some)).map(of).collect();
        let decisions =
            measured.into_iter().map(|(name, kind, measurement)| decision(name, kind, measurement)).collect();
        let protocol = PROTOCOL.to_owned();
        let Setting { model, source, seeds, .. } = setting;
        Ok(Self { version: FORMAT_VERSION, protocol, model, source, seeds, recipe, groups, decisions, skipped })
    }
}

fn decision(name: String, decision_type: DecisionType, measurement: Measurement) -> DecisionResult {
    let Measurement { evaluation, strata, wrong, wrong_served } = measurement;
    let strata = Strata::of(strata, wrong_served.len());
    let served = fractions(&wrong_served, 1);
    let generic = wrong.get(Arm::Generic.name()).map_or_else(Vec::new, |counts| fractions(counts, 1));
    let worse = Resamples::draw(&strata, &[served, generic], evaluation.recipe.resamples).not_better(0, 1) > WORSE;
    let is_wrong: Vec<bool> = wrong_served.iter().map(|&count| count > 0).collect();
    let served = strata.balanced_error(&is_wrong);
    let equal = evaluation.arms.get(Arm::Generic.name()).is_some_and(|generic| served <= generic.balanced.mean);
    DecisionResult { name, decision_type, served, worse_than_generic: worse && !equal, evaluation }
}

fn group(decision_type: Option<DecisionType>, rows: &[&Measurement], images: usize, resamples: u32) -> Group {
    // An arm that some row lacks has no average.
    let has = |arm: &&Arm| rows.iter().all(|row| row.wrong.contains_key(arm.name()));
    let mut names: Vec<&str> = Arm::ALL.iter().filter(has).map(|arm| arm.name()).collect();
    names.push(SERVED);
    let errors = |row: &&Measurement| {
        let of = |name: &&str| match row.wrong.get(*name) {
            Some(counts) => fractions(counts, runs(row, name)),
            None => fractions(&row.wrong_served, 1),
        };
        Errors { strata: row.strata.clone(), arms: names.iter().map(of).collect() }
    };
    let apps: Vec<Errors> = rows.iter().map(errors).collect();
    let crossed = Crossed::draw(&apps, images, resamples);
    let place = |name: &str| names.iter().position(|known| *known == name);
    let average = |(i, name): (usize, &&str)| {
        let rate = crossed.rates.get(i).copied().unwrap_or_default();
        ((*name).to_owned(), Average { rate, interval: crossed.interval(i) })
    };
    let ratio = |&(a, b): &(&str, &str)| {
        let (value, interval) = crossed.ratio(place(a)?, place(b)?);
        Some((format!("{a}/{b}"), Ratio { value: value.is_finite().then_some(value), interval }))
    };
    let (arms, ratios) = if rows.is_empty() {
        Default::default()
    } else {
        (names.iter().enumerate().map(average).collect(), RATIOS.iter().filter_map(ratio).collect())
    };
    Group { decision_type, decisions: rows.len(), arms, ratios }
}

/// How many models of an arm were measured.
fn runs(row: &Measurement, arm: &str) -> usize {
    row.evaluation.arms.get(arm).map_or(1, |report| report.balanced.by_seed.len().max(1))
}

fn fractions(counts: &[u32], of: usize) -> Vec<f32> {
    counts.iter().map(|&count| count as f32 / of as f32).collect()
}
