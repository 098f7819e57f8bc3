use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Vectors of the widest panel.
const MAX_VECTORS: usize = 3;

/// A segment, its number of runs and the length of each, both small.
fn segment(rng: &mut ChaCha8Rng, bits: Bits, record: usize) -> Segment {
    let unit = 4 * bits.groups();
    Segment {
        bits,
        odd: rng.random(),
        factor: -rng.random_range(1..600),
        runs: (0..rng.random_range(1..4)).map(|_| rng.random_range(0..record)).collect(),
        run_length: unit * rng.random_range(1..6),
    }
}

/// Codes of all kinds: the extremes often.
fn bytes(rng: &mut ChaCha8Rng, n: usize) -> Vec<u8> {
    let extremes = rng.random_range(0..3);
    let mut byte = || match extremes {
        0 => [0, 0x7F, 0x80, 0xFF][rng.random_range(0..4)],
        1 => 0xFF,
        _ => rng.random(),
    };
    (0..n).map(|_| byte()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_instruction_set_computes_the_same_integers(seed in any::<u64>(), vectors in 1_usize..=MAX_VECTORS) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let height = heights(vectors)[rng.random_range(0..heights(vectors).len())];
        let widths = [Bits::One, Bits::Two, Bits::Four, Bits::Eight];
        let mut segments = Vec::new();
        for bits in widths {
            if rng.random_bool(0.6) {
                segments.push(segment(&mut rng, bits, 50));
            }
        }
        let data = bytes(&mut rng, 400);
        let starts: Vec<usize> = (0..height).map(|_| rng.random_range(0..250)).collect();
        let length = segments.iter().map(|segment| segment.panel_bytes(vectors)).sum();
        let panel = bytes(&mut rng, length);
        let tile = IntegerTile { data: &data, starts: &starts, segments: &segments, panel: &panel, vectors };
        let mut expected = Sums([1; MAX_SUMS]);
        Isa::Portable.multiply_integers(&tile, &mut expected);
        for isa in Isa::available() {
            let mut sums = Sums([-1; MAX_SUMS]);
            isa.multiply_integers(&tile, &mut sums);
            let n = height * vectors * LANES;
            prop_assert_eq!(&sums.0[..n], &expected.0[..n], "{:?} {:?}", isa, tile);
        }
    }

    #[test]
    fn every_instruction_set_computes_the_same_floats(seed in any::<u64>(), vectors in 1_usize..=MAX_VECTORS) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let height = heights(vectors)[rng.random_range(0..heights(vectors).len())];
        let (runs, run_length) = ([0_usize, 11, 23], rng.random_range(1..9));
        let data: Vec<f32> = (0..100).map(|_| rng.random_range(-9..9) as f32 / 4.0).collect();
        let depth = runs.len() * run_length;
        let panel: Vec<f32> = (0..depth * vectors * LANES).map(|_| rng.random_range(-15..15) as f32 / 8.0).collect();
        let starts: Vec<usize> = (0..height).map(|_| rng.random_range(0..60)).collect();
        let tile = FloatTile { data: &data, starts: &starts, runs: &runs, run_length, panel: &panel, vectors };
        for isa in Isa::available() {
            let mut sums = Sums([f32::NAN; MAX_SUMS]);
            isa.multiply(&tile, &mut sums);
            for (row, sums) in sums.0.chunks_exact(vectors * LANES).take(height).enumerate() {
                for (column, &sum) in sums.iter().enumerate() {
                    let term = |k: usize| {
                        data[starts[row] + runs[k / run_length] + k % run_length] * panel[k * vectors * LANES + column]
                    };
                    // The operands are multiples of 1/4 and 1/8: every sum is exact in any order.
                    let expected: f32 = (0..depth).map(term).sum();
                    prop_assert!((sum - expected).abs() < f32::EPSILON, "{isa:?} row {row} column {column}: {sum}, {expected}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_instruction_set_finishes_floats_alike(
        seed in any::<u64>(),
        vectors in 1_usize..=MAX_VECTORS,
        has_residual in any::<bool>(),
        clamp in prop::option::of((-8_i8..0, 0_i8..8)),
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let height = heights(vectors)[rng.random_range(0..heights(vectors).len())];
        let (rows, columns) = (rng.random_range(1..=height), (vectors - 1) * LANES + rng.random_range(1..=LANES));
        let stride = columns + rng.random_range(0..20);
        let mut numbers = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-15..15) as f32 / 8.0).collect() };
        let depth = 7;
        let (data, panel) = (numbers(100), numbers(depth * vectors * LANES));
        let (bias, residual) = (numbers(vectors * LANES), numbers((rows - 1) * stride + columns));
        let starts: Vec<usize> = (0..height).map(|i| i * 5).collect();
        let tile = FloatTile { data: &data, starts: &starts, runs: &[3], run_length: depth, panel: &panel, vectors };
        let clamp = clamp.map(|(low, high)| (f32::from(low), f32::from(high)));
        let finished = |isa: Isa| {
            let mut output = vec![f32::NAN; residual.len() + 3];
            let residual = has_residual.then_some(residual.as_slice());
            let mut end = FloatEnd { bias: &bias, residual, clamp, output: &mut output, stride, rows, columns };
            isa.multiply_into(&tile, &mut end);
            output.iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
        };
        let expected = finished(Isa::Portable);
        for isa in Isa::available() {
            prop_assert_eq!(&finished(isa), &expected, "{:?}", isa);
        }
    }
}

#[test]
#[should_panic(expected = "beyond its operands")]
fn a_tile_that_writes_beyond_its_output_is_refused() {
    let tile = FloatTile { data: &[0.0; 9], starts: &[0, 1], runs: &[0], run_length: 1, panel: &[0.0; 16], vectors: 1 };
    let mut output = [0.0; 31];
    let bias = [0.0; 16];
    let mut end =
        FloatEnd { bias: &bias, residual: None, clamp: None, output: &mut output, stride: 16, rows: 2, columns: 16 };
    Isa::detect().multiply_into(&tile, &mut end);
}

/// The scalar kernel against the definition in the module's table, for one row and column.
#[test]
fn packed_weights_mean_what_the_table_says() {
    // Two groups of four: weights s = -8, 7, -1, 3 and 0, 1, 2, -4, codes 1 to 8.
    let (first, second) = ([-8_i8, 7, -1, 3], [0_i8, 1, 2, -4]);
    let mut panel = vec![0_u8; 64];
    for k in 0..4 {
        panel[k] = (first[k] as u8 & 15) | (second[k] as u8) << 4;
    }
    let data = [1, 2, 3, 4, 5, 6, 7, 8];
    for (odd, expected) in [(false, 16 * (-8 + 14 - 3 + 12 + 6 + 14 - 32)), (true, 8 * (2 * 3 + 36))] {
        let segment = Segment { bits: Bits::Four, odd, factor: 0, runs: vec![0], run_length: 8 };
        let tile = IntegerTile { data: &data, starts: &[0], segments: &[segment], panel: &panel, vectors: 1 };
        let mut sums = Sums([0; MAX_SUMS]);
        Isa::Portable.multiply_integers(&tile, &mut sums);
        assert_eq!(sums.0[0], expected);
    }
}

#[test]
#[should_panic(expected = "beyond its operands")]
fn a_tile_that_reads_beyond_its_operands_is_refused() {
    let starts = [0, 1, 2, 3, 4, 5, 6, 7];
    let tile =
        FloatTile { data: &[0.0; 9], starts: &starts, runs: &[0], run_length: 3, panel: &[0.0; 144], vectors: 3 };
    Isa::detect().multiply(&tile, &mut Sums([0.0; MAX_SUMS]));
}

#[test]
#[should_panic(expected = "beyond its operands")]
fn an_integer_tile_that_reads_beyond_its_operands_is_refused() {
    let segment = Segment { bits: Bits::Four, odd: false, factor: 0, runs: vec![0], run_length: 8 };
    let tile = IntegerTile { data: &[0; 8], starts: &[0, 1], segments: &[segment], panel: &[0; 192], vectors: 3 };
    Isa::detect().multiply_integers(&tile, &mut Sums([0; MAX_SUMS]));
}

#[test]
fn panels_cover_the_columns_and_tiles_the_rows() {
    for columns in 1..500 {
        let widths = panel_widths(columns);
        assert_eq!(widths.iter().sum::<usize>(), columns.div_ceil(LANES));
        assert!(widths.iter().all(|&width| width > 1) || columns <= LANES, "{columns}: {widths:?}");
    }
    for vectors in 1..=MAX_VECTORS {
        assert!(heights(vectors).iter().all(|height| height * vectors * LANES <= MAX_SUMS && *height <= MAX_ROWS));
        assert!((1..50).all(|left| height(vectors, left) >= left.min(heights(vectors)[0])));
    }
}
