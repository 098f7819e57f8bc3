//! Products by AMX, block by block of rows.

use super::super::kernels::amx::{self, Amx, Block};
use super::super::kernels::{LANES, MAX_ROWS, Segment};
use super::super::output::{Finish, Output};
use super::super::rows::Rows;
use super::{Blocks, IntegerMatrix};

/// Bytes of a row that AMX takes before it goes on with the next panel: of 32 rows they are half of the nearest cache.
const DEPTH: usize = 768;

impl IntegerMatrix {
    pub(super) fn multiply_blocks(
        &self,
        amx: Amx,
        data: &[u8],
        rows: &Rows,
        finish: &Finish,
        blocks: &mut Blocks,
        output: &mut Output,
    ) {
        let segment = &self.segments[0];
        let depth = (segment.runs.len() * segment.run_length).next_multiple_of(amx::STEP);
        // An odd number of lines between copied rows, so that they do not crowd the same sets of the cache.
        let stride = depth + if (depth / amx::STEP).is_multiple_of(2) { amx::STEP } else { 0 };
        blocks.left.reserve(amx::ROWS * stride);
        blocks.sums.reserve(amx::ROWS * self.bias.len());
        let Blocks { left, sums } = blocks;
        let sums = &mut sums[..amx::ROWS * self.bias.len()];
        let tiles = amx.start();
        let count = rows.count();
        for row in (0..count).step_by(amx::ROWS) {
            let height = amx::ROWS.min(count - row);
            let half = height <= amx::ROWS / 2;
            let whole = if half { amx::ROWS / 2 } else { amx::ROWS };
            let (left, stride) = match in_place(data, rows, row, segment) {
                // What lies behind a row's end is multiplied by weights of zero.
                Some((left, pitch)) if left.len() >= (whole - 1) * pitch + depth => (left, pitch),
                _ => {
                    gather(data, rows, (row, height), segment, stride, left);
                    (&**left, stride)
                }
            };
            // So much of the rows stays in the nearest cache while all panels pass by.
            for step in (0..depth).step_by(DEPTH) {
                let part = DEPTH.min(depth - step);
                let (mut panels, mut sums) = (&*self.panels, &mut *sums);
                for &vectors in &self.widths {
                    let width = vectors * LANES;
                    let (panel, rest) = panels.split_at(depth * width);
                    let (of_panel, others) = sums.split_at_mut(amx::ROWS * width);
                    let panel = &panel[step * width..(step + part) * width];
                    let first = step == 0;
                    let block = Block { left: &left[step..], stride, depth: part, panel, vectors, half, first };
                    tiles.multiply(&block, of_panel);
                    (panels, sums) = (rest, others);
                }
            }
            let mut first = 0;
            for &vectors in &self.widths {
                self.store(&sums[amx::ROWS * first..], first, vectors, (row, height), finish, output);
                first += vectors * LANES;
            }
        }
    }
}

/// The rows from `row` on where they lie, if they are at equal distances and one run each; and that distance.
fn in_place<'d>(data: &'d [u8], rows: &Rows, row: usize, segment: &Segment) -> Option<(&'d [u8], usize)> {
    let &[run] = segment.runs.as_slice() else { return None };
    let pitch = rows.pitch?;
    Some((data.get(row * pitch + run..)?, pitch))
}

/// Copies rows, `stride` bytes apart.
fn gather(data: &[u8], rows: &Rows, (row, height): (usize, usize), segment: &Segment, stride: usize, left: &mut [u8]) {
    let mut starts = [0; MAX_ROWS];
    for first in (0..height).step_by(MAX_ROWS) {
        let n = MAX_ROWS.min(height - first);
        rows.fill(row + first, n, &mut starts);
        for (i, start) in starts[..n].iter().enumerate() {
            let left = &mut left[(first + i) * stride..];
            for (j, run) in segment.runs.iter().enumerate() {
                copy(&data[start + run..], segment.run_length, &mut left[j * segment.run_length..]);
            }
        }
    }
}

/// Copies `length` bytes; of a short run as many as are quick to copy, where there is room: what it writes too much is
/// overwritten by what comes next, or multiplied by weights of zero.
fn copy(from: &[u8], length: usize, to: &mut [u8]) {
    const SHORT: usize = 32;
    if length <= SHORT
        && let (Some(from), Some(to)) = (from.first_chunk::<SHORT>(), to.first_chunk_mut::<SHORT>())
    {
        *to = *from;
        return;
    }
    to[..length].copy_from_slice(&from[..length]);
}
