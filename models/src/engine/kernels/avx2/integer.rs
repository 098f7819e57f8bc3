//! Small integers by 16-bit products (exact for all codes, unlike the saturating byte instruction) and bits by a table
//! of the ones in half a byte.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mullo_epi32, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_slli_epi32,
    _mm256_srai_epi16, _mm256_srli_epi16, _mm256_storeu_si256, _mm256_xor_si256,
};

use super::super::{Bits, IntegerTile, LANES, Segment, Sums};

/// Bytes of a vector of 16 columns: two registers.
const BYTES: usize = 64;

/// # Safety
/// The processor has AVX2 and the tile is within bounds.
#[target_feature(enable = "avx2")]
pub(in super::super) unsafe fn multiply(tile: &IntegerTile, sums: &mut Sums<i32>) {
    for row in (0..tile.starts.len()).step_by(4) {
        for vector in 0..tile.vectors {
            // SAFETY: as the caller's; every part lies within the tile.
            unsafe {
                match tile.starts.len() - row {
                    1 => part::<1>(tile, row, vector, sums),
                    2 => part::<2>(tile, row, vector, sums),
                    _ => part::<4>(tile, row, vector, sums),
                }
            }
        }
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows from `row`.
#[target_feature(enable = "avx2")]
unsafe fn part<const M: usize>(tile: &IntegerTile, row: usize, vector: usize, sums: &mut Sums<i32>) {
    let mut totals = [[_mm256_setzero_si256(); 2]; M];
    let mut at = 0;
    for segment in tile.segments {
        let panel = tile.panel[at + vector * BYTES..].as_ptr();
        // SAFETY: the caller checked that every start + run + length lies within the data, that lengths are whole
        // groups, and that the panel holds every segment's vectors.
        unsafe { accumulate(tile, segment, row, panel, &mut totals) };
        if segment.bits == Bits::One {
            let factor = _mm256_set1_epi32(segment.factor);
            for total in totals.as_flattened_mut() {
                *total = _mm256_mullo_epi32(*total, factor);
            }
        }
        at += segment.panel_bytes(tile.vectors);
    }
    for (i, halves) in totals.iter().enumerate() {
        for (h, &total) in halves.iter().enumerate() {
            let at = ((row + i) * tile.vectors + vector) * LANES + h * 8;
            // SAFETY: `sums` holds every row's vectors.
            unsafe { _mm256_storeu_si256(sums.0.as_mut_ptr().add(at).cast(), total) };
        }
    }
}

/// # Safety
/// As [`part`].
#[inline]
#[target_feature(enable = "avx2")]
#[expect(clippy::needless_range_loop, reason = "rows and halves are places in memory, too")]
unsafe fn accumulate<const M: usize>(
    tile: &IntegerTile,
    segment: &Segment,
    row: usize,
    mut panel: *const u8,
    totals: &mut [[__m256i; 2]; M],
) {
    let groups = segment.bits.groups();
    for &run in &segment.runs {
        for k in 0..segment.run_length / 4 {
            // SAFETY: the caller's. `wrapping_add`: after the last group the pointer is past the end.
            unsafe {
                for h in 0..2 {
                    let columns = _mm256_loadu_si256(panel.wrapping_add(h * BYTES / 2).cast());
                    let columns = unpack(segment, k % groups, columns);
                    for i in 0..M {
                        let place = tile.data.as_ptr().add(tile.starts[row + i] + run + 4 * k);
                        let x = _mm256_set1_epi32(place.cast::<i32>().read_unaligned());
                        let sum = if segment.bits == Bits::One { differing(x, columns) } else { dot(x, columns) };
                        totals[i][h] = _mm256_add_epi32(totals[i][h], sum);
                    }
                }
            }
            if k % groups == groups - 1 {
                panel = panel.wrapping_add(tile.vectors * BYTES);
            }
        }
    }
}

/// The weights of a vector's group `g` as signed bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn unpack(segment: &Segment, g: usize, packed: __m256i) -> __m256i {
    let (shifted, mask) = match (segment.bits, g) {
        (Bits::Eight | Bits::One, _) => return packed,
        (Bits::Four, 0) => (_mm256_slli_epi32::<4>(packed), 0xF0_u8),
        (Bits::Four, _) => (packed, 0xF0),
        (Bits::Two, 0) => (_mm256_slli_epi32::<6>(packed), 0xC0),
        (Bits::Two, 1) => (_mm256_slli_epi32::<4>(packed), 0xC0),
        (Bits::Two, 2) => (_mm256_slli_epi32::<2>(packed), 0xC0),
        (Bits::Two, _) => (packed, 0xC0),
    };
    let odd = _mm256_set1_epi8(segment.odd_bits() as i8);
    _mm256_or_si256(_mm256_and_si256(shifted, _mm256_set1_epi8(mask as i8)), odd)
}

/// For each lane the sum of four products of unsigned and signed bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn dot(codes: __m256i, weights: __m256i) -> __m256i {
    let even = _mm256_madd_epi16(
        _mm256_and_si256(codes, _mm256_set1_epi16(0xFF)),
        _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(weights)),
    );
    let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(codes), _mm256_srai_epi16::<8>(weights));
    _mm256_add_epi32(even, odd)
}

/// For each lane the number of bits in which the two differ.
#[inline]
#[target_feature(enable = "avx2")]
fn differing(a: __m256i, b: __m256i) -> __m256i {
    let ones = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let (bits, low) = (_mm256_xor_si256(a, b), _mm256_set1_epi8(0x0F));
    let lower = _mm256_shuffle_epi8(ones, _mm256_and_si256(bits, low));
    let upper = _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16::<4>(bits), low));
    let bytes = _mm256_add_epi8(lower, upper);
    _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1)), _mm256_set1_epi16(1))
}
