//! Where an image is, and how its bytes are had.

use std::fs;
use std::path::{Path, PathBuf};

use chameleon_models::preprocess::{DecodeLimits, ImageError};

use super::DataError;
use super::parquet::{Cursor, ParquetImage};

/// Where the bytes of an image are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// A file.
    File(PathBuf),
    /// A row of a Parquet file.
    Parquet(ParquetImage),
}

impl ImageSource {
    /// What it is identified by within the data at `root`.
    pub(super) fn name(&self, root: &Path) -> String {
        match self {
            Self::File(path) => relative(path, root),
            Self::Parquet(image) => format!("{}, row {}", relative(&image.file, root), image.number),
        }
    }
}

/// A path below `root` or beside it, with `/` on every system and without `.`: the same wherever the data are moved.
fn relative(path: &Path, root: &Path) -> String {
    // A list in a folder of its own has the images beside that.
    let bases = [Some(root), root.parent()];
    let path = bases.into_iter().flatten().find_map(|base| path.strip_prefix(base).ok()).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// The bytes of a file, unless it is longer than any image may be.
fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let (got, limit) = (fs::metadata(path).map_err(DataError::io(path))?.len(), DecodeLimits::default().bytes);
    if got > limit as u64 {
        let source = ImageError::TooManyBytes { got: got as usize, limit };
        return Err(DataError::Image { place: path.display().to_string(), source });
    }
    fs::read(path).map_err(DataError::io(path))
}

/// Reads the bytes of images, one after the other.
#[derive(Default)]
pub struct ImageLoader {
    /// The last Parquet file, open.
    cursor: Option<Cursor>,
}

impl ImageLoader {
    /// The encoded bytes of an image. Those in a Parquet file are read fastest in the order of their rows.
    ///
    /// # Errors
    /// The file cannot be read, or is longer than any image may be.
    pub fn bytes(&mut self, source: &ImageSource) -> Result<Vec<u8>, DataError> {
        match source {
            ImageSource::File(path) => read(path),
            ImageSource::Parquet(image) => {
                let mut cursor = match self.cursor.take().filter(|cursor| cursor.is_at(image)) {
                    Some(cursor) => cursor,
                    None => Cursor::open(image)?,
                };
                let bytes = cursor.bytes(image);
                self.cursor = Some(cursor);
                bytes
            }
        }
    }
}
