//! AVX-512: a whole tile in registers.

/// Calls a function of a tile and one thing more, compiled for the tile's height and vectors.
macro_rules! by_size {
    ($function:ident, $tile:expr, $other:expr) => {
        match ($tile.vectors, $tile.starts.len()) {
            (1, 16) => $function::<16, 1>($tile, $other),
            (1, 8) => $function::<8, 1>($tile, $other),
            (1, 4) => $function::<4, 1>($tile, $other),
            (1, 2) => $function::<2, 1>($tile, $other),
            (1, _) => $function::<1, 1>($tile, $other),
            (2, 12) => $function::<12, 2>($tile, $other),
            (2, 8) => $function::<8, 2>($tile, $other),
            (2, 4) => $function::<4, 2>($tile, $other),
            (2, 2) => $function::<2, 2>($tile, $other),
            (2, _) => $function::<1, 2>($tile, $other),
            (_, 8) => $function::<8, 3>($tile, $other),
            (_, 6) => $function::<6, 3>($tile, $other),
            (_, 4) => $function::<4, 3>($tile, $other),
            (_, 2) => $function::<2, 3>($tile, $other),
            (_, _) => $function::<1, 3>($tile, $other),
        }
    };
}

pub(super) mod integer;

use std::arch::x86_64::{
    __m512, _MM_HINT_T0, _mm_prefetch, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_ps, _mm512_max_ps, _mm512_min_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{FloatEnd, FloatTile, LANES, Sums};

/// How many bytes before they are needed the columns are asked for: far enough for another level of cache to answer,
/// and for the address to be looked up where a page begins.
const AHEAD: usize = 2048;

/// # Safety
/// The processor has AVX-512F and the tile is within bounds.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn multiply(tile: &FloatTile, sums: &mut Sums<f32>) {
    // SAFETY: as the caller's; the constants are the tile's height and vectors.
    unsafe { by_size!(rows, tile, sums) }
}

/// # Safety
/// The processor has AVX-512F, the tile is within bounds, and so is its end.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn multiply_into(tile: &FloatTile, end: &mut FloatEnd) {
    // SAFETY: as the caller's; the constants are the tile's height and vectors.
    unsafe { by_size!(rows_into, tile, end) }
}

type Totals<const M: usize, const V: usize> = [[__m512; V]; M];

/// The sums of a tile of `$rows` rows and `$vectors` vectors, in registers: no function, since the compiler would hand
/// them over in memory.
///
/// To be used where the caller checked that every start + run + length lies within the data, and that the panel holds the
/// vectors for each number of a row.
macro_rules! totals {
    ($tile:expr, $rows:expr, $vectors:expr) => {{
        let mut totals: Totals<{ $rows }, { $vectors }> = [[_mm512_setzero_ps(); $vectors]; $rows];
        let mut panel = $tile.panel.as_ptr();
        for &run in $tile.runs {
            let rows: [*const f32; $rows] =
                std::array::from_fn(|i| $tile.data.as_ptr().wrapping_add($tile.starts[i] + run));
            for k in 0..$tile.run_length {
                let columns: [__m512; $vectors] = std::array::from_fn(|v| {
                    // Any address may be asked for; what lies behind the panel is the next one.
                    _mm_prefetch::<_MM_HINT_T0>(panel.wrapping_add(v * LANES + AHEAD / size_of::<f32>()).cast());
                    _mm512_loadu_ps(panel.add(v * LANES))
                });
                panel = panel.add($vectors * LANES);
                for i in 0..$rows {
                    let x = _mm512_set1_ps(*rows[i].add(k));
                    for v in 0..$vectors {
                        totals[i][v] = _mm512_fmadd_ps(x, columns[v], totals[i][v]);
                    }
                }
            }
        }
        totals
    }};
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows and `V` vectors.
#[target_feature(enable = "avx512f")]
unsafe fn rows<const M: usize, const V: usize>(tile: &FloatTile, sums: &mut Sums<f32>) {
    // SAFETY: the caller checked what is read.
    let totals = unsafe { totals!(tile, M, V) };
    for (i, &total) in totals.as_flattened().iter().enumerate() {
        // SAFETY: `M * V` is at most 24, and `sums` holds as many vectors.
        unsafe { _mm512_storeu_ps(sums.0.as_mut_ptr().add(i * LANES), total) };
    }
}

/// # Safety
/// As [`multiply_into`]; the tile has `M` rows and `V` vectors.
#[target_feature(enable = "avx512f")]
unsafe fn rows_into<const M: usize, const V: usize>(tile: &FloatTile, end: &mut FloatEnd) {
    // SAFETY: the caller checked what is read, that the bias has `V` vectors, and that residual and output hold `end.rows`
    // rows of `end.columns` numbers, which end within the last vector: the mask leaves out what lies behind them.
    unsafe {
        let totals = totals!(tile, M, V);
        let last = u16::MAX >> (V * LANES - end.columns);
        let mask = |v: usize| if v + 1 == V { last } else { u16::MAX };
        let bias: [__m512; V] = std::array::from_fn(|v| _mm512_loadu_ps(end.bias.as_ptr().add(v * LANES)));
        for (i, totals) in totals.iter().enumerate() {
            if i >= end.rows {
                break;
            }
            let at = |v: usize| i * end.stride + v * LANES;
            let mut numbers: [__m512; V] = std::array::from_fn(|v| _mm512_add_ps(totals[v], bias[v]));
            if let Some(residual) = end.residual {
                for (v, x) in numbers.iter_mut().enumerate() {
                    *x = _mm512_add_ps(*x, _mm512_maskz_loadu_ps(mask(v), residual.as_ptr().add(at(v))));
                }
            }
            if let Some((low, high)) = end.clamp {
                for x in &mut numbers {
                    // The instruction gives its second operand if one is NaN.
                    *x = _mm512_min_ps(_mm512_max_ps(*x, _mm512_set1_ps(low)), _mm512_set1_ps(high));
                }
            }
            for (v, x) in numbers.into_iter().enumerate() {
                _mm512_mask_storeu_ps(end.output.as_mut_ptr().add(at(v)), mask(v), x);
            }
        }
    }
}
