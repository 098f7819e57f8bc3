//! Where a model's files come from, and that they are the ones the manifest lists.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{MANIFEST, Manifest, ZooError};
use crate::files::replace_folder;

/// The most that is read of a file, so that a hostile one cannot take all memory.
const MAX_BYTES: u64 = 1 << 30;

/// A place with files.
pub(super) trait Files {
    /// A file's bytes.
    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, ZooError>;
}

/// A folder on disk.
pub(super) struct Folder<'p>(pub(super) &'p Path);

impl Files for Folder<'_> {
    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, ZooError> {
        let path = self.0.join(name);
        let file = || path.display().to_string();
        let io = |source| ZooError::Io { file: file(), source };
        let open = File::open(&path).map_err(io)?;
        let bytes = open.metadata().map_err(io)?.len();
        if bytes > MAX_BYTES {
            return Err(ZooError::TooLarge { file: file(), bytes, limit: MAX_BYTES });
        }
        let mut contents = Vec::new();
        // The size may grow meanwhile, and special files have none.
        open.take(MAX_BYTES).read_to_end(&mut contents).map_err(io)?;
        Ok(Cow::Owned(contents))
    }
}

/// A file's bytes, if they are those that the manifest lists.
pub(super) fn listed<'f>(files: &'f dyn Files, manifest: &Manifest, name: &str) -> Result<Cow<'f, [u8]>, ZooError> {
    let expected = manifest.files.get(name).ok_or_else(|| ZooError::Unlisted(name.to_owned()))?;
    let bytes = files.bytes(name)?;
    let got = sha256(&bytes);
    if *expected == got {
        Ok(bytes)
    } else {
        Err(ZooError::Hash { file: name.to_owned(), expected: expected.clone(), got })
    }
}

impl Manifest {
    /// Writes a model's folder: `files`, and this manifest with their hashes. Whole or not at all; a model that is there
    /// already is replaced.
    ///
    /// # Errors
    /// The folder cannot be written, or something else than a model is in its place.
    pub fn write(mut self, folder: &Path, files: &[(&str, Vec<u8>)]) -> io::Result<()> {
        self.files = files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256(bytes))).collect();
        let json = serde_json::to_vec_pretty(&self)?;
        let mut all: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        all.push((MANIFEST, &json));
        replace_folder(folder, MANIFEST, &all)
    }
}

pub(super) fn json<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, ZooError> {
    serde_json::from_slice(bytes).map_err(|source| ZooError::Json { file: file.to_owned(), source })
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
