//! What the registry needs of files beyond replacing them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use chameleon_models::files::sync_folder;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::Hash;

/// Copies `source` into a new temporary file in `dir`; gives it with the hash of what was copied and its length.
pub(super) fn copy_hashed(source: &Path, dir: &Path) -> io::Result<(NamedTempFile, Hash, u64)> {
    let mut temp = NamedTempFile::new_in(dir)?;
    let mut hasher = Sha256::new();
    let mut writer = Tee(&mut temp, &mut hasher);
    let len = io::copy(&mut File::open(source)?, &mut writer)?;
    Ok((temp, hasher.into(), len))
}

/// Creates `dir` and makes its entry durable.
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir)?;
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

struct Tee<'a>(&'a mut NamedTempFile, &'a mut Sha256);

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
