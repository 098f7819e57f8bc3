//! What can go wrong with certificates.

use std::path::PathBuf;

/// An error of the local authority or of what it made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file system said no.
    #[error("{}", path.display())]
    Io {
        /// The file or directory concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A stored certificate or key is not one; `chameleon ca remove` makes way for a new one.
    #[error("{}: {problem}; `chameleon ca remove` makes way for a new one", path.display())]
    Stored {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A host the authority must not certify.
    #[error("no certificate for {host:?}: not under a domain served here")]
    NotPermitted {
        /// The host asked for.
        host: String,
    },
    /// A certificate could not be made.
    #[error("certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused a key or a configuration.
    #[error("TLS configuration")]
    Tls(#[from] rustls::Error),
}
