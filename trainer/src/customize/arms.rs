//! The arms of the comparison, trained on identical images in identical order.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::head::Head;
use super::objective::Objective;
use super::offsets::{Tuned, tune, untuned};
use super::recipe::{Recipe, Stage};
use super::stage::{self, Trained};
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
    /// A model for a category of labels, shared by all applications, with tuned thresholds.
    #[serde(rename = "K")]
    Specialist,
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
    pub const ALL: [Self; 6] =
        [Self::Generic, Self::Thresholds, Self::Specialist, Self::Basic, Self::BasicLonger, Self::Decision];
    /// Those that are made for one application, the preferred one of equals first.
    pub const OWN: [Self; 4] = [Self::Decision, Self::BasicLonger, Self::Basic, Self::Thresholds];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "G",
            Self::Thresholds => "T",
            Self::Specialist => "K",
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
            Self::Specialist => "specialist of the labels' category",
            Self::Basic => "cross-entropy on the app's labels",
            Self::BasicLonger => "the same, as long as C",
            Self::Decision => "decision loss",
        }
    }
}

/// A model of one arm.
pub struct Candidate {
    /// The arm.
    pub arm: Arm,
    /// The seed it was trained with; several where it is the mean of their models; none without training.
    pub seeds: Vec<u64>,
    /// The application's rows.
    pub head: Head,
    /// Its thresholds, and how it does on the tuning images.
    pub tuned: Tuned,
}

/// The arms that do not train.
///
/// # Errors
/// The program cannot be run.
pub fn untrained(task: &Task, recipe: &Recipe, judge: &mut Judge) -> Result<[Candidate; 2]> {
    let logits = tuning_logits(task, &task.generic)?;
    let candidate = |arm, tuned| Candidate { arm, seeds: Vec::new(), head: task.generic.clone(), tuned };
    Ok([
        candidate(Arm::Generic, untuned(task, &logits, judge)?),
        candidate(Arm::Thresholds, tune(task, &logits, recipe, judge)?),
    ])
}

/// A head of all labels that was trained for other reasons, as a candidate for this application.
///
/// # Errors
/// The program cannot be run.
pub fn specialist(task: &Task, recipe: &Recipe, (seed, all): &(u64, Head), judge: &mut Judge) -> Result<Candidate> {
    let head = all.rows(&task.labels);
    let tuned = tune(task, &tuning_logits(task, &head)?, recipe, judge)?;
    Ok(Candidate { arm: Arm::Specialist, seeds: vec![*seed], head, tuned })
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
    tick: &(dyn Fn() + Sync),
) -> Result<[Candidate; 3]> {
    // Both second stages see the same images in the same order.
    let (first_order, second_order) = (seed.wrapping_mul(2), seed.wrapping_mul(2).wrapping_add(1));
    let mut run = |arm, start: &Head, objective: Objective, stage: &Stage, order| {
        let loss = |images: &[usize], logits: &Tensor| objective.loss(task, images, logits);
        let (examples, groups, generic) = (&task.pool.examples, task.train.groups.as_slice(), &task.generic);
        let checkpoints = stage::train(
            &Trained { examples, groups, generic, rank: recipe.rank, loss: &loss, tick },
            start,
            stage,
            order,
        )?;
        let (head, tuned) = best(task, checkpoints, recipe, judge)?;
        anyhow::Ok(Candidate { arm, seeds: vec![seed], head, tuned })
    };
    let basic = run(Arm::Basic, &task.generic, Objective::CrossEntropy, &recipe.first, first_order)?;
    let longer = run(Arm::BasicLonger, &basic.head, Objective::CrossEntropy, &recipe.second, second_order)?;
    let decision = run(Arm::Decision, &basic.head, Objective::Decision, &recipe.second, second_order)?;
    Ok([basic, longer, decision])
}

/// The mean of an arm's models of several seeds: as quick as one of them, and steadier. None if there is only one.
///
/// # Errors
/// The program cannot be run.
pub fn averaged(
    task: &Task,
    recipe: &Recipe,
    arm: Arm,
    candidates: &[Candidate],
    judge: &mut Judge,
) -> Result<Option<Candidate>> {
    let of_arm: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.arm == arm).collect();
    if of_arm.len() < 2 {
        return Ok(None);
    }
    let head = Head::mean(&of_arm.iter().map(|candidate| &candidate.head).collect::<Vec<_>>())?;
    let tuned = tune(task, &tuning_logits(task, &head)?, recipe, judge)?;
    let seeds = of_arm.iter().flat_map(|candidate| candidate.seeds.clone()).collect();
    Ok(Some(Candidate { arm, seeds, head, tuned }))
}

/// Early stopping: the checkpoint that does best on the tuning images, with its thresholds.
fn best(task: &Task, checkpoints: Vec<Head>, recipe: &Recipe, judge: &mut Judge) -> Result<(Head, Tuned)> {
    let mut best: Option<(Head, Tuned)> = None;
    for head in checkpoints {
        let tuned = tune(task, &tuning_logits(task, &head)?, recipe, judge)?;
        if best.as_ref().is_none_or(|(_, best)| tuned.error <= best.error) {
            best = Some((head, tuned));
        }
    }
    best.context("a stage needs at least one step and one checkpoint")
}

fn tuning_logits(task: &Task, head: &Head) -> Result<Vec<f32>> {
    head.logits(&task.pool.examples.select(&task.tune.images))
}
