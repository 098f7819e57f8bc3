//! What all readers of layouts have in common: labels are resolved, rows about the same image become one record, and
//! what is wrong with many rows is said once.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use chameleon_models::bank::Split;

use super::codes::Codes;
use super::error::{MissingImages, UnknownLabels};
use super::shown::GROUP;
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

/// What a code or name stands for.
struct Resolved {
    labels: Vec<u16>,
    unknown: Vec<String>,
}

impl Resolved {
    fn new(code: &str, codes: &Codes, labels: &Labels) -> Self {
        let mut resolved = Self { labels: Vec::new(), unknown: Vec::new() };
        for name in codes.names(code) {
            match labels.resolve(&name) {
                Some(found) => resolved.labels.extend(found),
                None => resolved.unknown.push(name),
            }
        }
        resolved
    }
}

/// The records found so far.
pub(super) struct Collector<'a> {
    root: &'a Path,
    labels: &'a Labels,
    /// The tables of names found so far.
    pub(super) codes: Codes,
    resolved: HashMap<String, Resolved>,
    /// Names that are no label, with the number of their records.
    unknown: HashMap<String, usize>,
    unknown_place: Option<String>,
    missing: MissingImages,
    records: Vec<Record>,
    by_name: HashMap<String, usize>,
    notes: Vec<String>,
}

impl<'a> Collector<'a> {
    /// Of the data in the folder `root`.
    pub(super) fn new(root: &'a Path, labels: &'a Labels) -> Self {
        Self {
            root,
            labels,
            codes: Codes::default(),
            resolved: HashMap::new(),
            unknown: HashMap::new(),
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
        self.record(item, &labels)?;
        Ok(())
    }

    /// As [`Collector::add`], with a name for every object or group of objects, and whether it is a group.
    ///
    /// # Errors
    /// As [`Collector::add`].
    pub(super) fn add_objects<'n>(
        &mut self,
        item: Item,
        names: impl IntoIterator<Item = (&'n str, bool)>,
    ) -> Result<(), DataError> {
        let (mut objects, mut groups) = (Vec::new(), Vec::new());
        for (name, is_group) in names {
            let mut labels = self.resolve(name, &item.place);
            labels.sort_unstable();
            labels.dedup();
            let times = if is_group { GROUP } else { 1 };
            objects.extend(labels.iter().flat_map(|&label| std::iter::repeat_n(label, times)));
            groups.extend(labels.into_iter().filter(|_| is_group));
        }
        let record = self.record(item, &objects)?;
        record.objects.extend(objects);
        record.objects.sort_unstable();
        record.groups.extend(groups);
        record.groups.sort_unstable();
        record.groups.dedup();
        Ok(())
    }

    /// The record of an image, which carries these labels too.
    fn record(&mut self, item: Item, labels: &[u16]) -> Result<&mut Record, DataError> {
        let name = item.image.name(self.root);
        let i = match self.by_name.get(&name) {
            Some(&i) => i,
            None => self.push(name, item.image, item.split, &item.place),
        };
        let record = &mut self.records[i];
        if item.split.is_some_and(|split| record.split.is_some_and(|other| other != split)) {
            let reason = format!("`{}` is also in {}, for another split; leave it in one", record.name, record.place);
            return Err(DataError::format(item.place, reason));
        }
        record.split = record.split.or(item.split);
        record.labels.extend(labels);
        record.labels.sort_unstable();
        record.labels.dedup();
        Ok(record)
    }

    fn push(&mut self, name: String, image: ImageSource, split: Option<Split>, place: &str) -> usize {
        if let ImageSource::File(path) = &image {
            self.missing.listed += 1;
            if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
                self.missing.add(|| format!("{} ({place})", path.display()));
            }
        }
        self.by_name.insert(name.clone(), self.records.len());
        let (content, place) = (Content::Image(image), place.to_owned());
        self.records.push(Record {
            name,
            content,
            labels: Vec::new(),
            objects: Vec::new(),
            groups: Vec::new(),
            uncounted: Vec::new(),
            split,
            place,
        });
        self.records.len() - 1
    }

    /// Indices of the labels of a name or code. Names that have none are remembered.
    fn resolve(&mut self, code: &str, place: &str) -> Vec<u16> {
        if !self.resolved.contains_key(code) {
            let resolved = Resolved::new(code, &self.codes, self.labels);
            self.resolved.insert(code.to_owned(), resolved);
        }
        let resolved = &self.resolved[code];
        for name in &resolved.unknown {
            *self.unknown.entry(name.clone()).or_default() += 1;
            self.unknown_place.get_or_insert_with(|| place.to_owned());
        }
        resolved.labels.clone()
    }

    /// Says how many records of a file have no known label, and are left out therefore.
    pub(super) fn note_unlabelled(&mut self, file: &Path, count: usize) {
        if count > 0 {
            self.note(format!("{}: {count} rows have no known label (null or -1) and are left out", file.display()));
        }
    }

    /// Says that something was left out.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The data set, which comes from `source`.
    ///
    /// # Errors
    /// There is no record, names are no labels, or images are missing.
    pub(super) fn finish(mut self, source: &Path) -> Result<DataSet, DataError> {
        if let Some(place) = self.unknown_place {
            return Err(UnknownLabels::new(self.unknown, place, self.labels.names()).into());
        }
        if self.missing.missing > 0 {
            return Err(self.missing.into());
        }
        if self.records.is_empty() {
            return Err(DataError::Empty { path: source.to_owned() });
        }
        find_uncounted(&mut self.records, self.labels);
        Ok(DataSet { source: source.display().to_string(), records: self.records, notes: self.notes })
    }
}

/// A label that is named, and of no object, is of objects that are not given one by one; and so are those that it brings.
fn find_uncounted(records: &mut [Record], labels: &Labels) {
    let mut implied: HashMap<u16, Vec<u16>> = HashMap::new();
    for record in records {
        let is_named = |label: &&u16| record.objects.binary_search(label).is_err();
        for &label in record.labels.iter().filter(is_named) {
            let brought = implied.entry(label).or_insert_with(|| labels.implied(usize::from(label)));
            record.uncounted.extend(brought.iter());
        }
        record.uncounted.sort_unstable();
        record.uncounted.dedup();
    }
}
