//! `current.json`: what is served now, for readers that must not wait for anybody.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use chameleon_models::files::replace;
use serde::{Deserialize, Serialize};

use super::RegistryError;
use super::error::At;
use super::state::{Publication, State};

/// The current version of every application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Current {
    /// Counts the changes of the registry; a higher one means that something changed.
    pub generation: u64,
    /// By application name.
    pub apps: BTreeMap<String, Publication>,
}

impl From<&State> for Current {
    fn from(state: &State) -> Self {
        let apps = state.apps.iter().filter_map(|(name, app)| app.current().map(|one| (name.clone(), one.clone())));
        Self { generation: state.generation, apps: apps.collect() }
    }
}

pub(super) fn path(registry: &Path) -> PathBuf {
    registry.join("current.json")
}

/// Reads the view; a registry that does not exist yet is empty.
pub(super) fn read(registry: &Path) -> Result<Current, RegistryError> {
    let path = path(registry);
    let content = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Current::default()),
        other => other.at(&path)?,
    };
    serde_json::from_slice(&content).map_err(|error| RegistryError::IndexDamaged {
        dir: registry.to_owned(),
        problem: format!("current.json: {error}"),
    })
}

pub(super) fn write(registry: &Path, current: &Current) -> Result<(), RegistryError> {
    let path = path(registry);
    let content = serde_json::to_vec(current).expect("the view holds only maps with string keys");
    replace(&path, &content).at(&path)
}
