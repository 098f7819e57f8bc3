//! Calls that wait are answered together, as many as a worker gets done within a bound: a network reads its weights
//! once for all images of a batch. Nobody waits for a batch to fill.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::pool::{Pool, failed};
use crate::wire::status::Status;

/// How large a batch becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// Items.
    pub(super) items: usize,
    /// How long its answers may take, by what items took lately.
    pub(super) time: Duration,
}

/// What can be answered in batches.
pub(super) trait Batched: Send + 'static {
    /// What one call gets.
    type Answer: Send + 'static;

    /// How many items it has.
    fn items(&self) -> usize;
}

/// Answers calls on the workers of a pool, those together that wait at the same time.
pub(super) struct Batcher<C: Batched> {
    pool: Pool,
    shared: Arc<Shared<C>>,
}

struct Shared<C: Batched> {
    waiting: Mutex<VecDeque<Waiting<C>>>,
    bound: Bound,
    /// An item's time, in nanoseconds.
    pace: AtomicU64,
    answer: Answerer<C>,
}

/// Gives one answer a call, in order.
type Answerer<C> = Box<dyn Fn(Vec<C>) -> Vec<<C as Batched>::Answer> + Send + Sync>;

struct Waiting<C: Batched> {
    call: C,
    /// The caller's, while it waits.
    place: Weak<OwnedSemaphorePermit>,
    reply: oneshot::Sender<C::Answer>,
}

impl<C: Batched> Batcher<C> {
    pub(super) fn new(
        pool: Pool,
        bound: Bound,
        answer: impl Fn(Vec<C>) -> Vec<C::Answer> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared { waiting: Mutex::default(), bound, pace: AtomicU64::default(), answer: Box::new(answer) };
        Self { pool, shared: Arc::new(shared) }
    }

    /// The answer to `call`. If the caller goes away, a call that waits is dropped.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(super) async fn run(&self, call: C) -> Result<C::Answer, Status> {
        let place = self.pool.admit()?;
        let (reply, answer) = oneshot::channel();
        self.shared.lock().push_back(Waiting { call, place: Arc::downgrade(&place), reply });
        let (shared, workers) = (Arc::clone(&self.shared), self.pool.workers());
        // One turn a call: each takes at least one call, unless another took it along, so that no call is left.
        self.pool.push(Box::new(move || shared.turn(workers)));
        answer.await.map_err(|_| failed())
    }
}

impl<C: Batched> Shared<C> {
    /// Answers those that are next.
    fn turn(&self, workers: usize) {
        let batch = self.take(workers);
        if batch.is_empty() {
            return;
        }
        let items: usize = batch.iter().map(|(waiting, _)| waiting.call.items()).sum();
        let (mut calls, mut replies) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for (Waiting { call, reply, .. }, place) in batch {
            calls.push(call);
            replies.push((reply, place));
        }
        let began = Instant::now();
        let answers = (self.answer)(calls);
        self.note(items, began.elapsed());
        for (answer, (reply, place)) in answers.into_iter().zip(replies) {
            // Before the caller hears of it, whose next call may be quick.
            drop(place);
            // The caller may have gone away meanwhile.
            let _ = reply.send(answer);
        }
    }

    /// The calls of the next batch, with their places: this worker's share of those that wait, as far as the bound
    /// allows, but one.
    fn take(&self, workers: usize) -> Vec<(Waiting<C>, Arc<OwnedSemaphorePermit>)> {
        let most = self.most();
        let mut waiting = self.lock();
        waiting.retain(|waiting| waiting.place.strong_count() > 0);
        let share = waiting.len().div_ceil(workers.max(1));
        let (mut batch, mut items) = (Vec::new(), 0);
        while let Some(next) = waiting.front().filter(|_| batch.len() < share) {
            items += next.call.items();
            if items > most && !batch.is_empty() {
                break;
            }
            let Some(next) = waiting.pop_front() else { break };
            batch.extend(next.place.upgrade().map(|place| (next, place)));
        }
        batch
    }

    /// How many items a batch may have.
    fn most(&self) -> usize {
        // Nothing is known before the first batch.
        let pace = u128::from(self.pace.load(Ordering::Relaxed).max(1));
        let fit = self.bound.time.as_nanos() / pace;
        usize::try_from(fit).map_or(self.bound.items, |fit| fit.min(self.bound.items))
    }

    /// Takes a batch's time into account, an eighth of what was known before being forgotten.
    fn note(&self, items: usize, took: Duration) {
        let one = u64::try_from(took.as_nanos() / items.max(1) as u128).unwrap_or(u64::MAX);
        let known = self.pace.load(Ordering::Relaxed);
        let new = if known == 0 { one } else { known - known / 8 + one / 8 };
        // Two workers at once: either's is as good.
        self.pace.store(new, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting<C>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::wire::status::Code;

    const SLOW: Duration = Duration::from_secs(3600);

    /// Some items, which are answered by how many calls were in the batch.
    struct Items(usize);

    impl Batched for Items {
        type Answer = usize;

        fn items(&self) -> usize {
            self.0
        }
    }

    fn batcher(workers: usize, bound: Bound) -> Arc<Batcher<Items>> {
        let answer = |calls: Vec<Items>| vec![calls.len(); calls.len()];
        Arc::new(Batcher::new(Pool::new(workers, 100), bound, answer))
    }

    /// What calls with so many items get that have waited together for the only worker.
    async fn together(batcher: &Arc<Batcher<Items>>, items: &[usize]) -> Vec<usize> {
        let (release, held) = mpsc::channel::<()>();
        batcher.pool.push(Box::new(move || {
            let _ = held.recv();
        }));
        let calls: Vec<_> = items
            .iter()
            .map(|&items| {
                let batcher = Arc::clone(batcher);
                tokio::spawn(async move { batcher.run(Items(items)).await.unwrap() })
            })
            .collect();
        while batcher.shared.lock().len() < items.len() {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        answers
    }

    #[tokio::test]
    async fn calls_that_wait_are_answered_together_within_the_bound() {
        let batcher = batcher(1, Bound { items: 4, time: SLOW });
        assert_eq!(batcher.run(Items(1)).await.unwrap(), 1);
        assert_eq!(together(&batcher, &[1, 1, 1]).await, [3, 3, 3]);
        assert_eq!(together(&batcher, &[1, 1, 1, 1, 1]).await, [4, 4, 4, 4, 1]);
        // A call is never cut, and one that is larger than the bound is answered by itself.
        assert_eq!(together(&batcher, &[3, 2, 9, 1]).await, [1, 1, 1, 1]);
    }

    #[tokio::test]
    async fn items_that_take_long_are_answered_one_by_one() {
        let batcher = batcher(1, Bound { items: 4, time: Duration::from_millis(20) });
        batcher.shared.note(1, Duration::from_millis(9));
        assert_eq!(batcher.shared.most(), 2);
        batcher.shared.pace.store(0, Ordering::Relaxed);
        batcher.shared.note(1, SLOW);
        assert_eq!(together(&batcher, &[1, 1]).await, [1, 1]);
    }

    #[tokio::test]
    async fn a_worker_takes_its_share_only() {
        let batcher = batcher(2, Bound { items: 100, time: SLOW });
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        for _ in 0..2 {
            let held = Arc::clone(&held);
            batcher.pool.push(Box::new(move || {
                let _ = held.lock().unwrap().recv();
            }));
        }
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let batcher = Arc::clone(&batcher);
                tokio::spawn(async move { batcher.run(Items(1)).await.unwrap() })
            })
            .collect();
        while batcher.shared.lock().len() < 4 {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
        release.send(()).unwrap();
        for call in calls {
            assert!(call.await.unwrap() <= 2);
        }
    }

    #[tokio::test]
    async fn a_caller_that_was_answered_is_not_in_its_own_way() {
        let bound = Bound { items: 4, time: SLOW };
        let batcher: Batcher<Items> = Batcher::new(Pool::new(1, 0), bound, |calls| vec![0; calls.len()]);
        for _ in 0..2000 {
            batcher.run(Items(1)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_panic_is_told_to_all_of_its_batch() {
        let bound = Bound { items: 4, time: SLOW };
        let batcher: Batcher<Items> = Batcher::new(Pool::new(1, 1), bound, |_| panic!("on purpose"));
        assert_eq!(batcher.run(Items(1)).await.unwrap_err().code, Code::Internal);
    }
}
