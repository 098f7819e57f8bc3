//! The operands of a product of small integers.
//!
//! The left side holds unsigned codes, a byte each, or bits; the right side packed weights. A row is made of
//! *segments*, each with its own width of weights. A group is four bytes of a row: four codes, or 32 bits. A panel has,
//! one segment after the other, for each group and each vector the 16 columns' weights of that group, so that a load
//! brings 16 columns:
//!
//! | weights | a vector's 64 bytes hold | a sum grows by |
//! |---|---|---|
//! | 8 bits | one group: 16 columns x 4 signed bytes | code * n |
//! | 4 bits | two groups; a byte has the first one's weight in its low half | 16 s, or 8 (2 s + 1) if odd |
//! | 2 bits | four groups, the first in the lowest two bits | 64 s, or 32 (2 s + 1) if odd |
//! | 1 bit | one group: 16 columns x 32 bits | `factor` for every bit that differs from the row's |
//!
//! `s` is the weight in two's complement. Keeping it in the upper bits of its byte costs no instruction to extend the
//! sign, and the odd grid of mixed-precision networks (n = 2 s + 1, no zero) no more than the even one: both are one
//! "and, or". The factors 16, 8, 64, 32 go into the scale, so that all segments share one sum.

use super::{LANES, heights};

/// Bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bits {
    /// Signed bytes.
    Eight,
    /// Half bytes.
    Four,
    /// Quarter bytes.
    Two,
    /// Bits that stand for -1 and +1, as do those of the left side.
    One,
}

impl Bits {
    /// Groups of a row whose weights share a vector.
    pub(crate) const fn groups(self) -> usize {
        match self {
            Self::Eight | Self::One => 1,
            Self::Four => 2,
            Self::Two => 4,
        }
    }

    /// What a weight is multiplied by where it lies in its byte: the value of its lowest bit.
    pub(crate) const fn unit(self) -> i32 {
        match self {
            Self::Eight | Self::One => 1,
            Self::Four => 16,
            Self::Two => 64,
        }
    }
}

/// A part of every row whose weights have the same width.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) bits: Bits,
    /// Whether weights are on the odd grid; without meaning for 8 bits and 1.
    pub(crate) odd: bool,
    /// For 1 bit: what each differing bit adds to the sum.
    pub(crate) factor: i32,
    /// Distances of the runs from a row's start, in bytes.
    pub(crate) runs: Vec<usize>,
    /// Bytes of a run: a multiple of four times [`Bits::groups`].
    pub(crate) run_length: usize,
}

impl Segment {
    /// Bytes that the segment's weights take in a panel of so many vectors.
    pub(crate) fn panel_bytes(&self, vectors: usize) -> usize {
        self.runs.len() * self.run_length / 4 / self.bits.groups() * vectors * 4 * LANES
    }

    /// What makes an even grid odd: half of a weight's lowest bit.
    pub(super) fn odd_bits(&self) -> u8 {
        if self.odd { (self.bits.unit() / 2) as u8 } else { 0 }
    }
}

/// The operands of a tile of integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntegerTile<'a> {
    pub(crate) data: &'a [u8],
    /// Where each row begins, in bytes; as many as [`heights`] has.
    pub(crate) starts: &'a [usize],
    /// At most one of one bit, and that one first: its sum is multiplied by the factor before the others add to it.
    pub(crate) segments: &'a [Segment],
    pub(crate) panel: &'a [u8],
    pub(crate) vectors: usize,
}

impl IntegerTile<'_> {
    /// Whether all that the kernels read lies within the slices.
    pub(super) fn is_within_bounds(&self) -> bool {
        let start = self.starts.iter().max().copied().unwrap_or(0);
        let bytes: usize = self.segments.iter().map(|segment| segment.panel_bytes(self.vectors)).sum();
        let fits = |segment: &Segment| {
            let run = segment.runs.iter().max().copied().unwrap_or(0);
            start + run + segment.run_length <= self.data.len()
                && segment.run_length.is_multiple_of(4 * segment.bits.groups())
        };
        self.segments.iter().all(fits)
            && self.segments.iter().skip(1).all(|segment| segment.bits != Bits::One)
            && self.panel.len() == bytes
            && heights(self.vectors).contains(&self.starts.len())
    }
}
