//! The kernels of a step.

pub(super) mod depthwise;
pub(super) mod pool;
mod tokens;

use std::sync::Arc;

use super::chain::Chain;
use super::codes::{Layout, part, store};
use super::conv::Conv;
use super::integers::{IntegerMatrix, Source};
use super::kernels::{Isa, LANES, Loops, Vector};
use super::matrix::{Columns, Left, Matrix};
use super::output::{Finish, FinishRows, Operand, Output};
use super::rows::Rows;
use super::scratch::Working;
use crate::quantization::WeightSegment;
use pool::Window;

/// What a step computes before the sum with its residual and before the activation.
#[derive(Clone, Debug)]
pub(super) enum Kernel {
    Conv(Arc<Conv>),
    Linear(Arc<Linear>),
    /// Several convolutions.
    Chain(Chain),
    /// One that knows nothing of codes and of what follows it.
    Plain(Plain),
}

/// Kernels from f32 to f32.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    /// Normalization that could not be folded.
    Affine(Affine),
    MaxPool(Window),
    /// Mean of windows; that of the whole map is one window.
    AveragePool(Window),
    /// A map of so many columns, enlarged by a factor.
    Upsample {
        columns: usize,
        factor: usize,
    },
    /// The operand itself: for sums and activations that follow no other kernel, and for what only has another shape.
    Copy,
    /// Product with a value of the same shape, or with a factor for each channel.
    Multiply,
    /// So many values one behind the other, each pixel by pixel.
    Concat,
    Softmax,
    LayerNorm {
        weight: Vec<f32>,
        bias: Vec<f32>,
        eps: f32,
    },
    Attention {
        heads: usize,
    },
    /// Numbers before everything else.
    Prepend(Vec<f32>),
    /// Numbers added to everything.
    Offset(Vec<f32>),
    /// One token of so many.
    Select {
        index: usize,
        tokens: usize,
    },
}

impl Kernel {
    /// Whether its operands may be codes.
    pub(super) fn reads_codes(&self) -> bool {
        match self {
            Self::Conv(conv) => conv.reads_codes(),
            Self::Linear(linear) => matches!(linear.body, LinearBody::Integers(_)),
            Self::Chain(chain) => chain.reads_codes(),
            Self::Plain(_) => false,
        }
    }

    /// Those with packed weights that it consists of, in order.
    pub(super) fn packed(&self) -> Vec<Self> {
        match self {
            Self::Conv(_) | Self::Linear(_) => vec![self.clone()],
            Self::Chain(chain) => chain.convolutions().cloned().map(Self::Conv).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }

    /// Computes the step for `n` images, whose output has so many channels.
    pub(super) fn run(
        &self,
        n: usize,
        operands: &[Operand],
        channels: usize,
        finish: &Finish,
        working: &mut Working,
        output: &mut Output,
    ) {
        match self {
            Self::Conv(conv) => conv.run(n, operands[0], finish, working, output),
            Self::Linear(linear) => linear.run(operands[0], finish, working, output),
            Self::Chain(chain) => chain.run(n, operands[0], finish, working, output),
            Self::Plain(kernel) => {
                Isa::detect().vectorize(Run { kernel, n, inputs: operands, channels, finish, working, output });
            }
        }
    }
}

/// A plain kernel with its operands.
struct Run<'a, 'o> {
    kernel: &'a Plain,
    n: usize,
    inputs: &'a [Operand<'a>],
    channels: usize,
    finish: &'a Finish<'a>,
    working: &'a mut Working,
    output: &'a mut Output<'o>,
}

impl Loops for Run<'_, '_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { kernel, n, inputs, channels, finish, working, output } = self;
        match output {
            Output::Floats(values) => {
                kernel.run(n, inputs, channels, &mut working.scores, values);
                match finish.residual {
                    None => {}
                    Some(Operand::Floats(residual)) => values.iter_mut().zip(residual).for_each(|(x, y)| *x += y),
                    Some(Operand::Codes(codes, layout)) => {
                        for v in 0..channels.div_ceil(LANES) {
                            let decoder = layout.decoder::<V>(v);
                            for (pixel, numbers) in values.chunks_exact_mut(channels).enumerate() {
                                let sum = part::<V>(numbers, v).add(decoder.get(codes, pixel));
                                store(sum, numbers, v);
                            }
                        }
                    }
                }
                finish.activation.apply(values);
            }
            Output::Codes(codes, layout) => {
                let size = codes.len() / layout.record() * channels;
                working.plain.resize(working.plain.len().max(size), 0.0);
                kernel.run(n, inputs, channels, &mut working.scores, &mut working.plain[..size]);
                FinishRows { values: &working.plain[..size], channels, finish, output }.run::<V>();
            }
        }
    }
}

impl Plain {
    #[inline(always)]
    fn run(&self, n: usize, inputs: &[Operand], channels: usize, scores: &mut Vec<f32>, output: &mut [f32]) {
        let x = inputs[0].floats();
        match self {
            Self::Affine(affine) => affine.run(x, output),
            Self::MaxPool(window) => {
                let larger = |a: &mut f32, b: f32| *a = if b > *a { b } else { *a };
                window.run(x, channels, output, f32::NEG_INFINITY, larger, |_, _| {});
            }
            Self::AveragePool(window) => {
                window.run(x, channels, output, 0.0, |sum, x| *sum += x, |sum, n| *sum /= n as f32);
            }
            Self::Upsample { columns, factor } => pool::upsample(x, *columns, channels, *factor, output),
            Self::Copy => output.copy_from_slice(&x[..output.len()]),
            Self::Multiply => multiply(x, inputs[1].floats(), channels, output.len() / n.max(1), output),
            Self::Concat => concat(inputs, channels, output),
            Self::Softmax => {
                output.copy_from_slice(&x[..output.len()]);
                tokens::softmax(output, channels);
            }
            Self::LayerNorm { weight, bias, eps } => tokens::layer_norm(x, (weight, bias), *eps, output),
            Self::Attention { heads } => {
                let size = output.len() / n.max(1);
                let images = x.chunks_exact(size).zip(output.chunks_exact_mut(size)).enumerate();
                for (i, (q, output)) in images {
                    let other = |values: &'_ [f32]| (values.len() / n * i)..(values.len() / n * (i + 1));
                    let (k, v) = (inputs[1].floats(), inputs[2].floats());
                    let (k, v) = (&k[other(k)], &v[other(v)]);
                    tokens::attention((q, k, v), channels, *heads, scores, output);
                }
            }
            Self::Prepend(token) => {
                let size = output.len() / n.max(1);
                let images = x.chunks_exact(size - token.len()).zip(output.chunks_exact_mut(size));
                for (x, output) in images {
                    output[..token.len()].copy_from_slice(token);
                    output[token.len()..].copy_from_slice(x);
                }
            }
            Self::Offset(numbers) => {
                for (x, output) in x.chunks_exact(numbers.len()).zip(output.chunks_exact_mut(numbers.len())) {
                    output.iter_mut().zip(x).zip(numbers).for_each(|((to, x), offset)| *to = x + offset);
                }
            }
            Self::Select { index, tokens } => {
                let images = x.chunks_exact(tokens * channels).zip(output.chunks_exact_mut(channels));
                images.for_each(|(x, to)| to.copy_from_slice(&x[index * channels..(index + 1) * channels]));
            }
        }
    }
}

#[inline(always)]
fn multiply(x: &[f32], factors: &[f32], channels: usize, size: usize, output: &mut [f32]) {
    if factors.len() >= output.len() {
        output.iter_mut().zip(x).zip(factors).for_each(|((to, x), factor)| *to = x * factor);
        return;
    }
    for ((x, factors), output) in
        x.chunks_exact(size).zip(factors.chunks_exact(channels)).zip(output.chunks_exact_mut(size))
    {
        for (x, output) in x.chunks_exact(channels).zip(output.chunks_exact_mut(channels)) {
            output.iter_mut().zip(x).zip(factors).for_each(|((to, x), factor)| *to = x * factor);
        }
    }
}

#[inline(always)]
fn concat(inputs: &[Operand], channels: usize, output: &mut [f32]) {
    let pixels = output.len() / channels;
    let mut first = 0;
    for input in inputs.iter().map(Operand::floats) {
        let width = input.len() / pixels.max(1);
        for (output, input) in output.chunks_exact_mut(channels).zip(input.chunks_exact(width)) {
            output[first..first + width].copy_from_slice(input);
        }
        first += width;
    }
}

/// A scale and an offset for each channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Affine {
    #[inline(always)]
    fn run(&self, x: &[f32], output: &mut [f32]) {
        let channels = self.scale.len();
        for (x, output) in x.chunks_exact(channels).zip(output.chunks_exact_mut(channels)) {
            for (((to, x), scale), bias) in output.iter_mut().zip(x).zip(&self.scale).zip(&self.bias) {
                *to = x * scale + bias;
            }
        }
    }
}

/// An affine map of feature vectors.
#[derive(Debug)]
pub(super) struct Linear {
    d_in: usize,
    d_out: usize,
    body: LinearBody,
}

#[derive(Debug)]
enum LinearBody {
    Floats(Matrix),
    Integers(IntegerMatrix),
}

impl Linear {
    /// `weight` is (`d_out`, `d_in`).
    pub(super) fn new(d_in: usize, weight: &[f32], bias: &[f32]) -> Self {
        let body = LinearBody::Floats(Matrix::new(d_in, bias, |r, o| weight[o * d_in + r]));
        Self { d_in, d_out: bias.len(), body }
    }

    /// `weight` holds integers of `segments`, which an output's `scale` multiplies; the input has `layout`, of
    /// so many `rows` an image. `None` if the segments do not fit together.
    pub(super) fn quantized(
        rows: usize,
        weight: &[f32],
        (scale, bias): (&[f32], &[f32]),
        segments: &[WeightSegment],
        layout: &Layout,
    ) -> Option<Self> {
        let d_in = layout.channels;
        let element = |o: usize, _: usize, c: usize| weight[o * d_in + c] as i32;
        let source = Source { layout, segments, taps: &[0], element: &element, scale, bias, rows };
        Some(Self { d_in, d_out: bias.len(), body: LinearBody::Integers(IntegerMatrix::new(&source)?) })
    }

    fn run(&self, x: Operand, finish: &Finish, working: &mut Working, output: &mut Output) {
        match (x, &self.body) {
            (Operand::Floats(data), LinearBody::Floats(matrix)) => {
                let rows = Rows::even(data.len() / self.d_in, self.d_in);
                let left = Left { data, rows, runs: &[0], run_length: self.d_in };
                matrix.multiply(&left, finish, Columns { first: 0, all: self.d_out }, output);
            }
            (Operand::Codes(data, layout), LinearBody::Integers(matrix)) => {
                let stride = layout.record();
                let rows = Rows::even(data.len() / stride, stride);
                matrix.multiply(data, &rows, finish, &mut working.blocks, output);
            }
            _ => unreachable!("operands are of the kind that the weights are made for"),
        }
    }
}
