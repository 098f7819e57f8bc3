//! What an API answered, independent of the wire.

use serde::{Deserialize, Serialize};

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
    /// Labels in the API's order, highest score first.
    Labels {
        /// The labels.
        labels: Vec<Label>,
    },
}

impl ApiOutput {
    /// An answer of these labels as sure as can be, highest score first: no API sends two labels of the very same score.
    pub(crate) fn sure<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::labels((0_u32..).zip(labels).map(|(place, label)| (label, 1.0 - f64::from(place) * SCORE_STEP)))
    }

    /// Labels with scores, kept in the order given.
    pub fn labels<S: Into<String>>(labels: impl IntoIterator<Item = (S, f64)>) -> Self {
        let labels =
            labels.into_iter().map(|(description, score)| Label { description: description.into(), score }).collect();
        Self::Labels { labels }
    }
}
