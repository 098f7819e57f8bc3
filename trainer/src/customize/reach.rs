//! Which branches are taken by what is true of the examples, where numbers decide; whether the loss and the program agree.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use chameleon_loss::{DecisionLoss, Interval, LossBranch, Takes, Truth};
use chameleon_models::text::CLASSES;

use super::examples::Examples;
use super::task::{MIN_IMAGES, SPLITS};
use crate::evaluation::form::best;
use crate::evaluation::judge::Judge;

/// Different true scores that a message lists.
const MOST_SHOWN: usize = 5;
/// Outputs on which the loss and the program are compared.
const TRIALS: usize = 500;
/// Such outputs lie between this and its negative: shares up to 0.9999.
const WIDEST: f64 = 5.0;
/// How near to the ends of their range scores are tried.
const NEAR: f64 = 1e-6;

/// Whether what is true of some examples takes each branch, but those that are taken at single numbers only.
pub(super) fn check_reach(loss: &DecisionLoss, examples: &Examples) -> Result<()> {
    let right: Vec<Vec<bool>> =
        (0..examples.targets.len()).map(|image| loss.right_branches(examples.truth(image))).collect();
    for (k, branch) in loss.branches().iter().enumerate().filter(|(_, branch)| !is_point(branch)) {
        ensure!(
            right.iter().any(|right| right[k]),
            "branch `{}`: no text has a true score that takes it; {}",
            branch.name,
            shown(&examples.scores)
        );
        for (split, name) in SPLITS {
            let count = examples.of(split).into_iter().filter(|&image| right[image][k]).count();
            ensure!(
                count >= MIN_IMAGES,
                "branch `{}`: {count} {name} {} a true score that takes it, at least {MIN_IMAGES} are needed",
                branch.name,
                if count == 1 { "text has" } else { "texts have" }
            );
        }
    }
    Ok(())
}

/// Whether the program decides the same at true scores of -1 and 1 as at what a model's answer comes near to.
pub(super) fn check_true_scores(examples: &Examples, judge: &mut Judge) -> Result<()> {
    for score in examples.scores.iter().filter(|score| score.abs() >= 1.0) {
        let right = judge.right(Truth::Numbers(&[*score]))?.decision;
        let near = judge.right(Truth::Numbers(&[score * (1.0 - NEAR)]))?.decision;
        ensure!(
            right == near,
            "at the true score {score} the decision is one that no answer of a model leads to: its scores come near to -1 \
             and 1, and reach neither"
        );
    }
    Ok(())
}

/// Whether what is right takes a branch that a model's answer takes by chance alone: at a single number.
pub(super) fn is_only_met_by_chance(loss: &DecisionLoss, truth: Truth) -> bool {
    !loss.numbers().is_empty()
        && loss.right_branches(truth).iter().zip(loss.branches()).any(|(&right, branch)| right && is_point(branch))
}

/// Whether the program decides the same wherever the same branches are taken: on answers of a model, and where a class is
/// true and has all of the share, which an answer of a model comes near to.
pub(super) fn check_agreement(loss: &DecisionLoss, judge: &mut Judge) -> Result<()> {
    let mut decisions = HashMap::new();
    for raw in outputs() {
        let row: Vec<(u16, f32)> = (0..).zip(raw).collect();
        let numbers: Vec<f64> = loss.numbers().iter().map(|number| number.link.number(&raw)).collect();
        let class = [best(&row).unwrap_or(0)];
        let given = if numbers.is_empty() { Truth::Labels(&class) } else { Truth::Numbers(&numbers) };
        let taken = loss.right_branches(given);
        let decision = judge.decide(&row, None)?;
        ensure!(
            *decisions.entry(taken).or_insert(decision) == decision,
            "the decision hangs on more of the answer than classes of sentiment and their shares"
        );
    }
    for (class, name) in (0..).zip(CLASSES) {
        let truth = Truth::Labels(&[class]);
        let right = judge.right(truth)?.decision;
        ensure!(
            decisions.get(&loss.right_branches(truth)).is_none_or(|&near| near == right),
            "where the share of {name} is 1 the decision is another than where it comes as near to 1 as a model's answer can; \
             compare with a number between 0 and 1"
        );
    }
    Ok(())
}

/// Outputs of three classes, evenly spread, no two of a row alike (a sequence of low discrepancy: Halton 1960).
fn outputs() -> impl Iterator<Item = [f32; 3]> {
    (1..=TRIALS).map(|i| [2, 3, 5].map(|base| (WIDEST * (2.0 * halton(i, base) - 1.0)) as f32))
}

fn halton(mut i: usize, base: usize) -> f64 {
    let (mut sum, mut share) = (0.0, 1.0);
    while i > 0 {
        share /= base as f64;
        sum += share * (i % base) as f64;
        i /= base;
    }
    sum
}

/// The true scores, ascending: all of a few, else how many and from where to where.
fn shown(scores: &[f64]) -> String {
    let mut scores = scores.to_vec();
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    match scores.as_slice() {
        [] => "a text has all of the share of its class".to_owned(),
        [low, .., high] if scores.len() > MOST_SHOWN => {
            format!("the true scores are {} from {low} to {high}", scores.len())
        }
        _ => format!("the true scores are {}", scores.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn is_point(branch: &LossBranch) -> bool {
    let ends = |interval: &Interval| interval.low.zip(interval.high);
    let is_one = |interval: &Interval| ends(interval).is_some_and(|(low, high)| low.value >= high.value);
    matches!(&branch.takes, Takes::Numbers(regions)
        if regions.iter().all(|region| region.iter().any(|(_, interval)| is_one(interval))))
}
