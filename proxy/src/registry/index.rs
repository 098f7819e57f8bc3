//! The index: sled, one key per application plus one for the whole.
//!
//! sled lets one process in at a time and is not held open: every use is open, read or write, flush, close, under the
//! registry's own lock. What it stores is checked in three ways. A *seal*, the hash of its files, is written after
//! each closing and removed before each opening: files that differ from their seal were damaged from outside, and sled
//! never sees them. A missing seal means that a writer died; then sled's own recovery has the word. Last, the stored
//! values carry a digest, so that values lost in recovery are noticed.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use chameleon_models::files::{replace, sync_folder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sled::transaction::TransactionError;

use super::error::At;
use super::state::State;
use super::{Hash, RegistryError};

const META: &[u8] = b"meta";
const APP: &[u8] = b"app/";
/// The index holds kilobytes; sled's default cache of 1 GiB is for other uses.
const CACHE_BYTES: u64 = 1 << 20;

pub(super) struct Index {
    registry: PathBuf,
    db: sled::Db,
}

/// What the index says of itself.
#[derive(Serialize, Deserialize)]
struct Meta {
    generation: u64,
    /// Over all application entries.
    digest: Hash,
}

impl Index {
    fn dir(registry: &Path) -> PathBuf {
        registry.join("index")
    }

    pub(super) fn exists(registry: &Path) -> bool {
        Self::dir(registry).exists()
    }

    /// Opens the index. The caller holds the registry's lock.
    pub(super) fn open(registry: &Path) -> Result<Self, RegistryError> {
        let dir = Self::dir(registry);
        let seal = seal_path(&dir);
        if let Ok(sealed) = fs::read_to_string(&seal) {
            let found = hash_files(&dir).at(&dir)?;
            if sealed.trim() != found.to_string() {
                return Err(damaged(registry, "its files are not as they were left"));
            }
            fs::remove_file(&seal).at(&seal)?;
        }
        await_release(&dir.join("db")).at(&dir)?;
        // sled panics on some damaged files; a panic here is an answer like any other.
        let config = sled::Config::new().path(&dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(db)) => Ok(Self { registry: registry.to_owned(), db }),
            Ok(Err(sled::Error::Io(source))) if source.kind() != io::ErrorKind::Other => {
                Err(RegistryError::Io { path: dir, source })
            }
            Ok(Err(error)) => Err(damaged(registry, &error.to_string())),
            Err(_) => Err(damaged(registry, "sled cannot read it")),
        }
    }

    /// Everything, verified against the digest.
    pub(super) fn read(&self) -> Result<State, RegistryError> {
        match catch_unwind(AssertUnwindSafe(|| self.read_unguarded())) {
            Ok(result) => result,
            Err(_) => Err(damaged(&self.registry, "sled cannot read it")),
        }
    }

    fn read_unguarded(&self) -> Result<State, RegistryError> {
        let lost = |problem: &dyn std::fmt::Display| damaged(&self.registry, &problem.to_string());
        let mut state = State::default();
        for item in self.db.scan_prefix(APP) {
            let (key, value) = item.map_err(|error| lost(&error))?;
            let name = std::str::from_utf8(&key[APP.len()..]).map_err(|error| lost(&error))?;
            let app = serde_json::from_slice(&value).map_err(|error| lost(&error))?;
            state.apps.insert(name.to_owned(), app);
        }
        match self.db.get(META).map_err(|error| lost(&error))? {
            None if state.apps.is_empty() => Ok(state),
            None => Err(lost(&"its summary is missing")),
            Some(meta) => {
                let meta: Meta = serde_json::from_slice(&meta).map_err(|error| lost(&error))?;
                state.generation = meta.generation;
                if meta.digest == digest(&state) { Ok(state) } else { Err(lost(&"entries are missing")) }
            }
        }
    }

    /// Stores a state in which only the applications named changed: one transaction, then a flush.
    pub(super) fn write(&self, state: &State, changed: &[&str]) -> Result<(), RegistryError> {
        let meta = encode(&Meta { generation: state.generation, digest: digest(state) });
        let entries: Vec<_> =
            changed.iter().filter_map(|name| state.apps.get(*name).map(|app| (key(name), encode(app)))).collect();
        let done = self.db.transaction(|tree| {
            for (key, value) in &entries {
                tree.insert(key.as_slice(), value.as_slice())?;
            }
            tree.insert(META, meta.as_slice())?;
            Ok(())
        });
        let done = done.map_err(|error: TransactionError<()>| match error {
            TransactionError::Storage(error) => error,
            TransactionError::Abort(()) => sled::Error::Unsupported("the transaction never aborts".into()),
        });
        done.and_then(|()| self.db.flush().map(drop))
            .map_err(|error| RegistryError::Io { path: Self::dir(&self.registry), source: io::Error::other(error) })
    }

    /// Closes the index and seals its files.
    pub(super) fn close(self) -> Result<(), RegistryError> {
        let dir = Self::dir(&self.registry);
        drop(self.db);
        await_release(&dir.join("db")).at(&dir)?;
        let seal = seal_path(&dir);
        let hash = hash_files(&dir).at(&dir)?;
        replace(&seal, hash.to_string().as_bytes()).at(&seal)
    }

    /// Removes the index, whatever its state.
    pub(super) fn destroy(registry: &Path) -> Result<(), RegistryError> {
        let dir = Self::dir(registry);
        for (path, result) in [
            (seal_path(&dir), fs::remove_file(seal_path(&dir))),
            (dir.clone(), if dir.is_dir() { fs::remove_dir_all(&dir) } else { fs::remove_file(&dir) }),
        ] {
            match result {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other.at(&path)?,
            }
        }
        sync_folder(registry).at(registry)
    }
}

fn damaged(registry: &Path, problem: &str) -> RegistryError {
    RegistryError::IndexDamaged { dir: registry.to_owned(), problem: problem.to_owned() }
}

fn seal_path(index: &Path) -> PathBuf {
    index.with_extension("seal")
}

fn key(name: &str) -> Vec<u8> {
    [APP, name.as_bytes()].concat()
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("index values hold only maps with string keys")
}

fn digest(state: &State) -> Hash {
    let mut hasher = Sha256::new();
    for (name, app) in &state.apps {
        // Names hold no newline, and JSON on one line neither.
        for part in [name.as_bytes(), b"\n", &encode(app), b"\n"] {
            hasher.update(part);
        }
    }
    hasher.into()
}

/// The hash over names and contents of the regular files under a folder, in order of their paths.
fn hash_files(dir: &Path) -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut paths =
            fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            hasher.update(path.strip_prefix(dir).unwrap_or(&path).as_os_str().as_encoded_bytes());
            if path.is_dir() {
                folders.push(path);
            } else {
                hasher.update(b"\0");
                io::copy(&mut File::open(&path)?, &mut hasher)?;
            }
        }
    }
    Ok(hasher.into())
}

/// Waits until sled's threads have let go of their file: dropping the handle does not wait for them, and they may write.
fn await_release(db: &Path) -> io::Result<()> {
    const ATTEMPTS: u32 = 2000;
    let file = match File::open(db) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}
