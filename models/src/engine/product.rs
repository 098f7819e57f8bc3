//! A matrix product by itself: for benchmarks of the kernels, and for whoever has just a matrix.

use super::codes::{Encode, Layout};
use super::integers::{Blocks, IntegerMatrix, Source};
use super::kernels::Isa;
use super::kernels::elementwise::Activation;
use super::matrix::{Columns, Left, Matrix};
use super::output::{Finish, Output};
use super::rows::Rows;
use crate::quantization::{CodeSegment, WeightSegment};

/// How the operands of a product are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Both in f32.
    F32,
    /// Codes of 8 bits for [-1, 1] and weights of 8 or 4 bits, on AMX where the processor has it.
    Bytes(u8),
    /// As [`Format::Bytes`], without AMX.
    Vector(u8),
    /// Segments of inputs with so many bits, on the symmetric grids within [-2, 2]. Weights have the same bits.
    Mixed(Vec<(usize, u8)>),
}

/// A packed matrix (outputs, inputs) and room for rows to multiply it by.
#[derive(Clone, Debug)]
pub struct Product {
    inputs: usize,
    outputs: usize,
    body: Body,
    blocks: Blocks,
}

#[derive(Clone, Debug)]
enum Body {
    Floats(Matrix, Vec<f32>),
    Codes(IntegerMatrix, Layout, Vec<u8>),
}

impl Product {
    /// Packs `weight` (outputs, inputs), rounded to the format with one scale for all: its largest magnitude is the
    /// highest number of the grid. `rows` tells about how many are multiplied at once.
    ///
    /// `None` if the segments are none of 4, 2 and 1 bits, all but the last a multiple of 16 inputs, that add up to the
    /// inputs.
    pub fn new(format: &Format, weight: &[f32], inputs: usize, rows: usize) -> Option<Self> {
        let outputs = weight.len() / inputs;
        let bias = vec![0.0; outputs];
        let (codes, segments, amx) = match format {
            Format::F32 => {
                let matrix = Matrix::new(inputs, &bias, |r, o| weight[o * inputs + r]);
                let body = Body::Floats(matrix, Vec::new());
                return Some(Self { inputs, outputs, body, blocks: Blocks::default() });
            }
            Format::Bytes(bits) | Format::Vector(bits) => {
                let codes = CodeSegment::for_range(inputs, 8, -1.0, 1.0);
                let segment = WeightSegment { channels: inputs, bits: *bits, odd: false };
                (vec![codes], vec![segment], matches!(format, Format::Bytes(_)))
            }
            Format::Mixed(segments) => {
                let codes = segments.iter().map(|&(channels, bits)| CodeSegment::symmetric(channels, bits)).collect();
                let weights =
                    segments.iter().map(|&(channels, bits)| WeightSegment { channels, bits, odd: true }).collect();
                (codes, weights, false)
            }
        };
        let whole = codes.iter().rev().skip(1).all(|code: &CodeSegment| code.channels.is_multiple_of(16));
        if !whole || codes.iter().map(|code| code.channels).sum::<usize>() != inputs {
            return None;
        }
        let layout = Layout::new(&codes);
        let largest = weight.iter().fold(f32::MIN_POSITIVE, |a, w| a.max(w.abs()));
        let of_input: Vec<&WeightSegment> =
            segments.iter().flat_map(|segment| std::iter::repeat_n(segment, segment.channels)).collect();
        let scale =
            vec![largest / segments.iter().fold(0.0, |a, s| f32::max(a, s.range().1 as f32 * s.unit())); outputs];
        let element = |o: usize, _: usize, c: usize| of_input[c].nearest(weight[o * inputs + c] / scale[o]);
        let source = Source {
            layout: &layout,
            segments: &segments,
            taps: &[0],
            element: &element,
            scale: &scale,
            bias: &bias,
            rows,
        };
        let matrix = IntegerMatrix::with(&source, Isa::detect(), amx)?;
        Some(Self { inputs, outputs, body: Body::Codes(matrix, layout, Vec::new()), blocks: Blocks::default() })
    }

    /// Bytes of the packed weights.
    pub fn bytes(&self) -> usize {
        match &self.body {
            Body::Floats(matrix, _) => matrix.bytes(),
            Body::Codes(matrix, ..) => matrix.bytes(),
        }
    }

    /// Takes rows (n, inputs) in the form that the product reads.
    pub fn load(&mut self, rows: &[f32]) {
        match &mut self.body {
            Body::Floats(_, data) => *data = rows.to_vec(),
            Body::Codes(_, layout, data) => {
                *data = vec![0; rows.len() / self.inputs * layout.record()];
                Isa::detect().vectorize(Encode { numbers: rows, layout, codes: data });
            }
        }
    }

    /// The loaded rows times the matrix: (n, outputs).
    ///
    /// # Panics
    /// `output` is not as long.
    pub fn multiply(&mut self, output: &mut [f32]) {
        let finish = Finish { residual: None, activation: Activation::Identity };
        let images = output.len() / self.outputs;
        let output = &mut Output::Floats(output);
        match &self.body {
            Body::Floats(matrix, data) => {
                let rows = Rows::even(images, self.inputs);
                assert_eq!(data.len(), images * self.inputs, "as many rows as were loaded");
                let left = Left { data, rows, runs: &[0], run_length: self.inputs };
                matrix.multiply(&left, &finish, Columns { first: 0, all: self.outputs }, output);
            }
            Body::Codes(matrix, layout, data) => {
                let rows = Rows::even(images, layout.record());
                assert_eq!(data.len(), images * layout.record(), "as many rows as were loaded");
                matrix.multiply(data, &rows, &finish, &mut self.blocks, output);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn format() -> impl Strategy<Value = (usize, Format)> {
        let mixed =
            prop::collection::vec((1_usize..4, prop::sample::select(vec![1_u8, 2, 4])), 1..3).prop_map(|parts| {
                let segments: Vec<(usize, u8)> =
                    parts.into_iter().map(|(vectors, bits)| (16 * vectors, bits)).collect();
                (segments.iter().map(|segment| segment.0).sum(), Format::Mixed(segments))
            });
        let uniform = (1_usize..150, prop::sample::select(vec![4_u8, 8]), any::<bool>());
        let uniform =
            uniform.prop_map(|(n, bits, amx)| (n, if amx { Format::Bytes(bits) } else { Format::Vector(bits) }));
        prop_oneof![mixed, uniform, (1_usize..150).prop_map(|n| (n, Format::F32))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn products_are_those_of_the_rounded_operands(
            (inputs, format) in format(),
            outputs in 1_usize..70,
            rows in 1_usize..40,
            seed in any::<u64>(),
        ) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let weight: Vec<f32> = (0..outputs * inputs).map(|_| rng.random_range(-1.0..1.0)).collect();
            let left = random_left(&format, inputs, rows, &mut rng);
            let Some(mut product) = Product::new(&format, &weight, inputs, rows) else {
                // Two segments of one bit, or of others in a wrong order, are not made here.
                prop_assert!(matches!(&format, Format::Mixed(s) if s.iter().filter(|s| s.1 == 1).count() > 1));
                return Ok(());
            };
            product.load(&left);
            let mut output = vec![0.0; rows * outputs];
            product.multiply(&mut output);
            let (rounded, weights) = rounded(&format, inputs, &left, &weight);
            for (row, output) in rounded.chunks(inputs).zip(output.chunks(outputs)) {
                for (filter, got) in weights.chunks(inputs).zip(output) {
                    let expected: f64 = row.iter().zip(filter).map(|(a, b)| a * b).sum();
                    let size: f64 = row.iter().zip(filter).map(|(a, b)| (a * b).abs()).sum();
                    prop_assert!((f64::from(*got) - expected).abs() <= 2e-6 * size.max(1.0), "{got} {expected}");
                }
            }
        }
    }

    /// The bits of every input, and whether they stand for grids around zero; none of f32.
    fn bits(format: &Format, inputs: usize) -> Option<(Vec<u8>, bool)> {
        match format {
            Format::F32 => None,
            Format::Bytes(bits) | Format::Vector(bits) => Some((vec![*bits; inputs], false)),
            Format::Mixed(s) => Some((s.iter().flat_map(|&(n, bits)| std::iter::repeat_n(bits, n)).collect(), true)),
        }
    }

    /// Where a number lies among the codes of an input with these bits, and the codes' segment.
    fn place(x: f32, bits: u8, symmetric: bool) -> (f64, CodeSegment) {
        let segment = if symmetric { CodeSegment::symmetric(1, bits) } else { CodeSegment::for_range(1, 8, -1.0, 1.0) };
        ((f64::from(x) - f64::from(segment.base)) / f64::from(segment.step), segment)
    }

    /// Numbers in -1..1, none so near the middle of two codes that f32 and f64 may round it to different ones.
    fn random_left(format: &Format, inputs: usize, rows: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let bits = bits(format, inputs);
        let is_clear = |i: usize, x: f32| {
            bits.as_ref().is_none_or(|(bits, symmetric)| {
                let (place, _) = place(x, bits[i % inputs], *symmetric);
                (place.fract().abs() - 0.5).abs() > 1e-3
            })
        };
        let mut draw = |i: usize| loop {
            let x = rng.random_range(-1.0..1.0);
            if is_clear(i, x) {
                return x;
            }
        };
        (0..rows * inputs).map(&mut draw).collect()
    }

    /// Operands as the format keeps them, in f64.
    fn rounded(format: &Format, inputs: usize, left: &[f32], weight: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let Some((bits, symmetric)) = bits(format, inputs) else {
            let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
            return (wide(left), wide(weight));
        };
        let grid = |bits: u8, odd: bool| {
            let levels = f64::from(1_u32 << bits);
            if odd { (levels - 1.0, 2.0_f64.powi(1 - i32::from(bits)), true) } else { (levels / 2.0 - 1.0, 1.0, false) }
        };
        let code = |(i, x): (usize, &f32)| {
            let (place, segment) = place(*x, bits[i % inputs], symmetric);
            let code = place.round_ties_even().clamp(0.0, f64::from(segment.max()));
            f64::from(segment.base) + f64::from(segment.step) * code
        };
        let top = bits.iter().map(|&bits| grid(bits, symmetric)).map(|(top, unit, _)| top * unit).fold(0.0, f64::max);
        let largest = weight.iter().fold(0.0_f32, |a, w| a.max(w.abs()));
        let scale = f64::from(largest / top as f32);
        let number = |(i, w): (usize, &f32)| {
            let (top, unit, odd) = grid(bits[i % inputs], symmetric);
            let x = f64::from(*w / scale as f32) / unit;
            let n = if odd { 2.0 * ((x - 1.0) / 2.0).round_ties_even() + 1.0 } else { x.round_ties_even() };
            n.clamp(if odd { -top } else { -top - 1.0 }, top) * unit * scale
        };
        (left.iter().enumerate().map(code).collect(), weight.iter().enumerate().map(number).collect())
    }
}
