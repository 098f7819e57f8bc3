//! Convolution of each channel with a kernel of its own, of numbers or of codes where they lie.
//!
//! Nothing is copied into a border: pixels near one leave out the taps that fall outside, or, where outside is not the
//! number zero but a code near it, take that.

use super::super::codes::Layout;
use super::super::conv::Geometry;
use super::super::kernels::{Isa, LANES, Loops, Vector};
use super::super::output::{Column, Finish, Lines, Operand, Output, Place, kind, specialize};

/// Kernels packed by vector of channels and tap: (vectors, taps, `LANES`), the last channels filled up with zeros.
#[derive(Debug)]
pub(in super::super) struct Depthwise {
    weight: Vec<[f32; LANES]>,
    /// A vector for each vector of channels.
    bias: Vec<[f32; LANES]>,
    /// What lies outside.
    outside: Vec<[f32; LANES]>,
    isa: Isa,
}

impl Depthwise {
    /// `weight` is (channels, 1, kernel, kernel). `layout` is that of the input if it is kept as codes; `None` where
    /// such codes are not read, which are those of one bit.
    pub(in super::super) fn new(
        geometry: &Geometry,
        weight: &[f32],
        bias: &[f32],
        layout: Option<&Layout>,
    ) -> Option<Self> {
        let (channels, taps) = (bias.len(), geometry.kernel * geometry.kernel);
        let vectors = channels.div_ceil(LANES);
        let mut packed = Self {
            weight: vec![[0.0; LANES]; vectors * taps],
            bias: vec![[0.0; LANES]; vectors],
            outside: vec![[0.0; LANES]; vectors],
            isa: Isa::detect(),
        };
        for c in 0..channels {
            let (v, lane) = (c / LANES, c % LANES);
            // A code in memory times the step, plus the base, is the number.
            let (step, base, zero) = match layout {
                Some(layout) => layout.affine(c)?,
                None => (1.0, 0.0, 0.0),
            };
            let of_channel = &weight[c * taps..(c + 1) * taps];
            for (tap, w) in of_channel.iter().enumerate() {
                packed.weight[v * taps + tap][lane] = w * step;
            }
            let sum: f64 = of_channel.iter().map(|w| f64::from(*w)).sum();
            packed.bias[v][lane] = (f64::from(bias[c]) + f64::from(base) * sum) as f32;
            packed.outside[v][lane] = zero;
        }
        Some(packed)
    }

    /// Bytes of the packed weights.
    pub(in super::super) fn bytes(&self) -> usize {
        size_of_val(&*self.weight)
    }

    /// All output pixels of `n` images, whose sizes are `geometry`'s.
    pub(in super::super) fn run(
        &self,
        geometry: &Geometry,
        n: usize,
        input: Operand,
        finish: &Finish,
        output: &mut Output,
    ) {
        match input {
            Operand::Floats(data) => {
                let pixel = geometry.c_in;
                self.isa.vectorize(Run { depthwise: self, geometry, n, data, pixel, finish, output });
            }
            Operand::Codes(data, layout) => {
                let pixel = layout.record();
                self.isa.vectorize(Run { depthwise: self, geometry, n, data, pixel, finish, output });
            }
        }
    }
}

/// What a value's elements are kept as.
trait Element: Copy + Default {
    fn load<V: Vector>(from: &[Self; LANES]) -> V;
}

impl Element for f32 {
    #[inline(always)]
    fn load<V: Vector>(from: &[Self; LANES]) -> V {
        V::load(from)
    }
}

impl Element for u8 {
    #[inline(always)]
    fn load<V: Vector>(from: &[Self; LANES]) -> V {
        V::from_codes(from)
    }
}

/// A convolution with its operands.
struct Run<'a, 'o, T> {
    depthwise: &'a Depthwise,
    geometry: &'a Geometry,
    n: usize,
    data: &'a [T],
    /// Elements of a pixel.
    pixel: usize,
    finish: &'a Finish<'a>,
    output: &'a mut Output<'o>,
}

impl<T: Element> Loops for Run<'_, '_, T> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        specialize::<V, Self>(kind(self.finish, self.output), self);
    }
}

impl<T: Element> Lines for Run<'_, '_, T> {
    const RESIDUALS: bool = false;

    #[inline(always)]
    fn lines<V: Vector, const KIND: u8>(mut self) {
        let g = self.geometry;
        let (height, _) = g.sides();
        for line in 0..self.n * height {
            for v in 0..self.depthwise.bias.len() {
                let is_whole = g.c_in - v * LANES >= LANES;
                // With sizes known, loops over taps are none.
                match (g.kernel, g.stride) {
                    (3, 1) if is_whole => self.line::<V, KIND, 3, 1>(line, v),
                    (3, 2) if is_whole => self.line::<V, KIND, 3, 2>(line, v),
                    (5, 1) if is_whole => self.line::<V, KIND, 5, 1>(line, v),
                    (5, 2) if is_whole => self.line::<V, KIND, 5, 2>(line, v),
                    _ => self.any::<V, KIND>(line, v),
                }
            }
        }
    }
}

/// Pixels that are computed at once: a number that several of them read is loaded once.
const PIXELS: usize = 4;

impl<T: Element> Run<'_, '_, T> {
    /// Vector `v` of the channels for all pixels of an output line, with a kernel of `K` by `K` and stride `S`.
    #[inline(always)]
    fn line<V: Vector, const KIND: u8, const K: usize, const S: usize>(&mut self, line: usize, v: usize) {
        let (d, g) = (self.depthwise, self.geometry);
        let (height, width) = g.sides();
        let (image, top) = (line / height, line % height * S);
        // Rows of the kernel that lie inside; what the others add is the same for all pixels.
        let inside = g.above.saturating_sub(top).min(K)..(g.above + g.rows).saturating_sub(top).min(K);
        let weights = &d.weight[v * K * K..(v + 1) * K * K];
        let outside = V::load(&d.outside[v]);
        let mut bias = V::load(&d.bias[v]);
        for weight in weights[..inside.start * K].iter().chain(&weights[inside.end.max(inside.start) * K..]) {
            bias = outside.mul_add(V::load(weight), bias);
        }
        let first = (image * g.rows + top + inside.start).saturating_sub(g.above) * g.columns * self.pixel;
        let taps = Taps {
            data: &self.data[first.min(self.data.len())..],
            row: g.columns * self.pixel,
            pixel: self.pixel,
            first: v * LANES,
            columns: g.columns,
            weights: &weights[inside.start.min(inside.end) * K..inside.end * K],
            bias,
            outside,
        };
        let place = Place { row: line * width, column: v * LANES, channels: g.c_in };
        let mut column = Column::<V, KIND>::new(self.finish, place, LANES, self.output);
        if width < PIXELS {
            for x in 0..width {
                column.put(x, taps.pixels::<K, S, 1>((x * S).wrapping_sub(g.padding))[0]);
            }
            return;
        }
        for x in (0..width).step_by(PIXELS) {
            // The last ones are computed again where they do not come out even.
            let x = x.min(width - PIXELS);
            let sums = taps.pixels::<K, S, PIXELS>((x * S).wrapping_sub(g.padding));
            for (p, sum) in sums.into_iter().enumerate() {
                column.put(x + p, sum);
            }
        }
    }

    /// As [`Run::line`], for a kernel of any size and any number of channels.
    #[inline(always)]
    fn any<V: Vector, const KIND: u8>(&mut self, line: usize, v: usize) {
        let g = self.geometry;
        let (height, width) = g.sides();
        for x in 0..width {
            let sums = self.pixel::<V>(line / height, (line % height, x), v);
            let place = Place { row: line * width + x, column: v * LANES, channels: g.c_in };
            let columns = LANES.min(g.c_in - v * LANES);
            Column::<V, KIND>::new(self.finish, place, columns, self.output).put(0, sums);
        }
    }

    /// The sums of one pixel, some of whose taps may lie outside.
    #[inline(always)]
    fn pixel<V: Vector>(&self, image: usize, (y, x): (usize, usize), v: usize) -> V {
        let (d, g) = (self.depthwise, self.geometry);
        let channels = LANES.min(g.c_in - v * LANES);
        let mut sums = V::load(&d.bias[v]);
        for i in 0..g.kernel {
            for j in 0..g.kernel {
                let (row, column) =
                    ((y * g.stride + i).wrapping_sub(g.above), (x * g.stride + j).wrapping_sub(g.padding));
                let number = if row < g.rows && column < g.columns {
                    let at = ((image * g.rows + row) * g.columns + column) * self.pixel + v * LANES;
                    let mut numbers = [T::default(); LANES];
                    numbers.iter_mut().zip(&self.data[at..at + channels]).for_each(|(to, x)| *to = *x);
                    T::load::<V>(&numbers)
                } else {
                    V::load(&d.outside[v])
                };
                sums = number.mul_add(V::load(&d.weight[(v * g.kernel + i) * g.kernel + j]), sums);
            }
        }
        sums
    }
}

/// What the pixels of an output line are made from, for one vector of channels.
struct Taps<'a, T, V> {
    /// From the first row that is read on.
    data: &'a [T],
    /// Elements of a row and of a pixel, and those before the vector.
    row: usize,
    pixel: usize,
    first: usize,
    columns: usize,
    /// Of the rows that are read.
    weights: &'a [[f32; LANES]],
    bias: V,
    outside: V,
}

impl<T: Element, V: Vector> Taps<'_, T, V> {
    /// The sums of `P` pixels beside each other, whose first column is `left`; it wraps around below zero.
    #[inline(always)]
    fn pixels<const K: usize, const S: usize, const P: usize>(&self, left: usize) -> [V; P] {
        let mut sums = [self.bias; P];
        // No closures: they would not be compiled for the instruction set.
        for (i, of_row) in self.weights.as_chunks::<K>().0.iter().enumerate() {
            let mut weights = [self.bias; K];
            for (weight, numbers) in weights.iter_mut().zip(of_row) {
                *weight = V::load(numbers);
            }
            let row = &self.data[i * self.row + self.first..];
            for c in 0..(P - 1) * S + K {
                let column = left.wrapping_add(c);
                let mut number = self.outside;
                if column < self.columns
                    && let Some(rest) = row.get(column * self.pixel..)
                    && let Some(numbers) = rest.first_chunk()
                {
                    number = T::load(numbers);
                }
                for (p, sum) in sums.iter_mut().enumerate() {
                    if c >= p * S && c - p * S < K {
                        *sum = number.mul_add(weights[c - p * S], *sum);
                    }
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::super::codes::{Decode, Encode};
    use super::super::super::kernels::elementwise::Activation;
    use super::*;
    use crate::quantization::CodeSegment;

    proptest! {
        #[test]
        fn codes_are_convolved_as_the_numbers_that_they_stand_for(
            seed in any::<u64>(),
            (kernel, stride, padding) in (1_usize..6, 1_usize..4, 0_usize..4),
            (rows, columns) in (1_usize..12, 1_usize..12),
            channels in 1_usize..40,
            n in 1_usize..3,
        ) {
            prop_assume!(kernel <= rows.min(columns) + 2 * padding);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut numbers = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-2.0..2.0)).collect() };
            let geometry = Geometry {
                c_in: channels,
                c_out: channels,
                kernel,
                stride,
                padding,
                above: padding,
                below: padding,
                groups: channels,
                rows,
                columns,
            };
            let layout = Layout::new(&[CodeSegment::for_range(channels, 8, -1.5, 2.0)]);
            let (weight, bias) = (numbers(channels * kernel * kernel), numbers(channels));
            let mut values = numbers(n * rows * columns * channels);
            let mut codes = vec![0; n * rows * columns * layout.record()];
            Isa::detect().vectorize(Encode { numbers: &values, layout: &layout, codes: &mut codes });
            Isa::detect().vectorize(Decode { codes: &codes, layout: &layout, numbers: &mut values });
            let (height, width) = geometry.sides();
            let convolve = |input: Operand, layout: Option<&Layout>| {
                let mut output = vec![f32::NAN; n * height * width * channels];
                let finish = Finish { residual: None, activation: Activation::RELU };
                let depthwise = Depthwise::new(&geometry, &weight, &bias, layout).unwrap();
                depthwise.run(&geometry, n, input, &finish, &mut Output::Floats(&mut output));
                output
            };
            let expected = convolve(Operand::Floats(&values), None);
            let got = convolve(Operand::Codes(&codes, &layout), Some(&layout));
            for (got, expected) in got.iter().zip(&expected) {
                prop_assert!((got - expected).abs() <= 1e-3, "{} {}", got, expected);
            }
        }
    }
}
