//! What all readers of layouts have in common: labels are resolved, rows about the same image become one record, and
//! what is wrong with many rows is said once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;

use super::error::{MissingImages, UnknownLabels};
use super::{Content, DataError, DataSet, ImageSource, Labels, Record};

/// A record before its names are resolved.
pub(super) struct Item {
    /// The image.
    pub image: ImageSource,
    /// What the source says it is for.
    pub split: Option<Split>,
    /// Where its labels stand.
    pub place: String,
}

/// The records found so far.
pub(super) struct Collector<'a> {
    root: &'a Path,
    labels: &'a Labels,
    resolved: HashMap<String, Option<Vec<u16>>>,
    unknown: Vec<(String, usize)>,
    unknown_place: Option<String>,
    missing: MissingImages,
    records: Vec<Record>,
    by_name: HashMap<String, usize>,
    notes: Vec<String>,
}

impl<'a> Collector<'a> {
    /// Of the data at `root`.
    pub(super) fn new(root: &'a Path, labels: &'a Labels) -> Self {
        Self {
            root,
            labels,
            resolved: HashMap::new(),
            unknown: Vec::new(),
            unknown_place: None,
            missing: MissingImages { first: Vec::new(), missing: 0, listed: 0 },
            records: Vec::new(),
            by_name: HashMap::new(),
            notes: Vec::new(),
        }
    }

    /// Takes an image with names of its labels. An image that is already there carries the labels of both.
    ///
    /// # Errors
    /// It is already there for another split.
    pub(super) fn add<'n>(&mut self, item: Item, names: impl IntoIterator<Item = &'n str>) -> Result<(), DataError> {
        let labels: Vec<u16> = names.into_iter().flat_map(|name| self.resolve(name, &item.place)).collect();
        let name = item.image.name(self.root);
        let i = match self.by_name.get(&name) {
            Some(&i) => i,
            None => self.push(name, item.image, item.split, &item.place),
        };
        let record = &mut self.records[i];
        if record.split != item.split {
            let reason = format!("`{}` is also in {}, for another split; leave it in one", record.name, record.place);
            return Err(DataError::format(item.place, reason));
        }
        record.labels.extend(labels);
        record.labels.sort_unstable();
        record.labels.dedup();
        Ok(())
    }

    fn push(&mut self, name: String, image: ImageSource, split: Option<Split>, place: &str) -> usize {
        if let ImageSource::File(path) = &image {
            self.missing.listed += 1;
            if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
                self.missing.add(|| format!("{} ({place})", path.display()));
            }
        }
        self.by_name.insert(name.clone(), self.records.len());
        let content = Content::Image(image);
        self.records.push(Record { name, content, labels: Vec::new(), split, place: place.to_owned() });
        self.records.len() - 1
    }

    /// Indices of the labels of a name. A name that has none is remembered.
    fn resolve(&mut self, name: &str, place: &str) -> Vec<u16> {
        if !self.resolved.contains_key(name) {
            self.resolved.insert(name.to_owned(), self.labels.resolve(name));
        }
        if let Some(labels) = self.resolved.get(name).and_then(Option::as_ref) {
            return labels.clone();
        }
        match self.unknown.iter_mut().find(|(unknown, _)| unknown == name) {
            Some((_, count)) => *count += 1,
            None => self.unknown.push((name.to_owned(), 1)),
        }
        self.unknown_place.get_or_insert_with(|| place.to_owned());
        Vec::new()
    }

    /// Says that something was left out.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The data set.
    ///
    /// # Errors
    /// There is no record, names are no labels, or images are missing.
    pub(super) fn finish(mut self) -> Result<DataSet, DataError> {
        if let Some(place) = self.unknown_place {
            self.unknown.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            return Err(UnknownLabels { names: self.unknown, place, vocabulary: self.labels.len() }.into());
        }
        if self.missing.missing > 0 {
            return Err(self.missing.into());
        }
        if self.records.is_empty() {
            return Err(DataError::Empty { path: PathBuf::from(self.root) });
        }
        Ok(DataSet { source: self.root.display().to_string(), records: self.records, notes: self.notes })
    }
}
