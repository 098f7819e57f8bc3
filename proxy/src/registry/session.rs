//! One writer's turn: lock, open the index, catch up with the log, change, close, show.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::At;
use super::index::Index;
use super::records::Records;
use super::state::{Event, Record, State};
use super::{Current, RegistryError, view};

/// Longest wait for another process's turn; a publication takes far less.
const PATIENCE: Duration = Duration::from_secs(30);

/// The registry's lock: held for one turn, by a file lock that the system frees when a process dies.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(registry: &Path) -> Result<Self, RegistryError> {
        let path = registry.join("lock");
        let file = File::options().create(true).append(true).open(&path).at(&path)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(fs::TryLockError::Error(source)) => return Err(RegistryError::Io { path, source }),
                Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(fs::TryLockError::WouldBlock) => return Err(RegistryError::Busy { dir: registry.to_owned() }),
            }
        }
    }
}

/// A turn. Dropped without [`Session::close`] it leaves what a crash would leave, which the next turn mends.
pub(super) struct Session {
    registry: PathBuf,
    pub(super) state: State,
    index: Index,
    records: Records,
    _lock: Lock,
}

impl Session {
    pub(super) fn open(registry: &Path) -> Result<Self, RegistryError> {
        let lock = Lock::take(registry)?;
        let records = Records::new(registry.join("records"));
        if !Index::exists(registry) && !records.after(0)?.is_empty() {
            return Err(damaged(registry, "it is missing".to_owned()));
        }
        let index = Index::open(registry)?;
        let state = index.read()?;
        let mut session = Self { registry: registry.to_owned(), state, index, records, _lock: lock };
        session.catch_up()?;
        Ok(session)
    }

    /// Applies records that a dead writer left behind, in the log but not in the index.
    fn catch_up(&mut self) -> Result<(), RegistryError> {
        for entry in self.records.after(self.state.generation)? {
            let record = self.records.read(&entry).map_err(|problem| damaged(&self.registry, problem))?;
            self.apply(&record)?;
        }
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Result<(), RegistryError> {
        let fits = self.state.apply(record);
        fits.map_err(|problem| damaged(&self.registry, format!("application `{}`: {problem}", record.app)))?;
        self.index.write(&self.state, &[&record.app])
    }

    /// Makes a change: first in the log, then in the index.
    pub(super) fn commit(&mut self, app: &str, event: Event) -> Result<(), RegistryError> {
        let record = self.log(app, event)?;
        self.apply(&record)
    }

    pub(super) fn log(&self, app: &str, event: Event) -> Result<Record, RegistryError> {
        let generation = self.state.generation + 1;
        let record = Record { generation, at: now(), app: app.to_owned(), event };
        self.records.append(&record)?;
        Ok(record)
    }

    /// Ends the turn: shows readers the new state and seals the index.
    pub(super) fn close(self) -> Result<(), RegistryError> {
        self.show()?;
        self.index.close()
    }

    /// Shows readers the state as it is now.
    pub(super) fn show(&self) -> Result<(), RegistryError> {
        let current = Current::from(&self.state);
        if view::read(&self.registry).ok().as_ref() == Some(&current) {
            return Ok(());
        }
        view::write(&self.registry, &current)
    }
}

fn damaged(registry: &Path, problem: String) -> RegistryError {
    RegistryError::IndexDamaged { dir: registry.to_owned(), problem }
}

/// Seconds since 1970-01-01 UTC; a clock before that counts as that.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
