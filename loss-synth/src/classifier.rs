//! The form of answer that a classifier of texts gives an API.

use chameleon_decision::{DecisionProcess, Shape, show_path};

use crate::answer::{Answer, Class, Field, Number, members_of};
use crate::error::LossError;
use crate::link::Link;

/// Ends of the paths of those leaves of an answer that classifiers know.
const MOOD: &str = "sentiment";
const SCORE: &str = "sentiment.score";
const KIND: &str = "entities[].type";

/// What a row of a model's raw outputs is, whichever API it answers: one a class, of which one is true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Classifier<'m> {
    /// Of the mood of a text of one sentence.
    Sentiment {
        /// The classes, in lower case.
        classes: &'m [&'m str],
        /// The score that each stands for.
        scores: &'m [f64],
    },
    /// Of the kind of the one entity that a text names.
    Entity {
        /// The kinds, as the API calls them.
        kinds: &'m [String],
    },
}

impl Answer {
    /// The form of answer that the process decides by, made by a classifier.
    ///
    /// # Errors
    /// [`LossError::Unanswered`]: the process decides by something else.
    pub fn of_classifier(process: &DecisionProcess, classifier: &Classifier) -> Result<Self, LossError> {
        let field = process.summary.field.clone().unwrap_or_default();
        let leaves = process.api.answer.leaves();
        let mut leaves = leaves.iter().map(|(path, leaf)| (show_path(path), *leaf));
        match classifier {
            Classifier::Sentiment { classes, scores } => {
                let is_mood = |(name, leaf): &(String, &Shape)| ends_with(name, MOOD) && matches!(leaf, Shape::Word(_));
                match leaves.find(is_mood) {
                    Some((name, leaf)) => Ok(of_classes(name, classes, leaf)),
                    None => of_score(field, scores),
                }
            }
            Classifier::Entity { kinds } => {
                let found = leaves.find(|(name, _)| *name == field && ends_with(name, KIND));
                let (name, leaf) = found.ok_or_else(|| unanswered(field.clone(), "the types of entities"))?;
                let never = members_of(leaf).into_iter().filter(|member| !kinds.contains(member)).collect();
                Ok(Self::Members { fields: vec![Field { name, members: kinds.to_vec(), never }], elements: 1 })
            }
        }
    }
}

/// Whether the path of a leaf ends with these steps.
fn ends_with(name: &str, steps: &str) -> bool {
    name.strip_suffix(steps).is_some_and(|before| before.is_empty() || before.ends_with(['.', '_']))
}

/// The mood as a class, with the shares of all beside it.
fn of_classes(field: String, classes: &[&str], leaf: &Shape) -> Answer {
    let class =
        |name: &str| Class { member: name.to_uppercase(), share: format!("{field}_score.{}", name.to_lowercase()) };
    let never = members_of(leaf);
    let never = never.iter().filter(|member| !classes.iter().any(|class| class.eq_ignore_ascii_case(member)));
    Answer::Classes {
        classes: classes.iter().map(|name| class(name)).collect(),
        never: never.map(|member| class(member)).collect(),
        field,
    }
}

/// The mood as one score.
fn of_score(field: String, scores: &[f64]) -> Result<Answer, LossError> {
    if !ends_with(&field, SCORE) || field.contains(',') {
        return Err(unanswered(field, "one score"));
    }
    let link = Link::Expectation { values: scores.to_vec() };
    Ok(Answer::Numbers { numbers: vec![Number { field, at: 0, link }] })
}

fn unanswered(field: String, only: &'static str) -> LossError {
    LossError::Unanswered { field: if field.is_empty() { "no field".to_owned() } else { field }, only }
}
