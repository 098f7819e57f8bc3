//! A packed matrix of f32 and the loop over tiles that multiplies by it.

use std::ops::Range;

use super::aligned::Aligned;
use super::kernels::{FloatTile, Isa, LANES, MAX_ROWS, MAX_SUMS, Sums, height, panel_widths};
use super::output::{Finish, Output, Place, Store};
use super::rows::{Rows, rows_at_once};

/// A matrix (depth, width) with a bias (width), stored as panels of one to three vectors of columns: (panel, depth,
/// columns of the panel), the last panel filled up with zeros.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    depth: usize,
    columns: usize,
    /// Filled up to whole vectors.
    bias: Vec<f32>,
    widths: Vec<usize>,
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
        let widths = panel_widths(bias.len());
        let mut panels = Vec::with_capacity(depth * bias.len().next_multiple_of(LANES));
        let mut first = 0;
        for width in &widths {
            for r in 0..depth {
                let columns = first..first + width * LANES;
                panels.extend(columns.map(|column| if column < bias.len() { element(r, column) } else { 0.0 }));
            }
            first += width * LANES;
        }
        let columns = bias.len();
        let mut bias = bias.to_vec();
        bias.resize(first, 0.0);
        Self { depth, columns, bias, widths, panels: Aligned::copy(&panels), isa: Isa::detect() }
    }

    /// Bytes of the packed weights.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.panels)
    }

    /// Rows times this matrix plus bias, finished and stored.
    pub(super) fn multiply(&self, left: &Left, finish: &Finish, columns: Columns, output: &mut Output) {
        debug_assert_eq!(left.runs.len() * left.run_length, self.depth);
        let count = left.rows.count();
        let step = rows_at_once(self.bytes(), count);
        for part in (0..count).step_by(step) {
            let end = count.min(part + step);
            self.multiply_part(left, part..end, finish, columns, output);
        }
    }

    fn multiply_part(&self, left: &Left, part: Range<usize>, finish: &Finish, columns: Columns, output: &mut Output) {
        let mut sums = Sums([0.0; MAX_SUMS]);
        let mut starts = [0; MAX_ROWS];
        let (mut first, mut panels) = (0, &*self.panels);
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
