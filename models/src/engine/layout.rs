//! Between (N, C, H, W), the layout of input and results, and (N, H, W, C), the layout of values.

/// (N, C, H, W) to (N, H, W, C).
pub(super) fn to_channels_last(from: &[f32], shape: &[usize], to: &mut [f32]) {
    let (channels, pixels) = split(shape);
    for (from, to) in from.chunks_exact(channels * pixels).zip(to.chunks_exact_mut(channels * pixels)) {
        transpose(from, channels, pixels, to);
    }
}

/// (N, H, W, C) to (N, C, H, W), as many images as `to` holds.
pub(super) fn to_channels_first(from: &[f32], shape: &[usize], to: &mut [f32]) {
    let (channels, pixels) = split(shape);
    for (from, to) in from.chunks_exact(channels * pixels).zip(to.chunks_exact_mut(channels * pixels)) {
        transpose(from, pixels, channels, to);
    }
}

/// Channels and pixels of a value. (D) and (T, D) count as channels of one pixel: they lie the same in both layouts.
fn split(shape: &[usize]) -> (usize, usize) {
    match shape {
        [channels, rows, columns] => (*channels, rows * columns),
        other => (other.iter().product(), 1),
    }
}

fn transpose(from: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    for (r, row) in from.chunks_exact(columns).enumerate() {
        for (value, to) in row.iter().zip(to[r..].iter_mut().step_by(rows)) {
            *to = *value;
        }
    }
}
