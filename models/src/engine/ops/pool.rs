//! Pooling and enlarging of maps, (N, H, W, C).

/// Rows and columns of a map.
pub(in super::super) type Sides = (usize, usize);

/// A square window that moves over a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Window {
    pub(in super::super) kernel: usize,
    pub(in super::super) stride: usize,
    pub(in super::super) padding: usize,
    pub(in super::super) from: Sides,
    pub(in super::super) to: Sides,
}

impl Window {
    /// The part of the input's side of length `side` that window `i` covers.
    #[inline(always)]
    fn range(&self, i: usize, side: usize) -> std::ops::Range<usize> {
        let first = (i * self.stride).saturating_sub(self.padding);
        first..(i * self.stride + self.kernel).saturating_sub(self.padding).min(side)
    }

    /// Calls `merge` with every pixel that an output pixel is made from, and `done` with their number.
    #[inline(always)]
    pub(in super::super) fn run(
        &self,
        x: &[f32],
        channels: usize,
        output: &mut [f32],
        initial: f32,
        merge: impl Fn(&mut f32, f32),
        done: impl Fn(&mut f32, usize),
    ) {
        let ((rows, columns), (height, width)) = (self.from, self.to);
        let images = x.chunks_exact(rows * columns * channels);
        for (x, output) in images.zip(output.chunks_exact_mut(height * width * channels)) {
            for (i, output) in output.chunks_exact_mut(channels).enumerate() {
                let (ys, xs) = (self.range(i / width, rows), self.range(i % width, columns));
                output.fill(initial);
                for y in ys.clone() {
                    for pixel in
                        x[(y * columns + xs.start) * channels..(y * columns + xs.end) * channels].chunks_exact(channels)
                    {
                        output.iter_mut().zip(pixel).for_each(|(to, from)| merge(to, *from));
                    }
                }
                let count = ys.len() * xs.len();
                for to in output {
                    done(to, count);
                }
            }
        }
    }
}

/// Every pixel `factor` times in both directions.
pub(in super::super) fn upsample(x: &[f32], columns: usize, channels: usize, factor: usize, output: &mut [f32]) {
    let width = columns * factor * channels;
    for (line, output) in x.chunks_exact(columns * channels).zip(output.chunks_exact_mut(width * factor)) {
        let (first, others) = output.split_at_mut(width);
        for (pixel, output) in line.chunks_exact(channels).zip(first.chunks_exact_mut(channels * factor)) {
            output.chunks_exact_mut(channels).for_each(|to| to.copy_from_slice(pixel));
        }
        others.chunks_exact_mut(width).for_each(|to| to.copy_from_slice(first));
    }
}
