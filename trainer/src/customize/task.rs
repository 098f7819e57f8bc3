//! Everything about one customization that stays fixed: the application, its labels, its images.

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::DecisionProcess;
use chameleon_loss::{DecisionLoss, LossConfig};
use chameleon_models::bank::Split;
use chameleon_models::zoo::ImageLabels;

use super::examples::Examples;
use super::head::Head;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::Panel;
use crate::evaluation::strata::Strata;

/// Images that every branch needs in each split: fewer say nothing about it.
pub const MIN_IMAGES: usize = 5;

/// One application with its images.
pub struct Task {
    /// The decision loss.
    pub loss: DecisionLoss,
    /// The application's labels: indices in the vocabulary, ascending, n.
    pub labels: Vec<u16>,
    /// The branch each of them belongs to.
    pub branch: Vec<usize>,
    /// The images.
    pub examples: Examples,
    /// The generic head's rows of the application's labels.
    pub generic: Head,
    /// Logits of the generic head for all images and labels, (N, L).
    pub generic_logits: Vec<f32>,
    /// L.
    pub width: usize,
    /// Indices of the training images.
    pub train: Vec<usize>,
    /// The training images by right decision; places in `train`.
    pub train_strata: Strata,
    /// Images to choose by.
    pub tune: Panel,
    /// Images to measure with.
    pub test: Panel,
}

impl Task {
    /// Prepares a customization.
    ///
    /// # Errors
    /// The decision has no loss, a branch has too few images, or the program cannot be run.
    pub fn new(
        process: &DecisionProcess,
        model: &ImageLabels,
        examples: Examples,
        config: LossConfig,
        judge: &mut Judge,
    ) -> Result<Self> {
        ensure!(
            process.api.is("google", "vision", "label_detection"),
            "{} cannot be customized yet; the only model that ships answers google/vision/label_detection",
            process.api.path()
        );
        let config = LossConfig { default_top_k: process.api.default_top_k, ..config };
        let loss = DecisionLoss::new(&process.summary, &model.vocabulary(), config)
            .context("no loss can be made for this application")?;
        check_counts(&loss, &examples)?;
        let labels: Vec<u16> = loss.labels().into_iter().map(|label| label as u16).collect();
        let owner = |&label: &u16| {
            let owns = |k: &usize| loss.branches()[*k].labels.contains(&usize::from(label));
            (0..loss.branches().len()).find(owns).unwrap_or(0)
        };
        let branch = labels.iter().map(owner).collect();
        let head = Head::generic(model)?;
        let width = model.labels.len();
        let generic_logits = head.logits(&examples.features)?;
        let mut panel = |split| {
            let logits = (generic_logits.as_slice(), width);
            Panel::new(examples.of(split), &examples.targets, logits, &labels, loss.top_k(), judge)
        };
        let (tune, test) = (panel(Split::Tune)?, panel(Split::Test)?);
        let train = examples.of(Split::Train);
        let decisions = train.iter().map(|&i| Ok(judge.right(&examples.targets[i])?.decision));
        let train_strata = Strata::new(&decisions.collect::<Result<Vec<_>>>()?);
        let generic = head.rows(&labels);
        Ok(Self { loss, labels, branch, examples, generic, generic_logits, width, train, train_strata, tune, test })
    }

    /// Logits of one image of all labels, the application's taken from `own` (n) with its `offsets`.
    pub fn full_row(&self, image: usize, own: &[f32], offsets: &[f32]) -> Vec<f32> {
        let mut row = self.generic_logits[image * self.width..(image + 1) * self.width].to_vec();
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
