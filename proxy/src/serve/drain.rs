//! Ending connections between two calls rather than in the middle of one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};

/// Knows the connections on which HTTP is spoken. Clones are the same drain.
#[derive(Clone, Debug)]
pub(super) struct Drain {
    /// `None` once draining has begun.
    open: Arc<Mutex<Option<GracefulShutdown>>>,
}

impl Drain {
    pub(super) fn new() -> Self {
        Self { open: Arc::new(Mutex::new(Some(GracefulShutdown::new()))) }
    }

    /// To watch one more connection with; `None` when it is too late to begin one.
    pub(super) fn watcher(&self) -> Option<Watcher> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(GracefulShutdown::watcher)
    }

    /// Whether no more connections are begun.
    pub(super) fn has_begun(&self) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Asks all connections to end after the calls under way, and waits at most `grace` for it. Gives whether all did.
    pub(super) async fn finish(self, grace: Duration) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        match open {
            None => true,
            Some(open) => tokio::time::timeout(grace, open.shutdown()).await.is_ok(),
        }
    }
}
