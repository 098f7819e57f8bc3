//! The kernels of a step, and the small ones among them.

use super::conv::Conv;
use super::matrix::{Matrix, Rows};

/// What a step computes before the sum with its second operand and before `ReLU`.
#[derive(Debug)]
pub(super) enum Kernel {
    Conv(Conv),
    Linear(Linear),
    /// Normalization that could not be folded.
    Affine(Affine),
    /// Mean over `pixels`.
    AveragePool {
        pixels: usize,
    },
    /// The operand itself: for sums and `ReLU`s that follow no convolution.
    Copy,
}

impl Kernel {
    /// Computes the step for `n` images.
    pub(super) fn run(
        &self,
        n: usize,
        x: &[f32],
        residual: Option<&[f32]>,
        relu: bool,
        padded: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        match self {
            Self::Conv(conv) => return conv.run(n, x, residual, relu, padded, output),
            Self::Linear(linear) => return linear.run(n, x, residual, relu, output),
            Self::Affine(affine) => affine.run(x, output),
            Self::AveragePool { pixels } => average_pool(x, *pixels, output.len() / n.max(1), output),
            Self::Copy => output.copy_from_slice(&x[..output.len()]),
        }
        finish(residual, relu, output);
    }
}

/// Adds `residual` and applies `ReLU`.
pub(super) fn finish(residual: Option<&[f32]>, relu: bool, output: &mut [f32]) {
    if let Some(residual) = residual {
        output.iter_mut().zip(residual).for_each(|(output, residual)| *output += residual);
    }
    if relu {
        for value in output {
            *value = value.max(0.0);
        }
    }
}

/// A scale and an offset for each channel.
#[derive(Debug)]
pub(super) struct Affine {
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Affine {
    fn run(&self, x: &[f32], output: &mut [f32]) {
        let channels = self.scale.len();
        for (x, output) in x.chunks_exact(channels).zip(output.chunks_exact_mut(channels)) {
            for (c, (x, output)) in x.iter().zip(output).enumerate() {
                *output = x * self.scale[c] + self.bias[c];
            }
        }
    }
}

/// An affine map of a feature vector.
#[derive(Debug)]
pub(super) struct Linear {
    d_in: usize,
    d_out: usize,
    matrix: Matrix,
}

impl Linear {
    /// `weight` is (`d_out`, `d_in`).
    pub(super) fn new(d_in: usize, d_out: usize, weight: &[f32], bias: &[f32]) -> Self {
        Self { d_in, d_out, matrix: Matrix::new(d_in, bias, |r, o| weight[o * d_in + r]) }
    }

    fn run(&self, n: usize, x: &[f32], residual: Option<&[f32]>, relu: bool, output: &mut [f32]) {
        let rows = Rows { data: x, count: n, start: &|row| row * self.d_in, runs: &[0], run_length: self.d_in };
        self.matrix.multiply(&rows, residual, relu, output, self.d_out, 0);
    }
}

/// (N, pixels, C) to (N, C).
fn average_pool(x: &[f32], pixels: usize, channels: usize, output: &mut [f32]) {
    for (x, output) in x.chunks_exact(pixels * channels).zip(output.chunks_exact_mut(channels)) {
        output.fill(0.0);
        for pixel in x.chunks_exact(channels) {
            output.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
        }
        for sum in output {
            *sum /= pixels as f32;
        }
    }
}
