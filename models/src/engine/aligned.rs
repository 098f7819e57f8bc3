//! Memory that begins at a cache line, so that a vector of the widest kind lies in one; what is large, at a large page.

use std::ops::{Deref, DerefMut};

use super::kernels::pages::{PAGE, prefer_large};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Numbers from the beginning of a cache line or of a large page on.
#[derive(Debug, Default)]
pub(super) struct Aligned<T> {
    /// With room for less than a line or page before.
    data: Vec<T>,
    first: usize,
    len: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// So many zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let boundary = if len * size_of::<T>() < PAGE { LINE } else { PAGE };
        // Zeros come from the system untouched: memory that is skipped is none, and the rest can still become large pages.
        let mut data = vec![T::default(); len + boundary / size_of::<T>()];
        let first = data.as_ptr().align_offset(boundary).min(boundary / size_of::<T>());
        prefer_large(&mut data[first..first + len]);
        Self { data, first, len }
    }

    /// A copy of `values`.
    pub(super) fn copy(values: &[T]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(values);
        aligned
    }

    /// Makes it so long at least; what it held is lost if it grows.
    pub(super) fn reserve(&mut self, len: usize) {
        if self.len < len {
            *self = Self::zeros(len);
        }
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    /// At the beginning of a line, too: a copy of the memory as it is would begin anywhere.
    fn clone(&self) -> Self {
        Self::copy(self)
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.data[self.first..self.first + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[self.first..self.first + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_begins_at_a_line_and_stays_there() {
        for len in [0, 1, 15, 16, 1000, PAGE] {
            let moved = Box::new(Aligned::copy(&vec![7.0_f32; len]));
            assert_eq!(moved.as_ptr().align_offset(LINE), 0);
            assert_eq!(**moved, vec![7.0; len]);
            assert_eq!(moved.clone().as_ptr().align_offset(LINE), 0);
            assert_eq!(*Aligned::clone(&moved), **moved);
        }
    }
}
