//! What the candidates decide on the test images.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chameleon_loss::TermKind;
use rayon::prelude::*;

use super::arms::{Arm, Candidate};
use super::recipe::Recipe;
use super::remarks;
use super::report::{ArmReport, ErrorCounts, Evaluation, FORMAT_VERSION, Images, PROTOCOL, Rate, Ratio};
use super::serve::serve;
use super::task::Task;
use crate::evaluation::bootstrap::{Interval, Resamples, ratio};
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::Shifts;
use crate::metrics::average_precision;

/// The ratios that are reported.
const RATIOS: [(Arm, Arm); 3] =
    [(Arm::Decision, Arm::Generic), (Arm::Decision, Arm::Thresholds), (Arm::Decision, Arm::BasicLonger)];

/// A measured customization.
pub struct Measured {
    /// The result.
    pub evaluation: Evaluation,
    /// Which candidate would be served, if the gate lets it.
    pub served: usize,
    /// Per arm, how many of its seeds decide each test image wrong.
    pub wrong: BTreeMap<Arm, Vec<u32>>,
    /// Which test images the product decides wrong: the served candidate, or the generic model where the gate holds
    /// it back.
    pub wrong_served: Vec<bool>,
}

/// A candidate's test result.
pub(super) struct Tested {
    pub(super) wrong: Vec<bool>,
    errors: ErrorCounts,
    label_quality: f64,
}

/// Measures all candidates: those of one seed for the arms' results, those of several only where one is served.
///
/// # Errors
/// The program cannot be run, or an arm has no candidate.
pub fn measure(
    app: &str,
    task: &Task,
    recipe: &Recipe,
    seeds: &[u64],
    candidates: &[Candidate],
    judge: &mut Judge,
) -> Result<Measured> {
    let tested: Vec<Tested> = candidates
        .par_iter()
        .map_init(|| judge.clone(), |judge, candidate| test(task, candidate, judge))
        .collect::<Result<_>>()?;
    let of = |arm: Arm| -> Vec<(&Candidate, &Tested)> {
        let pairs = candidates.iter().zip(&tested);
        pairs.filter(|(candidate, _)| candidate.arm == arm && candidate.seeds.len() < 2).collect()
    };
    let present: Vec<Arm> = Arm::ALL.into_iter().filter(|&arm| !of(arm).is_empty()).collect();
    let wrong: BTreeMap<Arm, Vec<u32>> = present.iter().map(|&arm| (arm, count_wrong(&of(arm)))).collect();
    let errors: Vec<Vec<f32>> = present.iter().map(|arm| fractions(&wrong[arm], of(*arm).len())).collect();
    let resamples = Resamples::draw(&task.test.strata, &errors, recipe.resamples);
    let report =
        |(place, &arm): (usize, &Arm)| (arm.name().to_owned(), arm_report(task, arm, place, &of(arm), &resamples));
    let arms: BTreeMap<String, ArmReport> = present.iter().enumerate().map(report).collect();
    let ratio_of = |&(a, b): &(Arm, Arm)| {
        let place = |arm: Arm| present.iter().position(|&other| other == arm);
        let rate = |arm: Arm| Some(arms.get(arm.name())?.rate(recipe.weighting).mean);
        let value = ratio(rate(a)?, rate(b)?);
        let interval = resamples.ratio(place(a)?, place(b)?);
        Some((format!("{}/{}", a.name(), b.name()), Ratio { value: value.is_finite().then_some(value), interval }))
    };
    let ratios = RATIOS.iter().filter_map(ratio_of).collect();
    let (chosen, served) = serve(task, recipe, candidates, &tested, judge)?;
    let product = if served.passes { chosen } else { generic(candidates)? };
    let mut remarks = task.loss.unreached().remarks();
    let beside = task.pool.examples.beside.as_ref();
    remarks.extend(beside.and_then(|beside| remarks::beside(&beside.models)));
    remarks.extend(remarks::left_out(task.left_out));
    let generic_wrong = &tested[generic(candidates)?].wrong;
    remarks.extend(remarks::of(&task.test.strata, &served, &tested[chosen].wrong, generic_wrong));
    let evaluation = Evaluation {
        version: FORMAT_VERSION,
        app: app.to_owned(),
        protocol: PROTOCOL.to_owned(),
        images: images(task),
        seeds: seeds.to_vec(),
        arms,
        ratios,
        attempts: Vec::new(),
        served,
        remarks,
        formula: task.loss.formula(),
        recipe: recipe.clone(),
    };
    Ok(Measured { evaluation, served: chosen, wrong, wrong_served: tested[product].wrong.clone() })
}

/// The place of the generic model among the candidates.
pub(super) fn generic(candidates: &[Candidate]) -> Result<usize> {
    candidates.iter().position(|candidate| candidate.arm == Arm::Generic).context("no generic candidate")
}

fn images(task: &Task) -> Images {
    Images {
        source: task.pool.examples.source.clone(),
        train: task.train.len(),
        tune: task.tune.images.len(),
        test: task.test.images.len(),
        test_by_decision: task.test.strata.groups().iter().map(Vec::len).collect(),
        labels: task.generic.bias.len(),
        labels_together: together(task),
    }
}

fn together(task: &Task) -> f64 {
    let targets = task.test.images.iter().map(|&image| &task.pool.examples.targets[image]);
    let own = targets.map(|all| all.iter().filter(|label| task.labels.binary_search(label).is_ok()).count());
    let (sum, images) = own.filter(|&own| own > 0).fold((0, 0), |(sum, images), own| (sum + own, images + 1));
    sum as f64 / f64::from(images.max(1))
}

fn test(task: &Task, candidate: &Candidate, judge: &mut Judge) -> Result<Tested> {
    let panel = &task.test;
    let (offsets, others) = (task.by_label(&candidate.tuned.offsets), candidate.tuned.others);
    let (logits, panel) = candidate.delta.seen(task.pool, panel)?;
    let wrong = panel.wrong_exactly(&logits, Shifts { own: &offsets, others }, judge)?;
    let mut errors = ErrorCounts::default();
    let rows = logits.chunks_exact(task.labels.len()).zip(&panel.images);
    for ((own, &image), _) in rows.zip(&wrong).filter(|(_, wrong)| **wrong) {
        errors.add(&open_errors(task, image, &task.full_row(image, own, &offsets, others)));
    }
    Ok(Tested { wrong, errors, label_quality: label_quality(task, &logits) })
}

/// The kinds of critical errors in one image's output, each once.
fn open_errors(task: &Task, image: usize, row: &[f32]) -> Vec<TermKind> {
    let mut kinds = task.loss.errors_of(row, task.pool.examples.truth(image));
    kinds.sort_unstable();
    kinds.dedup();
    // Where a wrong branch came first, that the right one was not seen either is no second error.
    if kinds.contains(&TermKind::Overtake) {
        kinds.retain(|&kind| kind != TermKind::Miss);
    }
    kinds
}

/// Mean average precision over the application's labels that some test image carries.
fn label_quality(task: &Task, logits: &[f32]) -> f64 {
    let n = task.labels.len();
    let targets = task.pool.targets(&task.test.images, &task.labels);
    let of_label = |label: usize| {
        let scores: Vec<f32> = logits.iter().skip(label).step_by(n).copied().collect();
        let positive: Vec<bool> = targets.iter().skip(label).step_by(n).map(|&carried| carried > 0.5).collect();
        average_precision(&scores, &positive)
    };
    let all: Vec<f64> = (0..n).filter_map(of_label).collect();
    all.iter().sum::<f64>() / all.len().max(1) as f64
}

/// Per image, how many candidates decide it wrong.
fn count_wrong(results: &[(&Candidate, &Tested)]) -> Vec<u32> {
    let images = results.first().map_or(0, |(_, tested)| tested.wrong.len());
    (0..images).map(|i| results.iter().filter(|(_, tested)| tested.wrong[i]).count() as u32).collect()
}

fn fractions(counts: &[u32], of: usize) -> Vec<f32> {
    counts.iter().map(|&count| count as f32 / of as f32).collect()
}

fn arm_report(
    task: &Task,
    arm: Arm,
    place: usize,
    results: &[(&Candidate, &Tested)],
    resamples: &Resamples,
) -> ArmReport {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let rate = |interval: Interval, of: &dyn Fn(&[bool]) -> f64| {
        let by_seed: Vec<f64> = results.iter().map(|(_, tested)| of(&tested.wrong)).collect();
        Rate { mean: mean(&by_seed), interval, by_seed }
    };
    let natural = |wrong: &[bool]| wrong.iter().filter(|&&w| w).count() as f64 / wrong.len().max(1) as f64;
    ArmReport {
        description: arm.description().to_owned(),
        balanced: rate(resamples.balanced(place), &|wrong| task.test.strata.balanced_error(wrong)),
        natural: rate(resamples.natural(place), &natural),
        errors: ErrorCounts::mean(results.iter().map(|(_, tested)| &tested.errors)),
        tuning: results.iter().map(|(candidate, _)| candidate.tuned.error).collect(),
        label_quality: mean(&results.iter().map(|(_, tested)| tested.label_quality).collect::<Vec<_>>()),
    }
}
