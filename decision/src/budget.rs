//! How much work runs of programs may take together.

use std::sync::atomic::{AtomicU64, Ordering};

/// Steps that many runs share, so that whoever analyzes hostile programs is done in time, and by the same steps each time.
///
/// A step is one statement, expression or item of a loop: some fifty nanoseconds.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    spent: AtomicU64,
}

impl Budget {
    /// A budget of this many steps.
    pub const fn new(limit: u64) -> Self {
        Self { limit, spent: AtomicU64::new(0) }
    }

    /// Takes steps from the budget.
    pub fn spend(&self, steps: u64) {
        self.spent.fetch_add(steps, Ordering::Relaxed);
    }

    /// The steps that were taken.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.spent() >= self.limit
    }

    /// The steps there were at first.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}
