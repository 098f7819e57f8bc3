//! The log: one small file per change, `records/GENERATION-SHA256.json`, written before the index learns of the change.
//!
//! The log is the truth of the registry. The index can be made from it, and a change whose record is on disk has
//! happened, even if the process died before the index took it.

use std::fs;
use std::path::{Path, PathBuf};

use chameleon_models::files::replace;

use super::error::At;
use super::state::Record;
use super::{Hash, RegistryError};

#[derive(Clone, Debug)]
pub(super) struct Records {
    dir: PathBuf,
}

/// A record file by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) generation: u64,
    hash: Hash,
}

impl Entry {
    fn parse(name: &str) -> Option<Self> {
        let (generation, hash) = name.strip_suffix(".json")?.split_once('-')?;
        Some(Self { generation: generation.parse().ok()?, hash: hash.parse().ok()? })
    }

    fn file_name(&self) -> String {
        format!("{:012}-{}.json", self.generation, self.hash)
    }
}

impl Records {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Makes a change durable: once this returns, it has happened.
    pub(super) fn append(&self, record: &Record) -> Result<(), RegistryError> {
        let content = encode(record);
        let entry = Entry { generation: record.generation, hash: Hash::of(&content) };
        let path = self.dir.join(entry.file_name());
        replace(&path, &content).at(&path)
    }

    /// All record files after a generation, oldest first. Other files (temporary ones of a crash) are passed over.
    pub(super) fn after(&self, generation: u64) -> Result<Vec<Entry>, RegistryError> {
        let mut entries = Vec::new();
        for file in fs::read_dir(&self.dir).at(&self.dir)? {
            let name = file.at(&self.dir)?.file_name();
            entries.extend(name.to_str().and_then(Entry::parse).filter(|entry| entry.generation > generation));
        }
        entries.sort();
        Ok(entries)
    }

    /// Reads one record, or says what is wrong with it.
    pub(super) fn read(&self, entry: &Entry) -> Result<Record, String> {
        let path = self.dir.join(entry.file_name());
        read(&path, entry).map_err(|problem| format!("{}: {problem}", path.display()))
    }
}

fn read(path: &Path, entry: &Entry) -> Result<Record, String> {
    let content = fs::read(path).map_err(|error| error.to_string())?;
    let found = Hash::of(&content);
    if found != entry.hash {
        return Err(format!("content is {found}, expected {}", entry.hash));
    }
    let record: Record = serde_json::from_slice(&content).map_err(|error| error.to_string())?;
    if record.generation == entry.generation {
        Ok(record)
    } else {
        Err(format!("holds generation {}, named {}", record.generation, entry.generation))
    }
}

fn encode(record: &Record) -> Vec<u8> {
    serde_json::to_vec(record).expect("records hold only maps with string keys")
}
