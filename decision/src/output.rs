//! What an API answered, independent of the wire.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::shape::Shape;

/// One label of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The label's words, e.g. `Houseplant`.
    pub description: String,
    /// Confidence in 0..1.
    pub score: f64,
}

/// Between the scores of labels that are all as good as sure.
const SCORE_STEP: f64 = 1e-6;

/// The answer to one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApiOutput {
    /// Named and scored items in the API's order, highest score first, whatever the API calls them: labels, categories,
    /// objects. An answer of another shape shows them as its first list of named items.
    Labels {
        /// The labels.
        labels: Vec<Label>,
    },
    /// An answer of the API's own [`Shape`]: field names in snake case, members of enumerations by their names, what is
    /// absent has protobuf's default.
    Answer {
        /// The answer.
        answer: Json,
    },
}

impl ApiOutput {
    /// An answer of these labels as sure as can be, highest score first: no API sends two labels of the very same score.
    pub fn sure<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::labels((0_u32..).zip(labels).map(|(place, label)| (label, 1.0 - f64::from(place) * SCORE_STEP)))
    }

    /// Labels with scores, kept in the order given.
    pub fn labels<S: Into<String>>(labels: impl IntoIterator<Item = (S, f64)>) -> Self {
        let labels =
            labels.into_iter().map(|(description, score)| Label { description: description.into(), score }).collect();
        Self::Labels { labels }
    }

    /// A text that only the same answer has.
    pub fn key(&self) -> String {
        match self {
            Self::Answer { answer } => answer.to_string(),
            Self::Labels { labels } => {
                let mut key = String::new();
                for Label { description, score } in labels {
                    // Writing to a string does not fail.
                    let _ = write!(key, "{}:{description}{:x};", description.len(), score.to_bits());
                }
                key
            }
        }
    }

    /// The answer in the shape of the API; fields that neither name nor score have their defaults.
    pub fn answer(&self, shape: &Shape) -> Json {
        match self {
            Self::Answer { answer } => answer.clone(),
            Self::Labels { labels } => listed(shape, labels, &mut false),
        }
    }
}

/// Fills the first list of named items with the labels.
fn listed(shape: &Shape, labels: &[Label], done: &mut bool) -> Json {
    match shape {
        Shape::Record(fields) => {
            Json::Object(fields.iter().map(|(name, field)| (name.clone(), listed(field, labels, done))).collect())
        }
        Shape::Single(item) => listed(item, labels, done),
        // A list that always has an item has one of no name where there are no labels.
        Shape::NonEmpty(_) if labels.is_empty() => shape.nothing(),
        Shape::List(item) | Shape::NonEmpty(item) if !*done && is_called(item, &Shape::Name) => {
            *done = true;
            Json::Array(labels.iter().map(|label| item_of(item, label)).collect())
        }
        Shape::List(item) | Shape::NonEmpty(item) if is_called(item, &Shape::SameName) => {
            Json::Array(labels.iter().map(|label| item_of(item, label)).collect())
        }
        // The items may be in a list of one that holds them: the faces that one person of a video is like.
        Shape::List(item) | Shape::NonEmpty(item) if !*done && !labels.is_empty() && has_names(item) => {
            Json::Array(vec![listed(item, labels, done)])
        }
        Shape::Names => {
            let names: Vec<&str> = labels.iter().map(|label| label.description.as_str()).collect();
            Json::from(names.join("\n"))
        }
        other => other.nothing(),
    }
}

/// A score as the percentage that is written for it: 55 for 0.55, of which the product is a little more.
pub(crate) fn percent(score: f64) -> f64 {
    /// Scores of so many decimals are taken for written ones.
    const DECIMALS: f64 = 1e6;
    let written = (score * DECIMALS).round();
    if (written / DECIMALS).to_bits() == score.to_bits() { written / (DECIMALS / 100.0) } else { score * 100.0 }
}

/// Whether an item has a name of this kind, be it in a record within.
fn is_called(item: &Shape, name: &Shape) -> bool {
    match item {
        Shape::Record(fields) => fields.values().any(|field| is_called(field, name)),
        Shape::Single(item) => is_called(item, name),
        leaf => leaf == name,
    }
}

/// Whether a list of items with names is in a part.
fn has_names(part: &Shape) -> bool {
    match part {
        Shape::Record(fields) => fields.values().any(has_names),
        Shape::List(item) | Shape::NonEmpty(item) => is_called(item, &Shape::Name) || has_names(item),
        Shape::Single(item) => has_names(item),
        _ => false,
    }
}

fn item_of(shape: &Shape, label: &Label) -> Json {
    match shape {
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), item_of(field, label)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Shape::Single(item) => item_of(item, label),
        Shape::Name | Shape::SameName => Json::from(label.description.as_str()),
        Shape::Score => Json::from(label.score),
        Shape::Percent => Json::from(percent(label.score)),
        other => other.nothing(),
    }
}
