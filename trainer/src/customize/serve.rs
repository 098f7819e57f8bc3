//! Which candidate is served, and whether it may replace the generic model. Only the tuning images have a say.

use anyhow::{Context, Result};

use super::arms::{Arm, Candidate};
use super::measure::{Tested, generic};
use super::recipe::Recipe;
use super::report::Served;
use super::task::Task;
use crate::evaluation::bootstrap::Resamples;

/// The gate's chance of passing a model that is no better, over all arms that could be served.
const GATE_LEVEL: f64 = 0.05;

/// Chooses the arm with the best mean on the tuning images, then its best model there: one seed's, or the mean of all.
pub(super) fn serve(
    task: &Task,
    recipe: &Recipe,
    candidates: &[Candidate],
    tested: &[Tested],
) -> Result<(usize, Served)> {
    let of = |arm: Arm| (0..candidates.len()).filter(move |&i| candidates[i].arm == arm);
    let error = |i: usize| candidates[i].tuned.error;
    let mean = |arm: Arm| {
        let single: Vec<usize> = of(arm).filter(|&i| candidates[i].seeds.len() < 2).collect();
        single.iter().map(|&i| error(i)).sum::<f64>() / single.len().max(1) as f64
    };
    let arms = Arm::OWN.into_iter().filter(|&arm| of(arm).next().is_some());
    let arm = arms.min_by(|&a, &b| mean(a).total_cmp(&mean(b))).context("no arm")?;
    // Of equals the last: the mean of all seeds.
    let chosen = of(arm).rev().min_by(|&a, &b| error(a).total_cmp(&error(b))).context("an arm without candidates")?;
    let model = &candidates[chosen];
    let generic = &candidates[generic(candidates)?];

    let errors = [as_errors(&model.tuned.wrong), as_errors(&generic.tuned.wrong)];
    let p_value = Resamples::draw(&task.tune.strata, &errors, recipe.resamples).not_better(0, 1);
    // Where layers may be changed, the best of two depths is taken.
    let depths = if task.pool.body.is_some() { 2.0 } else { 1.0 };
    let p_limit = GATE_LEVEL / (Arm::OWN.len() as f64 * depths);
    let passes = p_value < p_limit;
    let served = Served {
        arm,
        seeds: model.seeds.clone(),
        offsets: task.groups.iter().cloned().zip(model.tuned.offsets.iter().copied()).collect(),
        others: model.tuned.others,
        tuning: error(chosen),
        tuning_generic: generic.tuned.error,
        p_value,
        p_limit,
        passes,
        reason: reason(model, generic, p_value, p_limit),
        test: task.test.strata.error(&tested[chosen].wrong),
    };
    Ok((chosen, served))
}

fn reason(model: &Candidate, generic: &Candidate, p_value: f64, p_limit: f64) -> String {
    let verdict = if p_value < p_limit { "better than" } else { "not shown to be better than" };
    format!(
        "{} ({}) has the lowest error on the tuning examples, {:.1} %, {verdict} the generic model's {:.1} % \
         (p = {p_value:.4}, limit {p_limit})",
        model.arm.name(),
        model.arm.description(),
        100.0 * model.tuned.error,
        100.0 * generic.tuned.error,
    )
}

fn as_errors(wrong: &[bool]) -> Vec<f32> {
    wrong.iter().map(|&wrong| f32::from(u8::from(wrong))).collect()
}
