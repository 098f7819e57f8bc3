//! What the registry says, as values: records in, state out. No files here.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hash;

/// A version of one application's model: 1, 2, 3, … Numbers are never given twice, not even after a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One published version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// Its number.
    pub version: Version,
    /// When it was first published, in seconds since 1970-01-01 UTC.
    pub published_at: u64,
    /// Its files: name to content.
    pub files: BTreeMap<String, Hash>,
    /// The length of its files together.
    pub bytes: u64,
    /// The `evaluation` of its `app.json`, as it is.
    #[serde(default)]
    pub metrics: Value,
}

/// One change of the registry; together, in order, they are the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// 1, 2, 3, …: the place of this change in the history of the whole registry.
    pub(super) generation: u64,
    /// Seconds since 1970-01-01 UTC.
    pub(super) at: u64,
    pub(super) app: String,
    #[serde(flatten)]
    pub(super) event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    /// A new version, which becomes the current one.
    Publish { publication: Publication },
    /// Another version that was published before becomes the current one.
    Activate { version: Version },
    /// All versions go.
    Remove,
}

/// All that is known of one application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct App {
    pub(super) current: Option<Version>,
    /// The highest number ever given.
    pub(super) last: u32,
    pub(super) versions: BTreeMap<Version, Publication>,
}

impl App {
    pub(super) fn current(&self) -> Option<&Publication> {
        self.current.and_then(|version| self.versions.get(&version))
    }

    /// Applies one record. A record that does not fit what is known (its predecessor was lost) changes nothing and is
    /// given back as a description of the misfit.
    pub(super) fn apply(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Publish { publication } => {
                self.last = self.last.max(publication.version.0);
                self.current = Some(publication.version);
                self.versions.insert(publication.version, publication.clone());
            }
            Event::Activate { version } if self.versions.contains_key(version) => self.current = Some(*version),
            Event::Activate { version } => return Err(format!("version {version} is not known")),
            Event::Remove => {
                self.current = None;
                self.versions.clear();
            }
        }
        Ok(())
    }
}

/// Everything: what the index stores.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The generation of the last record applied.
    pub(super) generation: u64,
    pub(super) apps: BTreeMap<String, App>,
}

impl State {
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), String> {
        self.generation = self.generation.max(record.generation);
        self.apps.entry(record.app.clone()).or_default().apply(&record.event)
    }

    /// Every stored file that some version uses.
    pub(super) fn objects(&self) -> impl Iterator<Item = Hash> {
        self.publications().flat_map(|(_, publication)| publication.files.values().copied())
    }

    pub(super) fn publications(&self) -> impl Iterator<Item = (&str, &Publication)> {
        self.apps.iter().flat_map(|(name, app)| app.versions.values().map(move |one| (name.as_str(), one)))
    }
}
