//! All arms of one application, at every depth that is tried.

use anyhow::{Context, Result};
use chameleon_decision::DecisionProcess;
use rayon::prelude::*;

use super::arms::{self, Arm, Candidate, averaged, trained, untrained};
use super::head::Head;
use super::measure::{self, Measured};
use super::pool::Pool;
use super::recipe::{Layers, Recipe};
use super::remarks;
use super::report::Attempt;
use super::task::Task;
use crate::evaluation::judge::Judge;

/// A comparison under way.
pub struct Trial<'p> {
    app: String,
    seeds: Vec<u64>,
    /// The application with its images.
    pub(super) task: Task<'p>,
    judge: Judge<'p>,
    attempts: Vec<Attempt>,
    best: Option<(Vec<Candidate>, Measured)>,
}

/// A comparison with its result.
pub struct Compared<'p> {
    /// The application with its images.
    pub task: Task<'p>,
    /// The models of the depth that does best on the tuning images.
    pub candidates: Vec<Candidate>,
    /// Their result.
    pub measured: Measured,
}

impl<'p> Trial<'p> {
    /// Prepares the comparison for one application.
    ///
    /// # Errors
    /// The application cannot be customized with these images.
    pub fn new(
        app: &str,
        process: &'p DecisionProcess,
        pool: &'p Pool,
        seeds: &[u64],
        recipe: &Recipe,
    ) -> Result<Self> {
        let mut judge = Judge::new(process, pool.form(), &pool.outputs)?;
        let task = Task::new(process, pool, recipe, &mut judge)?;
        Ok(Self { app: app.to_owned(), seeds: seeds.to_vec(), task, judge, attempts: Vec::new(), best: None })
    }

    /// What there is to say of examples that are left out, if some are.
    pub fn left_out(&self) -> Option<String> {
        remarks::left_out(self.task.left_out)
    }

    /// Trains and measures all arms, one thread a seed: the rows of the head. `specialists` are heads of all labels with
    /// their seeds; without them that arm is left out.
    ///
    /// # Errors
    /// The program cannot be run, or libtorch's message.
    pub fn head(&mut self, recipe: &Recipe, specialists: &[(u64, Head)], tick: &(dyn Fn() + Sync)) -> Result<()> {
        let mut candidates = Vec::from(untrained(&self.task, recipe, &mut self.judge)?);
        for specialist in specialists {
            candidates.push(arms::specialist(&self.task, recipe, specialist, &mut self.judge)?);
        }
        self.attempt(candidates, recipe, None, tick)
    }

    /// As [`Trial::head`], after it: rows and layers before them, if the recipe says how.
    ///
    /// # Errors
    /// As [`Trial::head`].
    pub fn layers(&mut self, recipe: &Recipe, tick: &(dyn Fn() + Sync)) -> Result<()> {
        let Some(layers) = recipe.layers.as_ref().filter(|_| self.task.pool.body.is_some()) else { return Ok(()) };
        let (candidates, _) = self.best.as_ref().context("the head comes first")?;
        let untrained = candidates.iter().filter(|candidate| !candidate.arm.is_trained()).cloned().collect();
        self.attempt(untrained, recipe, Some(layers), tick)
    }

    fn attempt(
        &mut self,
        mut candidates: Vec<Candidate>,
        recipe: &Recipe,
        layers: Option<&Layers>,
        tick: &(dyn Fn() + Sync),
    ) -> Result<()> {
        let Self { app, seeds, task, judge, attempts, best } = self;
        let by_seed: Vec<[Candidate; 3]> = seeds
            .par_iter()
            .map(|&seed| trained(task, recipe, layers, seed, &mut judge.clone(), tick))
            .collect::<Result<_>>()?;
        candidates.extend(by_seed.into_iter().flatten());
        let means: Vec<Option<Candidate>> = Arm::OWN
            .par_iter()
            .map(|&arm| averaged(task, recipe, layers, arm, &candidates, &mut judge.clone()))
            .collect::<Result<_>>()?;
        candidates.extend(means.into_iter().flatten());
        let measured = measure::measure(app, task, recipe, seeds, &candidates, judge)?;
        attempts.push(Attempt::new(layers, &measured.evaluation));
        let error = |measured: &Measured| measured.evaluation.served.tuning;
        if best.as_ref().is_none_or(|(_, best)| error(&measured) < error(best)) {
            *best = Some((candidates, measured));
        }
        Ok(())
    }

    /// What does best on the tuning images; of equals the first that was tried.
    ///
    /// # Errors
    /// Nothing was tried.
    pub fn finish(self) -> Result<Compared<'p>> {
        let (candidates, mut measured) = self.best.context("nothing was tried")?;
        measured.evaluation.attempts = self.attempts;
        Ok(Compared { task: self.task, candidates, measured })
    }
}
