//! Where images are decoded and networks run: blocking work, as much at a time as there are cores, and a bounded
//! queue before it. What does not fit is refused at once, so that a full server stays quick at saying so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::wire::status::{Code, Status};

/// What a refused caller is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bounded blocking work. Clones share the bounds.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// A permit for each piece of work, queued or running.
    admitted: Arc<Semaphore>,
    /// A permit for each running piece.
    running: Arc<Semaphore>,
}

impl Pool {
    /// Runs `workers` pieces of work at a time and lets `queue` more wait.
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        let workers = workers.clamp(1, Semaphore::MAX_PERMITS);
        let admitted = workers.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        Self { admitted: Arc::new(Semaphore::new(admitted)), running: Arc::new(Semaphore::new(workers)) }
    }

    /// Runs `work` on a thread for blocking work. If the caller goes away, work that is queued is dropped, and work
    /// that has begun ends by itself and counts as running until then.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when the queue is full; `INTERNAL` when the work panicked.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let full = || Status::exhausted("The server is busy; try again later.", RETRY_AFTER);
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| full())?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| full())?;
        let task = tokio::task::spawn_blocking(move || {
            let _permits = (admitted, running);
            work()
        });
        task.await.map_err(|error| {
            tracing::error!(%error, "Work failed");
            Status::new(Code::Internal, "Internal error encountered.")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_fits_neither_workers_nor_queue_is_refused() {
        let pool = Pool::new(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || held.recv().is_ok()).await }
        });
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| 2).await }
        });
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let status = pool.run(|| 3).await.unwrap_err();
        assert_eq!(status.code, Code::ResourceExhausted);
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(pool.run(|| 3).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_frees_its_place() {
        let pool = Pool::new(1, 0);
        let status = pool.run(|| -> () { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(status.code, Code::Internal);
        assert_eq!(pool.run(|| 1).await.unwrap(), 1);
    }
}
