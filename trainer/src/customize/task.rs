//! Everything about one customization that stays fixed: the application, its labels, its images.

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::DecisionProcess;
use chameleon_loss::{DecisionLoss, LossConfig};
use chameleon_models::bank::Split;

use super::examples::Examples;
use super::head::Head;
use super::pool::Pool;
use super::recipe::Recipe;
use super::train_set::TrainSet;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::Panel;

/// Images that every branch needs in each split: fewer say nothing about it.
pub const MIN_IMAGES: usize = 5;

/// One application with its images.
pub struct Task<'p> {
    /// What it shares with other applications.
    pub pool: &'p Pool,
    /// The decision loss.
    pub loss: DecisionLoss,
    /// The application's labels: indices in the vocabulary, ascending, n.
    pub labels: Vec<u16>,
    /// The branch each of them belongs to.
    pub branch: Vec<usize>,
    /// The generic head's rows of the application's labels.
    pub generic: Head,
    /// Images to learn from.
    pub train: TrainSet,
    /// Images to choose by.
    pub tune: Panel,
    /// Images to measure with.
    pub test: Panel,
}

impl<'p> Task<'p> {
    /// Prepares a customization.
    ///
    /// # Errors
    /// The decision has no loss, a branch has too few images, or the program cannot be run.
    pub fn new(process: &DecisionProcess, pool: &'p Pool, recipe: &Recipe, judge: &mut Judge) -> Result<Self> {
        Self::check_api(process)?;
        let config = LossConfig { default_top_k: process.api.default_top_k, ..recipe.loss };
        let loss = DecisionLoss::new(&process.summary, &pool.vocabulary, config)
            .context("no loss can be made for this application")?;
        check_counts(&loss, &pool.examples)?;
        let labels: Vec<u16> = loss.labels().into_iter().map(|label| label as u16).collect();
        let owner = |&label: &u16| {
            let owns = |k: &usize| loss.branches()[*k].labels.contains(&usize::from(label));
            (0..loss.branches().len()).find(owns).unwrap_or(0)
        };
        let branch = labels.iter().map(owner).collect();
        let examples = &pool.examples;
        let mut panel = |split| Panel::new(examples.of(split), pool, &labels, loss.top_k(), judge);
        let (tune, test) = (panel(Split::Tune)?, panel(Split::Test)?);
        let train = TrainSet::new(pool, recipe, &loss, judge)?;
        let generic = pool.head.rows(&labels);
        Ok(Self { pool, loss, labels, branch, generic, train, tune, test })
    }

    /// Whether there is a model for the decision's API.
    ///
    /// # Errors
    /// There is none.
    pub fn check_api(process: &DecisionProcess) -> Result<()> {
        ensure!(
            process.api.is("google", "vision", "label_detection"),
            "{} cannot be customized yet; the only model that ships answers google/vision/label_detection",
            process.api.path()
        );
        Ok(())
    }

    /// Logits of one image of all labels: the application's are `own` (n), each with its `offset` (n); the others are
    /// shifted by `others`.
    pub fn full_row(&self, image: usize, own: &[f32], offsets: &[f32], others: f32) -> Vec<f32> {
        let mut row: Vec<f32> = self.pool.row(image).iter().map(|z| z + others).collect();
        for ((&label, z), offset) in self.labels.iter().zip(own).zip(offsets) {
            row[usize::from(label)] = z + offset;
        }
        row
    }

    /// One shift for each of the application's labels from one for each branch.
    pub fn by_label(&self, by_branch: &[f32]) -> Vec<f32> {
        self.branch.iter().map(|&k| by_branch[k]).collect()
    }
}

fn check_counts(loss: &DecisionLoss, examples: &Examples) -> Result<()> {
    for (split, name) in [(Split::Train, "training"), (Split::Tune, "tuning"), (Split::Test, "test")] {
        let images = examples.of(split);
        ensure!(!images.is_empty(), "there are no {name} images");
        for branch in loss.branches() {
            let carries = |&&i: &&usize| {
                examples.targets[i].iter().any(|&label| branch.labels.binary_search(&usize::from(label)).is_ok())
            };
            let count = images.iter().filter(carries).count();
            if count < MIN_IMAGES {
                bail!(
                    "branch `{}`: {count} {name} images carry one of its labels, at least {MIN_IMAGES} are needed",
                    branch.name
                );
            }
        }
    }
    Ok(())
}
