//! Convolution of 3 x 3 by fewer multiplications (Winograd 1980; Lavin and Gray 2016, whose matrices these are).
//!
//! An output tile of 2 x 2 or 4 x 4 is made from an input tile two wider each way. Both tiles and kernels are transformed
//! first; then every one of their 16 or 36 elements is a matrix product over the channels by itself, and the products are
//! transformed back. For 4 x 4 that is a fourth of the multiplications; a sum's rounding error grows about tenfold,
//! to 1e-5 of the largest number at most.

use super::aligned::Aligned;
use super::conv::Geometry;
use super::kernels::elementwise::Activation;
use super::kernels::{Isa, LANES, Loops, Vector};
use super::matrix::{Columns, Left, Matrix};
use super::output::{Column, Finish, Lines, Output, Place, kind, specialize};
use super::rows::Rows;

/// Bytes of transformed tiles that are worked on at once: they stay in the second cache.
const BLOCK: usize = 1 << 20;

/// A convolution with transformed kernels.
#[derive(Debug)]
pub(super) struct Winograd {
    geometry: Geometry,
    /// Side of an output tile, 2 or 4.
    side: usize,
    /// A stack of (inputs, outputs), one for each element of a tile.
    matrices: Matrix,
    bias: Vec<f32>,
    isa: Isa,
}

/// Transformed tiles: (elements of a tile, tiles, channels).
#[derive(Debug, Default)]
pub(super) struct Tiles {
    inputs: Aligned<f32>,
    outputs: Aligned<f32>,
}

impl Winograd {
    /// The faster of this and the direct way for a convolution: `None` where that is the direct one, or where this
    /// cannot be done.
    pub(super) fn new(geometry: &Geometry, weight: &[f32], bias: &[f32]) -> Option<Self> {
        let side = best_side(geometry)?;
        let &Geometry { c_in, c_out, .. } = geometry;
        let zeros = vec![0.0; c_out];
        let length = side + 2;
        let kernels = kernels(weight, side);
        let elements = length * length;
        let matrices = Matrix::stack(elements, c_in, &zeros, |e, i, o| kernels[(o * c_in + i) * elements + e]);
        Some(Self { geometry: *geometry, side, matrices, bias: bias.to_vec(), isa: Isa::detect() })
    }

    /// Bytes of the packed weights.
    pub(super) fn bytes(&self) -> usize {
        self.matrices.bytes()
    }

    /// `output` (N, H', W', `c_out`) from `input` (N, H, W, `c_in`).
    pub(super) fn run(&self, n: usize, input: &[f32], finish: &Finish, tiles: &mut Tiles, output: &mut Output) {
        let &Geometry { c_in, c_out, .. } = &self.geometry;
        let (down, across) = tile_counts(&self.geometry, self.side);
        let elements = self.elements();
        // Whole tiles of the matrix kernels.
        let most = (BLOCK / (4 * elements * (c_in + c_out)) / 24).max(1) * 24;
        let most = most.min(n * down * across);
        tiles.inputs.reserve(elements * plane(most, c_in));
        tiles.outputs.reserve(elements * plane(most, c_out));
        for first in (0..n * down * across).step_by(most) {
            let block = Block { winograd: self, first, count: most.min(n * down * across - first) };
            self.isa.vectorize(ToTiles { block, input, tiles: &mut tiles.inputs });
            self.multiply(block.count, tiles);
            self.isa.vectorize(FromTiles { block, tiles: &tiles.outputs, finish, output });
        }
    }

    /// Numbers of an input tile, each of which has a matrix.
    fn elements(&self) -> usize {
        (self.side + 2) * (self.side + 2)
    }

    fn multiply(&self, count: usize, tiles: &mut Tiles) {
        let &Geometry { c_in, c_out, .. } = &self.geometry;
        let rows = Rows::even(count, c_in);
        let nothing = Finish { residual: None, activation: Activation::Identity };
        let inputs = tiles.inputs.chunks_exact(plane(count, c_in));
        let outputs = tiles.outputs.chunks_exact_mut(plane(count, c_out));
        for (element, (data, output)) in inputs.zip(outputs).enumerate().take(self.elements()) {
            let output = &mut output[..count * c_out];
            let left = Left { data, rows, runs: &[0], run_length: c_in };
            let (columns, output) = (Columns { first: 0, all: c_out }, &mut Output::Floats(output));
            self.matrices.multiply_by(element, &left, &nothing, columns, output);
        }
    }
}

/// Numbers from an element of all tiles to the next: an odd number of lines, since a tile's elements would fall into the
/// same set of the first cache otherwise.
#[inline(always)]
fn plane(count: usize, channels: usize) -> usize {
    (count * channels).next_multiple_of(2 * LANES) + LANES
}

/// Tiles below and beside each other.
fn tile_counts(geometry: &Geometry, side: usize) -> (usize, usize) {
    let (height, width) = geometry.sides();
    (height.div_ceil(side), width.div_ceil(side))
}

/// The side of a tile with the least estimated time, if that is less than the direct convolution's.
fn best_side(g: &Geometry) -> Option<usize> {
    /// Multiply-accumulates of the matrix kernels in a cycle.
    const RATE: f64 = 26.0;
    /// Bytes in a cycle that come from beyond the second cache, where weights do not fit it.
    const STREAM: f64 = 8.0;
    /// Cycles for a vector of a transformed tile: transforming, storing and loading it.
    const TRANSFORM: f64 = 3.0;
    let fits = g.kernel == 3 && g.stride == 1 && g.groups == 1;
    if !fits || !g.c_in.is_multiple_of(LANES) || !g.c_out.is_multiple_of(LANES) {
        return None;
    }
    let product = |elements: usize, rows: usize| {
        let weights = (elements * g.c_in * g.c_out) as f64;
        let streamed = if 4.0 * weights > BLOCK as f64 { 4.0 * weights / STREAM } else { 0.0 };
        f64::max(weights * rows as f64 / RATE, streamed)
    };
    let cycles = |side: usize| {
        let (down, across) = tile_counts(g, side);
        let elements = (side + 2) * (side + 2);
        let vectors = (down * across * elements * (g.c_in + g.c_out) / LANES) as f64;
        product(elements, down * across) + TRANSFORM * vectors
    };
    let (height, width) = g.sides();
    let best = if cycles(4) < cycles(2) { 4 } else { 2 };
    (cycles(best) < product(9, height * width)).then_some(best)
}

/// Transformed kernels, (outputs, inputs, elements), of `weight` (outputs, inputs, 3, 3).
fn kernels(weight: &[f32], side: usize) -> Vec<f32> {
    const TWO: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
    const FOUR: [[f64; 3]; 6] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let g: &[[f64; 3]] = if side == 2 { &TWO } else { &FOUR };
    let mut all = Vec::with_capacity(weight.len() / 9 * g.len() * g.len());
    for kernel in weight.as_chunks::<9>().0 {
        for down in g {
            // A row of the kernel's columns, weighted.
            let columns: [f64; 3] =
                std::array::from_fn(|j| (0..3).map(|i| down[i] * f64::from(kernel[3 * i + j])).sum());
            all.extend(g.iter().map(|across| across.iter().zip(columns).map(|(a, c)| a * c).sum::<f64>() as f32));
        }
    }
    all
}

/// Some tiles of all images.
#[derive(Clone, Copy)]
struct Block<'a> {
    winograd: &'a Winograd,
    first: usize,
    count: usize,
}

impl Block<'_> {
    /// Image, first row and first column in the output of a tile.
    #[inline(always)]
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let (down, across) = tile_counts(&self.winograd.geometry, self.winograd.side);
        let (image, tile) = ((self.first + tile) / (down * across), (self.first + tile) % (down * across));
        (image, tile / across * self.winograd.side, tile % across * self.winograd.side)
    }
}

struct ToTiles<'a> {
    block: Block<'a>,
    /// (N, H, W, C).
    input: &'a [f32],
    tiles: &'a mut [f32],
}

impl Loops for ToTiles<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        match self.block.winograd.side {
            2 => self.all::<V, Two, 4>(),
            _ => self.all::<V, Four, 6>(),
        }
    }
}

impl ToTiles<'_> {
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "a column of rows")]
    fn all<V: Vector, T: Transform<N>, const N: usize>(self) {
        let g = &self.block.winograd.geometry;
        let plane = plane(self.block.count, g.c_in);
        for tile in 0..self.block.count {
            let (image, y, x) = self.block.place(tile);
            let image = &self.input[image * g.rows * g.columns * g.c_in..];
            for c in (0..g.c_in).step_by(LANES) {
                let mut rows = [[V::splat(0.0); N]; N];
                for (i, row) in rows.iter_mut().enumerate() {
                    let line = (y + i).wrapping_sub(g.above);
                    if line >= g.rows {
                        continue;
                    }
                    let mut numbers = [V::splat(0.0); N];
                    for (j, number) in numbers.iter_mut().enumerate() {
                        let column = (x + j).wrapping_sub(g.padding);
                        if column < g.columns
                            && let Some(at) = image[(line * g.columns + column) * g.c_in + c..].first_chunk()
                        {
                            *number = V::load(at);
                        }
                    }
                    *row = T::input(numbers);
                }
                for j in 0..N {
                    let column = T::input(std::array::from_fn(|i| rows[i][j]));
                    for (i, number) in column.into_iter().enumerate() {
                        let at = (i * N + j) * plane + tile * g.c_in + c;
                        if let Some(to) = self.tiles[at..].first_chunk_mut() {
                            number.store(to);
                        }
                    }
                }
            }
        }
    }
}

struct FromTiles<'a, 'o> {
    block: Block<'a>,
    tiles: &'a [f32],
    finish: &'a Finish<'a>,
    output: &'a mut Output<'o>,
}

impl Loops for FromTiles<'_, '_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        specialize::<V, Self>(kind(self.finish, self.output), self);
    }
}

impl Lines for FromTiles<'_, '_> {
    #[inline(always)]
    fn lines<V: Vector, const KIND: u8>(self) {
        match self.block.winograd.side {
            2 => self.all::<V, KIND, Two, 4>(),
            _ => self.all::<V, KIND, Four, 6>(),
        }
    }
}

impl FromTiles<'_, '_> {
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "a row of columns")]
    fn all<V: Vector, const KIND: u8, T: Transform<N>, const N: usize>(self) {
        let Self { block, tiles, finish, output } = self;
        let (g, side) = (&block.winograd.geometry, N - 2);
        let (height, width) = g.sides();
        let plane = plane(block.count, g.c_out);
        for tile in 0..block.count {
            let (image, y, x) = block.place(tile);
            for (v, bias) in block.winograd.bias.as_chunks::<LANES>().0.iter().enumerate() {
                let mut columns = [[V::splat(0.0); N]; N];
                for (j, column) in columns.iter_mut().enumerate() {
                    let mut numbers = [V::splat(0.0); N];
                    for (i, number) in numbers.iter_mut().enumerate() {
                        let at = (i * N + j) * plane + tile * g.c_out + v * LANES;
                        if let Some(from) = tiles[at..].first_chunk() {
                            *number = V::load(from);
                        }
                    }
                    // Only the first `side` count.
                    *column = T::output(numbers);
                }
                let place = Place { row: (image * height + y) * width + x, column: v * LANES, channels: g.c_out };
                let mut end = Column::<V, KIND>::new(finish, place, LANES, output);
                for i in 0..side.min(height - y) {
                    let numbers = T::output(std::array::from_fn(|j| columns[j][i]));
                    for (j, number) in numbers.into_iter().enumerate().take(side.min(width - x)) {
                        end.put(i * width + j, number.add(V::load(bias)));
                    }
                }
            }
        }
    }
}

/// The transforms of one dimension, for input tiles of `N`.
trait Transform<const N: usize> {
    fn input<V: Vector>(d: [V; N]) -> [V; N];
    /// The output tile, `N - 2` long, and two more without meaning.
    fn output<V: Vector>(m: [V; N]) -> [V; N];
}

struct Two;

impl Transform<4> for Two {
    #[inline(always)]
    fn input<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
        [a.sub(c), b.add(c), c.sub(b), b.sub(d)]
    }

    #[inline(always)]
    fn output<V: Vector>([a, b, c, d]: [V; 4]) -> [V; 4] {
        [a.add(b).add(c), b.sub(c).sub(d), a, a]
    }
}

struct Four;

impl Transform<6> for Four {
    #[inline(always)]
    fn input<V: Vector>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
        let (two, four, minus_four, minus_five) = (V::splat(2.0), V::splat(4.0), V::splat(-4.0), V::splat(-5.0));
        // Sums that two elements share.
        let (p, q) = (c.mul_add(minus_four, e), b.mul_add(minus_four, d));
        let (r, s) = (e.sub(c), d.sub(b).mul(two));
        let first = a.mul_add(four, c.mul_add(minus_five, e));
        let last = b.mul_add(four, d.mul_add(minus_five, f));
        [first, p.add(q), p.sub(q), r.add(s), r.sub(s), last]
    }

    #[inline(always)]
    fn output<V: Vector>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
        let (p, q, r, s) = (b.add(c), b.sub(c), d.add(e), d.sub(e));
        let (two, four, eight) = (V::splat(2.0), V::splat(4.0), V::splat(8.0));
        [a.add(p).add(r), s.mul_add(two, q), r.mul_add(four, p), s.mul_add(eight, q.add(f)), a, a]
    }
}
