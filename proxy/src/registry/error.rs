//! What can go wrong in the registry.

use std::path::{Path, PathBuf};

use super::{Hash, Version};

/// An error of the registry. One level per message; causes are `source()`s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The file system said no.
    #[error("{}", path.display())]
    Io {
        /// The file or directory concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a name an application can have.
    #[error("application name {name:?}: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`, starting with a letter or digit")]
    Name {
        /// The name given.
        name: String,
    },
    /// The folder given is not an app model.
    #[error("{}: not an app model: {problem}", path.display())]
    Model {
        /// The folder or file concerned.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing was published under this name.
    #[error("no model of application `{app}` in registry {}", dir.display())]
    UnknownApp {
        /// The name asked for.
        app: String,
        /// The registry.
        dir: PathBuf,
    },
    /// The application has no such version.
    #[error("application `{app}` has no version {version}")]
    UnknownVersion {
        /// The application.
        app: String,
        /// The version asked for.
        version: Version,
    },
    /// A rollback without a version, where the current one is the oldest.
    #[error("application `{app}` has no version before {current}")]
    NoPrevious {
        /// The application.
        app: String,
        /// Its current version.
        current: Version,
    },
    /// The index, or what is derived from it, cannot be trusted.
    #[error(
        "registry {}: the index is damaged ({problem}); `chameleon registry rebuild` makes it anew from the records",
        dir.display()
    )]
    IndexDamaged {
        /// The registry.
        dir: PathBuf,
        /// How the damage shows.
        problem: String,
    },
    /// A stored file is not what was stored.
    #[error("{}: content is {found}, expected {expected}; publish the model again", path.display())]
    ObjectDamaged {
        /// The stored file.
        path: PathBuf,
        /// The hash it was stored under.
        expected: Hash,
        /// The hash of what is there now.
        found: Hash,
    },
    /// Another process held the registry for too long.
    #[error("registry {}: locked by another process", dir.display())]
    Busy {
        /// The registry.
        dir: PathBuf,
    },
}

/// Names the path in an I/O error.
pub(super) trait At<T> {
    fn at(self, path: &Path) -> Result<T, RegistryError>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T, RegistryError> {
        self.map_err(|source| RegistryError::Io { path: path.to_owned(), source })
    }
}
