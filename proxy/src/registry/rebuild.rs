//! Making the index anew from the log.

use std::path::PathBuf;

use super::index::Index;
use super::records::Records;
use super::session::Lock;
use super::state::State;
use super::{Current, Registry, RegistryError, view};

/// What a rebuild found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Applications that have a current version.
    pub apps: usize,
    /// Versions, over all applications.
    pub versions: usize,
    /// What could not be recovered, one line each.
    pub problems: Vec<String>,
}

impl Registry {
    /// Makes the index and the view anew from the log; the old index is not read. Damaged records are passed over and
    /// reported.
    ///
    /// # Errors
    /// The directory cannot be used, or another process holds it.
    pub fn rebuild(dir: impl Into<PathBuf>) -> Result<Rebuilt, RegistryError> {
        let registry = Self::at(dir.into())?;
        let _lock = Lock::take(&registry.dir)?;
        let (state, mut problems) = replay(&Records::new(registry.dir.join("records")))?;
        Index::destroy(&registry.dir)?;
        let index = Index::open(&registry.dir)?;
        let apps: Vec<&str> = state.apps.keys().map(String::as_str).collect();
        index.write(&state, &apps)?;
        index.close()?;
        let current = Current::from(&state);
        view::write(&registry.dir, &current)?;
        for (app, publication) in &current.apps {
            let damaged = publication.files.values().filter_map(|hash| registry.objects.check(*hash).err());
            problems.extend(damaged.map(|error| format!("{app} version {}: {error}", publication.version)));
        }
        Ok(Rebuilt { apps: current.apps.len(), versions: state.publications().count(), problems })
    }
}

/// The state that the log describes, and what of it cannot be read.
pub(super) fn replay(records: &Records) -> Result<(State, Vec<String>), RegistryError> {
    let mut state = State::default();
    let mut problems = Vec::new();
    for entry in records.after(0)? {
        problems.extend(missing(state.generation, entry.generation));
        // Also a record that cannot be read uses up its number.
        state.generation = entry.generation;
        let applied = records
            .read(&entry)
            .and_then(|record| state.apply(&record).map_err(|problem| format!("{}: {problem}", record.app)));
        problems.extend(applied.err());
    }
    Ok((state, problems))
}

/// A line about the records between two generations, if these do not follow each other.
pub(super) fn missing(before: u64, after: u64) -> Option<String> {
    match (before + 1, after.checked_sub(1)?) {
        (first, last) if first > last => None,
        (first, last) if first == last => Some(format!("record {first} is missing")),
        (first, last) => Some(format!("records {first} to {last} are missing")),
    }
}
