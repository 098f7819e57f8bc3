//! The user's own labelled data, in the layouts people have.
//!
//! [`read`] finds out what is at a path, reads names of images and labels (never the pixels), and makes them indices
//! of the model's vocabulary. [`features()`] then runs the images through the backbone, or [`candidates()`] through the
//! detector of objects, a batch at a time.
//!
//! A *record* is one example with its labels. A *name* is what a data set calls a label; a *code* is what it writes
//! instead of a name, such as a class number, a `WordNet` id or an Open Images id, with a table of names beside it.
//!
//! | layout | found by |
//! |---|---|
//! | a sub-folder for each label (`_none`: no label) | no list in the folder |
//! | CSV, TSV | a header with a column for the image and one for its labels; or the name `labels.csv` |
//! | JSON Lines | such keys in the first line |
//! | COCO instances | `.json` with `images`, `annotations`, `categories` |
//! | Open Images | `.csv` with `ImageID` and `LabelName` |
//! | Parquet | `.parquet` |
//!
//! Lists are looked for in the folder and in its `data` and `annotations`. Sub-folders called `train`, `validation`
//! and `test` (or the like) hold a data set each; else the name of a list may say its split.
//!
//! Labelled texts have lists of their own, [`texts`] and, where names are tagged, [`conll`].

mod candidates;
mod coco;
mod codes;
mod collect;
mod columns;
pub mod conll;
mod decoded;
mod error;
mod features;
mod folders;
mod image;
mod jsonl;
mod labels;
mod layout;
mod lines;
mod open_images;
mod parquet;
mod shown;
mod split;
mod table;
pub mod texts;

use std::path::Path;

use chameleon_models::bank::Split;

pub use candidates::candidates;
use collect::Collector;
pub use decoded::decoded;
pub use error::{DataError, MissingImages, UnknownLabels};
pub use features::{View, features};
pub use image::{ImageLoader, ImageSource};
pub use labels::Labels;
pub use parquet::ParquetImage;
pub(crate) use shown::GROUP;
pub use shown::Shown;
use split::Dealt;

/// Labelled records of one source.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// What it is, for the report.
    pub source: String,
    /// The records, in the order of the source.
    pub records: Vec<Record>,
    /// What was left out of the source, and why; for people.
    pub notes: Vec<String>,
}

/// One example with its labels.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is identified by within its set: the path of an image relative to the set, or its file and row.
    pub name: String,
    /// What the labels are about.
    pub content: Content,
    /// Indices in the vocabulary, ascending, with the broader labels that always come along.
    pub labels: Vec<u16>,
    /// Those of each object, ascending, where the source gives objects one by one: a label may be there several times.
    pub objects: Vec<u16>,
    /// Labels of groups of objects, ascending: there may be more of them than `objects` has.
    pub groups: Vec<u16>,
    /// Labels that something else is of, too, which is only named, ascending.
    pub uncounted: Vec<u16>,
    /// What the source says it is for.
    pub split: Option<Split>,
    /// Where its labels stand, for messages: a file with a line or row.
    pub place: String,
}

/// What labels are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An image.
    Image(ImageSource),
}

impl std::fmt::Display for Record {
    /// For messages: its name, and where it is listed if that is elsewhere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.ends_with(&self.name) {
            f.write_str(&self.place)
        } else {
            write!(f, "{} ({})", self.name, self.place)
        }
    }
}

impl Record {
    fn dealt(&self) -> Dealt<'_> {
        Dealt { name: &self.name, labels: &self.labels, split: self.split }
    }
}

impl DataSet {
    /// What each record is for: what the source says, and where it says nothing, half to train and a quarter each to
    /// tune and to test among the records with the same labels.
    pub fn splits(&self) -> Vec<Split> {
        split::complete(&self.records.iter().map(Record::dealt).collect::<Vec<_>>())
    }

    /// As [`DataSet::splits`], among the records with the same labels in all of `others`, too: sets of the same records as
    /// other models name what they show.
    ///
    /// # Panics
    /// Another has fewer records.
    pub fn splits_among(&self, others: &[&Self]) -> Vec<Split> {
        let labels = |place: usize| {
            let sets = std::iter::once(self).chain(others.iter().copied());
            sets.map(|set| set.records[place].labels.as_slice()).collect::<Vec<_>>().join(&u16::MAX)
        };
        let labels: Vec<Vec<u16>> = (0..self.records.len()).map(labels).collect();
        let dealt = self.records.iter().zip(&labels).map(|(record, labels)| Dealt { labels, ..record.dealt() });
        split::complete(&dealt.collect::<Vec<_>>())
    }

    /// The name of each record.
    pub fn names(&self) -> Vec<&str> {
        self.records.iter().map(|record| record.name.as_str()).collect()
    }

    /// The labels of each record.
    pub fn targets(&self) -> Vec<Vec<u16>> {
        self.records.iter().map(|record| record.labels.clone()).collect()
    }

    /// What each record shows, and how often.
    pub fn shown(&self) -> Vec<Shown> {
        let shown = |record: &Record| Shown {
            labels: record.labels.clone(),
            objects: record.objects.clone(),
            groups: record.groups.clone(),
            uncounted: record.uncounted.clone(),
            place: record.to_string(),
        };
        self.records.iter().map(shown).collect()
    }
}

/// Reads the labelled images at a path.
///
/// # Errors
/// Nothing there is in a known layout, a file is damaged, a listed image is missing, or names are not in the
/// vocabulary. The message says where and what to do.
pub fn read(path: &Path, labels: &Labels) -> Result<DataSet, DataError> {
    let metadata = path.metadata().map_err(DataError::io(path))?;
    let root = if metadata.is_dir() { path } else { path.parent().unwrap_or(path) };
    let mut collector = Collector::new(root, labels);
    layout::read(path, &mut collector)?;
    collector.finish(path)
}
