//! The arms of the comparison, trained on identical images in identical order.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::head::Head;
use super::objective::Objective;
use super::offsets::{Tuned, tune, untuned};
use super::recipe::Recipe;
use super::stage;
use super::task::Task;
use crate::evaluation::judge::Judge;

/// A way to make a model for an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Arm {
    /// The generic model as it is.
    #[serde(rename = "G")]
    Generic,
    /// The generic model with tuned thresholds.
    #[serde(rename = "T")]
    Thresholds,
    /// Stage 1 only.
    #[serde(rename = "B")]
    Basic,
    /// Stage 1, then cross-entropy for as many steps as stage 2: the control for training longer.
    #[serde(rename = "B+")]
    BasicLonger,
    /// Stage 1, then the decision loss.
    #[serde(rename = "C")]
    Decision,
}

impl Arm {
    /// All, in the order of the report.
    pub const ALL: [Self; 5] = [Self::Generic, Self::Thresholds, Self::Basic, Self::BasicLonger, Self::Decision];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "G",
            Self::Thresholds => "T",
            Self::Basic => "B",
            Self::BasicLonger => "B+",
            Self::Decision => "C",
        }
    }

    /// What it is, for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Generic => "generic model",
            Self::Thresholds => "generic model, tuned thresholds",
            Self::Basic => "cross-entropy on the app's labels",
            Self::BasicLonger => "the same, as long as C",
            Self::Decision => "decision loss",
        }
    }
}

/// A model of one arm and seed.
pub struct Candidate {
    /// The arm.
    pub arm: Arm,
    /// The seed; the arms that do not train have the first.
    pub seed: u64,
    /// The application's rows.
    pub head: Head,
    /// Its thresholds, and how it does on the tuning images.
    pub tuned: Tuned,
}

/// The arms that do not train.
///
/// # Errors
/// The program cannot be run.
pub fn untrained(task: &Task, recipe: &Recipe, seed: u64, judge: &mut Judge) -> Result<[Candidate; 2]> {
    let logits = task.generic.logits(&task.examples.select(&task.tune.images))?;
    let candidate = |arm, tuned| Candidate { arm, seed, head: task.generic.snapshot(), tuned };
    Ok([
        candidate(Arm::Generic, untuned(task, &logits, judge)?),
        candidate(Arm::Thresholds, tune(task, &logits, recipe, judge)?),
    ])
}

/// The arms that train, with one seed.
///
/// # Errors
/// The program cannot be run, or libtorch's message.
pub fn trained(
    task: &Task,
    recipe: &Recipe,
    seed: u64,
    judge: &mut Judge,
    tick: &mut dyn FnMut(),
) -> Result<[Candidate; 3]> {
    // Both second stages see the same images in the same order.
    let (first_order, second_order) = (seed.wrapping_mul(2), seed.wrapping_mul(2).wrapping_add(1));
    let mut run = |arm, start: &Head, objective, stage, order| {
        let checkpoints = stage::train(task, start, objective, stage, order, tick)?;
        let (head, tuned) = best(task, checkpoints, recipe, judge)?;
        anyhow::Ok(Candidate { arm, seed, head, tuned })
    };
    let basic = run(Arm::Basic, &task.generic, Objective::CrossEntropy, &recipe.first, first_order)?;
    let longer = run(Arm::BasicLonger, &basic.head, Objective::CrossEntropy, &recipe.second, second_order)?;
    let decision = run(Arm::Decision, &basic.head, Objective::Decision, &recipe.second, second_order)?;
    Ok([basic, longer, decision])
}

/// Early stopping: the checkpoint that does best on the tuning images, with its thresholds.
fn best(task: &Task, checkpoints: Vec<Head>, recipe: &Recipe, judge: &mut Judge) -> Result<(Head, Tuned)> {
    let features = task.examples.select(&task.tune.images);
    let mut best: Option<(Head, Tuned)> = None;
    for head in checkpoints {
        let tuned = tune(task, &head.logits(&features)?, recipe, judge)?;
        if best.as_ref().is_none_or(|(_, best)| tuned.error <= best.error) {
            best = Some((head, tuned));
        }
    }
    best.context("a stage needs at least one step and one checkpoint")
}
