//! Convolution of each channel with a kernel of its own.

use super::super::kernels::{Isa, LANES, Loops};
use super::super::output::{Finish, Output, Place, complete, lanes};
use super::super::rows::Rows;

/// Kernels packed by tap: (taps, channels).
#[derive(Debug)]
pub(in super::super) struct Depthwise {
    channels: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
    /// Distances of the taps from a patch's start.
    taps: Vec<usize>,
    isa: Isa,
}

impl Depthwise {
    /// `weight` is (channels, 1, kernel, kernel).
    pub(in super::super) fn new(weight: &[f32], bias: &[f32], taps: Vec<usize>) -> Self {
        let (channels, count) = (bias.len(), taps.len());
        let weight = (0..count * channels).map(|i| weight[i % channels * count + i / channels]).collect();
        Self { channels, weight, bias: bias.to_vec(), taps, isa: Isa::detect() }
    }

    /// One output pixel for each row.
    pub(in super::super) fn run(&self, data: &[f32], rows: &Rows, finish: &Finish, output: &mut Output) {
        self.isa.vectorize(Run { depthwise: self, data, rows, finish, output });
    }

    #[inline(always)]
    fn place(&self, row: usize, column: usize) -> Place {
        Place { row, column, channels: self.channels }
    }

    /// A vector of channels for the pixels of `part`.
    #[inline(always)]
    fn block<const TAPS: usize>(&self, first: usize, part: &Part, finish: &Finish, output: &mut Output) {
        let weights: [[f32; LANES]; TAPS] = std::array::from_fn(|tap| lanes(&self.weight, tap * self.channels + first));
        let taps: [usize; TAPS] = std::array::from_fn(|tap| self.taps[tap]);
        let bias = lanes(&self.bias, first);
        for (i, start) in part.starts.iter().enumerate() {
            let patch = &part.data[start + first..];
            let mut sums = bias;
            for (tap, weights) in taps.iter().zip(&weights) {
                let x = lanes(patch, *tap);
                sums = std::array::from_fn(|lane| x[lane].mul_add(weights[lane], sums[lane]));
            }
            complete(&mut sums, LANES, finish, self.place(part.row + i, first), output);
        }
    }

    /// Any number of taps and up to a vector of channels.
    #[inline(always)]
    fn slow(&self, first: usize, part: &Part, finish: &Finish, output: &mut Output) {
        let width = LANES.min(self.channels - first);
        for (i, start) in part.starts.iter().enumerate() {
            let patch = &part.data[start + first..];
            let mut buffer = [0.0; LANES];
            let sums = &mut buffer[..width];
            sums.copy_from_slice(&self.bias[first..first + width]);
            for (weights, tap) in self.weight.chunks_exact(self.channels).zip(&self.taps) {
                let x = &patch[*tap..][..width];
                for ((sum, x), weight) in sums.iter_mut().zip(x).zip(&weights[first..]) {
                    *sum = x.mul_add(*weight, *sum);
                }
            }
            complete(&mut buffer, width, finish, self.place(part.row + i, first), output);
        }
    }
}

/// Output pixels that all channels are computed for before the next: so many that a block's weights are worth loading,
/// so few that what they read stays in cache.
const PIXELS: usize = 64;

/// Some output pixels of an image.
struct Part<'a> {
    data: &'a [f32],
    starts: &'a [usize],
    /// The first of them in the output.
    row: usize,
}

/// A convolution with its operands.
struct Run<'a, 'o> {
    depthwise: &'a Depthwise,
    data: &'a [f32],
    rows: &'a Rows<'a>,
    finish: &'a Finish<'a>,
    output: &'a mut Output<'o>,
}

impl Loops for Run<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Self { depthwise, data, rows, finish, output } = self;
        let n = rows.starts.len();
        for image in 0..rows.images {
            let data = &data[image * rows.stride..];
            for (i, starts) in rows.starts.chunks(PIXELS).enumerate() {
                let part = Part { data, starts, row: image * n + i * PIXELS };
                for first in (0..depthwise.channels).step_by(LANES) {
                    // With the number known, a block's weights stay in registers for all pixels.
                    match depthwise.taps.len() {
                        9 if first + LANES <= depthwise.channels => depthwise.block::<9>(first, &part, finish, output),
                        _ => depthwise.slow(first, &part, finish, output),
                    }
                }
            }
        }
    }
}
