//! A network of texts as data: what it sees, its sizes, and the tensors it needs.
//!
//! Input, sum of embeddings ([`Encoder`](super::Encoder)), rectifier, linear head; a tagger also has a chain of tags
//! ([`Chain`](super::Chain)).

use serde::{Deserialize, Serialize};

use super::ngrams::NGrams;
use crate::net::Shape;

/// Version of the description's form.
pub const FORMAT_VERSION: u32 = 1;
/// Largest number of features and of outputs: more is a damaged description.
const MOST: usize = 4096;

/// The form of `network.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextNetwork {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// What one row of outputs is of.
    pub input: TextInput,
    /// Features before the head, D.
    pub features: usize,
    /// Outputs of the head, L.
    pub outputs: usize,
}

/// What a network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TextInput {
    /// A whole passage: its n-grams.
    Passage(NGrams),
    /// Each token of a passage with its neighbours; outputs are tags.
    Tokens,
}

/// Why a description is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextNetworkError {
    /// Another version's form.
    #[error("format version {0}; this program reads version {FORMAT_VERSION}")]
    Version(u32),
    /// A number out of its range.
    #[error("{0}")]
    Range(&'static str),
}

impl TextNetwork {
    /// # Errors
    /// A number is out of its range.
    pub fn check(&self) -> Result<(), TextNetworkError> {
        if self.version != FORMAT_VERSION {
            return Err(TextNetworkError::Version(self.version));
        }
        if !(1..=MOST).contains(&self.features) || !(1..=MOST).contains(&self.outputs) {
            return Err(TextNetworkError::Range("features and outputs must be 1 to 4096"));
        }
        match self.input {
            TextInput::Passage(n_grams) if !n_grams.is_sound() => {
                Err(TextNetworkError::Range("n-grams must be of 1 to 4 words and 2 to 8 characters"))
            }
            _ => Ok(()),
        }
    }

    /// Names and shapes of its tensors for a dictionary of `rows` n-grams.
    pub fn parameters(&self, rows: usize) -> Vec<(String, Shape)> {
        let (features, outputs) = (self.features, self.outputs);
        let mut all = vec![
            (super::encoder::EMBEDDING, vec![rows, features]),
            (super::encoder::BIAS, vec![features]),
            (super::model::HEAD_WEIGHT, vec![outputs, features]),
            (super::model::HEAD_BIAS, vec![outputs]),
        ];
        if self.input == TextInput::Tokens {
            all.push((super::chain::TRANSITIONS, vec![outputs, outputs]));
            all.push((super::chain::START, vec![outputs]));
        }
        all.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
    }
}
