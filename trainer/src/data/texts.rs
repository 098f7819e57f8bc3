//! Labelled texts: each with labels, or with the score of its sentiment.
//!
//! | layout | form |
//! |---|---|
//! | CSV, TSV | a column `text` (`content`, `sentence`, ...) and one of `label` (`labels`, `class`, `sentiment`, `topic`, ...) or `score`; several labels in a cell are separated by `;` or `\|` |
//! | JSON Lines | the same keys; a label may be a list |
//! | Parquet | the same columns |
//!
//! A folder may hold several such lists, if the names of all say their splits, as `train.csv` does; or parts of one in
//! Parquet. Class numbers have their names in a `classes.txt` beside the lists, as those of images do.

mod collect;
mod list;
mod rows;

use std::path::Path;

use chameleon_models::bank::Split;

use super::split::{self, Dealt};
use super::{DataError, Labels};
use collect::Collector;

/// Labelled texts of one source.
#[derive(Clone, Debug)]
pub struct TextSet {
    /// What it is, for the report.
    pub source: String,
    /// The texts, in the order of the source.
    pub records: Vec<TextRecord>,
    /// What was left out of the source, and why; for people.
    pub notes: Vec<String>,
}

/// One text with what is true of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRecord {
    /// The text.
    pub text: String,
    /// Indices in the vocabulary, ascending; `None` where there is only a score.
    pub labels: Option<Vec<u16>>,
    /// The score of its sentiment, in -1..1.
    pub score: Option<f64>,
    /// What the source says it is for.
    pub split: Option<Split>,
    /// Where it stands: a file with a line or row.
    pub place: String,
}

impl TextRecord {
    fn dealt(&self) -> Dealt<'_> {
        Dealt { name: &self.text, labels: self.labels.as_deref().unwrap_or_default(), split: self.split }
    }
}

impl TextSet {
    /// What each text is for: what the source says, and where it says nothing, half to train and a quarter each to
    /// tune and to test among the texts with the same labels.
    pub fn splits(&self) -> Vec<Split> {
        split::complete(&self.records.iter().map(TextRecord::dealt).collect::<Vec<_>>())
    }
}

/// Reads the labelled texts at a path.
///
/// # Errors
/// Nothing there is in a known layout, a file is damaged, or names are not in the vocabulary. The message says where
/// and what to do.
pub fn read(path: &Path, labels: &Labels) -> Result<TextSet, DataError> {
    let mut collector = Collector::new(labels);
    list::read(path, &mut collector)?;
    collector.finish(path)
}
