//! What happens to the sums of a tile: scale, bias, the sum with another value, activation, and storing as f32 or as
//! codes, in one pass while they are in cache.

use super::codes::Layout;
use super::kernels::elementwise::Activation;
use super::kernels::{LANES, Loops};

/// A value that a step reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand<'a> {
    Floats(&'a [f32]),
    Codes(&'a [u8], &'a Layout),
}

impl<'a> Operand<'a> {
    /// The numbers, which they are for a kernel that does not read codes.
    pub(super) fn floats(&self) -> &'a [f32] {
        match self {
            Self::Floats(values) => values,
            Self::Codes(..) => unreachable!("operands of kernels that read f32 are decoded"),
        }
    }
}

/// The value that a step makes.
#[derive(Debug)]
pub(super) enum Output<'a> {
    Floats(&'a mut [f32]),
    Codes(&'a mut [u8], &'a Layout),
}

/// What a step does behind its kernel.
#[derive(Debug)]
pub(super) struct Finish<'a> {
    /// Added before the activation; of the shape of the output.
    pub(super) residual: Option<Operand<'a>>,
    pub(super) activation: Activation,
}

/// Where the sums of a tile go: rows `row..` of the output, columns `column..`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) column: usize,
    /// Channels of an output row.
    pub(super) channels: usize,
}

/// A number that sums are made of.
pub(super) trait Sum: Copy {
    fn to_f32(self) -> f32;
}

impl Sum for f32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
}

impl Sum for i32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self as f32
    }
}

/// Rows of sums and where they go.
pub(super) struct Store<'a, 'o, T> {
    /// (rows, width), width a multiple of `LANES`.
    pub(super) sums: &'a [T],
    pub(super) width: usize,
    pub(super) rows: usize,
    /// How many of the width are columns of the output.
    pub(super) columns: usize,
    /// As many as the width. Without scales they are one.
    pub(super) scale: Option<&'a [f32]>,
    /// As many as the width.
    pub(super) bias: &'a [f32],
    pub(super) finish: &'a Finish<'a>,
    pub(super) place: Place,
    pub(super) output: &'a mut Output<'o>,
}

impl<T: Sum> Loops for Store<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        for (i, sums) in self.sums.chunks_exact(self.width).take(self.rows).enumerate() {
            for (v, sums) in sums.as_chunks::<LANES>().0.iter().enumerate() {
                let first = v * LANES;
                let bias = lanes(self.bias, first);
                let mut x = match self.scale {
                    Some(scale) => {
                        let scale = lanes(scale, first);
                        std::array::from_fn(|lane| sums[lane].to_f32().mul_add(scale[lane], bias[lane]))
                    }
                    None => std::array::from_fn(|lane| sums[lane].to_f32() + bias[lane]),
                };
                let Place { row, column, channels } = self.place;
                let place = Place { row: row + i, column: column + first, channels };
                complete(&mut x, LANES.min(self.columns - first), self.finish, place, self.output);
            }
        }
    }
}

/// The vector that begins at `first`.
#[inline(always)]
pub(super) fn lanes(values: &[f32], first: usize) -> [f32; LANES] {
    *values[first..].first_chunk().expect("whole vectors are kept")
}

/// Sum with the residual, activation and storing of a vector's first `count` numbers. Where codes are read or written
/// the column is a multiple of `LANES`.
#[inline(always)]
pub(super) fn complete(x: &mut [f32; LANES], count: usize, finish: &Finish, place: Place, output: &mut Output) {
    let at = place.row * place.channels + place.column;
    match finish.residual {
        None => {}
        Some(Operand::Floats(residual)) if count == LANES => {
            let residual = lanes(residual, at);
            x.iter_mut().zip(residual).for_each(|(x, residual)| *x += residual);
        }
        Some(Operand::Floats(residual)) => {
            x[..count].iter_mut().zip(&residual[at..]).for_each(|(x, residual)| *x += residual);
        }
        Some(Operand::Codes(codes, layout)) => layout.add(place.column / LANES, layout.of(codes, place.row), x),
    }
    finish.activation.apply(x);
    match output {
        Output::Floats(values) if count == LANES => {
            *values[at..].first_chunk_mut().expect("rows are whole") = *x;
        }
        Output::Floats(values) => values[at..at + count].copy_from_slice(&x[..count]),
        Output::Codes(codes, layout) => {
            let first = place.row * layout.record();
            layout.encode(place.column / LANES, x, &mut codes[first..first + layout.record()]);
        }
    }
}

/// What a kernel that knows nothing of it made, finished and stored: rows of `channels` numbers.
pub(super) struct FinishRows<'a, 'o> {
    pub(super) values: &'a [f32],
    pub(super) channels: usize,
    pub(super) finish: &'a Finish<'a>,
    pub(super) output: &'a mut Output<'o>,
}

impl Loops for FinishRows<'_, '_> {
    #[inline(always)]
    fn run(self) {
        for (row, numbers) in self.values.chunks_exact(self.channels).enumerate() {
            for (v, numbers) in numbers.chunks(LANES).enumerate() {
                let mut x = [0.0; LANES];
                x[..numbers.len()].copy_from_slice(numbers);
                let place = Place { row, column: v * LANES, channels: self.channels };
                complete(&mut x, numbers.len(), self.finish, place, self.output);
            }
        }
    }
}
