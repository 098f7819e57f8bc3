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

    #[inline(always)]
    fn block<const TAPS: usize>(&self, first: usize, data: &[f32], rows: &Rows, finish: &Finish, output: &mut Output) {
        let weights: [[f32; LANES]; TAPS] = std::array::from_fn(|tap| lanes(&self.weight, tap * self.channels + first));
        let bias = lanes(&self.bias, first);
        let mut row = 0;
        for image in 0..rows.images {
            for start in rows.starts {
                let patch = &data[image * rows.stride + start + first..];
                let mut sums = bias;
                for (weights, tap) in weights.iter().zip(&self.taps) {
                    let x = lanes(patch, *tap);
                    for lane in 0..LANES {
                        sums[lane] = x[lane].mul_add(weights[lane], sums[lane]);
                    }
                }
                complete(&mut sums, LANES, finish, self.place(row, first), output);
                row += 1;
            }
        }
    }

    /// Any number of taps and up to a vector of channels.
    #[inline(always)]
    fn slow(&self, first: usize, data: &[f32], rows: &Rows, finish: &Finish, output: &mut Output) {
        let width = LANES.min(self.channels - first);
        let mut row = 0;
        for image in 0..rows.images {
            for start in rows.starts {
                let patch = &data[image * rows.stride + start + first..];
                let mut buffer = [0.0; LANES];
                let sums = &mut buffer[..width];
                sums.copy_from_slice(&self.bias[first..first + width]);
                for (weights, tap) in self.weight.chunks_exact(self.channels).zip(&self.taps) {
                    let x = &patch[*tap..][..width];
                    for ((sum, x), weight) in sums.iter_mut().zip(x).zip(&weights[first..]) {
                        *sum = x.mul_add(*weight, *sum);
                    }
                }
                complete(&mut buffer, width, finish, self.place(row, first), output);
                row += 1;
            }
        }
    }
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
        for first in (0..depthwise.channels).step_by(LANES) {
            // With the number known, a block's weights stay in registers for all pixels.
            match depthwise.taps.len() {
                9 if first + LANES <= depthwise.channels => depthwise.block::<9>(first, data, rows, finish, output),
                _ => depthwise.slow(first, data, rows, finish, output),
            }
        }
    }
}
