//! The inner loops, one file for each instruction set: the only home of intrinsics and of unsafe code.
//!
//! All compute the same tile: [`MR`] rows times a panel of [`NR`] columns. 8 x 48 fills the 32 registers of AVX-512
//! with 24 sums, 3 columns of the panel and a broadcast; AVX2 walks it in quarters of 4 x 24, which fill its 16.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

/// Rows of a tile.
pub(super) const MR: usize = 8;
/// Columns of a tile.
pub(super) const NR: usize = 48;

/// The sums of a tile, (`MR`, `NR`).
pub(super) type Sums = [f32; MR * NR];

/// One tile's operands. Row `i` of the left side is the runs of `run_length` numbers that begin at
/// `starts[i] + runs[j]` in `data`.
pub(super) struct Tile<'a> {
    pub(super) data: &'a [f32],
    pub(super) starts: [usize; MR],
    pub(super) runs: &'a [usize],
    pub(super) run_length: usize,
    /// (`runs.len() * run_length`, `NR`).
    pub(super) panel: &'a [f32],
}

impl Tile<'_> {
    /// Whether all that the kernels read lies within the slices.
    fn is_within_bounds(&self) -> bool {
        let start = self.starts.iter().max().copied().unwrap_or(0);
        let run = self.runs.iter().max().copied().unwrap_or(0);
        start + run + self.run_length <= self.data.len() && self.panel.len() == self.runs.len() * self.run_length * NR
    }
}

/// The instruction set to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    /// x86-64 with AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// x86-64 with AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the compiler makes of plain loops.
    Portable,
}

impl Isa {
    /// The best that this processor has.
    pub(super) fn detect() -> Self {
        Self::available()[0]
    }

    /// All that this processor has, best first.
    pub(super) fn available() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                all.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self::Avx2);
            }
        }
        all.push(Self::Portable);
        all
    }

    /// Computes one tile.
    pub(super) fn multiply(self, tile: &Tile, sums: &mut Sums) {
        assert!(tile.is_within_bounds(), "a tile reads beyond its operands");
        match self {
            // SAFETY: values of this variant are made by `available` only, after detection; bounds were checked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::multiply(tile, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::multiply(tile, sums) },
            Self::Portable => portable::multiply(tile, sums),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_computes_the_same_tile() {
        let (runs, run_length) = ([0_usize, 11, 23], 7_usize);
        let data: Vec<f32> = (0..100).map(|i| ((i * 37 % 19) as f32 - 9.0) / 4.0).collect();
        let panel: Vec<f32> = (0..21 * NR).map(|i| ((i * 53 % 31) as f32 - 15.0) / 8.0).collect();
        let starts = std::array::from_fn(|i| i * 9);
        let tile = Tile { data: &data, starts, runs: &runs, run_length, panel: &panel };
        for isa in Isa::available() {
            let mut sums = [f32::NAN; MR * NR];
            isa.multiply(&tile, &mut sums);
            for (i, &sum) in sums.iter().enumerate() {
                let (row, column) = (i / NR, i % NR);
                let terms =
                    (0..21).map(|k| data[starts[row] + runs[k / run_length] + k % run_length] * panel[k * NR + column]);
                let expected: f32 = terms.sum();
                // The operands are multiples of 1/4 and 1/8: every sum is exact in any order.
                assert!((sum - expected).abs() < f32::EPSILON, "{isa:?} row {row} column {column}: {sum}, {expected}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "beyond its operands")]
    fn a_tile_that_reads_beyond_its_operands_is_refused() {
        let tile =
            Tile { data: &[0.0; 9], starts: [0, 1, 2, 3, 4, 5, 6, 7], runs: &[0], run_length: 3, panel: &[0.0; 144] };
        Isa::detect().multiply(&tile, &mut [0.0; MR * NR]);
    }
}
