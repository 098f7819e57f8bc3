//! Why the real API gave no answer.

use std::error::Error;

use crate::connect::BoxError;

/// No answer came from upstream. What has begun to arrive and breaks off is an error of the answer's body instead.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Whom.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The connection is there, the answer does not come.
    #[error("{host} did not answer in time")]
    Late {
        /// Who.
        host: String,
    },
    /// The connection broke, or what came is no HTTP.
    #[error("{host} gave no valid answer: {reason}")]
    Broken {
        /// Who.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings cannot be used.
    #[error("TLS to upstream cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl UpstreamError {
    pub(super) fn broken(host: &str, source: impl Into<BoxError>) -> Self {
        Self::Broken { host: host.to_owned(), reason: innermost(&*source.into()) }
    }

    pub(super) fn of(host: &str, error: hyper_util::client::legacy::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable { host: host.to_owned(), reason: innermost(&error) }
        } else {
            Self::broken(host, error)
        }
    }
}

/// The cause at the bottom, which says what happened; those above say that something did.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
