//! Everything about one customization that stays fixed: the application, its labels, its images.

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::{Bounds, DecisionProcess, Summary};
use chameleon_loss::{Answer, DecisionLoss, Field, Link, LossConfig, Number};
use chameleon_models::bank::Split;
use chameleon_models::text::SCORES;

use super::examples::Examples;
use super::head::Head;
use super::pool::Pool;
use super::recipe::Recipe;
use super::train_set::TrainSet;
use crate::evaluation::form::Form;
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::Panel;

/// What examples are for, and what that is called.
const SPLITS: [(Split, &str); 3] = [(Split::Train, "training"), (Split::Tune, "tuning"), (Split::Test, "test")];
/// Different true scores that a message lists.
const MOST_SHOWN: usize = 5;
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
    /// Names of the groups of labels that are shifted together: the branches, or the classes of which one is true.
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
        let loss = DecisionLoss::of(process, &answer, config).context("no loss can be made for this application")?;
        if let Some(scores) = loss.program_scores() {
            judge.look_at(scores);
        }
        let Parts { labels, groups, group } = match pool.form() {
            Form::Labels => {
                check_counts(&loss, &pool.examples)?;
                Parts::by_branch(&loss)
            }
            Form::Entity => {
                check_counts(&loss, &pool.examples)?;
                Parts::by_class(&pool.vocabulary.labels)
            }
            Form::Sentiment => {
                check_reach(&process.summary, &pool.examples)?;
                Parts::by_class(&pool.vocabulary.labels)
            }
        };
        let examples = &pool.examples;
        let mut panel = |split| Panel::new(examples.of(split), pool, &labels, loss.top_k(), recipe.weighting, judge);
        let (tune, test) = (panel(Split::Tune)?, panel(Split::Test)?);
        let train = TrainSet::new(pool, recipe, &loss, judge)?;
        let generic = pool.head.rows(&labels);
        Ok(Self { pool, loss, labels, groups, group, generic, train, tune, test })
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

/// The form in which the loss sees the network's outputs.
fn answer(process: &DecisionProcess, pool: &Pool) -> Result<Answer> {
    let field = process.summary.field.clone().unwrap_or_default();
    match pool.form() {
        Form::Labels => Ok(Answer::labels_of(process, &pool.vocabulary)),
        Form::Sentiment => score_answer(field),
        Form::Entity => kind_answer(field, &pool.vocabulary.labels),
    }
}

/// The kind of one entity.
fn kind_answer(name: String, kinds: &[String]) -> Result<Answer> {
    ensure!(
        name == "entities[].type",
        "the decision hangs on {}; only decisions on the types of entities can be customized",
        if name.is_empty() { "no field" } else { &name }
    );
    Ok(Answer::Members { fields: vec![Field { name, members: kinds.to_vec() }], elements: 1 })
}

/// The score of a sentiment.
fn score_answer(field: String) -> Result<Answer> {
    ensure!(
        field.ends_with("sentiment.score") && !field.contains(','),
        "the decision hangs on {}; only decisions on one score can be customized",
        if field.is_empty() { "no score" } else { &field }
    );
    let link = Link::Expectation { values: SCORES.to_vec() };
    Ok(Answer::Numbers { numbers: vec![Number { field, link }] })
}

/// Whether some text's true score takes each branch, but those that are taken at single scores only: no text has these.
fn check_reach(summary: &Summary, examples: &Examples) -> Result<()> {
    let mut scores = examples.scores.clone();
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    for branch in summary.branches.iter().filter(|branch| !branch.regions.iter().flatten().all(is_point)) {
        let reaches = |score: f64| branch.regions.iter().any(|region| region.iter().all(|bounds| holds(bounds, score)));
        ensure!(
            scores.iter().any(|&score| reaches(score)),
            "branch `{}`: no text has a true score that takes it; the true scores are {}",
            branch.name,
            shown(&scores)
        );
        for (split, name) in SPLITS {
            let count = examples.of(split).into_iter().filter(|&i| reaches(examples.scores[i])).count();
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

/// Scores, ascending: all of a few, else how many and from where to where.
fn shown(scores: &[f64]) -> String {
    match scores {
        [low, .., high] if scores.len() > MOST_SHOWN => format!("{} from {low} to {high}", scores.len()),
        _ => scores.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
    }
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
    for (split, name) in SPLITS {
        let images = examples.of(split);
        ensure!(!images.is_empty(), "there are no {name} images");
        for branch in loss.branches() {
            let carries = |&&i: &&usize| {
                examples.targets[i].iter().any(|&label| branch.labels.binary_search(&usize::from(label)).is_ok())
            };
            let count = images.iter().filter(carries).count();
            if count < MIN_IMAGES {
                bail!(
                    "branch `{}`: {count} {name} {} one of its labels, at least {MIN_IMAGES} are needed",
                    branch.name,
                    if count == 1 { "example carries" } else { "examples carry" }
                );
            }
        }
    }
    Ok(())
}
