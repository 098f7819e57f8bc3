//! A packed matrix of f32 and the loop over tiles that multiplies by it.

use std::ops::Range;

use super::aligned::Aligned;
use super::kernels::{FloatTile, Isa, LANES, MAX_ROWS, MAX_SUMS, Sums, height, panel_widths};
use super::output::{Finish, Output, Place, Store};
use super::rows::{Rows, rows_at_once};

/// A matrix (depth, width) with a bias (width), stored as panels of one to three vectors of columns: (panel, depth,
/// columns of the panel), the last panel filled up with zeros. Or a stack of matrices of the same size and with the same
/// bias: in one piece of memory they get larger pages.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    depth: usize,
    columns: usize,
    /// Filled up to whole vectors.
    bias: Vec<f32>,
    widths: Vec<usize>,
    /// Of all matrices of a stack, one behind the other.
    panels: Aligned<f32>,
    isa: Isa,
}

/// The left side: each row is the runs of `run_length` numbers that begin at its start plus `runs[i]` in `data`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: Rows<'a>,
    pub(super) runs: &'a [usize],
    pub(super) run_length: usize,
}

/// Which columns of the output a product makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// The first of them.
    pub(super) first: usize,
    /// Of the whole output.
    pub(super) all: usize,
}

impl Matrix {
    /// Packs `element(row, column)`.
    pub(super) fn new(depth: usize, bias: &[f32], element: impl Fn(usize, usize) -> f32) -> Self {
        Self::stack(1, depth, bias, |_, row, column| element(row, column))
    }

    /// Packs `element(matrix, row, column)` of so many matrices.
    pub(super) fn stack(
        count: usize,
        depth: usize,
        bias: &[f32],
        element: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let (widths, columns) = (panel_widths(bias.len()), bias.len());
        let mut panels = Vec::with_capacity(count * depth * columns.next_multiple_of(LANES));
        for matrix in 0..count {
            let mut first = 0;
            for width in &widths {
                for r in 0..depth {
                    let of_panel = first..first + width * LANES;
                    panels.extend(of_panel.map(|c| if c < columns { element(matrix, r, c) } else { 0.0 }));
                }
                first += width * LANES;
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(widths.iter().sum::<usize>() * LANES, 0.0);
        Self { depth, columns, bias, widths, panels: Aligned::copy(&panels), isa: Isa::detect() }
    }

    /// Bytes of the packed weights.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.panels)
    }

    /// Rows times this matrix plus bias, finished and stored.
    pub(super) fn multiply(&self, left: &Left, finish: &Finish, columns: Columns, output: &mut Output) {
        self.multiply_by(0, left, finish, columns, output);
    }

    /// As [`Matrix::multiply`], by one matrix of a stack.
    pub(super) fn multiply_by(
        &self,
        matrix: usize,
        left: &Left,
        finish: &Finish,
        columns: Columns,
        output: &mut Output,
    ) {
        debug_assert_eq!(left.runs.len() * left.run_length, self.depth);
        let size = self.depth * self.bias.len();
        let panels = &self.panels[matrix * size..(matrix + 1) * size];
        let count = left.rows.count();
        let step = rows_at_once(size_of_val(panels), count);
        for part in (0..count).step_by(step) {
            let end = count.min(part + step);
            self.multiply_part(panels, left, part..end, finish, columns, output);
        }
    }

    fn multiply_part(
        &self,
        mut panels: &[f32],
        left: &Left,
        part: Range<usize>,
        finish: &Finish,
        columns: Columns,
        output: &mut Output,
    ) {
        let mut sums = Sums([0.0; MAX_SUMS]);
        let mut starts = [0; MAX_ROWS];
        let mut first = 0;
        // Panels outside: a panel comes from memory once and then from cache for all rows.
        for &vectors in &self.widths {
            let (panel, rest) = panels.split_at(self.depth * vectors * LANES);
            panels = rest;
            let bias = &self.bias[first..first + vectors * LANES];
            let mut row = part.start;
            while row < part.end {
                let height = height(vectors, part.end - row);
                left.rows.fill(row, height, &mut starts);
                let &Left { data, runs, run_length, .. } = left;
                let tile = FloatTile { data, starts: &starts[..height], runs, run_length, panel, vectors };
                let rows = height.min(part.end - row);
                let place = Place { row, column: columns.first + first, channels: columns.all };
                let width = (self.columns - first).min(vectors * LANES);
                row += height;
                if self.isa.finishes_in_registers()
                    && let Some(mut end) = finish.of_floats(bias, place, (rows, width), output)
                {
                    self.isa.multiply_into(&tile, &mut end);
                    continue;
                }
                self.isa.multiply(&tile, &mut sums);
                self.isa.vectorize(Store {
                    sums: &sums.0,
                    width: vectors * LANES,
                    rows,
                    columns: width,
                    scale: None,
                    bias,
                    finish,
                    place,
                    output,
                });
            }
            first += vectors * LANES;
        }
    }
}
