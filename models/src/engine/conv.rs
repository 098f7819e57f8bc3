//! Convolution as a matrix product whose left side, the matrix of input patches, is never written out.
//!
//! With the input as (N, H, W, C) inside a border of zeros, the patch of an output pixel is one run of `kernel * c_in`
//! numbers for each kernel row. The kernels take the start of each patch and the distances of its runs ("indirect
//! convolution", Dukhan 2019), so nothing is copied but the border.

use std::ops::Range;

use super::codes::Layout;
use super::integers::{Blocks, IntegerMatrix, Source};
use super::kernels::Isa;
use super::kernels::elementwise::Activation;
use super::matrix::{Columns, Left, Matrix};
use super::ops::depthwise::Depthwise;
use super::output::{Finish, FinishRows, Operand, Output};
use super::rows::Rows;
use super::scratch::Working;
use super::winograd::Winograd;
use crate::quantization::WeightSegment;

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) c_in: usize,
    pub(super) c_out: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Columns of zeros on either side of the input.
    pub(super) padding: usize,
    /// Rows of zeros above the input.
    pub(super) above: usize,
    /// Rows of zeros below it.
    pub(super) below: usize,
    pub(super) groups: usize,
    /// Rows of the input.
    pub(super) rows: usize,
    /// Columns of the input.
    pub(super) columns: usize,
}

impl Geometry {
    #[inline(always)]
    fn padded(&self) -> (usize, usize) {
        (self.above + self.rows + self.below, self.columns + 2 * self.padding)
    }

    /// Rows and columns of the output.
    #[inline(always)]
    pub(super) fn sides(&self) -> (usize, usize) {
        let (rows, columns) = self.padded();
        ((rows - self.kernel) / self.stride + 1, (columns - self.kernel) / self.stride + 1)
    }

    /// Rows of the input that some rows of the output, at least one, are made from.
    pub(super) fn window(&self, lines: &Range<usize>) -> Range<usize> {
        let row = |padded: usize| padded.saturating_sub(self.above).min(self.rows);
        row(lines.start * self.stride)..row((lines.end - 1) * self.stride + self.kernel)
    }

    /// The most rows of the input that so many of the output are made from.
    pub(super) fn most_rows(&self, lines: usize) -> usize {
        self.rows.min((lines - 1) * self.stride + self.kernel)
    }

    /// The convolution that makes just these rows of the output, from just their window.
    pub(super) fn band(&self, lines: &Range<usize>) -> Self {
        let (first, end) = (lines.start * self.stride, (lines.end - 1) * self.stride + self.kernel);
        Self {
            rows: self.window(lines).len(),
            above: self.above.saturating_sub(first),
            below: end.saturating_sub(self.above + self.rows),
            ..*self
        }
    }

    /// Where the patches of an image begin, for pixels of so many elements.
    fn starts(&self, pixel: usize) -> Vec<usize> {
        let (_, columns) = self.padded();
        let (height, width) = self.sides();
        let start = |y: usize, x: usize| (y * columns + x) * self.stride * pixel;
        (0..height).flat_map(|y| (0..width).map(move |x| start(y, x))).collect()
    }

    /// Distances of a patch's taps from its start, row by row, for pixels of so many elements.
    fn taps(&self, pixel: usize) -> Vec<usize> {
        let (_, columns) = self.padded();
        let tap = |y: usize, x: usize| (y * columns + x) * pixel;
        (0..self.kernel).flat_map(|y| (0..self.kernel).map(move |x| tap(y, x))).collect()
    }

    /// The distance between patches, for pixels of so many elements, if it is the same for all: that of pixels.
    fn pitch(&self, pixel: usize) -> Option<usize> {
        (self.kernel == 1 && self.stride == 1 && self.padding == 0).then_some(pixel)
    }

    /// Elements of a padded image, for pixels of so many elements.
    fn size(&self, pixel: usize) -> usize {
        let (rows, columns) = self.padded();
        rows * columns * pixel
    }
}

/// A convolution with packed weights.
#[derive(Debug)]
pub(super) struct Conv {
    geometry: Geometry,
    starts: Vec<usize>,
    /// A pixel of the border, if the input is f32.
    zeros: Vec<f32>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// One matrix for each group.
    Floats {
        groups: Vec<Matrix>,
        runs: Vec<usize>,
        run_length: usize,
    },
    Winograd(Winograd),
    Depthwise(Depthwise),
    /// Of codes that are not decoded first.
    DepthwiseCodes(Depthwise),
    Integers(IntegerMatrix),
}

impl Conv {
    /// `weight` is (`c_out`, `c_in` / groups, kernel, kernel), `bias` (`c_out`). `layout` is that of the input if it is
    /// kept as codes.
    pub(super) fn new(geometry: Geometry, weight: &[f32], bias: &[f32], layout: Option<&Layout>) -> Self {
        let Geometry { kernel, c_in, c_out, groups, .. } = geometry;
        let without_patches = |body: Body| Self { geometry, starts: Vec::new(), zeros: Vec::new(), body };
        if groups > 1 && groups == c_in && groups == c_out {
            if let Some(depthwise) = layout.and_then(|layout| Depthwise::new(&geometry, weight, bias, Some(layout))) {
                return without_patches(Body::DepthwiseCodes(depthwise));
            }
            if let Some(depthwise) = Depthwise::new(&geometry, weight, bias, None) {
                return without_patches(Body::Depthwise(depthwise));
            }
        }
        if let Some(winograd) = Winograd::new(&geometry, weight, bias) {
            return without_patches(Body::Winograd(winograd));
        }
        let starts = geometry.starts(c_in);
        let (depth, width) = (c_in / groups, c_out / groups);
        let taps = kernel * kernel;
        // Row `r` of the matrix is tap `r / depth`, channel `r % depth`: the order in which a patch is read.
        let group = |g: usize| {
            let element = |r: usize, o: usize| weight[((g * width + o) * depth + r % depth) * taps + r / depth];
            Matrix::new(taps * depth, &bias[g * width..(g + 1) * width], element)
        };
        // With one group the taps of a kernel row touch and are one run.
        let taps = geometry.taps(c_in);
        let (runs, run_length) = match groups {
            1 => (taps.into_iter().step_by(kernel).collect(), kernel * c_in),
            _ => (taps, depth),
        };
        let body = Body::Floats { groups: (0..groups).map(group).collect(), runs, run_length };
        Self { geometry, starts, zeros: vec![0.0; c_in], body }
    }

    /// `weight` holds integers of `segments`, which an output's `scale` multiplies; the input has `layout`. `None` if
    /// the segments do not fit together.
    pub(super) fn quantized(
        geometry: Geometry,
        weight: &[f32],
        (scale, bias): (&[f32], &[f32]),
        segments: &[WeightSegment],
        layout: &Layout,
    ) -> Option<Self> {
        let Geometry { kernel, c_in, .. } = geometry;
        let count = kernel * kernel;
        let starts = geometry.starts(layout.record());
        let element = |o: usize, tap: usize, c: usize| weight[(o * c_in + c) * count + tap] as i32;
        let taps = geometry.taps(layout.record());
        let source = Source { layout, segments, taps: &taps, element: &element, scale, bias, rows: starts.len() };
        let body = Body::Integers(IntegerMatrix::new(&source)?);
        Some(Self { geometry, starts, zeros: Vec::new(), body })
    }

    /// Its sizes.
    pub(super) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Bytes of the packed weights.
    pub(super) fn bytes(&self) -> usize {
        match &self.body {
            Body::Floats { groups, .. } => groups.iter().map(Matrix::bytes).sum(),
            Body::Winograd(winograd) => winograd.bytes(),
            Body::Depthwise(depthwise) | Body::DepthwiseCodes(depthwise) => depthwise.bytes(),
            Body::Integers(matrix) => matrix.bytes(),
        }
    }

    /// Whether a few rows of the output can be made by themselves, bit for bit as with all others.
    pub(super) fn has_bands(&self) -> bool {
        // A row of the output that is made from zeros only has no window.
        self.geometry.padding < self.geometry.kernel && !matches!(self.body, Body::Winograd(_))
    }

    /// Whether it reads codes.
    pub(super) fn reads_codes(&self) -> bool {
        matches!(self.body, Body::Integers(_) | Body::DepthwiseCodes(_))
    }

    /// `output` (N, H', W', `c_out`) from `input` (N, H, W, `c_in`).
    pub(super) fn run(&self, n: usize, input: Operand, finish: &Finish, working: &mut Working, output: &mut Output) {
        self.run_as(&self.geometry, n, input, finish, working, output);
    }

    /// As [`Conv::run`], with the sizes of a band of it: input and output have the band's rows.
    pub(super) fn run_as(
        &self,
        g: &Geometry,
        n: usize,
        input: Operand,
        finish: &Finish,
        working: &mut Working,
        output: &mut Output,
    ) {
        let (height, width) = g.sides();
        // Those of a band begin as the first ones of the whole.
        let starts = self.starts.get(..height * width).unwrap_or_default();
        match (input, &self.body) {
            (Operand::Codes(codes, layout), Body::Integers(matrix)) => {
                let data = border(g, n, codes, &layout.zeros, &mut working.padded_codes);
                let record = layout.record();
                let rows = Rows { starts, images: n, stride: g.size(record), pitch: g.pitch(record) };
                matrix.multiply(data, &rows, finish, &mut working.blocks, output);
            }
            (input, Body::Depthwise(depthwise) | Body::DepthwiseCodes(depthwise)) => {
                depthwise.run(g, n, input, finish, output);
            }
            (input, Body::Winograd(winograd)) => winograd.run(n, input.floats(), finish, &mut working.tiles, output),
            (input, Body::Floats { groups, runs, run_length }) => {
                let data = border(g, n, input.floats(), &self.zeros, &mut working.padded);
                let rows = Rows { starts, images: n, stride: g.size(g.c_in), pitch: g.pitch(g.c_in) };
                let left = Left { data, rows, runs, run_length: *run_length };
                if let [matrix] = groups.as_slice() {
                    return matrix.multiply(&left, finish, Columns { first: 0, all: g.c_out }, output);
                }
                self.grouped(groups, &left, finish, &mut working.plain, output);
            }
            (Operand::Floats(_), Body::Integers(_)) => unreachable!("its operand is quantized"),
        }
    }

    /// Groups begin anywhere in a record of codes: they are put together first and finished afterwards.
    fn grouped(&self, groups: &[Matrix], left: &Left, finish: &Finish, plain: &mut Vec<f32>, output: &mut Output) {
        let g = &self.geometry;
        let size = left.rows.count() * g.c_out;
        plain.resize(plain.len().max(size), 0.0);
        let nothing = Finish { residual: None, activation: Activation::Identity };
        for (i, matrix) in groups.iter().enumerate() {
            let left = Left { data: &left.data[i * (g.c_in / g.groups)..], ..*left };
            let columns = Columns { first: i * (g.c_out / g.groups), all: g.c_out };
            matrix.multiply(&left, &nothing, columns, &mut Output::Floats(&mut plain[..size]));
        }
        Isa::detect().vectorize(FinishRows { values: &plain[..size], channels: g.c_out, finish, output });
    }
}

/// The buffers of integer products belong to the working memory.
pub(super) type ProductBlocks = Blocks;

/// Copies `input` into a border of `zeros`, a pixel's worth; without padding it is `input` itself.
fn border<'p, T: Copy>(g: &Geometry, n: usize, input: &'p [T], zeros: &[T], padded: &'p mut Vec<T>) -> &'p [T] {
    if (g.padding, g.above, g.below) == (0, 0, 0) {
        return input;
    }
    let (pixel, columns) = (zeros.len(), g.columns + 2 * g.padding);
    let row = columns * pixel;
    padded.clear();
    padded.reserve(n * g.size(pixel));
    let fill = |padded: &mut Vec<T>, pixels: usize| (0..pixels).for_each(|_| padded.extend_from_slice(zeros));
    for image in input.chunks_exact((g.rows * g.columns * pixel).max(1)).take(n) {
        fill(padded, g.above * columns + g.padding);
        for (y, line) in image.chunks_exact(g.columns * pixel).enumerate() {
            padded.extend_from_slice(line);
            if y + 1 < g.rows {
                fill(padded, 2 * g.padding);
            }
        }
        fill(padded, g.padding + g.below * columns);
    }
    debug_assert_eq!(padded.len(), n * row * (g.above + g.rows + g.below));
    padded
}
