//! Files and folders written so that a crash leaves the old content or the new, never a mixture.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Replaces `path` by `content`: a temporary file beside it, sync, rename, sync of the folder. Everybody may read it.
///
/// # Errors
/// The folder cannot be written, or `path` is a folder.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(content)?;
    settle(file, path)
}

/// As [`replace`], but only the owner may read it: for keys.
///
/// # Errors
/// As [`replace`].
pub fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(content)?;
    persist(file, path)
}

/// An empty temporary file in the folder of `path`, to be written and given that name by [`settle`].
///
/// # Errors
/// The folder cannot be written.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(parent(path))
}

/// Gives a temporary file, written as a whole, its name: sync, rename, sync of the folder. Everybody may read it.
///
/// # Errors
/// As [`replace`].
pub fn settle(file: NamedTempFile, path: &Path) -> io::Result<()> {
    make_readable(file.as_file())?;
    persist(file, path)
}

fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(parent(path))
}

/// Replaces `folder` by one that holds `files` and nothing else: written to a temporary folder beside it, synced, then
/// renamed. Everybody may read it.
///
/// Only a folder of the same kind is replaced, known by its file `marker`, or an empty one. It is moved aside first and
/// deleted afterwards; a crash in between leaves it under a temporary name.
///
/// # Errors
/// The folder cannot be written; [`io::ErrorKind::AlreadyExists`] if something else is in its place, which is left alone.
pub fn replace_folder(folder: &Path, marker: &str, files: &[(&str, &[u8])]) -> io::Result<()> {
    let occupied = is_replaceable(folder, marker)?;
    let parent = parent(folder);
    fs::create_dir_all(parent)?;
    let temporary = |prefix| tempfile::Builder::new().prefix(prefix).tempdir_in(parent);
    let new = temporary(".new-")?;
    for (name, bytes) in files {
        let mut file = File::create(new.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_folder(new.path())?;
    open_to_all(new.path())?;
    let old = temporary(".old-")?;
    let aside = old.path().join("folder");
    if occupied {
        fs::rename(folder, &aside)?;
    }
    if let Err(error) = fs::rename(new.path(), folder) {
        if occupied && fs::rename(&aside, folder).is_err() {
            let kept = old.keep().join("folder");
            return Err(io::Error::new(error.kind(), format!("{error}; what was there is now {}", kept.display())));
        }
        return Err(error);
    }
    // Renamed away, there is nothing left to delete under the temporary name.
    let _ = new.keep();
    sync_folder(parent)
}

/// Fails early if [`replace_folder`] would not write to `folder`: before a long computation of what is to be written.
///
/// # Errors
/// As [`replace_folder`].
pub fn check_replaceable(folder: &Path, marker: &str) -> io::Result<()> {
    is_replaceable(folder, marker)?;
    let parent = parent(folder);
    fs::create_dir_all(parent)?;
    tempfile::tempdir_in(parent).map(drop)
}

/// Whether a folder is there that may be replaced; an error if something else is there.
fn is_replaceable(folder: &Path, marker: &str) -> io::Result<bool> {
    if folder.symlink_metadata().is_err() {
        return Ok(false);
    }
    let is_same = folder.join(marker).is_file();
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_same || is_empty() {
        return Ok(true);
    }
    let problem = format!("exists and holds no {marker}; choose another folder");
    Err(io::Error::new(io::ErrorKind::AlreadyExists, problem))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable; other systems than Unix do so by themselves or not at all.
///
/// # Errors
/// The folder cannot be read.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Temporary files are private.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Temporary folders are private, too.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_all(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_leaves_the_new_content_and_no_other_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("page.html");
        for content in ["old and long", "new"] {
            replace(&path, content.as_bytes()).expect("the folder can be written");
            assert_eq!(std::fs::read_to_string(&path).expect("it is there"), content);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("it can be listed").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_private_is_read_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key.pem");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        replace(&path, b"once public").expect("the folder can be written");
        assert_eq!(mode(&path), 0o644);
        replace_private(&path, b"secret").expect("the folder can be written");
        assert_eq!((mode(&path), fs::read(&path).expect("it is there").as_slice()), (0o600, &b"secret"[..]));
    }

    #[test]
    fn a_folder_in_its_place_is_an_error_and_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("taken");
        std::fs::create_dir(&path).expect("it can be made");
        assert!(replace(&path, b"content").is_err());
        assert!(path.is_dir());
        assert_eq!(std::fs::read_dir(folder.path()).expect("it can be listed").count(), 1);
    }

    #[test]
    fn a_replaced_folder_holds_the_new_files_only() {
        let around = tempfile::tempdir().expect("a temporary folder");
        let folder = around.path().join("below").join("model");
        for files in [&[("kind", &b"1"[..]), ("old", b"old")][..], &[("kind", b"2")]] {
            check_replaceable(&folder, "kind").expect("may be written");
            replace_folder(&folder, "kind", files).expect("is written");
        }
        assert_eq!(std::fs::read(folder.join("kind")).expect("it is there"), b"2");
        assert!(!folder.join("old").exists());
        let beside = std::fs::read_dir(folder.parent().expect("it has one")).expect("it can be listed");
        assert_eq!(beside.count(), 1, "nothing temporary is left");
    }

    #[test]
    fn a_folder_of_another_kind_is_left_alone() {
        let around = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(around.path().join("letter"), "dear").expect("it can be written");
        for refused in [check_replaceable(around.path(), "kind"), replace_folder(around.path(), "kind", &[])] {
            assert_eq!(refused.expect_err("refused").kind(), io::ErrorKind::AlreadyExists);
        }
        assert!(around.path().join("letter").is_file());
        let empty = around.path().join("empty");
        std::fs::create_dir(&empty).expect("it can be made");
        replace_folder(&empty, "kind", &[("kind", b"")]).expect("an empty one may be replaced");
    }
}
