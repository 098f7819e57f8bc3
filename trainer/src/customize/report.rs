//! The measured result of a customization: `evaluation.json`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chameleon_loss::TermKind;
use serde::{Deserialize, Serialize};

use super::arms::{Arm, Candidate};
use super::recipe::Recipe;
use super::task::Task;
use crate::evaluation::bootstrap::{Interval, Resamples, ratio};
use crate::evaluation::judge::Judge;

/// Version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// The ratios that are reported.
const RATIOS: [(Arm, Arm); 3] =
    [(Arm::Decision, Arm::Generic), (Arm::Decision, Arm::Thresholds), (Arm::Decision, Arm::BasicLonger)];
/// The gate's chance of passing a model that is no better, over all arms that could be served.
const GATE_LEVEL: f64 = 0.05;

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
    /// Balanced rate on the tuning images, one for each seed.
    pub tuning: Vec<f64>,
}

/// A ratio of two arms' balanced rates.
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
    /// Its arm: the best on the tuning images.
    pub arm: Arm,
    /// Its seed.
    pub seed: u64,
    /// The shift of each branch's logits, already part of its bias.
    pub offsets: BTreeMap<String, f32>,
    /// Its balanced rate on the tuning images.
    pub tuning: f64,
    /// The generic model's.
    pub tuning_generic: f64,
    /// One-sided paired bootstrap on the tuning images: how likely it is no better.
    pub p_value: f64,
    /// What the p-value must be below: 0.05 shared out over the arms to choose from.
    pub p_limit: f64,
    /// Whether it may be served instead of the generic model.
    pub passes: bool,
    /// The same in words.
    pub reason: String,
    /// Its balanced rate on the test images, which had no part in the choice.
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
    /// Ratios of balanced rates, e.g. `C/G`.
    pub ratios: BTreeMap<String, Ratio>,
    /// What is served.
    pub served: Served,
    /// The decision loss, as text.
    pub formula: String,
    /// All settings.
    pub recipe: Recipe,
}

const PROTOCOL: &str = "Incorrect-decision rate on held-out test images. Balanced: mean over the decisions that are \
right for some image (decisions with fewer than 10 images share one place); natural: mean over images. Every decision \
is taken by the application's program from all labels with a score of at least 0.5, highest first; it is right if an \
order of the true labels gives it. Thresholds, stopping and the served model are chosen on the tuning images, for all \
arms alike. Intervals: 95 %, paired bootstrap over the test images within decisions, errors averaged over seeds.";

/// A candidate's test result.
struct Tested {
    wrong: Vec<bool>,
    errors: ErrorCounts,
}

/// Measures all candidates; returns the result and the candidate that is served.
///
/// # Errors
/// The program cannot be run, or an arm has no candidate.
pub fn evaluate<'c>(
    app: &str,
    task: &Task,
    recipe: &Recipe,
    seeds: &[u64],
    candidates: &'c [Candidate],
    judge: &mut Judge,
) -> Result<(Evaluation, &'c Candidate)> {
    let tested = candidates.iter().map(|candidate| test(task, candidate, judge)).collect::<Result<Vec<_>>>()?;
    let of = |arm: Arm| candidates.iter().zip(&tested).filter(move |(candidate, _)| candidate.arm == arm);
    let errors: Vec<Vec<f32>> = Arm::ALL.iter().map(|&arm| mean_errors(of(arm).map(|(_, t)| &t.wrong))).collect();
    let resamples = Resamples::draw(&task.test.strata, &errors, recipe.resamples);
    let mut arms = BTreeMap::new();
    for (index, arm) in Arm::ALL.into_iter().enumerate() {
        arms.insert(arm.name().to_owned(), arm_report(task, arm, index, &of(arm).collect::<Vec<_>>(), &resamples));
    }
    let place = |arm: Arm| Arm::ALL.iter().position(|&a| a == arm).unwrap_or(0);
    let mean = |arm: Arm| arms[arm.name()].balanced.mean;
    let ratio_of = |&(a, b): &(Arm, Arm)| {
        let value = ratio(mean(a), mean(b));
        let interval = resamples.ratio(place(a), place(b));
        (format!("{}/{}", a.name(), b.name()), Ratio { value: value.is_finite().then_some(value), interval })
    };
    let ratios = RATIOS.iter().map(ratio_of).collect();
    let (chosen, served) = serve(task, recipe, candidates, &tested)?;
    let images = Images {
        source: task.examples.source.clone(),
        train: task.train.len(),
        tune: task.tune.images.len(),
        test: task.test.images.len(),
        test_by_decision: task.test.strata.groups().iter().map(Vec::len).collect(),
    };
    let evaluation = Evaluation {
        version: FORMAT_VERSION,
        app: app.to_owned(),
        protocol: PROTOCOL.to_owned(),
        images,
        seeds: seeds.to_vec(),
        arms,
        ratios,
        served,
        formula: task.loss.formula(),
        recipe: recipe.clone(),
    };
    Ok((evaluation, chosen))
}

fn test(task: &Task, candidate: &Candidate, judge: &mut Judge) -> Result<Tested> {
    let panel = &task.test;
    let offsets = task.by_label(&candidate.tuned.offsets);
    let logits = candidate.head.logits(&task.examples.select(&panel.images))?;
    let wrong = panel.wrong_exactly(&logits, &offsets, judge)?;
    let mut errors = ErrorCounts::default();
    let rows = logits.chunks_exact(task.labels.len()).zip(&panel.images);
    for ((own, &image), _) in rows.zip(&wrong).filter(|(_, wrong)| **wrong) {
        errors.add(&open_errors(task, image, &task.full_row(image, own, &offsets)));
    }
    Ok(Tested { wrong, errors })
}

/// The kinds of critical errors in one image's output, each once.
fn open_errors(task: &Task, image: usize, row: &[f32]) -> Vec<TermKind> {
    let margins = task.loss.term_margins(row, &task.examples.targets[image]);
    let mut kinds: Vec<TermKind> = margins.iter().filter(|term| term.margin <= 0.0).map(|term| term.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    // Where a wrong branch came first, that the right one was not seen either is no second error.
    if kinds.contains(&TermKind::Overtake) {
        kinds.retain(|&kind| kind != TermKind::Miss);
    }
    kinds
}

impl ErrorCounts {
    fn add(&mut self, kinds: &[TermKind]) {
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

    fn mean<'a>(all: impl ExactSizeIterator<Item = &'a Self>) -> Self {
        let share = 1.0 / all.len().max(1) as f64;
        all.fold(Self::default(), |sum, one| Self {
            miss: sum.miss + share * one.miss,
            overtake: sum.overtake + share * one.overtake,
            false_alarm: sum.false_alarm + share * one.false_alarm,
            other: sum.other + share * one.other,
        })
    }
}

/// Per image, the fraction of candidates that decide it wrong.
fn mean_errors<'a>(wrong: impl Iterator<Item = &'a Vec<bool>>) -> Vec<f32> {
    let all: Vec<&Vec<bool>> = wrong.collect();
    let images = all.first().map_or(0, |wrong| wrong.len());
    let fraction = |i: usize| all.iter().filter(|wrong| wrong[i]).count() as f32 / all.len() as f32;
    (0..images).map(fraction).collect()
}

fn arm_report(
    task: &Task,
    arm: Arm,
    index: usize,
    results: &[(&Candidate, &Tested)],
    resamples: &Resamples,
) -> ArmReport {
    let rate = |interval: Interval, of: &dyn Fn(&[bool]) -> f64| {
        let by_seed: Vec<f64> = results.iter().map(|(_, tested)| of(&tested.wrong)).collect();
        Rate { mean: by_seed.iter().sum::<f64>() / by_seed.len().max(1) as f64, interval, by_seed }
    };
    let natural = |wrong: &[bool]| wrong.iter().filter(|&&w| w).count() as f64 / wrong.len().max(1) as f64;
    ArmReport {
        description: arm.description().to_owned(),
        balanced: rate(resamples.balanced(index), &|wrong| task.test.strata.balanced_error(wrong)),
        natural: rate(resamples.natural(index), &natural),
        errors: ErrorCounts::mean(results.iter().map(|(_, tested)| &tested.errors)),
        tuning: results.iter().map(|(candidate, _)| candidate.tuned.error).collect(),
    }
}

/// Chooses the arm with the best mean on the tuning images, then its best seed there.
fn serve<'c>(
    task: &Task,
    recipe: &Recipe,
    candidates: &'c [Candidate],
    tested: &[Tested],
) -> Result<(&'c Candidate, Served)> {
    let of = |arm: Arm| candidates.iter().zip(tested).filter(move |(candidate, _)| candidate.arm == arm);
    let mean = |arm: Arm| of(arm).map(|(c, _)| c.tuned.error).sum::<f64>() / of(arm).count().max(1) as f64;
    let choices = [Arm::Decision, Arm::BasicLonger, Arm::Basic, Arm::Thresholds];
    let arm = choices.into_iter().min_by(|&a, &b| mean(a).total_cmp(&mean(b))).context("no arm")?;
    let (chosen, result) =
        of(arm).min_by(|a, b| a.0.tuned.error.total_cmp(&b.0.tuned.error)).context("an arm without candidates")?;
    let (generic, _) = of(Arm::Generic).next().context("no generic candidate")?;

    let errors = [mean_errors([&chosen.tuned.wrong].into_iter()), mean_errors([&generic.tuned.wrong].into_iter())];
    let p_value = Resamples::draw(&task.tune.strata, &errors, recipe.resamples).not_better(0, 1);
    let p_limit = GATE_LEVEL / choices.len() as f64;
    let passes = p_value < p_limit;
    let verdict = if passes { "better than" } else { "not shown to be better than" };
    let reason = format!(
        "{} ({}) has the lowest error on the tuning images, {:.1} %, {verdict} the generic model's {:.1} % \
         (p = {p_value:.4}, limit {p_limit})",
        arm.name(),
        arm.description(),
        100.0 * chosen.tuned.error,
        100.0 * generic.tuned.error,
    );
    let names = task.loss.branches().iter().map(|branch| branch.name.clone());
    let served = Served {
        arm,
        seed: chosen.seed,
        offsets: names.zip(chosen.tuned.offsets.iter().copied()).collect(),
        tuning: chosen.tuned.error,
        tuning_generic: generic.tuned.error,
        p_value,
        p_limit,
        passes,
        reason,
        test: task.test.strata.balanced_error(&result.wrong),
    };
    Ok((chosen, served))
}
