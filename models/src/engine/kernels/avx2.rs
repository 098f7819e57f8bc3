//! AVX2 with FMA: a tile in parts of up to four rows by 24 or 16 columns, which fill its 16 registers.

pub(super) mod integer;

use std::arch::x86_64::{
    __m256, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::{FloatTile, LANES, Sums};

const HALF: usize = LANES / 2;

/// # Safety
/// The processor has AVX2 and FMA and the tile is within bounds.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(tile: &FloatTile, sums: &mut Sums<f32>) {
    // SAFETY: as the caller's; every part lies within the tile.
    unsafe {
        for row in (0..tile.starts.len()).step_by(4) {
            match (tile.vectors, tile.starts.len() - row) {
                (1 | 2, 1) => by_twos::<1>(tile, row, sums),
                (1 | 2, 2) => by_twos::<2>(tile, row, sums),
                (1 | 2, _) => by_twos::<4>(tile, row, sums),
                (_, 1) => by_threes::<1>(tile, row, sums),
                (_, 2) => by_threes::<2>(tile, row, sums),
                (_, _) => by_threes::<4>(tile, row, sums),
            }
        }
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows from `row`.
#[target_feature(enable = "avx2,fma")]
unsafe fn by_twos<const M: usize>(tile: &FloatTile, row: usize, sums: &mut Sums<f32>) {
    for column in (0..tile.vectors * LANES).step_by(2 * HALF) {
        // SAFETY: as the caller's.
        unsafe { part::<M, 2>(tile, row, column, sums) };
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows from `row`, and three vectors.
#[target_feature(enable = "avx2,fma")]
unsafe fn by_threes<const M: usize>(tile: &FloatTile, row: usize, sums: &mut Sums<f32>) {
    for column in [0, 3 * HALF] {
        // SAFETY: as the caller's.
        unsafe { part::<M, 3>(tile, row, column, sums) };
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows from `row` and `H` half vectors from `column`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn part<const M: usize, const H: usize>(tile: &FloatTile, row: usize, column: usize, sums: &mut Sums<f32>) {
    let width = tile.vectors * LANES;
    let mut totals: [[__m256; H]; M] = [[_mm256_setzero_ps(); H]; M];
    let mut panel = tile.panel.as_ptr().wrapping_add(column);
    for &run in tile.runs {
        // SAFETY: the caller checked that every start + run + length lies within the data, and that the panel holds
        // `width` numbers for each number of a row. `wrapping_add`: after the last row the pointer is past the end.
        unsafe {
            let rows: [*const f32; M] = std::array::from_fn(|i| tile.data.as_ptr().add(tile.starts[row + i] + run));
            for k in 0..tile.run_length {
                let columns: [__m256; H] = std::array::from_fn(|v| _mm256_loadu_ps(panel.add(v * HALF)));
                panel = panel.wrapping_add(width);
                for i in 0..M {
                    let x = _mm256_broadcast_ss(&*rows[i].add(k));
                    for v in 0..H {
                        totals[i][v] = _mm256_fmadd_ps(x, columns[v], totals[i][v]);
                    }
                }
            }
        }
    }
    for (i, totals) in totals.iter().enumerate() {
        for (v, &total) in totals.iter().enumerate() {
            let at = (row + i) * width + column + v * HALF;
            // SAFETY: `sums` holds every row's `width` numbers.
            unsafe { _mm256_storeu_ps(sums.0.as_mut_ptr().add(at), total) };
        }
    }
}
