//! AVX-512F: the whole tile in registers.

use std::arch::x86_64::{
    __m512, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{MR, NR, Sums, Tile};

const LANES: usize = 16;
const VECTORS: usize = NR / LANES;

/// # Safety
/// The processor has AVX-512F and the tile is within bounds.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn multiply(tile: &Tile, sums: &mut Sums) {
    let mut totals: [[__m512; VECTORS]; MR] = [[_mm512_setzero_ps(); VECTORS]; MR];
    let mut panel = tile.panel.as_ptr();
    for &run in tile.runs {
        // SAFETY: the caller checked that every start + run + length lies within the data, and that the panel holds
        // `NR` numbers for each number of a row.
        unsafe {
            let rows: [*const f32; MR] = std::array::from_fn(|i| tile.data.as_ptr().add(tile.starts[i] + run));
            for k in 0..tile.run_length {
                let columns: [__m512; VECTORS] = std::array::from_fn(|v| _mm512_loadu_ps(panel.add(v * LANES)));
                panel = panel.add(NR);
                for i in 0..MR {
                    let x = _mm512_set1_ps(*rows[i].add(k));
                    for v in 0..VECTORS {
                        totals[i][v] = _mm512_fmadd_ps(x, columns[v], totals[i][v]);
                    }
                }
            }
        }
    }
    for (i, row) in totals.iter().enumerate() {
        for (v, &total) in row.iter().enumerate() {
            // SAFETY: `sums` holds `MR * NR` numbers.
            unsafe { _mm512_storeu_ps(sums.as_mut_ptr().add(i * NR + v * LANES), total) };
        }
    }
}
