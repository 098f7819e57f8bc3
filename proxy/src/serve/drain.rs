//! Ending connections between two calls rather than in the middle of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Knows the connections on which HTTP is spoken, and the tunnels. Clones are the same drain.
#[derive(Clone, Debug)]
pub(super) struct Drain {
    /// `None` once draining has begun.
    open: Arc<Mutex<Option<GracefulShutdown>>>,
    announced: Arc<AtomicBool>,
    /// Read by each tunnel for as long as it is open.
    tunnels: Arc<RwLock<()>>,
}

impl Drain {
    pub(super) fn new() -> Self {
        Self {
            open: Arc::new(Mutex::new(Some(GracefulShutdown::new()))),
            announced: Arc::default(),
            tunnels: Arc::default(),
        }
    }

    /// To watch one more connection with; `None` when it is too late to begin one.
    pub(super) fn watcher(&self) -> Option<Watcher> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(GracefulShutdown::watcher)
    }

    /// To hold while a tunnel is open; `None` when it is too late to open one.
    pub(super) fn tunnel(&self) -> Option<OwnedRwLockReadGuard<()>> {
        Arc::clone(&self.tunnels).try_read_owned().ok()
    }

    /// Lets it be known that connections will soon be ended, and waits `delay` so that those who choose among servers
    /// hear of it.
    pub(super) async fn announce(&self, delay: Duration) {
        self.announced.store(true, Ordering::Relaxed);
        tokio::time::sleep(delay).await;
    }

    /// Whether connections are ended, or will soon be.
    pub(super) fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Relaxed)
    }

    /// Asks all connections to end after the calls under way, and waits at most `grace` for it and for the tunnels, in
    /// which calls cannot be told. Gives whether all ended.
    pub(super) async fn finish(self, grace: Duration) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = async {
            if let Some(open) = open {
                open.shutdown().await;
            }
            drop(self.tunnels.write().await);
        };
        tokio::time::timeout(grace, ended).await.is_ok()
    }
}
