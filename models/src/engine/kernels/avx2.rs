//! AVX2 with FMA: the tile in quarters that fit into registers.

use std::arch::x86_64::{
    __m256, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::{MR, NR, Sums, Tile};

const LANES: usize = 8;
const ROWS: usize = MR / 2;
const COLUMNS: usize = NR / 2;
const VECTORS: usize = COLUMNS / LANES;

/// # Safety
/// The processor has AVX2 and FMA and the tile is within bounds.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(tile: &Tile, sums: &mut Sums) {
    for row in (0..MR).step_by(ROWS) {
        for column in (0..NR).step_by(COLUMNS) {
            // SAFETY: as the caller's.
            unsafe { quarter(tile, row, column, sums) };
        }
    }
}

/// # Safety
/// As [`multiply`].
#[target_feature(enable = "avx2,fma")]
unsafe fn quarter(tile: &Tile, row: usize, column: usize, sums: &mut Sums) {
    let mut totals: [[__m256; VECTORS]; ROWS] = [[_mm256_setzero_ps(); VECTORS]; ROWS];
    let mut panel = tile.panel[column..].as_ptr();
    for &run in tile.runs {
        // SAFETY: the caller checked that every start + run + length lies within the data, and that the panel holds
        // `NR` numbers for each number of a row. `wrapping_add`: after the last row the pointer is past the end.
        unsafe {
            let rows: [*const f32; ROWS] = std::array::from_fn(|i| tile.data.as_ptr().add(tile.starts[row + i] + run));
            for k in 0..tile.run_length {
                let columns: [__m256; VECTORS] = std::array::from_fn(|v| _mm256_loadu_ps(panel.add(v * LANES)));
                panel = panel.wrapping_add(NR);
                for i in 0..ROWS {
                    let x = _mm256_broadcast_ss(&*rows[i].add(k));
                    for v in 0..VECTORS {
                        totals[i][v] = _mm256_fmadd_ps(x, columns[v], totals[i][v]);
                    }
                }
            }
        }
    }
    for (i, totals) in totals.iter().enumerate() {
        for (v, &total) in totals.iter().enumerate() {
            let at = (row + i) * NR + column + v * LANES;
            // SAFETY: `sums` holds `MR * NR` numbers.
            unsafe { _mm256_storeu_ps(sums.as_mut_ptr().add(at), total) };
        }
    }
}
