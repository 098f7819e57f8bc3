//! AVX-512: a whole tile in registers.

pub(super) mod integer;

use std::arch::x86_64::{
    __m512, _MM_HINT_T0, _mm_prefetch, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use super::{FloatTile, LANES, Sums};

/// How many bytes before they are needed the columns are asked for: far enough for another level of cache to answer,
/// and for the address to be looked up where a page begins.
const AHEAD: usize = 2048;

/// # Safety
/// The processor has AVX-512F and the tile is within bounds.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn multiply(tile: &FloatTile, sums: &mut Sums<f32>) {
    // SAFETY: as the caller's; the constants are the tile's height and vectors.
    unsafe {
        match (tile.vectors, tile.starts.len()) {
            (1, 16) => rows::<16, 1>(tile, sums),
            (1, 8) => rows::<8, 1>(tile, sums),
            (1, 4) => rows::<4, 1>(tile, sums),
            (1, 2) => rows::<2, 1>(tile, sums),
            (1, _) => rows::<1, 1>(tile, sums),
            (2, 12) => rows::<12, 2>(tile, sums),
            (2, 8) => rows::<8, 2>(tile, sums),
            (2, 4) => rows::<4, 2>(tile, sums),
            (2, 2) => rows::<2, 2>(tile, sums),
            (2, _) => rows::<1, 2>(tile, sums),
            (_, 8) => rows::<8, 3>(tile, sums),
            (_, 6) => rows::<6, 3>(tile, sums),
            (_, 4) => rows::<4, 3>(tile, sums),
            (_, 2) => rows::<2, 3>(tile, sums),
            (_, _) => rows::<1, 3>(tile, sums),
        }
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows and `V` vectors.
#[target_feature(enable = "avx512f")]
unsafe fn rows<const M: usize, const V: usize>(tile: &FloatTile, sums: &mut Sums<f32>) {
    let mut totals: [[__m512; V]; M] = [[_mm512_setzero_ps(); V]; M];
    let mut panel = tile.panel.as_ptr();
    for &run in tile.runs {
        // SAFETY: the caller checked that every start + run + length lies within the data, and that the panel holds
        // `V` vectors for each number of a row.
        unsafe {
            let rows: [*const f32; M] = std::array::from_fn(|i| tile.data.as_ptr().add(tile.starts[i] + run));
            for k in 0..tile.run_length {
                let columns: [__m512; V] = std::array::from_fn(|v| {
                    // Any address may be asked for; what lies behind the panel is the next one.
                    _mm_prefetch::<_MM_HINT_T0>(panel.wrapping_add(v * LANES + AHEAD / size_of::<f32>()).cast());
                    _mm512_loadu_ps(panel.add(v * LANES))
                });
                panel = panel.add(V * LANES);
                for i in 0..M {
                    let x = _mm512_set1_ps(*rows[i].add(k));
                    for v in 0..V {
                        totals[i][v] = _mm512_fmadd_ps(x, columns[v], totals[i][v]);
                    }
                }
            }
        }
    }
    for (i, row) in totals.iter().enumerate() {
        for (v, &total) in row.iter().enumerate() {
            // SAFETY: `M * V` is at most 24, and `sums` holds as many vectors.
            unsafe { _mm512_storeu_ps(sums.0.as_mut_ptr().add((i * V + v) * LANES), total) };
        }
    }
}
