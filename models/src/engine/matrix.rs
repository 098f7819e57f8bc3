//! A packed matrix and the loop over tiles that multiplies by it.

use super::kernels::{Isa, MR, NR, Tile};

/// A matrix (depth, width) with a bias (width), stored as panels of [`NR`] columns: (panel, depth, `NR`), the last
/// panel filled up with zeros.
#[derive(Debug)]
pub(super) struct Matrix {
    depth: usize,
    bias: Vec<f32>,
    panels: Vec<f32>,
    isa: Isa,
}

/// The left side of a product, row by row: each row is the runs of `run_length` numbers that begin at
/// `start(row) + runs[i]` in `data`.
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) count: usize,
    pub(super) start: &'a dyn Fn(usize) -> usize,
    pub(super) runs: &'a [usize],
    pub(super) run_length: usize,
}

impl Matrix {
    /// Packs `element(row, column)`.
    pub(super) fn new(depth: usize, bias: &[f32], element: impl Fn(usize, usize) -> f32) -> Self {
        let width = bias.len();
        let mut panels = vec![0.0; width.div_ceil(NR) * depth * NR];
        for (p, panel) in panels.chunks_exact_mut(depth * NR).enumerate() {
            for (r, row) in panel.chunks_exact_mut(NR).enumerate() {
                let columns = p * NR..width.min((p + 1) * NR);
                row.iter_mut().zip(columns).for_each(|(value, column)| *value = element(r, column));
            }
        }
        Self { depth, bias: bias.to_vec(), panels, isa: Isa::detect() }
    }

    /// Rows times this matrix, plus bias, plus `residual`, then `ReLU` if asked for. Row r goes to
    /// `output[r * stride + first..]`; `residual` is laid out as the output.
    pub(super) fn multiply(
        &self,
        rows: &Rows,
        residual: Option<&[f32]>,
        relu: bool,
        output: &mut [f32],
        stride: usize,
        first: usize,
    ) {
        debug_assert_eq!(rows.runs.len() * rows.run_length, self.depth);
        let mut sums = [0.0; MR * NR];
        // Panels outside: a panel comes from memory once and then from cache for all rows.
        for (p, panel) in self.panels.chunks_exact(self.depth * NR).enumerate() {
            let bias = &self.bias[p * NR..self.bias.len().min((p + 1) * NR)];
            for row in (0..rows.count).step_by(MR) {
                // Past the end the last row is computed again and thrown away.
                let starts = std::array::from_fn(|i| (rows.start)((row + i).min(rows.count - 1)));
                let tile = Tile { data: rows.data, starts, runs: rows.runs, run_length: rows.run_length, panel };
                self.isa.multiply(&tile, &mut sums);
                for (i, sums) in sums.chunks_exact(NR).enumerate().take(rows.count - row) {
                    let at = (row + i) * stride + first + p * NR;
                    let residual = residual.map(|values| &values[at..at + bias.len()]);
                    store(sums, bias, residual, relu, &mut output[at..at + bias.len()]);
                }
            }
        }
    }
}

fn store(sums: &[f32], bias: &[f32], residual: Option<&[f32]>, relu: bool, output: &mut [f32]) {
    for ((output, sum), bias) in output.iter_mut().zip(sums).zip(bias) {
        *output = sum + bias;
    }
    super::ops::finish(residual, relu, output);
}
