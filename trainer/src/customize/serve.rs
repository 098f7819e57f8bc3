//! Which candidate is served, and whether it may replace the generic model. Only the tuning images have a say, and in the
//! last question each of them only about shifts that were tuned without it.

use anyhow::{Context, Result};

use super::arms::{Arm, Candidate};
use super::measure::{Tested, generic};
use super::offsets::held_out;
use super::recipe::Recipe;
use super::report::Served;
use super::task::Task;
use crate::evaluation::bootstrap::Resamples;
use crate::evaluation::judge::Judge;
use crate::evaluation::strata::Strata;

/// The gate's chance of passing a model that is no better, over all arms that could be served.
const GATE_LEVEL: f64 = 0.05;

/// Chooses the arm, then its model: the mean of all seeds where there is one, else the best on the tuning images.
pub(super) fn serve(
    task: &Task,
    recipe: &Recipe,
    candidates: &[Candidate],
    tested: &[Tested],
    judge: &mut Judge,
) -> Result<(usize, Served)> {
    let arm = choose(&task.tune.strata, candidates)?;
    let error = |i: usize| candidates[i].tuned.error;
    let mut of_arm = (0..candidates.len()).filter(|&i| candidates[i].arm == arm);
    let mean = of_arm.clone().find(|&i| candidates[i].seeds.len() > 1);
    let best = || of_arm.by_ref().min_by(|&a, &b| error(a).total_cmp(&error(b)));
    let chosen = mean.or_else(best).context("an arm without candidates")?;
    let model = &candidates[chosen];
    let generic = &candidates[generic(candidates)?];

    let held_out = held_out(task, &model.delta, recipe, judge)?;
    let errors = [as_errors(&held_out), as_errors(&generic.tuned.wrong)];
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

/// Of the arms that do no worse than tuned thresholds on the tuning images, the first in [`Arm::OWN`]'s order that is
/// within one standard error of the best there (Breiman et al. 1984, 3.4.3): what lies nearer is told apart by chance.
fn choose(strata: &Strata, candidates: &[Candidate]) -> Result<Arm> {
    let results: Vec<OnTuning> = Arm::OWN.into_iter().filter_map(|arm| OnTuning::new(arm, candidates)).collect();
    let best = results.iter().min_by(|a, b| a.rate.total_cmp(&b.rate)).context("no arm")?;
    let thresholds = results.iter().find(|result| result.arm == Arm::Thresholds);
    let near = |result: &&OnTuning| {
        let more: Vec<f64> = result.wrong.iter().zip(&best.wrong).map(|(this, best)| this - best).collect();
        let limit = best.rate + strata.standard_error(&more);
        result.rate <= thresholds.map_or(limit, |thresholds| limit.min(thresholds.rate))
    };
    Ok(results.iter().find(near).unwrap_or(best).arm)
}

/// An arm on the tuning images, the mean of its seeds.
struct OnTuning {
    arm: Arm,
    /// How often it decides each image wrong.
    wrong: Vec<f64>,
    rate: f64,
}

impl OnTuning {
    /// None without candidates.
    fn new(arm: Arm, candidates: &[Candidate]) -> Option<Self> {
        let single: Vec<&Candidate> = candidates.iter().filter(|it| it.arm == arm && it.seeds.len() < 2).collect();
        let count = single.len() as f64;
        let images = single.first()?.tuned.wrong.len();
        let wrong = |image| single.iter().filter(|it| it.tuned.wrong[image]).count() as f64 / count;
        let rate = single.iter().map(|it| it.tuned.error).sum::<f64>() / count;
        Some(Self { arm, wrong: (0..images).map(wrong).collect(), rate })
    }
}

fn reason(model: &Candidate, generic: &Candidate, p_value: f64, p_limit: f64) -> String {
    let verdict = if p_value < p_limit { "better than" } else { "not shown to be better than" };
    format!(
        "{} ({}) decides {:.1} % of the tuning examples wrong, the best arm or as good as it, {verdict} the generic model \
         with {:.1} % (p = {p_value:.4}, limit {p_limit})",
        model.arm.name(),
        model.arm.description(),
        100.0 * model.tuned.error,
        100.0 * generic.tuned.error,
    )
}

fn as_errors(wrong: &[bool]) -> Vec<f32> {
    wrong.iter().map(|&wrong| f32::from(u8::from(wrong))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customize::head::Head;
    use crate::customize::offsets::Tuned;
    use crate::evaluation::strata::Weighting;

    const IMAGES: usize = 400;

    /// One that decides some images wrong, each arm others.
    fn candidate(arm: Arm, wrong: usize, seeds: &[u64]) -> Candidate {
        let first = 100 * Arm::OWN.iter().position(|&other| other == arm).expect("one of an application's own");
        let wrong: Vec<bool> = (0..IMAGES).map(|image| (image + first) % IMAGES < wrong).collect();
        let error = wrong.iter().filter(|&&wrong| wrong).count() as f64 / IMAGES as f64;
        let delta = Head { weight: Vec::new(), bias: Vec::new() }.into();
        Candidate { arm, seeds: seeds.to_vec(), delta, tuned: Tuned { offsets: Vec::new(), others: 0.0, wrong, error } }
    }

    fn chosen(decision: usize, longer: usize, basic: usize, thresholds: usize) -> Arm {
        let candidates = [
            candidate(Arm::Thresholds, thresholds, &[]),
            candidate(Arm::Basic, basic, &[1]),
            candidate(Arm::BasicLonger, longer, &[1]),
            candidate(Arm::Decision, decision, &[1]),
        ];
        choose(&Strata::new(&[0; IMAGES], Weighting::Balanced), &candidates).expect("there are arms")
    }

    #[test]
    fn an_arm_that_is_clearly_best_is_chosen() {
        assert_eq!(chosen(80, 80, 40, 100), Arm::Basic);
        assert_eq!(chosen(80, 80, 70, 40), Arm::Thresholds);
    }

    #[test]
    fn what_chance_could_have_ordered_keeps_its_order_of_preference() {
        // The difference of two counts of 40 has a standard error of 9.
        assert_eq!(chosen(45, 40, 40, 100), Arm::Decision);
        assert_eq!(chosen(60, 45, 40, 100), Arm::BasicLonger);
    }

    #[test]
    fn nothing_that_thresholds_alone_do_better_is_chosen() {
        assert_eq!(chosen(41, 41, 41, 40), Arm::Thresholds);
        assert_eq!(chosen(40, 40, 40, 40), Arm::Decision);
    }
}
