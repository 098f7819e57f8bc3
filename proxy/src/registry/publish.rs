//! Publishing: a folder becomes a version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::At;
use super::name::{check_name, is_file_name};
use super::session::{self, Session};
use super::state::{Event, Publication};
use super::{Hash, Registry, RegistryError, Version};

/// The file every app model has.
const MANIFEST: &str = "app.json";

impl Registry {
    /// Publishes the app model in a folder (`app.json` and its other files) under an application's name, as its new
    /// current version. Content that is a version already makes that version current instead: publishing twice is
    /// publishing once.
    ///
    /// # Errors
    /// The name or the folder is not acceptable, or the registry cannot be used.
    pub fn publish(&self, app: &str, folder: &Path) -> Result<Version, RegistryError> {
        check_name(app)?;
        let metrics = metrics(folder)?;
        let sources = model_files(folder)?;
        self.turn(|session| {
            let mut files = BTreeMap::new();
            let mut bytes = 0;
            for (name, path) in sources {
                let (hash, len) = self.objects.put(&path)?;
                files.insert(name, hash);
                bytes += len;
            }
            enter(session, app, files, bytes, metrics)
        })
    }
}

/// Makes the stored files a version, or finds the version that they are.
fn enter(
    session: &mut Session,
    app: &str,
    files: BTreeMap<String, Hash>,
    bytes: u64,
    metrics: Value,
) -> Result<Version, RegistryError> {
    let known = session.state.apps.get(app).cloned().unwrap_or_default();
    if let Some(same) = known.versions.values().find(|publication| publication.files == files) {
        if known.current != Some(same.version) {
            session.commit(app, Event::Activate { version: same.version })?;
        }
        return Ok(same.version);
    }
    let version = Version(known.last + 1);
    let publication = Publication { version, published_at: session::now(), files, bytes, metrics };
    session.commit(app, Event::Publish { publication })?;
    Ok(version)
}

/// The `evaluation` of the manifest, after checking that the manifest is JSON at all.
fn metrics(folder: &Path) -> Result<Value, RegistryError> {
    let path = folder.join(MANIFEST);
    let content = fs::read(&path).at(&path)?;
    match serde_json::from_slice(&content) {
        Ok(Value::Object(mut manifest)) => Ok(manifest.remove("evaluation").unwrap_or_default()),
        Ok(_) => Err(RegistryError::Model { path, problem: "not a JSON object".to_owned() }),
        Err(error) => Err(RegistryError::Model { path, problem: error.to_string() }),
    }
}

/// The model's files by name. Hidden files are not part of it; folders and odd names are refused rather than lost.
fn model_files(folder: &Path) -> Result<Vec<(String, PathBuf)>, RegistryError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if !path.is_file() || !is_file_name(&name) {
            let problem = "only files named with letters, digits, `.`, `_`, `-` belong there".to_owned();
            return Err(RegistryError::Model { path, problem });
        }
        files.push((name, path));
    }
    files.sort();
    Ok(files)
}
