//! The inner loops, one folder or file for each instruction set: the only home of intrinsics and of unsafe code.
//!
//! A product is computed tile by tile: up to [`MAX_ROWS`] rows times a panel of one to three vectors of [`LANES`]
//! columns. Twelve rows by two vectors, or eight by three, fill 24 of the 32 registers of AVX-512 with sums. The left
//! side is read where it lies: row `i` is the runs that begin at `starts[i] + runs[j]` of the data.
//!
//! There are tiles of f32 and tiles of small integers ([`IntegerTile`]); both leave their sums in memory, where
//! [`elementwise`] loops take them up. [`Isa::detect`] is the one place that asks what the processor can do.

#[cfg(target_arch = "x86_64")]
pub(super) mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(super) mod elementwise;
mod integer;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(super) mod pages;
mod portable;
#[cfg(test)]
mod tests;
mod vector;

pub(super) use integer::{Bits, IntegerTile, Segment};
pub(super) use vector::Vector;

/// Columns of a vector.
pub(super) const LANES: usize = 16;
/// Rows of the highest tile.
pub(super) const MAX_ROWS: usize = 16;
/// Sums of the largest tile.
pub(super) const MAX_SUMS: usize = 24 * LANES;

/// The sums of a tile: (rows, vectors * `LANES`), the rest unused.
#[repr(align(64))]
#[derive(Clone, Debug)]
pub(super) struct Sums<T>(pub(super) [T; MAX_SUMS]);

/// Rows that tiles of a number of vectors come in, highest first. Each is compiled by itself, so these are few.
pub(super) const fn heights(vectors: usize) -> &'static [usize] {
    match vectors {
        1 => &[16, 8, 4, 2, 1],
        2 => &[12, 8, 4, 2, 1],
        _ => &[8, 6, 4, 2, 1],
    }
}

/// The height of the next tile when `left` rows are to do: the highest, else the lowest that holds them all.
pub(super) fn height(vectors: usize, left: usize) -> usize {
    let all = heights(vectors);
    all.iter().rev().copied().find(|&height| height >= left).unwrap_or(all[0])
}

/// How wide panels share `columns`, in vectors: panels of three and two, since these use the registers best.
pub(super) fn panel_widths(columns: usize) -> Vec<usize> {
    let mut left = columns.div_ceil(LANES);
    let mut widths = Vec::new();
    while left > 0 {
        let width = match left {
            1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        widths.push(width);
        left -= width;
    }
    widths
}

/// The operands of a tile of f32.
#[derive(Clone, Copy, Debug)]
pub(super) struct FloatTile<'a> {
    pub(super) data: &'a [f32],
    /// Where each row begins; as many as [`heights`] has.
    pub(super) starts: &'a [usize],
    /// Distances of a row's runs from its start.
    pub(super) runs: &'a [usize],
    pub(super) run_length: usize,
    /// (`runs.len() * run_length`, `vectors * LANES`).
    pub(super) panel: &'a [f32],
    pub(super) vectors: usize,
}

impl FloatTile<'_> {
    /// Whether all that the kernels read lies within the slices.
    fn is_within_bounds(&self) -> bool {
        let start = self.starts.iter().max().copied().unwrap_or(0);
        let run = self.runs.iter().max().copied().unwrap_or(0);
        start + run + self.run_length <= self.data.len()
            && self.panel.len() == self.runs.len() * self.run_length * self.vectors * LANES
            && heights(self.vectors).contains(&self.starts.len())
    }
}

/// Where a tile of f32 goes, and what happens to its sums before.
#[derive(Debug)]
pub(super) struct FloatEnd<'a> {
    /// Added to every row; as long as the panel is wide.
    pub(super) bias: &'a [f32],
    /// Added behind it; lies as the output does.
    pub(super) residual: Option<&'a [f32]>,
    /// Limits; what is NaN becomes the lower one.
    pub(super) clamp: Option<(f32, f32)>,
    /// From the tile's first number on.
    pub(super) output: &'a mut [f32],
    /// From one row of the output to the next.
    pub(super) stride: usize,
    /// Rows of the tile that are stored.
    pub(super) rows: usize,
    /// Columns that are stored.
    pub(super) columns: usize,
}

impl FloatEnd<'_> {
    /// Whether all that is read and written for the tile lies within the slices.
    fn is_within_bounds(&self, tile: &FloatTile) -> bool {
        let size = (self.rows - 1) * self.stride + self.columns;
        (1..=tile.starts.len()).contains(&self.rows)
            && self.columns > (tile.vectors - 1) * LANES
            && self.columns <= tile.vectors * LANES
            && self.bias.len() == tile.vectors * LANES
            && self.output.len() >= size
            && self.residual.is_none_or(|residual| residual.len() >= size)
    }
}

/// The instruction set to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    /// x86-64 with AVX-512 F, BW, VL, DQ, VNNI and VPOPCNTDQ.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// x86-64 with AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Whatever the compiler makes of plain loops.
    Portable,
}

impl Isa {
    /// The best that this processor has.
    pub(super) fn detect() -> Self {
        static BEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| Self::available()[0])
    }

    /// All that this processor has, best first.
    pub(super) fn available() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni")
                && is_x86_feature_detected!("avx512vpopcntdq");
            if has_avx512 && has_avx2 {
                all.push(Self::Avx512);
            }
            if has_avx2 {
                all.push(Self::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all.push(Self::Portable);
        all
    }

    /// Computes one tile of f32.
    pub(super) fn multiply(self, tile: &FloatTile, sums: &mut Sums<f32>) {
        assert!(tile.is_within_bounds(), "a tile reads beyond its operands");
        match self {
            // SAFETY: values of this variant are made by `available` only, after detection; bounds were checked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::multiply(tile, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::multiply(tile, sums) },
            // SAFETY: every 64-bit ARM processor has NEON; bounds were checked.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::multiply(tile, sums) },
            Self::Portable => portable::multiply(tile, sums),
        }
    }

    /// Whether sums of f32 are finished in registers: [`Isa::multiply_into`] is the fast way then.
    pub(super) fn finishes_in_registers(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => true,
            _ => false,
        }
    }

    /// Computes one tile of f32, finishes and stores it.
    pub(super) fn multiply_into(self, tile: &FloatTile, end: &mut FloatEnd) {
        assert!(tile.is_within_bounds() && end.is_within_bounds(tile), "a tile reads or writes beyond its operands");
        match self {
            // SAFETY: values of this variant are made by `available` only, after detection; bounds were checked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::multiply_into(tile, end) },
            _ => {
                let mut sums = Sums([0.0; MAX_SUMS]);
                self.multiply(tile, &mut sums);
                portable::finish(&sums, tile.vectors * LANES, end);
            }
        }
    }

    /// Computes one tile of integers.
    pub(super) fn multiply_integers(self, tile: &IntegerTile, sums: &mut Sums<i32>) {
        assert!(tile.is_within_bounds(), "a tile reads beyond its operands");
        match self {
            // SAFETY: values of this variant are made by `available` only, after detection; bounds were checked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::integer::multiply(tile, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::integer::multiply(tile, sums) },
            // SAFETY: every 64-bit ARM processor has NEON; bounds were checked.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::multiply_integers(tile, sums) },
            Self::Portable => portable::multiply_integers(tile, sums),
        }
    }
}

/// Loops over vectors, written once for all instruction sets.
pub(super) trait Loops {
    /// Runs them. To be compiled for an instruction set, this and all that it calls must be `#[inline(always)]`, which
    /// a closure cannot be.
    fn run<V: Vector>(self);
}

impl Isa {
    /// Runs loops compiled for this instruction set.
    #[inline]
    pub(super) fn vectorize(self, loops: impl Loops) {
        match self {
            // SAFETY: values of this variant are made by `available` only, after detection.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { with_avx512(loops) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { with_avx2(loops) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => loops.run::<vector::Plain>(),
            Self::Portable => loops.run::<vector::Plain>(),
        }
    }
}

/// # Safety
/// The processor has these features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
unsafe fn with_avx512(loops: impl Loops) {
    loops.run::<vector::Avx512>();
}

/// # Safety
/// The processor has these features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(loops: impl Loops) {
    loops.run::<vector::Avx2>();
}
