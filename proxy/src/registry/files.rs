//! Files written so that a crash leaves the old content or the new, never a mixture.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::Hash;

/// Replaces `path` by `content`: temporary file beside it, sync, rename, sync of the directory.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = parent(path)?;
    let mut temp = NamedTempFile::new_in(dir)?;
    temp.write_all(content)?;
    settle(temp, path)
}

/// Copies `source` into a new temporary file in `dir`; gives it with the hash of what was copied and its length.
pub(super) fn copy_hashed(source: &Path, dir: &Path) -> io::Result<(NamedTempFile, Hash, u64)> {
    let mut temp = NamedTempFile::new_in(dir)?;
    let mut hasher = Sha256::new();
    let mut writer = Tee(&mut temp, &mut hasher);
    let len = io::copy(&mut File::open(source)?, &mut writer)?;
    Ok((temp, hasher.into(), len))
}

/// Gives a written temporary file its name, durably.
pub(super) fn settle(temp: NamedTempFile, path: &Path) -> io::Result<()> {
    share(temp.as_file())?;
    temp.as_file().sync_all()?;
    temp.persist(path).map_err(|error| error.error)?;
    sync_dir(parent(path)?)
}

/// Makes renames and removals in `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    // Windows has no such call and needs none.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Creates `dir` and makes its entry durable.
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir)?;
        if let Ok(parent) = parent(dir) {
            sync_dir(parent)?;
        }
    }
    Ok(())
}

/// Temporary files are private; what is published is readable by the server, whoever runs it.
#[cfg(unix)]
fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &File) -> io::Result<()> {
    Ok(())
}

fn parent(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(dir) if dir.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(dir) => Ok(dir),
        None => Err(io::ErrorKind::InvalidInput.into()),
    }
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
