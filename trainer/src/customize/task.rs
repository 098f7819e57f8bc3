//! Everything about one customization that stays fixed: the application, its labels, its images.

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::{Bounds, DecisionProcess, Summary};
use chameleon_loss::{Answer, DecisionLoss, Link, LossConfig, Number, Truth};
use chameleon_models::bank::Split;
use chameleon_models::text::SCORES;

use super::examples::Examples;
use super::head::Head;
use super::pool::Pool;
use super::recipe::Recipe;
use super::train_set::TrainSet;
use crate::evaluation::form::{Form, TRUE_SCORES};
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
    /// Names of the groups of labels that are shifted together: the branches, or the classes of a sentiment.
    pub groups: Vec<String>,
    /// The group each label belongs to.
    pub group: Vec<usize>,
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
        let config = LossConfig { default_top_k: process.api.default_top_k, ..recipe.loss };
        let answer = answer(process, pool)?;
        let loss = DecisionLoss::with_answer(&process.summary, &answer, config)
            .context("no loss can be made for this application")?;
        let Parts { labels, groups, group } = match pool.form() {
            Form::Labels => {
                check_counts(&loss, &pool.examples)?;
                Parts::by_branch(&loss)
            }
            Form::Sentiment => {
                check_reach(&process.summary)?;
                Parts::by_class(&pool.vocabulary.labels)
            }
        };
        let examples = &pool.examples;
        let mut panel = |split| Panel::new(examples.of(split), pool, &labels, loss.top_k(), judge);
        let (tune, test) = (panel(Split::Tune)?, panel(Split::Test)?);
        let train = TrainSet::new(pool, recipe, &loss, judge)?;
        let generic = pool.head.rows(&labels);
        Ok(Self { pool, loss, labels, groups, group, generic, train, tune, test })
    }

    /// What is true of an image, as the loss takes it.
    pub fn truth<'t>(&self, labels: &'t [u16]) -> Truth<'t> {
        match (self.pool.form(), labels) {
            (Form::Sentiment, &[class]) => Truth::Numbers(score_of(class)),
            _ => Truth::Labels(labels),
        }
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

    /// All classes: each is a part of the score.
    fn by_class(classes: &[String]) -> Self {
        let labels = (0..classes.len() as u16).collect();
        Self { labels, groups: classes.to_vec(), group: (0..classes.len()).collect() }
    }
}

/// The score that is right for a text of a class, as a list of one.
fn score_of(class: u16) -> &'static [f64] {
    TRUE_SCORES.get(usize::from(class)).map_or(&[], std::slice::from_ref)
}

/// The form in which the loss sees the network's outputs.
fn answer(process: &DecisionProcess, pool: &Pool) -> Result<Answer> {
    if pool.form() == Form::Labels {
        return Ok(Answer::labels(&pool.vocabulary));
    }
    let field = process.summary.field.clone().unwrap_or_default();
    ensure!(
        field.ends_with("sentiment.score") && !field.contains(','),
        "the decision hangs on {}; only decisions on one score can be customized",
        if field.is_empty() { "no score" } else { &field }
    );
    let link = Link::Expectation { values: SCORES.to_vec() };
    Ok(Answer::Numbers { numbers: vec![Number { field, link }] })
}

/// Whether some class's true score takes each branch, but those that are taken at single scores only: no text has these.
fn check_reach(summary: &Summary) -> Result<()> {
    for branch in summary.branches.iter().filter(|branch| !branch.regions.iter().flatten().all(is_point)) {
        let reaches = |score: f64| branch.regions.iter().any(|region| region.iter().all(|bounds| holds(bounds, score)));
        ensure!(
            TRUE_SCORES.into_iter().any(reaches),
            "branch `{}`: no class of text has a true score (one of {TRUE_SCORES:?}) that takes it",
            branch.name
        );
    }
    Ok(())
}

fn is_point(bounds: &Bounds) -> bool {
    bounds.low.zip(bounds.high).is_some_and(|(low, high)| low.value >= high.value)
}

fn holds(bounds: &Bounds, score: f64) -> bool {
    let above = |limit: chameleon_decision::Limit| score > limit.value || (limit.inclusive && score >= limit.value);
    let below = |limit: chameleon_decision::Limit| score < limit.value || (limit.inclusive && score <= limit.value);
    bounds.low.is_none_or(above) && bounds.high.is_none_or(below)
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
