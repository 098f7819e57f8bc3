//! Where images are decoded and networks run: blocking work, as much at a time as there are cores, and a bounded
//! queue before it. What does not fit is refused at once, so that a full server stays quick at saying so.
//!
//! A worker that finishes takes the next piece by itself: between two pieces no other thread has to wake up, which on
//! a busy machine takes as long as a small network.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::wire::status::{Code, Status};

/// What a refused caller is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A piece of work.
type Work = Box<dyn FnOnce() + Send>;

/// Bounded blocking work. Clones share the bounds.
#[derive(Clone)]
pub(super) struct Pool {
    /// A permit for each piece of work, queued or running.
    admitted: Arc<Semaphore>,
    queue: Arc<Mutex<Queue>>,
    workers: usize,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Work>,
    /// Workers that run, each on a thread for blocking work.
    working: usize,
}

/// A place in the pool. The caller holds it while it waits, and who works for the caller while working.
pub(super) type Place = Arc<OwnedSemaphorePermit>;

impl Pool {
    /// Runs `workers` pieces of work at a time and lets `queue` more wait.
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        let workers = workers.clamp(1, Semaphore::MAX_PERMITS);
        let admitted = workers.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        Self { admitted: Arc::new(Semaphore::new(admitted)), queue: Arc::default(), workers }
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
        let place = self.admit()?;
        let held = Arc::downgrade(&place);
        let (reply, answer) = oneshot::channel();
        self.push(Box::new(move || {
            if let Some(place) = Weak::upgrade(&held) {
                let done = work();
                // Before the caller hears of it, whose next call may be quick.
                drop(place);
                // The caller may have gone away meanwhile.
                let _ = reply.send(done);
            }
        }));
        answer.await.map_err(|_| failed())
    }

    /// How many pieces of work run at a time.
    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// A place for one more caller.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when there is none.
    pub(super) fn admit(&self) -> Result<Place, Status> {
        let permit = Arc::clone(&self.admitted).try_acquire_owned();
        permit.map(Arc::new).map_err(|_| Status::exhausted("The server is busy; try again later.", RETRY_AFTER))
    }

    /// Has `work` done after all that was pushed before.
    pub(super) fn push(&self, work: Work) {
        let mut queue = self.lock();
        queue.waiting.push_back(work);
        if queue.working < self.workers {
            queue.working += 1;
            let pool = self.clone();
            tokio::task::spawn_blocking(move || pool.work());
        }
    }

    /// Works until nothing waits.
    fn work(&self) {
        while let Some(work) = self.next() {
            // The message is the panic hook's; whoever waits learns of it from the channel that closes.
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::error!("Work failed");
            }
        }
    }

    /// The next piece of work; without one a worker less counts as working.
    fn next(&self) -> Option<Work> {
        let mut queue = self.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.working -= 1;
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the caller of work is told that panicked.
pub(super) fn failed() -> Status {
    Status::new(Code::Internal, "Internal error encountered.")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinHandle;

    use super::*;

    /// Starts `work` and waits until it has its place.
    async fn admitted<T, F>(pool: &Pool, work: F) -> JoinHandle<Result<T, Status>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let before = pool.admitted.available_permits();
        let task = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(work).await }
        });
        while pool.admitted.available_permits() == before {
            tokio::task::yield_now().await;
        }
        task
    }

    #[tokio::test]
    async fn what_fits_neither_workers_nor_queue_is_refused() {
        let pool = Pool::new(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let first = admitted(&pool, move || held.recv().is_ok()).await;
        let second = admitted(&pool, || 2).await;
        let status = pool.run(|| 3).await.unwrap_err();
        assert_eq!(status.code, Code::ResourceExhausted);
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(pool.run(|| 3).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn work_of_a_caller_that_left_is_not_done() {
        let pool = Pool::new(1, 2);
        let (release, held) = mpsc::channel::<()>();
        let first = admitted(&pool, move || held.recv().is_ok()).await;
        let (done, was_done) = mpsc::channel();
        let second = admitted(&pool, move || done.send(())).await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(pool.admitted.available_permits(), 2, "its place is free at once");
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(pool.run(|| 3).await.unwrap(), 3);
        assert!(was_done.recv().is_err());
    }

    #[tokio::test]
    async fn a_caller_that_was_answered_is_not_in_its_own_way() {
        let pool = Pool::new(1, 0);
        for _ in 0..2000 {
            pool.run(|| ()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_frees_its_place() {
        let pool = Pool::new(1, 0);
        let status = pool.run(|| -> () { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(status.code, Code::Internal);
        // The place is free once the worker has put the panic away.
        while pool.admitted.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 1).await.unwrap(), 1);
    }
}
