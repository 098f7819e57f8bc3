//! The reading side: what a server uses. It opens neither sled nor any lock, so it runs beside writers of other
//! processes, and on a read-only mount.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::objects::Objects;
use super::{Current, Publication, RegistryError, Version, view};

/// Reads what is currently published.
#[derive(Clone, Debug)]
pub struct Reader {
    dir: PathBuf,
    objects: Objects,
}

/// An app model's files in memory, each verified against its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The version they are.
    pub version: Version,
    /// Name to content.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Reader {
    /// Reads the registry at `dir`, which need not exist yet: until something is published it is empty.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        let objects = Objects::new(dir.join("objects"));
        Self { dir, objects }
    }

    /// What is current for every application.
    ///
    /// # Errors
    /// The view is unreadable or damaged.
    pub fn current(&self) -> Result<Current, RegistryError> {
        view::read(&self.dir)
    }

    /// The current model of an application.
    ///
    /// # Errors
    /// Nothing is published under that name, or a stored file is missing or damaged.
    pub fn load(&self, app: &str) -> Result<Model, RegistryError> {
        let seen = self.current()?;
        let publication = self.publication(&seen, app)?;
        self.read(publication).or_else(|error| {
            // A removal between the two reads takes the files away; then the view has moved on.
            let now = self.current()?;
            if now.generation == seen.generation { Err(error) } else { self.read(self.publication(&now, app)?) }
        })
    }

    /// The files of one publication.
    ///
    /// # Errors
    /// A stored file is missing or damaged.
    pub fn read(&self, publication: &Publication) -> Result<Model, RegistryError> {
        let files = publication.files.iter().map(|(name, hash)| Ok((name.clone(), self.objects.read(*hash)?)));
        Ok(Model { version: publication.version, files: files.collect::<Result<_, RegistryError>>()? })
    }

    /// Notices changes from now on.
    pub fn watch(self) -> Watch {
        Watch { reader: self, stamp: None, generation: None }
    }

    fn publication<'c>(&self, current: &'c Current, app: &str) -> Result<&'c Publication, RegistryError> {
        let unknown = || RegistryError::UnknownApp { app: app.to_owned(), dir: self.dir.clone() };
        current.apps.get(app).ok_or_else(unknown)
    }
}

/// Notices that something was published, rolled back or removed, by whatever process. Looking costs one `stat`, and
/// works on file systems without notifications.
#[derive(Debug)]
pub struct Watch {
    reader: Reader,
    stamp: Option<Stamp>,
    generation: Option<u64>,
}

/// What changes of a file when it is replaced.
type Stamp = (Option<SystemTime>, u64, u64);

impl Watch {
    /// What is current, if it changed since the last look; the first look always finds a change.
    ///
    /// # Errors
    /// As [`Reader::current`]; the next look tries again.
    pub fn poll(&mut self) -> Result<Option<Current>, RegistryError> {
        let stamp = stamp(&view::path(&self.reader.dir));
        if stamp.is_some() && stamp == self.stamp {
            return Ok(None);
        }
        let current = self.reader.current()?;
        self.stamp = stamp;
        let changed = self.generation != Some(current.generation);
        self.generation = Some(current.generation);
        Ok(changed.then_some(current))
    }

    /// Reads the files behind what was seen.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok()?;
    Some((data.modified().ok(), data.len(), inode(&data)))
}

#[cfg(unix)]
fn inode(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
