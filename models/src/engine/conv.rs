//! Convolution as a matrix product whose left side, the matrix of input patches, is never written out.
//!
//! With the input as (N, H, W, C) inside a border of zeros, the patch of an output pixel is one run of `kernel * c_in`
//! numbers for each kernel row. The kernels take the start of each patch and the distances of its runs ("indirect
//! convolution", Dukhan 2019), so nothing is copied but the border.

use super::matrix::{Matrix, Rows};

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) c_in: usize,
    pub(super) c_out: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) groups: usize,
    /// Rows of the input.
    pub(super) rows: usize,
    /// Columns of the input.
    pub(super) columns: usize,
}

impl Geometry {
    fn padded(&self) -> (usize, usize) {
        (self.rows + 2 * self.padding, self.columns + 2 * self.padding)
    }

    /// Rows and columns of the output.
    fn output(&self) -> (usize, usize) {
        let (rows, columns) = self.padded();
        ((rows - self.kernel) / self.stride + 1, (columns - self.kernel) / self.stride + 1)
    }

    /// Distances of a patch's runs from its start, and the length of a run. With one group the runs of a kernel row
    /// touch and are one; else each tap is its own.
    fn runs(&self) -> (Vec<usize>, usize) {
        let (_, columns) = self.padded();
        let row = columns * self.c_in;
        if self.groups == 1 {
            return ((0..self.kernel).map(|y| y * row).collect(), self.kernel * self.c_in);
        }
        let taps = (0..self.kernel).flat_map(|y| (0..self.kernel).map(move |x| (y, x)));
        (taps.map(|(y, x)| y * row + x * self.c_in).collect(), self.c_in / self.groups)
    }
}

/// A convolution with packed weights.
#[derive(Debug)]
pub(super) struct Conv {
    geometry: Geometry,
    /// One matrix for each group.
    groups: Vec<Matrix>,
    runs: Vec<usize>,
    run_length: usize,
}

impl Conv {
    /// `weight` is (`c_out`, `c_in` / groups, kernel, kernel), `bias` (`c_out`).
    pub(super) fn new(geometry: Geometry, weight: &[f32], bias: &[f32]) -> Self {
        let Geometry { kernel, c_in, c_out, groups, .. } = geometry;
        let (depth, width) = (c_in / groups, c_out / groups);
        let taps = kernel * kernel;
        // Row `r` of the matrix is tap `r / depth`, channel `r % depth`: the order in which a patch is read.
        let group = |g: usize| {
            let element = |r: usize, o: usize| weight[((g * width + o) * depth + r % depth) * taps + r / depth];
            Matrix::new(taps * depth, &bias[g * width..(g + 1) * width], element)
        };
        let (runs, run_length) = geometry.runs();
        Self { geometry, groups: (0..groups).map(group).collect(), runs, run_length }
    }

    /// `output` (N, H', W', `c_out`) from `input` (N, H, W, `c_in`), with `residual` added.
    pub(super) fn run(
        &self,
        n: usize,
        input: &[f32],
        residual: Option<&[f32]>,
        relu: bool,
        padded: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let g = &self.geometry;
        let data = if g.padding == 0 { input } else { pad(g, n, input, padded) };
        let (height, width) = g.output();
        let (rows, columns) = g.padded();
        let start = |pixel: usize| {
            let (image, y, x) = (pixel / (height * width), pixel / width % height, pixel % width);
            ((image * rows + y * g.stride) * columns + x * g.stride) * g.c_in
        };
        for (i, matrix) in self.groups.iter().enumerate() {
            let first = i * (g.c_in / g.groups);
            let patches = Rows {
                data,
                count: n * height * width,
                start: &|pixel| start(pixel) + first,
                runs: &self.runs,
                run_length: self.run_length,
            };
            matrix.multiply(&patches, residual, relu, output, g.c_out, i * (g.c_out / g.groups));
        }
    }
}

/// Copies `input` into a border of zeros.
fn pad<'p>(g: &Geometry, n: usize, input: &[f32], padded: &'p mut Vec<f32>) -> &'p [f32] {
    let (rows, columns) = g.padded();
    let size = n * rows * columns * g.c_in;
    if padded.len() < size {
        padded.resize(size, 0.0);
    }
    let (row, border) = (columns * g.c_in, g.padding * g.c_in);
    for (image, from) in
        padded[..size].chunks_exact_mut(rows * row).zip(input.chunks_exact(g.rows * g.columns * g.c_in))
    {
        let (above, rest) = image.split_at_mut(g.padding * row);
        let (inside, below) = rest.split_at_mut(g.rows * row);
        above.fill(0.0);
        below.fill(0.0);
        for (to, from) in inside.chunks_exact_mut(row).zip(from.chunks_exact(g.columns * g.c_in)) {
            to[..border].fill(0.0);
            to[border..border + from.len()].copy_from_slice(from);
            to[border + from.len()..].fill(0.0);
        }
    }
    &padded[..size]
}
