//! Plain loops: for processors that no other file is written for, and what the other files are tested against.

use super::elementwise::clamp;
use super::{Bits, FloatEnd, FloatTile, IntegerTile, LANES, Segment, Sums};

pub(super) fn multiply(tile: &FloatTile, sums: &mut Sums<f32>) {
    let width = tile.vectors * LANES;
    sums.0.fill(0.0);
    let panels = tile.panel.chunks_exact((tile.run_length * width).max(1));
    for (&run, panel) in tile.runs.iter().zip(panels) {
        for (&start, sums) in tile.starts.iter().zip(sums.0.chunks_exact_mut(width)) {
            let row = &tile.data[start + run..][..tile.run_length];
            for (x, columns) in row.iter().zip(panel.chunks_exact(width)) {
                sums.iter_mut().zip(columns).for_each(|(sum, column)| *sum += x * column);
            }
        }
    }
}

/// Finishes and stores rows of sums that are `width` apart.
pub(super) fn finish(sums: &Sums<f32>, width: usize, end: &mut FloatEnd) {
    for (row, sums) in sums.0.chunks_exact(width).take(end.rows).enumerate() {
        for (column, (sum, bias)) in sums.iter().zip(end.bias).take(end.columns).enumerate() {
            let at = row * end.stride + column;
            let x = sum + bias;
            let x = end.residual.map_or(x, |residual| x + residual[at]);
            end.output[at] = end.clamp.map_or(x, |(low, high)| clamp(x, low, high));
        }
    }
}

pub(super) fn multiply_integers(tile: &IntegerTile, sums: &mut Sums<i32>) {
    let width = tile.vectors * LANES;
    sums.0.fill(0);
    let mut panel = tile.panel;
    for segment in tile.segments {
        let (weights, rest) = panel.split_at(segment.panel_bytes(tile.vectors));
        panel = rest;
        for (&start, sums) in tile.starts.iter().zip(sums.0.chunks_exact_mut(width)) {
            let groups =
                segment.runs.iter().flat_map(|run| tile.data[start + run..][..segment.run_length].as_chunks::<4>().0);
            for (g, group) in groups.enumerate() {
                let vectors = &weights[g / segment.bits.groups() * width * 4..][..width * 4];
                for (sum, column) in sums.iter_mut().zip(vectors.as_chunks::<4>().0) {
                    *sum = sum.wrapping_add(dot(segment, g, *group, *column));
                }
            }
        }
    }
}

/// What group `g` of a row adds to the sum of a column.
fn dot(segment: &Segment, g: usize, group: [u8; 4], column: [u8; 4]) -> i32 {
    if segment.bits == Bits::One {
        let differing = (u32::from_le_bytes(group) ^ u32::from_le_bytes(column)).count_ones();
        return differing as i32 * segment.factor;
    }
    let product = |(code, packed): (u8, u8)| i32::from(code) * i32::from(weight(segment, g, packed));
    group.into_iter().zip(column).map(product).sum()
}

/// The weight of group `g` in a byte, times its unit.
fn weight(segment: &Segment, g: usize, packed: u8) -> i8 {
    let byte = match segment.bits {
        Bits::Eight | Bits::One => packed,
        Bits::Four => (packed << (4 * (1 - g % 2))) & 0xF0 | segment.odd_bits(),
        Bits::Two => (packed << (2 * (3 - g % 4))) & 0xC0 | segment.odd_bits(),
    };
    byte as i8
}
