//! 64-bit ARM: NEON, which every such processor has.

use std::arch::aarch64::{
    int8x16_t, int32x4_t, uint8x16_t, vaddq_s32, vandq_u8, vcntq_u8, vdup_n_u32, vdupq_n_f32, vdupq_n_s32, vdupq_n_u8,
    vdupq_n_u32, veorq_u8, vfmaq_n_f32, vget_low_s8, vget_low_s16, vld1q_f32, vld1q_u8, vmovl_high_s8, vmovl_s8,
    vmovl_u8, vmull_high_s16, vmull_s16, vmulq_s32, vorrq_u8, vpaddlq_u8, vpaddlq_u16, vpaddq_s32, vreinterpret_u8_u32,
    vreinterpretq_s8_u8, vreinterpretq_s16_u16, vreinterpretq_s32_u32, vreinterpretq_u8_u32, vshlq_n_u8, vst1q_f32,
    vst1q_s32,
};

use super::{Bits, FloatTile, IntegerTile, LANES, Segment, Sums};

/// Lanes of a register of 32-bit numbers.
const QUARTER: usize = LANES / 4;

/// # Safety
/// The tile is within bounds.
pub(super) unsafe fn multiply(tile: &FloatTile, sums: &mut Sums<f32>) {
    for row in (0..tile.starts.len()).step_by(4) {
        for vector in 0..tile.vectors {
            // SAFETY: as the caller's; every part lies within the tile.
            unsafe {
                match tile.starts.len() - row {
                    1 => float_part::<1>(tile, row, vector, sums),
                    2 => float_part::<2>(tile, row, vector, sums),
                    _ => float_part::<4>(tile, row, vector, sums),
                }
            }
        }
    }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows from `row`.
unsafe fn float_part<const M: usize>(tile: &FloatTile, row: usize, vector: usize, sums: &mut Sums<f32>) {
    let width = tile.vectors * LANES;
    // SAFETY: the caller checked that every start + run + length lies within the data, and that the panel holds `width`
    // numbers for each number of a row. `wrapping_add`: after the last row the pointer is past the end.
    unsafe {
        let mut totals = [[vdupq_n_f32(0.0); 4]; M];
        let mut panel = tile.panel.as_ptr().wrapping_add(vector * LANES);
        for &run in tile.runs {
            for k in 0..tile.run_length {
                for q in 0..4 {
                    let columns = vld1q_f32(panel.add(q * QUARTER));
                    for i in 0..M {
                        let x = *tile.data.as_ptr().add(tile.starts[row + i] + run + k);
                        totals[i][q] = vfmaq_n_f32(totals[i][q], columns, x);
                    }
                }
                panel = panel.wrapping_add(width);
            }
        }
        for (i, quarters) in totals.iter().enumerate() {
            for (q, &total) in quarters.iter().enumerate() {
                let at = ((row + i) * tile.vectors + vector) * LANES + q * QUARTER;
                vst1q_f32(sums.0.as_mut_ptr().add(at), total);
            }
        }
    }
}

/// # Safety
/// The tile is within bounds.
pub(super) unsafe fn multiply_integers(tile: &IntegerTile, sums: &mut Sums<i32>) {
    for row in 0..tile.starts.len() {
        for vector in 0..tile.vectors {
            // SAFETY: as the caller's; row and vector are the tile's.
            unsafe { integer_part(tile, row, vector, sums) };
        }
    }
}

/// # Safety
/// As [`multiply_integers`].
unsafe fn integer_part(tile: &IntegerTile, row: usize, vector: usize, sums: &mut Sums<i32>) {
    // SAFETY: the caller checked that every start + run + length lies within the data, that lengths are whole groups,
    // and that the panel holds every segment's vectors. `wrapping_add`: in the end the pointer is past the end.
    unsafe {
        let mut totals = [vdupq_n_s32(0); 4];
        let mut next = tile.panel.as_ptr().wrapping_add(vector * 4 * LANES);
        for segment in tile.segments {
            let (mut panel, groups) = (next, segment.bits.groups());
            for &run in &segment.runs {
                for k in 0..segment.run_length / 4 {
                    let place = tile.data.as_ptr().add(tile.starts[row] + run + 4 * k);
                    let x = place.cast::<u32>().read_unaligned();
                    for (q, total) in totals.iter_mut().enumerate() {
                        let columns = unpack(segment, k % groups, vld1q_u8(panel.add(q * 4 * QUARTER)));
                        let sum = if segment.bits == Bits::One { differing(x, columns) } else { dot(x, columns) };
                        *total = vaddq_s32(*total, sum);
                    }
                    if k % groups == groups - 1 {
                        panel = panel.wrapping_add(tile.vectors * 4 * LANES);
                    }
                }
            }
            if segment.bits == Bits::One {
                totals = totals.map(|total| vmulq_s32(total, vdupq_n_s32(segment.factor)));
            }
            next = next.wrapping_add(segment.panel_bytes(tile.vectors));
        }
        for (q, &total) in totals.iter().enumerate() {
            let at = (row * tile.vectors + vector) * LANES + q * QUARTER;
            vst1q_s32(sums.0.as_mut_ptr().add(at), total);
        }
    }
}

/// The weights of a vector's group `g` as signed bytes.
#[inline]
#[target_feature(enable = "neon")]
fn unpack(segment: &Segment, g: usize, packed: uint8x16_t) -> uint8x16_t {
    let (shifted, mask) = match (segment.bits, g) {
        (Bits::Eight | Bits::One, _) => return packed,
        (Bits::Four, 0) => (vshlq_n_u8::<4>(packed), 0xF0),
        (Bits::Four, _) => (packed, 0xF0),
        (Bits::Two, 0) => (vshlq_n_u8::<6>(packed), 0xC0),
        (Bits::Two, 1) => (vshlq_n_u8::<4>(packed), 0xC0),
        (Bits::Two, 2) => (vshlq_n_u8::<2>(packed), 0xC0),
        (Bits::Two, _) => (packed, 0xC0),
    };
    vorrq_u8(vandq_u8(shifted, vdupq_n_u8(mask)), vdupq_n_u8(segment.odd_bits()))
}

/// For each lane the sum of four products of unsigned and signed bytes.
#[inline]
#[target_feature(enable = "neon")]
fn dot(codes: u32, weights: uint8x16_t) -> int32x4_t {
    let codes = vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(codes))));
    let weights: int8x16_t = vreinterpretq_s8_u8(weights);
    let (lower, upper) = (vmovl_s8(vget_low_s8(weights)), vmovl_high_s8(weights));
    let pairs = |w| vpaddq_s32(vmull_s16(vget_low_s16(w), vget_low_s16(codes)), vmull_high_s16(w, codes));
    vpaddq_s32(pairs(lower), pairs(upper))
}

/// For each lane the number of bits in which the two differ.
#[inline]
#[target_feature(enable = "neon")]
fn differing(a: u32, b: uint8x16_t) -> int32x4_t {
    let bytes = vcntq_u8(veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(a)), b));
    vreinterpretq_s32_u32(vpaddlq_u16(vpaddlq_u8(bytes)))
}
