//! Small integers by VNNI (four products a lane in one instruction) and bits by population count.

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_mullo_epi32,
    _mm512_popcnt_epi32, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_slli_epi32, _mm512_storeu_si512,
    _mm512_ternarylogic_epi32, _mm512_xor_si512,
};

use super::super::{Bits, IntegerTile, LANES, Segment, Sums};
use super::AHEAD;

/// Bytes of a vector.
const BYTES: usize = 64;
/// Truth table of `(a and b) or c`.
const AND_OR: i32 = 0xEA;

/// # Safety
/// The processor has AVX-512 F, BW, VNNI and VPOPCNTDQ and the tile is within bounds.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq")]
pub(in super::super) unsafe fn multiply(tile: &IntegerTile, sums: &mut Sums<i32>) {
    // SAFETY: as the caller's; the constants are the tile's height and vectors.
    unsafe { by_size!(rows, tile, sums) }
}

/// # Safety
/// As [`multiply`]; the tile has `M` rows and `V` vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq")]
unsafe fn rows<const M: usize, const V: usize>(tile: &IntegerTile, sums: &mut Sums<i32>) {
    sums.0[..M * V * LANES].fill(0);
    let mut panel = tile.panel.as_ptr();
    for part in tile.segments {
        // SAFETY: the caller checked that every start + run + length lies within the data, that lengths are whole
        // groups, and that the panel holds every segment's vectors.
        unsafe {
            match part.bits {
                Bits::Eight => segment::<M, V, Eight>(tile, part, panel, sums),
                Bits::Four => segment::<M, V, Four>(tile, part, panel, sums),
                Bits::Two => segment::<M, V, Two>(tile, part, panel, sums),
                Bits::One => segment::<M, V, One>(tile, part, panel, sums),
            }
            panel = panel.add(part.panel_bytes(V));
        }
    }
}

type Totals<const M: usize, const V: usize> = [[__m512i; V]; M];

/// The sums of a tile in registers. Each kind of segment loads and stores them by itself: in one function for all
/// kinds the compiler keeps them in memory throughout.
#[inline]
#[target_feature(enable = "avx512f")]
fn load<const M: usize, const V: usize>(sums: &Sums<i32>) -> Totals<M, V> {
    // SAFETY: `M * V` is at most 24, and `sums` holds as many vectors.
    let vector = |i: usize| unsafe { _mm512_loadu_si512(sums.0.as_ptr().add(i * LANES).cast()) };
    std::array::from_fn(|i| std::array::from_fn(|v| vector(i * V + v)))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const M: usize, const V: usize>(totals: &Totals<M, V>, sums: &mut Sums<i32>) {
    for (i, &total) in totals.as_flattened().iter().enumerate() {
        // SAFETY: as for `load`.
        unsafe { _mm512_storeu_si512(sums.0.as_mut_ptr().add(i * LANES).cast(), total) };
    }
}

/// Loads a vector of the panel, and asks for one that will be needed later.
///
/// # Safety
/// The vector lies within the panel.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn fetch(place: *const u8) -> __m512i {
    // SAFETY: the caller's; any address may be asked for.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(place.wrapping_add(AHEAD).cast());
        _mm512_loadu_si512(place.cast())
    }
}

/// The rows' places in the run that begins `run` bytes behind their starts.
///
/// # Safety
/// The places lie within the data.
#[inline]
unsafe fn places<const M: usize>(tile: &IntegerTile, run: usize) -> [*const i32; M] {
    // SAFETY: the caller's.
    std::array::from_fn(|i| unsafe { tile.data.as_ptr().add(tile.starts[i] + run).cast() })
}

/// A width of weights that loops are compiled for.
trait Width {
    const BITS: Bits;
}

struct Eight;
struct Four;
struct Two;
struct One;

impl Width for Eight {
    const BITS: Bits = Bits::Eight;
}

impl Width for Four {
    const BITS: Bits = Bits::Four;
}

impl Width for Two {
    const BITS: Bits = Bits::Two;
}

impl Width for One {
    const BITS: Bits = Bits::One;
}

/// One of the groups that share a vector of the panel. Shifted up and masked, a weight of 4 or 2 bits is the upper bits of
/// a signed byte.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq")]
fn unpack<W: Width>(packed: __m512i, group: usize, mask: __m512i, odd: __m512i) -> __m512i {
    let shifted = match (W::BITS, group) {
        (Bits::Eight | Bits::One, _) => return packed,
        (Bits::Two, 0) => _mm512_slli_epi32::<6>(packed),
        (Bits::Four, 0) | (Bits::Two, 1) => _mm512_slli_epi32::<4>(packed),
        (Bits::Two, 2) => _mm512_slli_epi32::<2>(packed),
        _ => packed,
    };
    _mm512_ternarylogic_epi32::<AND_OR>(shifted, mask, odd)
}

/// Adds the products of `x` and a column to `total`; of bits, the number of those that differ.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq")]
fn accumulate<W: Width>(total: __m512i, x: __m512i, column: __m512i) -> __m512i {
    match W::BITS {
        Bits::One => _mm512_add_epi32(total, _mm512_popcnt_epi32(_mm512_xor_si512(x, column))),
        _ => _mm512_dpbusd_epi32(total, x, column),
    }
}

/// Adds the products of a segment. With one bit the sums are zero before: they are multiplied by the segment's factor.
///
/// # Safety
/// As [`rows`].
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vpopcntdq")]
unsafe fn segment<const M: usize, const V: usize, W: Width>(
    tile: &IntegerTile,
    segment: &Segment,
    mut panel: *const u8,
    sums: &mut Sums<i32>,
) {
    let groups = const { W::BITS.groups() };
    let mut totals: Totals<M, V> = load(sums);
    let mask = _mm512_set1_epi8(if W::BITS == Bits::Four { 0xF0_u8 as i8 } else { 0xC0_u8 as i8 });
    let odd = _mm512_set1_epi8(segment.odd_bits() as i8);
    for &run in &segment.runs {
        // SAFETY: the caller's.
        unsafe {
            let rows: [*const i32; M] = places(tile, run);
            for k in 0..segment.run_length / 4 / groups {
                for g in 0..groups {
                    let columns: [__m512i; V] =
                        std::array::from_fn(|v| unpack::<W>(fetch(panel.wrapping_add(v * BYTES)), g, mask, odd));
                    for i in 0..M {
                        let x = _mm512_set1_epi32(rows[i].add(k * groups + g).read_unaligned());
                        for v in 0..V {
                            totals[i][v] = accumulate::<W>(totals[i][v], x, columns[v]);
                        }
                    }
                }
                panel = panel.add(V * BYTES);
            }
        }
    }
    if W::BITS == Bits::One {
        let factor = _mm512_set1_epi32(segment.factor);
        for total in totals.as_flattened_mut() {
            *total = _mm512_mullo_epi32(*total, factor);
        }
    }
    store(&totals, sums);
}
