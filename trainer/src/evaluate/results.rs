//! All decisions together: `results.json`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use chameleon_decision::DecisionType;
use serde::{Deserialize, Serialize};

use super::row::{Measurement, Outcome, Row};
use crate::customize::arms::Arm;
use crate::customize::recipe::Recipe;
use crate::customize::report::{Evaluation, Ratio};
use crate::evaluation::bootstrap::{Interval, Resamples};
use crate::evaluation::crossed::{Crossed, Errors};
use crate::service::Service;

/// Version of the file's form.
pub const FORMAT_VERSION: u32 = 2;
/// What the product serves, beside the arms.
pub const SERVED: &str = "S";

/// The ratios that are reported.
const RATIOS: [(&str, &str); 6] = [("S", "G"), ("S", "T"), ("C", "G"), ("C", "T"), ("C", "B+"), ("B", "T")];
/// A product that is worse than the generic model this surely is listed: 2.5 % at either end.
const WORSE: f64 = 0.975;

const PROTOCOL: &str = "Incorrect-decision rate on held-out test images and texts, the mean over the decisions that are right for \
some image (those of fewer than 10 images share one place), or with the recipe's weighting `natural` over the images; then the mean over the decisions' programs. Every decision \
is taken by the application's own program from all labels with a score of at least 0.5, highest first, cut as the \
application asks; it is right if some order of the true labels gives it. Arms train on the same images for the same \
steps from the same start; thresholds, stopping and the served model are chosen on the tuning images with one grid for \
all arms. Arms are means over seeds; S is the one model that the product serves, of all seeds together: of the best arm on \
the tuning images and those within a standard error of it, the first of C, B+ and B (tuned thresholds where no trained arm is \
better), or the generic model where the gate holds that back. Intervals: 95 %, bootstrap over applications and images.";

/// The results of all decisions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// How the numbers were made.
    pub protocol: String,
    /// The generic models: name and version.
    pub model: String,
    /// Where the images and texts are from.
    pub source: String,
    /// Seeds of the trained arms.
    pub seeds: Vec<u64>,
    /// Training settings.
    pub recipe: Recipe,
    /// Averages: of several services, first over all; for each service over its decisions, then over those of each type.
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
    /// The service, or none for all.
    pub service: Option<Service>,
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
    /// Rate of wrong decisions.
    pub rate: f64,
    /// Of the rate.
    pub interval: Interval,
}

/// One decision.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecisionResult {
    /// Its name.
    pub name: String,
    /// Whose answers it is about.
    pub service: Service,
    /// Its type.
    pub decision_type: DecisionType,
    /// Rate of what the product serves.
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
    /// Puts the rows together. `settings` are those of the services, which share seeds and recipe.
    ///
    /// # Errors
    /// Rows of a service measured on different images, or no setting.
    pub fn new(rows: Vec<Row>, mut skipped: Vec<Skipped>, settings: &[Setting]) -> Result<Self> {
        let mut measured = Vec::new();
        for Row { name, service, decision_type, outcome, .. } in rows {
            match outcome {
                Outcome::Measured(measurement) => {
                    measured.push(Measured { name, service, decision_type, measurement: *measurement });
                }
                Outcome::Skipped(reason) => skipped.push(Skipped { name, reason }),
            }
        }
        for pair in measured.windows(2).filter(|pair| pair[0].service == pair[1].service) {
            ensure!(pair[0].images() == pair[1].images(), "rows of {} on different images", pair[0].service);
        }
        let setting = settings.first();
        let joined = |part: fn(&Setting) -> &String| {
            let mut parts: Vec<String> = settings.iter().map(part).cloned().collect();
            // Two services may be answered by one model.
            parts.dedup();
            parts.join(", ")
        };
        let recipe = setting.map(|setting| setting.recipe.clone()).unwrap_or_default();
        Ok(Self {
            version: FORMAT_VERSION,
            protocol: PROTOCOL.to_owned(),
            model: joined(|setting| &setting.model),
            source: joined(|setting| &setting.source),
            seeds: setting.map(|setting| setting.seeds.clone()).unwrap_or_default(),
            groups: groups(&measured, recipe.resamples),
            recipe,
            decisions: measured.into_iter().map(decision).collect(),
            skipped,
        })
    }
}

/// A decision that was measured.
struct Measured {
    name: String,
    service: Service,
    decision_type: DecisionType,
    measurement: Measurement,
}

impl Measured {
    /// How many images it was measured on.
    fn images(&self) -> usize {
        self.measurement.wrong_served.len()
    }
}

/// All groups, in the order of [`Results::groups`].
fn groups(measured: &[Measured], resamples: u32) -> Vec<Group> {
    let services: BTreeSet<Service> = measured.iter().map(|row| row.service).collect();
    let mut groups = Vec::new();
    if services.len() != 1 {
        groups.push(group(None, None, &measured.iter().collect::<Vec<_>>(), resamples));
    }
    for &service in &services {
        let rows: Vec<&Measured> = measured.iter().filter(|row| row.service == service).collect();
        let mut types: Vec<DecisionType> = rows.iter().map(|row| row.decision_type).collect();
        types.sort_by_key(|decision_type| *decision_type as u8);
        types.dedup();
        groups.push(group(Some(service), None, &rows, resamples));
        for kind in types {
            let rows: Vec<&Measured> = rows.iter().copied().filter(|row| row.decision_type == kind).collect();
            groups.push(group(Some(service), Some(kind), &rows, resamples));
        }
    }
    groups
}

fn decision(Measured { name, service, decision_type, measurement }: Measured) -> DecisionResult {
    let strata = measurement.strata();
    let Measurement { evaluation, wrong, wrong_served, .. } = measurement;
    let served = fractions(&wrong_served, 1);
    let generic = wrong.get(Arm::Generic.name()).map_or_else(Vec::new, |counts| fractions(counts, 1));
    let worse = Resamples::draw(&strata, &[served, generic], evaluation.recipe.resamples).not_better(0, 1) > WORSE;
    let is_wrong: Vec<bool> = wrong_served.iter().map(|&count| count > 0).collect();
    let served = strata.error(&is_wrong);
    let equal =
        evaluation.arms.get(Arm::Generic.name()).is_some_and(|generic| served <= generic.rate(strata.weighting()).mean);
    DecisionResult { name, service, decision_type, served, worse_than_generic: worse && !equal, evaluation }
}

fn group(service: Option<Service>, decision_type: Option<DecisionType>, rows: &[&Measured], resamples: u32) -> Group {
    // An arm that some row lacks has no average.
    let has = |arm: &&Arm| rows.iter().all(|row| row.measurement.wrong.contains_key(arm.name()));
    let mut names: Vec<&str> = Arm::ALL.iter().filter(has).map(|arm| arm.name()).collect();
    names.push(SERVED);
    let errors = |row: &&Measured| {
        let measurement = &row.measurement;
        let of = |name: &&str| match measurement.wrong.get(*name) {
            Some(counts) => fractions(counts, runs(measurement, name)),
            None => fractions(&measurement.wrong_served, 1),
        };
        let arms = names.iter().map(of).collect();
        Errors { pool: row.service as usize, groups: measurement.strata().equal_groups(), arms }
    };
    let apps: Vec<Errors> = rows.iter().map(errors).collect();
    let crossed = Crossed::draw(&apps, resamples);
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
    Group { service, decision_type, decisions: rows.len(), arms, ratios }
}

/// How many models of an arm were measured.
fn runs(row: &Measurement, arm: &str) -> usize {
    row.evaluation.arms.get(arm).map_or(1, |report| report.balanced.by_seed.len().max(1))
}

fn fractions(counts: &[u32], of: usize) -> Vec<f32> {
    counts.iter().map(|&count| count as f32 / of as f32).collect()
}
