//! Content-addressed files: `objects/ab/cdef…`, named by the SHA-256 of what they hold.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chameleon_models::files::settle;

use super::error::At;
use super::{Hash, RegistryError, files};

#[derive(Clone, Debug)]
pub(super) struct Objects {
    dir: PathBuf,
}

impl Objects {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(super) fn path(&self, hash: Hash) -> PathBuf {
        let digits = hash.to_string();
        self.dir.join(&digits[..2]).join(&digits[2..])
    }

    /// Stores a copy of a file. A file that is there already is kept if it is whole and replaced if it is not, so that
    /// publishing again mends a damaged store.
    pub(super) fn put(&self, source: &Path) -> Result<(Hash, u64), RegistryError> {
        let (temp, hash, len) = files::copy_hashed(source, &self.dir).at(source)?;
        if self.check(hash).is_err() {
            let path = self.path(hash);
            let shelf = path.parent().unwrap_or(&self.dir);
            files::create_dir(shelf).at(shelf)?;
            settle(temp, &path).at(&path)?;
        }
        Ok((hash, len))
    }

    /// The content stored under `hash`, verified.
    pub(super) fn read(&self, hash: Hash) -> Result<Vec<u8>, RegistryError> {
        let path = self.path(hash);
        let content = fs::read(&path).at(&path)?;
        match Hash::of(&content) {
            found if found == hash => Ok(content),
            found => Err(RegistryError::ObjectDamaged { path, expected: hash, found }),
        }
    }

    /// Verifies the content stored under `hash` without keeping it.
    pub(super) fn check(&self, hash: Hash) -> Result<(), RegistryError> {
        let path = self.path(hash);
        let found = File::open(&path).and_then(Hash::of_reader).at(&path)?;
        if found == hash { Ok(()) } else { Err(RegistryError::ObjectDamaged { path, expected: hash, found }) }
    }

    /// Removes every object not in `keep`, and temporary files that a crash left. Gives how many went.
    pub(super) fn sweep(&self, keep: &BTreeSet<Hash>) -> Result<usize, RegistryError> {
        let keep: BTreeSet<PathBuf> = keep.iter().map(|hash| self.path(*hash)).collect();
        let mut gone = 0;
        for entry in list(&self.dir)? {
            let candidates = if entry.is_dir() { list(&entry)? } else { vec![entry] };
            for file in candidates.into_iter().filter(|file| !keep.contains(file)) {
                fs::remove_file(&file).at(&file)?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    let entries = fs::read_dir(dir).at(dir)?;
    entries.map(|entry| entry.map(|entry| entry.path()).at(dir)).collect()
}
