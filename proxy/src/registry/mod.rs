//! The registry of app models: names, versions, history, and the files behind them.
//!
//! # Layout
//!
//! ```text
//! DIR/objects/ab/cdef…        the models' files, named by the SHA-256 of their content
//! DIR/records/GENERATION-SHA256.json   the log: one file per change (publish, activate, remove)
//! DIR/index/                  sled: applications → versions, current version, publication time, metrics
//! DIR/index.seal              the hash of the index's files as they were left
//! DIR/current.json            what is current now: the reading side's view
//! DIR/lock                    held by the process that changes something
//! ```
//!
//! # How a change is made
//!
//! Under the lock: new objects, then the record, then one sled transaction and its flush, then `current.json`; every
//! file by temporary file, sync and rename. *The record is the point of no return*: a process killed before it has
//! changed nothing (at most unused objects remain), one killed after it has made its change, which the next turn
//! completes from the log. If an error is returned after the record was written (a full disk), the change still stands.
//!
//! # Who may do what
//!
//! sled admits one process and is therefore never held open; a turn of a writer takes milliseconds. A server uses a
//! [`Reader`], which reads `current.json` and the objects and takes no lock, and learns of changes by [`Watch`].
//!
//! # Damage
//!
//! A damaged index is reported, not repaired behind the owner's back; [`Registry::rebuild`] makes it anew from the log.
//! Damaged objects are found by [`Registry::verify`] and on loading, and mended by publishing the model again.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod error;
mod files;
mod hash;
mod index;
mod name;
mod objects;
mod publish;
mod reader;
mod rebuild;
mod records;
mod session;
mod state;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use error::RegistryError;
pub use hash::{Hash, NotAHash};
pub use name::check_name;
pub use reader::{Model, Reader, Watch};
pub use rebuild::Rebuilt;
pub use state::{Publication, Version};
pub use view::Current;

use error::At;
use objects::Objects;
use records::Records;
use session::Session;
use state::{App, Event};

/// The writing side: publishes, rolls back, removes, and tells the history.
#[derive(Clone, Debug)]
pub struct Registry {
    dir: PathBuf,
    objects: Objects,
}

/// An application's versions.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The version that is served.
    pub current: Version,
    /// All versions, oldest first.
    pub versions: Vec<Publication>,
}

impl Registry {
    /// Opens the registry at `dir`, creating it if need be, and completes what a dead writer began.
    ///
    /// # Errors
    /// The directory cannot be used, another process holds it, or its index is damaged.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, RegistryError> {
        let registry = Self::at(dir.into())?;
        registry.turn(|_| Ok(()))?;
        Ok(registry)
    }

    /// The registry at `dir`, with its folders made but nothing read.
    fn at(dir: PathBuf) -> Result<Self, RegistryError> {
        for folder in [dir.clone(), dir.join("objects"), dir.join("records")] {
            files::create_dir(&folder).at(&folder)?;
        }
        Ok(Self { objects: Objects::new(dir.join("objects")), dir })
    }

    /// Where the registry is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The reading side of the same registry.
    pub fn reader(&self) -> Reader {
        Reader::new(self.dir.clone())
    }

    /// What is current for every application, by name.
    ///
    /// # Errors
    /// The view is unreadable or damaged.
    pub fn list(&self) -> Result<Current, RegistryError> {
        self.reader().current()
    }

    /// The current model of an application, verified.
    ///
    /// # Errors
    /// Nothing is published under that name, or a stored file is missing or damaged.
    pub fn load(&self, app: &str) -> Result<Model, RegistryError> {
        self.reader().load(app)
    }

    /// All versions of an application.
    ///
    /// # Errors
    /// Nothing is published under that name, or the registry cannot be used.
    pub fn history(&self, app: &str) -> Result<History, RegistryError> {
        self.turn(|session| {
            let (known, current) = self.known(session, app)?;
            Ok(History { current, versions: known.versions.values().cloned().collect() })
        })
    }

    /// Makes an earlier version current again: the one given, or the one before the current. Gives the version that is
    /// current now. Nothing is deleted, so a rollback can be rolled forward by naming the later version.
    ///
    /// # Errors
    /// The application, the version, or an earlier version does not exist; one of that version's files is damaged.
    pub fn rollback(&self, app: &str, to: Option<Version>) -> Result<Version, RegistryError> {
        self.turn(|session| {
            let (known, current) = self.known(session, app)?;
            let target = match to {
                Some(version) => version,
                None => *known
                    .versions
                    .range(..current)
                    .next_back()
                    .map(|(version, _)| version)
                    .ok_or_else(|| RegistryError::NoPrevious { app: app.to_owned(), current })?,
            };
            let publication = known.versions.get(&target);
            let publication =
                publication.ok_or_else(|| RegistryError::UnknownVersion { app: app.to_owned(), version: target })?;
            publication.files.values().try_for_each(|hash| self.objects.check(*hash))?;
            if target != current {
                session.commit(app, Event::Activate { version: target })?;
            }
            Ok(target)
        })
    }

    /// Removes an application with all its versions, and the files that no other version uses. Gives how many files
    /// went.
    ///
    /// # Errors
    /// Nothing is published under that name, or the registry cannot be used.
    pub fn remove(&self, app: &str) -> Result<usize, RegistryError> {
        self.turn(|session| {
            self.known(session, app)?;
            session.commit(app, Event::Remove)?;
            // Readers first learn that the model is gone, then its files go.
            session.show()?;
            let keep: BTreeSet<Hash> = session.state.objects().collect();
            self.objects.sweep(&keep)
        })
    }

    /// Checks the log and every stored file. Gives the problems found, one line each; none is good.
    ///
    /// # Errors
    /// The registry cannot be used at all; so a damaged index is an error, never a line of the result.
    pub fn verify(&self) -> Result<Vec<String>, RegistryError> {
        self.turn(|session| {
            let (logged, mut problems) = rebuild::replay(&Records::new(self.dir.join("records")))?;
            // What the index has that the log has not, would be lost with the index.
            problems.extend(rebuild::missing(logged.generation, session.state.generation + 1));
            for (app, publication) in session.state.publications() {
                for (name, hash) in &publication.files {
                    if let Err(error) = self.objects.check(*hash) {
                        problems.push(format!("{app} version {}, {name}: {error}", publication.version));
                    }
                }
            }
            Ok(problems)
        })
    }

    fn known<'s>(&self, session: &'s Session, app: &str) -> Result<(&'s App, Version), RegistryError> {
        let unknown = || RegistryError::UnknownApp { app: app.to_owned(), dir: self.dir.clone() };
        let known = session.state.apps.get(app).ok_or_else(unknown)?;
        Ok((known, known.current.ok_or_else(unknown)?))
    }

    /// One turn; closed in order also when `work` refuses.
    fn turn<T>(&self, work: impl FnOnce(&mut Session) -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        let mut session = Session::open(&self.dir)?;
        let result = work(&mut session);
        session.close()?;
        result
    }
}
