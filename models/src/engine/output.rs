//! What happens to the sums of a tile: scale, bias, the sum with another value, activation, and storing as f32 or as
//! codes, in one pass while they are in cache.

use super::codes::Layout;
use super::kernels::elementwise::Activation;
use super::kernels::{LANES, Loops, Vector};

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
    fn load<V: Vector>(from: &[Self; LANES]) -> V;
}

impl Sum for f32 {
    #[inline(always)]
    fn load<V: Vector>(from: &[Self; LANES]) -> V {
        V::load(from)
    }
}

impl Sum for i32 {
    #[inline(always)]
    fn load<V: Vector>(from: &[Self; LANES]) -> V {
        V::from_integers(from)
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
    fn run<V: Vector>(self) {
        specialize::<V, Self>(kind(self.finish, self.output), self);
    }
}

impl<T: Sum> Lines for Store<'_, '_, T> {
    #[inline(always)]
    fn lines<V: Vector, const KIND: u8>(self) {
        let bias = self.bias.as_chunks::<LANES>().0;
        let scale = self.scale.map(|scale| scale.as_chunks::<LANES>().0);
        for (i, sums) in self.sums.chunks_exact(self.width).take(self.rows).enumerate() {
            let row = self.place.row + i;
            let mut line = Line::<KIND>::new(self.finish, Place { row, ..self.place }, self.columns, self.output);
            let sums = sums.as_chunks::<LANES>().0.iter();
            match scale {
                Some(scale) => {
                    for (v, ((sums, scale), bias)) in sums.zip(scale).zip(bias).enumerate() {
                        line.put(v, T::load::<V>(sums).mul_add(V::load(scale), V::load(bias)));
                    }
                }
                None => {
                    for (v, (sums, bias)) in sums.zip(bias).enumerate() {
                        line.put(v, T::load::<V>(sums).add(V::load(bias)));
                    }
                }
            }
        }
    }
}

/// What is known of the end of a step where its loops are compiled: two bits each for the activation, the residual and
/// the target. With all of it open, what is seldom needed crowds the registers of what mostly is.
const ANY: u8 = 0b11_11_11;
const IDENTITY: u8 = 0;
const CLAMP: u8 = 1;
const NO_RESIDUAL: u8 = 0;
const FLOAT_RESIDUAL: u8 = 0b01_00;
const CODE_RESIDUAL: u8 = 0b10_00;
const TO_FLOATS: u8 = 0;
const TO_CODES: u8 = 0b01_00_00;

/// The kind of a step's end, [`ANY`] if it is one that loops are not compiled for by themselves.
#[inline(always)]
pub(super) fn kind(finish: &Finish, output: &Output) -> u8 {
    let activation = match finish.activation {
        Activation::Identity => IDENTITY,
        Activation::Clamp(..) => CLAMP,
        _ => return ANY,
    };
    let residual = match finish.residual {
        None => NO_RESIDUAL,
        Some(Operand::Floats(_)) => FLOAT_RESIDUAL,
        Some(Operand::Codes(..)) => CODE_RESIDUAL,
    };
    let target = if matches!(output, Output::Floats(_)) { TO_FLOATS } else { TO_CODES };
    activation | residual | target
}

/// Loops that end with lines.
pub(super) trait Lines {
    fn lines<V: Vector, const KIND: u8>(self);
}

/// Runs loops compiled for the kind of their end.
#[inline(always)]
pub(super) fn specialize<V: Vector, L: Lines>(kind: u8, loops: L) {
    macro_rules! dispatch {
        ($($kind:expr),+) => {
            match kind {
                $(k if V::IS_WIDE && k == $kind => loops.lines::<V, { $kind }>(),)+
                _ => loops.lines::<V, ANY>(),
            }
        };
    }
    dispatch!(
        IDENTITY | NO_RESIDUAL | TO_FLOATS,
        CLAMP | NO_RESIDUAL | TO_FLOATS,
        IDENTITY | FLOAT_RESIDUAL | TO_FLOATS,
        CLAMP | FLOAT_RESIDUAL | TO_FLOATS,
        IDENTITY | NO_RESIDUAL | TO_CODES,
        CLAMP | NO_RESIDUAL | TO_CODES,
        IDENTITY | CODE_RESIDUAL | TO_CODES,
        CLAMP | CODE_RESIDUAL | TO_CODES
    );
}

/// A part of an output row that vectors of sums are finished for and stored to. Where codes are read or written it
/// begins at a multiple of `LANES`.
pub(super) struct Line<'a, const KIND: u8> {
    residual: Residual<'a>,
    activation: Activation,
    target: Target<'a>,
    /// Vectors of the output row before it.
    vectors: usize,
}

enum Residual<'a> {
    Nothing,
    Floats(&'a [f32]),
    Codes(&'a [u8], &'a Layout),
}

enum Target<'a> {
    Floats(&'a mut [f32]),
    Codes(&'a mut [u8], &'a Layout),
}

impl<'a, const KIND: u8> Line<'a, KIND> {
    /// The `columns` columns from the place on.
    #[inline(always)]
    pub(super) fn new(finish: &Finish<'a>, place: Place, columns: usize, output: &'a mut Output) -> Self {
        let at = place.row * place.channels + place.column;
        let residual = match finish.residual {
            None => Residual::Nothing,
            Some(Operand::Floats(residual)) => Residual::Floats(&residual[at..at + columns]),
            Some(Operand::Codes(codes, layout)) => Residual::Codes(layout.of(codes, place.row), layout),
        };
        let target = match output {
            Output::Floats(values) => Target::Floats(&mut values[at..at + columns]),
            Output::Codes(codes, layout) => {
                let first = place.row * layout.record();
                Target::Codes(&mut codes[first..first + layout.record()], layout)
            }
        };
        Self { residual, activation: finish.activation, target, vectors: place.column / LANES }
    }

    /// Sum with the residual, activation and storing of the line's vector `v`.
    #[inline(always)]
    pub(super) fn put<V: Vector>(&mut self, v: usize, x: V) {
        let x = match (KIND & 0b11_00, &self.residual) {
            (NO_RESIDUAL, _) | (_, Residual::Nothing) => x,
            (CODE_RESIDUAL | 0b11_00, Residual::Codes(record, layout)) => {
                x.add(layout.decode(self.vectors + v, record))
            }
            (_, Residual::Floats(residual)) => x.add(part(residual, v)),
            (_, Residual::Codes(..)) => unreachable!("the kind is the residual's"),
        };
        let x = match (KIND & 0b11, self.activation) {
            (IDENTITY, _) => x,
            (CLAMP, Activation::Clamp(low, high)) => x.max(V::splat(low)).min(V::splat(high)),
            (_, activation) => activation.of(x),
        };
        match (KIND & 0b11_00_00, &mut self.target) {
            (TO_CODES | 0b11_00_00, Target::Codes(record, layout)) => layout.encode(self.vectors + v, x, record),
            (_, Target::Floats(values)) => store(x, values, v),
            (_, Target::Codes(..)) => unreachable!("the kind is the target's"),
        }
    }
}

/// Stores vector `v` of the values, or as much of it as there is.
#[inline(always)]
fn store<V: Vector>(x: V, values: &mut [f32], v: usize) {
    let rest = &mut values[v * LANES..];
    if let Some(whole) = rest.first_chunk_mut() {
        return x.store(whole);
    }
    let mut numbers = [0.0; LANES];
    x.store(&mut numbers);
    rest.iter_mut().zip(numbers).for_each(|(to, x)| *to = x);
}

/// Vector `v` of the values, with zeros behind their end.
#[inline(always)]
pub(super) fn part<V: Vector>(values: &[f32], v: usize) -> V {
    let rest = &values[v * LANES..];
    if let Some(whole) = rest.first_chunk() {
        return V::load(whole);
    }
    let mut numbers = [0.0; LANES];
    numbers.iter_mut().zip(rest).for_each(|(to, x)| *to = *x);
    V::load(&numbers)
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
    fn run<V: Vector>(self) {
        let channels = self.channels;
        for (row, numbers) in self.values.chunks_exact(channels).enumerate() {
            let place = Place { row, column: 0, channels };
            let mut line = Line::<ANY>::new(self.finish, place, channels, self.output);
            for v in 0..channels.div_ceil(LANES) {
                line.put(v, part::<V>(numbers, v));
            }
        }
    }
}
