//! Convolution of each channel with a kernel of its own, of numbers or of codes where they lie.
//!
//! Nothing is copied into a border: pixels near one leave out the taps that fall outside, or, where outside is not the
//! number zero but a code near it, take that.

use super::super::codes::Layout;
use super::super::conv::Geometry;
use super::super::kernels::{Isa, LANES, Loops, Vector};
use super::super::output::{Finish, Line, Lines, Operand, Output, Place, kind, specialize};

/// Kernels packed by vector of channels and tap: (vectors, taps, `LANES`), the last channels filled up with zeros.
#[derive(Debug)]
pub(in super::super) struct Depthwise {
    geometry: Geometry,
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
        geometry: Geometry,
        weight: &[f32],
        bias: &[f32],
        layout: Option<&Layout>,
    ) -> Option<Self> {
        let (channels, taps) = (bias.len(), geometry.kernel * geometry.kernel);
        let vectors = channels.div_ceil(LANES);
        let mut packed = Self {
            geometry,
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

    /// All output pixels of `n` images.
    pub(in super::super) fn run(&self, n: usize, input: Operand, finish: &Finish, output: &mut Output) {
        match input {
            Operand::Floats(data) => {
                let pixel = self.geometry.c_in;
                self.isa.vectorize(Run { depthwise: self, n, data, pixel, finish, output });
            }
            Operand::Codes(data, layout) => {
                let pixel = layout.record();
                self.isa.vectorize(Run { depthwise: self, n, data, pixel, finish, output });
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
    #[inline(always)]
    fn lines<V: Vector, const KIND: u8>(mut self) {
        let g = &self.depthwise.geometry;
        let (height, _) = g.sides();
        for line in 0..self.n * height {
            for v in 0..self.depthwise.bias.len() {
                // With the size known, a vector's weights stay in registers for all pixels of the line.
                match g.kernel {
                    3 => self.line::<V, KIND, 3>(line, v),
                    5 => self.line::<V, KIND, 5>(line, v),
                    _ => self.any::<V, KIND>(line, v),
                }
            }
        }
    }
}

impl<T: Element> Run<'_, '_, T> {
    /// Vector `v` of the channels for all pixels of an output line, with a kernel of `K` by `K`.
    #[inline(always)]
    fn line<V: Vector, const KIND: u8, const K: usize>(&mut self, line: usize, v: usize) {
        let d = self.depthwise;
        let g = &d.geometry;
        let (height, width) = g.sides();
        let (image, y) = (line / height, line % height);
        let top = (y * g.stride).wrapping_sub(g.padding);
        let channels = LANES.min(g.c_in - v * LANES);
        let inside = |x: usize| (x * g.stride).checked_sub(g.padding).is_some_and(|left| left + K <= g.columns);
        let whole = top < g.rows && top + K <= g.rows && channels == LANES;
        let weights: [[V; K]; K] =
            std::array::from_fn(|i| std::array::from_fn(|j| V::load(&d.weight[(v * K + i) * K + j])));
        let bias = V::load(&d.bias[v]);
        for x in 0..width {
            if !whole || !inside(x) {
                let sums = self.edge::<V>(image, (y, x), v);
                self.put::<V, KIND>(line * width + x, v, sums);
                continue;
            }
            let first = ((image * g.rows + top) * g.columns + x * g.stride - g.padding) * self.pixel + v * LANES;
            let mut sums = bias;
            for (i, weights) in weights.iter().enumerate() {
                let row = &self.data[first + i * g.columns * self.pixel..][..(K - 1) * self.pixel + LANES];
                for (j, weight) in weights.iter().enumerate() {
                    if let Some(at) = row[j * self.pixel..].first_chunk() {
                        sums = T::load::<V>(at).mul_add(*weight, sums);
                    }
                }
            }
            self.put::<V, KIND>(line * width + x, v, sums);
        }
    }

    /// As [`Run::line`], for a kernel of any size.
    #[inline(always)]
    fn any<V: Vector, const KIND: u8>(&mut self, line: usize, v: usize) {
        let (height, width) = self.depthwise.geometry.sides();
        for x in 0..width {
            let sums = self.edge::<V>(line / height, (line % height, x), v);
            self.put::<V, KIND>(line * width + x, v, sums);
        }
    }

    /// The sums of one pixel, some of whose taps may lie outside.
    #[inline(always)]
    fn edge<V: Vector>(&self, image: usize, (y, x): (usize, usize), v: usize) -> V {
        let d = self.depthwise;
        let g = &d.geometry;
        let channels = LANES.min(g.c_in - v * LANES);
        let mut sums = V::load(&d.bias[v]);
        for i in 0..g.kernel {
            for j in 0..g.kernel {
                let (row, column) =
                    ((y * g.stride + i).wrapping_sub(g.padding), (x * g.stride + j).wrapping_sub(g.padding));
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

    #[inline(always)]
    fn put<V: Vector, const KIND: u8>(&mut self, row: usize, v: usize, sums: V) {
        let channels = self.depthwise.geometry.c_in;
        let place = Place { row, column: v * LANES, channels };
        Line::<KIND>::new(self.finish, place, LANES.min(channels - v * LANES), self.output).put(0, sums);
    }
}
