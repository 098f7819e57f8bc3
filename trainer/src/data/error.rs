//! Why labelled data cannot be used, and what to do about it.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use chameleon_models::preprocess::ImageError;

/// Why labelled data cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder cannot be read.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no labelled image in any layout that is known.
    #[error(
        "{}: no labelled image in it; expected a sub-folder for each label, or a list of images (CSV, JSON Lines, \
         COCO, Open Images, Parquet)",
        path.display()
    )]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file is not what its kind of list has to be.
    #[error("{place}: {reason}")]
    Format {
        /// The file, and the line or row.
        place: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// Names that are no label of the model.
    #[error(transparent)]
    UnknownLabels(#[from] UnknownLabels),
    /// Listed images that are not there.
    #[error(transparent)]
    MissingImages(#[from] MissingImages),
    /// An image that is there and cannot be decoded.
    #[error("{place}: this image cannot be used; replace it or leave it out of the data")]
    Image {
        /// The image, and where it is listed.
        place: String,
        /// What is wrong with it.
        source: ImageError,
    },
    /// Images that are there and cannot be decoded.
    #[error(transparent)]
    Images(#[from] UnusableImages),
    /// The model cannot be run.
    #[error(transparent)]
    Engine(#[from] chameleon_models::engine::EngineError),
}

impl DataError {
    /// For `map_err` on what the system says about a path.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }

    /// What a CSV reader says about a file.
    pub(super) fn csv(file: &Path, error: &csv::Error) -> Self {
        if let csv::ErrorKind::Io(source) = error.kind() {
            // The reader keeps its error, and the cause cannot be cloned.
            return Self::Io { path: file.to_owned(), source: io::Error::new(source.kind(), source.to_string()) };
        }
        let place = match error.position() {
            Some(position) => format!("{}, line {}", file.display(), position.line()),
            None => file.display().to_string(),
        };
        let reason = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "not UTF-8; save the file as UTF-8".to_owned(),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} columns, the rows before have {expected_len}; put cells with a comma in quotes")
            }
            _ => error.to_string(),
        };
        Self::format(place, reason)
    }

    /// What is wrong with a row of a CSV file.
    pub(super) fn csv_row(file: &Path, row: &csv::StringRecord, reason: impl Display) -> Self {
        let line = row.position().map_or(0, csv::Position::line);
        Self::format(format_args!("{}, line {line}", file.display()), reason)
    }

    /// Something in a file that its format does not have.
    pub(super) fn format(place: impl Display, reason: impl Display) -> Self {
        Self::Format { place: printable(place), reason: printable(reason) }
    }
}

/// Text for one line of a terminal: what is read from a file may hold anything.
fn printable(text: impl Display) -> String {
    let text = text.to_string();
    let printable = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(printable).collect()
}

/// Names of a data set that are no label of the model.
#[derive(Debug)]
pub struct UnknownLabels {
    /// Each name with the number of its records, most frequent first.
    pub names: Vec<(String, usize)>,
    /// A place where the first is used.
    pub place: String,
    /// Labels of the model.
    pub vocabulary: Vec<String>,
}

impl UnknownLabels {
    /// Names with the number of their records.
    pub(super) fn new(names: HashMap<String, usize>, place: String, vocabulary: Vec<String>) -> Self {
        let mut names: Vec<(String, usize)> = names.into_iter().collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Self { names, place, vocabulary }
    }

    /// All labels of a model of few, else how many there are.
    fn known(&self) -> String {
        match self.vocabulary.len() {
            many if many > LISTED => format!("the {many} labels"),
            _ => format!("the labels {}", self.vocabulary.join(", ")),
        }
    }
}

/// How many of a kind a message names.
const NAMED: usize = 5;
/// Labels of a model that a message lists, if there are no more.
const LISTED: usize = 10;

impl std::error::Error for UnknownLabels {}

impl Display for UnknownLabels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let named = self.names.iter().take(NAMED);
        let times = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let named: Vec<String> =
            named.map(|(name, count)| format!("`{}` ({})", printable(name), times(*count))).collect();
        let rest = match self.names.len().saturating_sub(NAMED) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        write!(
            f,
            "{}: {}{rest}: not among {} of the model; --labels-map FILE gives names their labels: a CSV \
             file of rows `name,label`, with an empty label for a name that says nothing, and the name * for all others",
            printable(&self.place),
            named.join(", "),
            self.known(),
        )
    }
}

/// Several images that cannot be decoded.
#[derive(Debug)]
pub struct UnusableImages {
    /// The first, each with the place that lists it, and what is wrong with it.
    pub first: Vec<String>,
    /// How many there are.
    pub unusable: usize,
}

impl UnusableImages {
    /// One by itself tells all about itself.
    pub(super) fn error(mut errors: Vec<DataError>) -> Option<DataError> {
        if errors.len() < 2 {
            return errors.pop();
        }
        let named = errors.iter().take(NAMED).map(|error| match error {
            DataError::Image { place, source } => printable(format_args!("{place} ({source})")),
            error => printable(error),
        });
        Some(Self { first: named.collect(), unusable: errors.len() }.into())
    }
}

impl std::error::Error for UnusableImages {}

impl Display for UnusableImages {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let more = if self.unusable > self.first.len() { ", …" } else { "" };
        write!(
            f,
            "{} images cannot be used: {}{more}; replace them or leave them out of the data",
            self.unusable,
            self.first.join(", "),
        )
    }
}

/// Listed images that are not there, or are empty files.
#[derive(Debug)]
pub struct MissingImages {
    /// The first, each with the place that lists it.
    pub first: Vec<String>,
    /// How many there are.
    pub missing: usize,
    /// How many images are listed.
    pub listed: usize,
}

impl MissingImages {
    /// Counts one more.
    pub(super) fn add(&mut self, image: impl FnOnce() -> String) {
        self.missing += 1;
        if self.first.len() < NAMED {
            self.first.push(printable(image()));
        }
    }
}

impl std::error::Error for MissingImages {}

impl Display for MissingImages {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let more = if self.missing > self.first.len() { ", …" } else { "" };
        write!(
            f,
            "{} of {} images are missing or empty: {}{more}; put them there or leave them out of the data",
            self.missing,
            self.listed,
            self.first.join(", "),
        )
    }
}
