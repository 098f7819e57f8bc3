//! Rows of all lists to texts: labels are resolved, and what is wrong with many rows is said once.

use std::collections::HashMap;
use std::path::Path;

use chameleon_models::bank::Split;

use super::rows::Row;
use super::{TextRecord, TextSet};
use crate::data::codes::Codes;
use crate::data::error::UnknownLabels;
use crate::data::layout::split_named;
use crate::data::parquet::UNKNOWN;
use crate::data::{DataError, Labels};

/// The texts found so far.
pub(super) struct Collector<'a> {
    labels: &'a Labels,
    /// The tables of names found so far.
    pub(super) codes: Codes,
    records: Vec<TextRecord>,
    /// Names that are no label, with the number of their texts, and where the first is.
    unknown: HashMap<String, usize>,
    unknown_place: Option<String>,
    /// Texts of which nothing is said.
    unlabelled: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(labels: &'a Labels) -> Self {
        Self {
            labels,
            codes: Codes::default(),
            records: Vec::new(),
            unknown: HashMap::new(),
            unknown_place: None,
            unlabelled: 0,
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// Its text is empty, its score no number in -1..1, or its split none.
    pub(super) fn add(&mut self, row: Row, split: Option<Split>, place: String) -> Result<(), DataError> {
        if row.text.trim().is_empty() {
            return Err(DataError::format(place, "the text is empty; leave the row out"));
        }
        let score = row.score.as_deref().map(score).transpose().map_err(|reason| DataError::format(&place, reason))?;
        let is_unknown = |names: &Vec<String>| !names.is_empty() && names.iter().all(|name| name == UNKNOWN);
        if row.labels.as_ref().is_none_or(is_unknown) && score.is_none() {
            self.unlabelled += 1;
            return Ok(());
        }
        let split = match row.split.as_deref() {
            None => split,
            Some(word) => Some(split_named(word).ok_or_else(|| {
                DataError::format(&place, format_args!("`{word}` is no split; expected train, validation or test"))
            })?),
        };
        let labels = row.labels.map(|names| {
            let mut labels: Vec<u16> = names.iter().flat_map(|name| self.resolve(name, &place)).collect();
            labels.sort_unstable();
            labels.dedup();
            labels
        });
        self.records.push(TextRecord { text: row.text, labels, score, split, place });
        Ok(())
    }

    /// Indices of the labels of a name or code. Names that have none are remembered.
    fn resolve(&mut self, code: &str, place: &str) -> Vec<u16> {
        let mut found = Vec::new();
        for name in self.codes.names(code) {
            if let Some(labels) = self.labels.resolve(&name) {
                found.extend(labels);
            } else {
                *self.unknown.entry(name).or_default() += 1;
                self.unknown_place.get_or_insert_with(|| place.to_owned());
            }
        }
        found
    }

    /// The texts, which come from `source`.
    ///
    /// # Errors
    /// There is none, or names are no labels.
    pub(super) fn finish(self, source: &Path) -> Result<TextSet, DataError> {
        if let Some(place) = self.unknown_place {
            return Err(UnknownLabels::new(self.unknown, place, self.labels.names()).into());
        }
        if self.records.is_empty() {
            let reason = "no labelled text in it; expected a list of texts (CSV, JSON Lines, Parquet)";
            return Err(DataError::format(source.display(), reason));
        }
        let note = format!(
            "{}: {} texts have no known label (null or -1) and are left out",
            source.display(),
            self.unlabelled
        );
        let notes = if self.unlabelled > 0 { vec![note] } else { Vec::new() };
        Ok(TextSet { source: source.display().to_string(), records: self.records, notes })
    }
}

/// A score of sentiment.
fn score(written: &str) -> Result<f64, String> {
    let score = written.parse::<f64>().ok().filter(|score| (-1.0..=1.0).contains(score));
    score.ok_or_else(|| format!("the score is `{written}`; expected a number in -1..1, negative to positive"))
}
