//! Working memory of runs, kept between them.

use std::sync::{Mutex, PoisonError};

/// The buffers of one run.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Values, by slot of the plan.
    pub(super) slots: Vec<Vec<f32>>,
    /// A convolution's input with its border of zeros.
    pub(super) padded: Vec<f32>,
}

impl Scratch {
    /// Makes every slot large enough for `n` images.
    pub(super) fn fit(&mut self, sizes: &[usize], n: usize) {
        self.slots.resize_with(sizes.len(), Vec::new);
        for (slot, size) in self.slots.iter_mut().zip(sizes) {
            if slot.len() < size * n {
                slot.resize(size * n, 0.0);
            }
        }
    }
}

/// Buffers that no run uses now: as many as there ever were runs at once.
#[derive(Debug, Default)]
pub(super) struct Pool {
    free: Mutex<Vec<Scratch>>,
}

impl Pool {
    pub(super) fn take(&self) -> Scratch {
        // A panic elsewhere leaves whole buffers behind: their contents never matter.
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(super) fn give(&self, scratch: Scratch) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}
