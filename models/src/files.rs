//! Files written so that a crash leaves the old content or the new, never a mixture.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces `path` by `content`: a temporary file beside it, sync, rename, sync of the folder. Everybody may read it.
///
/// # Errors
/// The folder cannot be written, or `path` is a folder.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    make_readable(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Makes the names in a folder durable; other systems than Unix do so by themselves or not at all.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
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

    #[test]
    fn a_folder_in_its_place_is_an_error_and_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("taken");
        std::fs::create_dir(&path).expect("it can be made");
        assert!(replace(&path, b"content").is_err());
        assert!(path.is_dir());
        assert_eq!(std::fs::read_dir(folder.path()).expect("it can be listed").count(), 1);
    }
}
