//! The arms of the comparison, trained on identical images in identical order.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::delta::Delta;
use super::head::Head;
use super::objective::Objective;
use super::offsets::{Tuned, tune, untuned};
use super::recipe::{Layers, Recipe, Stage};
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

    /// Whether its models are trained for one application.
    pub fn is_trained(self) -> bool {
        matches!(self, Self::Basic | Self::BasicLonger | Self::Decision)
    }

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
#[derive(Clone)]
pub struct Candidate {
    /// The arm.
    pub arm: Arm,
    /// The seed it was trained with; several where it is the mean of their models; none without training.
    pub seeds: Vec<u64>,
    /// What it changes.
    pub delta: Delta,
    /// Its thresholds, and how it does on the tuning images.
    pub tuned: Tuned,
}

/// The arms that do not train.
///
/// # Errors
/// The program cannot be run.
pub fn untrained(task: &Task, recipe: &Recipe, judge: &mut Judge) -> Result<[Candidate; 2]> {
    let generic = Delta::from(task.generic.clone());
    let candidate = |arm, tuned| Candidate { arm, seeds: Vec::new(), delta: generic.clone(), tuned };
    Ok([
        candidate(Arm::Generic, untuned(task, &generic, judge)?),
        candidate(Arm::Thresholds, tune(task, &generic, recipe, judge)?),
    ])
}

/// A head of all labels that was trained for other reasons, as a candidate for this application.
///
/// # Errors
/// The program cannot be run.
pub fn specialist(task: &Task, recipe: &Recipe, (seed, all): &(u64, Head), judge: &mut Judge) -> Result<Candidate> {
    let delta = Delta::from(all.rows(&task.pool.labels_of(&task.labels)));
    let tuned = tune(task, &delta, recipe, judge)?;
    Ok(Candidate { arm: Arm::Specialist, seeds: vec![*seed], delta, tuned })
}

/// The arms that train, with one seed; layers before the head too, if `layers` says how.
///
/// # Errors
/// The program cannot be run, or libtorch's message.
pub fn trained(
    task: &Task,
    recipe: &Recipe,
    layers: Option<&Layers>,
    seed: u64,
    judge: &mut Judge,
    tick: &(dyn Fn() + Sync),
) -> Result<[Candidate; 3]> {
    // Both second stages see the same images in the same order.
    let (first_order, second_order) = (seed.wrapping_mul(2), seed.wrapping_mul(2).wrapping_add(1));
    let run = |arm, start: &Delta, objective: Objective, stage: &Stage, order, judge: &mut Judge| {
        let loss = |images: &[usize], logits: &Tensor| objective.loss(task, images, logits);
        let (groups, generic) = (task.train.groups.as_slice(), &task.generic);
        let checkpoints = stage::train(
            &Trained { pool: task.pool, groups, generic, rank: recipe.rank, layers, loss: &loss, tick },
            start,
            stage,
            order,
        )?;
        let (delta, tuned) = best(task, checkpoints, recipe, judge)?;
        anyhow::Ok(Candidate { arm, seeds: vec![seed], delta, tuned })
    };
    let [first, second] = match layers {
        None => [&recipe.first, &recipe.second],
        Some(layers) => [&layers.first, &layers.second],
    };
    let basic = run(Arm::Basic, &task.generic.clone().into(), Objective::CrossEntropy, first, first_order, judge)?;
    let mut other_judge = judge.clone();
    let (longer, decision) = rayon::join(
        || run(Arm::BasicLonger, &basic.delta, Objective::CrossEntropy, second, second_order, &mut other_judge),
        || run(Arm::Decision, &basic.delta, Objective::Decision, second, second_order, judge),
    );
    Ok([basic, longer?, decision?])
}

/// The mean of an arm's models of several seeds: as quick as one of them, and steadier, as they all began at the same
/// place (Wortsman et al. 2022). None if there is only one, or if they have adapters, whose products have no mean of the
/// same size.
///
/// # Errors
/// The program cannot be run.
pub fn averaged(
    task: &Task,
    recipe: &Recipe,
    layers: Option<&Layers>,
    arm: Arm,
    candidates: &[Candidate],
    judge: &mut Judge,
) -> Result<Option<Candidate>> {
    let of_arm: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.arm == arm).collect();
    if of_arm.len() < 2 || layers.is_some_and(|layers| layers.rank.is_some()) {
        return Ok(None);
    }
    let delta = Delta::mean(&of_arm.iter().map(|candidate| &candidate.delta).collect::<Vec<_>>())?;
    let tuned = tune(task, &delta, recipe, judge)?;
    let seeds = of_arm.iter().flat_map(|candidate| candidate.seeds.clone()).collect();
    Ok(Some(Candidate { arm, seeds, delta, tuned }))
}

/// Early stopping: the checkpoint that does best on the tuning images, with its thresholds.
fn best(task: &Task, checkpoints: Vec<Delta>, recipe: &Recipe, judge: &mut Judge) -> Result<(Delta, Tuned)> {
    let mut best: Option<(Delta, Tuned)> = None;
    for delta in checkpoints {
        let tuned = tune(task, &delta, recipe, judge)?;
        if best.as_ref().is_none_or(|(_, best)| tuned.error <= best.error) {
            best = Some((delta, tuned));
        }
    }
    best.context("a stage needs at least one step and one checkpoint")
}
