//! Folders with tiny images, and what is read of them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;
use chameleon_trainer::data::{self, DataError, DataSet, Labels};
use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// A folder that is removed in the end.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// A folder with text files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    /// Tiny images, each of another colour.
    pub(crate) fn images(self, names: &[&str]) -> Self {
        for (i, name) in names.iter().enumerate() {
            self.write(name, png(i as u8));
        }
        self
    }

    pub(crate) fn read(&self) -> Result<DataSet, DataError> {
        read(self.path())
    }

    /// The message of what cannot be read, on one line and with the folder left out.
    pub(crate) fn error(&self) -> String {
        message(&self.read().expect_err("is refused")).replace(&format!("{}/", self.path().display()), "")
    }
}

/// Reads with the labels of the small model.
pub(crate) fn read(path: &Path) -> Result<DataSet, DataError> {
    data::read(path, &labels())
}

pub(crate) fn labels() -> Labels {
    Labels::new(&crate::support::labels())
}

/// An error with its causes, as the command line prints it.
pub(crate) fn message(error: &DataError) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    assert!(!message.contains('\n'), "{message}");
    message
}

/// An image of 8 x 8 pixels.
pub(crate) fn png(colour: u8) -> Vec<u8> {
    let image = RgbImage::from_fn(8, 8, |x, y| Rgb([colour.wrapping_mul(37), x as u8 * 30, y as u8 * 30]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("encodes");
    bytes.into_inner()
}

/// Name, names of the labels, and split of each record.
pub(crate) fn summary(set: &DataSet) -> Vec<(String, String, Option<Split>)> {
    set.records.iter().map(|record| (record.name.clone(), named(&record.labels), record.split)).collect()
}

/// The names of labels.
pub(crate) fn named(labels: &[u16]) -> String {
    let names = crate::support::labels();
    labels.iter().map(|&label| names[usize::from(label)].name.clone()).collect::<Vec<_>>().join(" ")
}

/// Checks name, labels and split of all records.
pub(crate) fn assert_records(set: &DataSet, expected: &[(&str, &str, Option<Split>)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, labels, split)| ((*name).to_owned(), (*labels).to_owned(), *split)).collect();
    assert_eq!(summary(set), expected);
}
