//! The form in which the loss sees the network's outputs.

use anyhow::{Result, ensure};
use chameleon_decision::{DecisionProcess, Shape, show_path};
use chameleon_loss::{Answer, Class, Field, Link, Number};
use chameleon_models::text::{CLASSES, SCORES};

use super::pool::Pool;
use crate::evaluation::answers::Style;
use crate::evaluation::form::Form;

/// The class of sentiment that is none of the network's: no text of one sentence is of it.
const MIXED: &str = "mixed";

/// The answer that the process decides by, made by the network of the pool.
///
/// # Errors
/// The process decides by a part of the answer that nothing is trained for.
pub(super) fn answer(process: &DecisionProcess, pool: &Pool) -> Result<Answer> {
    let field = process.summary.field.clone().unwrap_or_default();
    match pool.form() {
        Form::Labels => Ok(labels(process, pool, pool.examples.ranks)),
        Form::Sentiment => score(field),
        Form::Classes => Ok(classes(Style::of(&process.api))),
        Form::Entity => kind(field, process, &pool.vocabulary.labels),
    }
}

/// Labels, of each at most so many as can be told apart.
pub(super) fn labels(process: &DecisionProcess, pool: &Pool, ranks: usize) -> Answer {
    match Answer::labels_of(process, &pool.vocabulary) {
        Answer::Labels { vocabulary, percent, most } => Answer::Labels { vocabulary, percent, most: most.min(ranks) },
        other => other,
    }
}

/// The kind of one entity.
fn kind(name: String, process: &DecisionProcess, kinds: &[String]) -> Result<Answer> {
    ensure!(
        name == format!("{}entities[].type", Style::of(&process.api).prefix()),
        "the decision hangs on {}; only decisions on the types of entities can be customized",
        if name.is_empty() { "no field" } else { &name }
    );
    let leaves = process.api.answer.leaves();
    let never = leaves.into_iter().filter(|(path, _)| show_path(path) == name).flat_map(|(_, leaf)| match leaf {
        Shape::Choice(choice) => choice.members.as_slice(),
        Shape::Word(words) => words,
        _ => &[],
    });
    let never = never.filter(|member| !kinds.contains(member)).cloned().collect();
    Ok(Answer::Members { fields: vec![Field { name, members: kinds.to_vec(), never }], elements: 1 })
}

/// The score of a sentiment.
fn score(field: String) -> Result<Answer> {
    ensure!(
        field.ends_with("sentiment.score") && !field.contains(','),
        "the decision hangs on {}; only decisions on one score can be customized",
        if field.is_empty() { "no score" } else { &field }
    );
    let link = Link::Expectation { values: SCORES.to_vec() };
    Ok(Answer::Numbers { numbers: vec![Number { field, at: 0, link }] })
}

/// The classes of sentiment.
fn classes(style: Style) -> Answer {
    let prefix = style.prefix();
    let class = |name: &str| Class { member: name.to_uppercase(), share: format!("{prefix}sentiment_score.{name}") };
    Answer::Classes {
        field: format!("{prefix}sentiment"),
        classes: CLASSES.map(class).to_vec(),
        never: vec![class(MIXED)],
    }
}
