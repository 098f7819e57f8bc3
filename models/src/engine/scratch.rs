//! Working memory of runs, kept between them.

use std::sync::{Mutex, PoisonError};

use super::aligned::Aligned;
use super::chain::Buffer;
use super::conv::ProductBlocks;
use super::plan::Plan;
use super::winograd::Tiles;

/// The buffers of one run.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Values in f32, by slot of the plan.
    pub(super) floats: Vec<Aligned<f32>>,
    /// Values as codes, by slot of the plan.
    pub(super) codes: Vec<Aligned<u8>>,
    /// Quantized operands of kernels that read f32.
    pub(super) decoded: Vec<Vec<f32>>,
    pub(super) working: Working,
}

/// What kernels need while they run.
#[derive(Debug, Default)]
pub(super) struct Working {
    /// A convolution's input with its border of zeros.
    pub(super) padded: Vec<f32>,
    pub(super) padded_codes: Vec<u8>,
    pub(super) blocks: ProductBlocks,
    pub(super) tiles: Tiles,
    /// Rows of the values between the links of a chain.
    pub(super) between: Vec<Buffer>,
    /// Results before they are quantized.
    pub(super) plain: Vec<f32>,
    /// A query's scores.
    pub(super) scores: Vec<f32>,
}

impl Scratch {
    /// Makes every slot large enough for `n` images.
    pub(super) fn fit(&mut self, plan: &Plan, n: usize) {
        fit(&mut self.floats, &plan.floats, n);
        fit(&mut self.codes, &plan.codes, n);
    }
}

fn fit<T: Copy + Default>(slots: &mut Vec<Aligned<T>>, sizes: &[usize], n: usize) {
    slots.resize_with(sizes.len(), Aligned::default);
    slots.iter_mut().zip(sizes).for_each(|(slot, size)| slot.reserve(size * n));
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
