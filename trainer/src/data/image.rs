//! Where an image is, and how its bytes are had.

use std::fs;
use std::path::{Path, PathBuf};

use super::DataError;

/// Where the bytes of an image are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// A file.
    File(PathBuf),
}

impl ImageSource {
    /// What it is identified by within the data at `root`.
    pub(super) fn name(&self, root: &Path) -> String {
        match self {
            Self::File(path) => relative(path, root),
        }
    }
}

/// A path below `root`, with `/` on every system and without `.`.
fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Reads the bytes of images, one after the other.
#[derive(Default)]
pub struct ImageLoader {}

impl ImageLoader {
    /// The bytes of an image. Images of one file are read fastest in their order.
    ///
    /// # Errors
    /// The file cannot be read.
    #[expect(clippy::unused_self, reason = "files that hold many images stay open")]
    pub fn bytes(&mut self, source: &ImageSource) -> Result<Vec<u8>, DataError> {
        match source {
            ImageSource::File(path) => fs::read(path).map_err(DataError::io(path)),
        }
    }
}
