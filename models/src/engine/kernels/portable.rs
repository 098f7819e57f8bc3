//! Plain loops, for processors that no other file is written for.

use super::{MR, NR, Sums, Tile};

pub(super) fn multiply(tile: &Tile, sums: &mut Sums) {
    sums.fill(0.0);
    let panels = tile.panel.chunks_exact(tile.run_length * NR);
    for (&run, panel) in tile.runs.iter().zip(panels) {
        for row in 0..MR {
            let from = tile.starts[row] + run;
            let sums = &mut sums[row * NR..(row + 1) * NR];
            for (x, columns) in tile.data[from..from + tile.run_length].iter().zip(panel.chunks_exact(NR)) {
                sums.iter_mut().zip(columns).for_each(|(sum, column)| *sum += x * column);
            }
        }
    }
}
