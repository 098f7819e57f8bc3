//! The form in which the loss sees the network's outputs.

use anyhow::Result;
use chameleon_decision::DecisionProcess;
use chameleon_loss::{Answer, Classifier};
use chameleon_models::text::{CLASSES, SCORES};

use super::pool::Pool;
use crate::evaluation::form::Form;

/// The answer that the process decides by, made by the network of the pool.
///
/// # Errors
/// The process decides by a part of the answer that nothing is trained for.
pub(super) fn answer(process: &DecisionProcess, pool: &Pool) -> Result<Answer> {
    let classifier = match pool.form() {
        Form::Labels => return Ok(labels(process, pool, pool.examples.ranks)),
        Form::Sentiment | Form::Classes => Classifier::Sentiment { classes: &CLASSES, scores: &SCORES },
        Form::Entity => Classifier::Entity { kinds: &pool.vocabulary.labels },
    };
    Ok(Answer::of_classifier(process, &classifier)?)
}

/// Labels, of each at most so many as can be told apart.
pub(super) fn labels(process: &DecisionProcess, pool: &Pool, ranks: usize) -> Answer {
    match Answer::labels_of(process, &pool.vocabulary) {
        Answer::Labels { vocabulary, percent, most } => Answer::Labels { vocabulary, percent, most: most.min(ranks) },
        other => other,
    }
}
