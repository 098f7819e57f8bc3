//! Writing app models: the folder is whole or not there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::{APP_JSON, AppError, AppModel, HEAD_FILE};
use crate::files::sync_folder;
use crate::weights::Precision;

impl AppModel {
    /// Writes the model's folder: into a temporary folder beside it, synced, then renamed.
    ///
    /// An app model that is there already is moved aside first and deleted afterwards; a crash in between leaves it
    /// under a temporary name. Anything else that is there is left alone.
    ///
    /// # Errors
    /// The folder cannot be written, or something else is in its place.
    pub fn write(&self, folder: &Path) -> Result<(), AppError> {
        let features = self.weight.len() / self.rows.len().max(1);
        let head = self.tensors(features)?.write_safetensors(Precision::F32)?;
        let mut json = serde_json::to_vec_pretty(&self.manifest)?;
        json.push(b'\n');
        let occupied = folder.symlink_metadata().is_ok();
        if occupied && !folder.join(APP_JSON).is_file() {
            return Err(AppError::Occupied(folder.display().to_string()));
        }
        replace(folder, occupied, &[(APP_JSON, &json), (HEAD_FILE, &head)])
            .map_err(|source| AppError::Io { path: folder.display().to_string(), source })
    }
}

fn replace(folder: &Path, occupied: bool, files: &[(&str, &[u8])]) -> io::Result<()> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent)?;
    let temporary = |prefix| tempfile::Builder::new().prefix(prefix).tempdir_in(parent);
    let new = temporary(".app-new-")?;
    for (name, bytes) in files {
        let mut file = File::create(new.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_folder(new.path())?;
    make_readable(new.path())?;
    let old = temporary(".app-old-")?;
    let aside = old.path().join("app");
    if occupied {
        fs::rename(folder, &aside)?;
    }
    if let Err(error) = fs::rename(new.path(), folder) {
        if occupied {
            fs::rename(&aside, folder)?;
        }
        return Err(error);
    }
    // Renamed away, there is nothing left to delete under the temporary name.
    let _ = new.keep();
    sync_folder(parent)
}

/// Temporary folders are private; an app model is as readable as its parent lets it be.
#[cfg(unix)]
fn make_readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> io::Result<()> {
    Ok(())
}
