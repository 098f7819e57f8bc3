//! Everything about one customization that stays fixed: the application, its labels, its images.

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::DecisionProcess;
use chameleon_loss::{DecisionLoss, Takes};
use chameleon_models::bank::Split;

use super::answer::answer;
use super::examples::Examples;
use super::head::Head;
use super::pool::Pool;
use super::reach::{check_agreement, check_reach, check_true_scores, is_only_met_by_chance};
use super::recipe::Recipe;
use super::repeats::check_repeats;
use super::train_set::TrainSet;
use crate::evaluation::form::Form;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::Panel;

/// What examples are for, and what that is called.
pub(super) const SPLITS: [(Split, &str); 3] =
    [(Split::Train, "training"), (Split::Tune, "tuning"), (Split::Test, "test")];
/// Images that every branch needs in each split: fewer say nothing about it.
pub const MIN_IMAGES: usize = 5;

/// One application with its images.
pub struct Task<'p> {
    /// What it shares with other applications.
    pub pool: &'p Pool,
    /// The decision loss.
    pub loss: DecisionLoss,
    /// The outputs of the application's labels, ascending, n.
    pub labels: Vec<u16>,
    /// Names of the groups of labels that are shifted together: the branches, or the classes of which one is true.
    pub groups: Vec<String>,
    /// The group each of them belongs to.
    pub group: Vec<usize>,
    /// The generic head's rows of the application's labels.
    pub generic: Head,
    /// Images to learn from.
    pub train: TrainSet,
    /// Images to choose by.
    pub tune: Panel,
    /// Images to measure with.
    pub test: Panel,
    /// How many images are in none of the three, since no answer of a model is right for them but by chance.
    pub left_out: usize,
}

impl<'p> Task<'p> {
    /// Prepares a customization.
    ///
    /// # Errors
    /// The decision has no loss, a branch has too few images, or the program cannot be run.
    pub fn new(process: &DecisionProcess, pool: &'p Pool, recipe: &Recipe, judge: &mut Judge<'p>) -> Result<Self> {
        let config = recipe.loss_of(process);
        let loss = match pool.examples.beside.as_deref() {
            Some(beside) => DecisionLoss::beside(process, &pool.vocabulary, config, &beside.situations),
            None => DecisionLoss::of(process, &answer(process, pool)?, config),
        };
        let loss = loss.context("no loss can be made for this application")?;
        if let Some(beside) = pool.examples.beside.as_deref() {
            judge.look_beside(&beside.situations, |situation| loss.situation_class(situation));
        }
        if let Some(scores) = loss.program_scores() {
            judge.look_at(scores);
        }
        let Parts { labels, groups, group } = match pool.form() {
            Form::Labels => {
                check_repeats(process, pool, &loss)?;
                check_counts(&loss, &pool.examples)?;
                Parts::by_branch(&loss)
            }
            Form::Entity => {
                check_counts(&loss, &pool.examples)?;
                Parts::by_class(&pool.vocabulary.labels)
            }
            Form::Sentiment => {
                check_true_scores(&pool.examples, judge)?;
                check_reach(&loss, &pool.examples)?;
                Parts::by_class(&pool.vocabulary.labels)
            }
            Form::Classes => {
                judge.look_at_numbers(&loss);
                check_agreement(&loss, judge)?;
                if loss.numbers().is_empty() {
                    check_counts(&loss, &pool.examples)?;
                } else {
                    check_reach(&loss, &pool.examples)?;
                }
                Parts::by_class(&pool.vocabulary.labels)
            }
        };
        let examples = &pool.examples;
        let told = |image: &usize| !is_only_met_by_chance(&loss, examples.truth(*image));
        let of = |split| -> Vec<usize> { examples.of(split).into_iter().filter(told).collect() };
        let mut panel = |split| Panel::new(of(split), pool, &labels, loss.top_k(), recipe.weighting, judge);
        let (tune, test) = (panel(Split::Tune)?, panel(Split::Test)?);
        let train = of(Split::Train);
        let left_out = examples.split.len() - train.len() - tune.images.len() - test.images.len();
        let train = TrainSet::new(&train, pool, recipe, &loss, judge)?;
        let generic = pool.head.rows(&pool.labels_of(&labels));
        Ok(Self { pool, loss, labels, groups, group, generic, train, tune, test, left_out })
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

    /// One shift for each of the application's labels from one for each group.
    pub fn by_label(&self, by_group: &[f32]) -> Vec<f32> {
        self.group.iter().map(|&k| by_group[k]).collect()
    }
}

/// What of the head is customized.
struct Parts {
    labels: Vec<u16>,
    groups: Vec<String>,
    group: Vec<usize>,
}

impl Parts {
    /// The labels that can change the decision.
    fn by_branch(loss: &DecisionLoss) -> Self {
        let labels: Vec<u16> = loss.labels().into_iter().map(|label| label as u16).collect();
        let owner = |&label: &u16| {
            let owns = |k: &usize| loss.branches()[*k].labels.contains(&usize::from(label));
            (0..loss.branches().len()).find(owns).unwrap_or(0)
        };
        let group = labels.iter().map(owner).collect();
        Self { labels, groups: loss.branches().iter().map(|branch| branch.name.clone()).collect(), group }
    }

    /// All classes: each is a part of the score, or a rival of the others.
    fn by_class(classes: &[String]) -> Self {
        let labels = (0..classes.len() as u16).collect();
        Self { labels, groups: classes.to_vec(), group: (0..classes.len()).collect() }
    }
}

fn check_counts(loss: &DecisionLoss, examples: &Examples) -> Result<()> {
    for (split, name) in SPLITS {
        let images = examples.of(split);
        ensure!(!images.is_empty(), "there are no {name} images");
        for (k, branch) in loss.branches().iter().enumerate() {
            let counts = matches!(branch.takes, Takes::Count(_));
            let carries = |&&i: &&usize| {
                if counts {
                    return loss.right_branches(examples.truth(i))[k];
                }
                examples.targets[i].iter().any(|&label| branch.labels.binary_search(&usize::from(label)).is_ok())
            };
            let count = images.iter().filter(carries).count();
            if count < MIN_IMAGES {
                bail!(
                    "branch `{}`: {count} {name} {} {}, at least {MIN_IMAGES} are needed",
                    branch.name,
                    if count == 1 { "example carries" } else { "examples carry" },
                    if counts { "as many of its labels as it asks for" } else { "one of its labels" }
                );
            }
        }
    }
    Ok(())
}
