//! What happens to the sums of a tile: scale, bias, the sum with another value, activation, and storing as f32 or as
//! codes, in one pass while they are in cache.

use std::ops::Range;

use super::codes::{Decoder, Encoder, Layout, part, store};
use super::kernels::elementwise::Activation;
use super::kernels::{FloatEnd, LANES, Loops, Vector};

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

impl Operand<'_> {
    /// Some of its pixels, of so many channels.
    pub(super) fn pixels(&self, pixels: Range<usize>, channels: usize) -> Self {
        match *self {
            Self::Floats(values) => Self::Floats(&values[pixels.start * channels..pixels.end * channels]),
            Self::Codes(codes, layout) => {
                Self::Codes(&codes[pixels.start * layout.record()..pixels.end * layout.record()], layout)
            }
        }
    }
}

impl Output<'_> {
    /// Some of its pixels, of so many channels.
    pub(super) fn pixels(&mut self, pixels: Range<usize>, channels: usize) -> Output<'_> {
        match self {
            Self::Floats(values) => Output::Floats(&mut values[pixels.start * channels..pixels.end * channels]),
            Self::Codes(codes, layout) => {
                Output::Codes(&mut codes[pixels.start * layout.record()..pixels.end * layout.record()], layout)
            }
        }
    }
}

/// What a step does behind its kernel.
#[derive(Debug)]
pub(super) struct Finish<'a> {
    /// Added before the activation; of the shape of the output.
    pub(super) residual: Option<Operand<'a>>,
    pub(super) activation: Activation,
}

impl Finish<'_> {
    /// The same for some pixels of the output, of so many channels.
    pub(super) fn pixels(&self, pixels: Range<usize>, channels: usize) -> Self {
        let residual = self.residual.map(|residual| residual.pixels(pixels, channels));
        Self { residual, activation: self.activation }
    }

    /// The same as the end of a tile of f32, for so many rows and columns; `None` where it is more than that can be.
    pub(super) fn of_floats<'e>(
        &'e self,
        bias: &'e [f32],
        place: Place,
        (rows, columns): (usize, usize),
        output: &'e mut Output,
    ) -> Option<FloatEnd<'e>> {
        let at = place.row * place.channels + place.column;
        let residual = match self.residual {
            None => None,
            Some(Operand::Floats(values)) => Some(&values[at..]),
            Some(Operand::Codes(..)) => return None,
        };
        let clamp = match self.activation {
            Activation::Identity => None,
            Activation::Clamp(low, high) => Some((low, high)),
            _ => return None,
        };
        let Output::Floats(values) = output else { return None };
        Some(FloatEnd { bias, residual, clamp, output: &mut values[at..], stride: place.channels, rows, columns })
    }
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
        let biases = self.bias.as_chunks::<LANES>().0;
        let scales = self.scale.map(|scale| scale.as_chunks::<LANES>().0);
        for (v, bias) in biases.iter().enumerate() {
            let place = Place { column: self.place.column + v * LANES, ..self.place };
            let columns = (self.columns - v * LANES).min(LANES);
            let mut end = Column::<V, KIND>::new(self.finish, place, columns, self.output);
            let bias = V::load(bias);
            let rows = self.sums.chunks_exact(self.width).take(self.rows);
            // No closures: they would not be compiled for the instruction set.
            if let Some(scales) = scales {
                let scale = V::load(&scales[v]);
                for (i, sums) in rows.enumerate() {
                    if let Some(sums) = sums[v * LANES..].first_chunk() {
                        end.put(i, T::load::<V>(sums).mul_add(scale, bias));
                    }
                }
            } else {
                for (i, sums) in rows.enumerate() {
                    if let Some(sums) = sums[v * LANES..].first_chunk() {
                        end.put(i, T::load::<V>(sums).add(bias));
                    }
                }
            }
        }
    }
}

/// What is known of the end of a step where its loops are compiled: two bits each for the activation, the residual and
/// the target. With all of it open, what is seldom needed crowds the registers of what mostly is.
const ANY: u8 = u8::MAX;
const ACTIVATION: u8 = 0b11;
const IDENTITY: u8 = 0;
const CLAMP: u8 = 1;
const OTHER: u8 = 2;
const RESIDUAL: u8 = 0b11_00;
const NO_RESIDUAL: u8 = 0;
const FLOAT_RESIDUAL: u8 = 0b01_00;
const CODE_RESIDUAL: u8 = 0b10_00;
const TARGET: u8 = 0b11_00_00;
const TO_FLOATS: u8 = 0;
const TO_CODES: u8 = 0b01_00_00;

/// The kind of a step's end.
#[inline(always)]
pub(super) fn kind(finish: &Finish, output: &Output) -> u8 {
    let activation = match finish.activation {
        Activation::Identity => IDENTITY,
        Activation::Clamp(..) => CLAMP,
        _ => OTHER,
    };
    let residual = match finish.residual {
        None => NO_RESIDUAL,
        Some(Operand::Floats(_)) => FLOAT_RESIDUAL,
        Some(Operand::Codes(..)) => CODE_RESIDUAL,
    };
    let target = if matches!(output, Output::Floats(_)) { TO_FLOATS } else { TO_CODES };
    activation | residual | target
}

/// Loops that end with columns.
pub(super) trait Lines {
    /// Whether it is worth while to compile them for ends with residuals.
    const RESIDUALS: bool = true;

    /// `KIND` is that of the end, or any.
    fn lines<V: Vector, const KIND: u8>(self);
}

/// Runs loops compiled for the kind of their end.
#[inline(always)]
pub(super) fn specialize<V: Vector, L: Lines>(kind: u8, loops: L) {
    macro_rules! dispatch {
        ($($kind:expr),+) => {
            match kind {
                $(k if V::IS_WIDE && (L::RESIDUALS || k & RESIDUAL == NO_RESIDUAL) && k == $kind => loops.lines::<V, { $kind }>(),)+
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

/// A vector of columns of an output that rows are finished for and stored to. Where codes are read or written it begins
/// at a multiple of `LANES`.
pub(super) struct Column<'a, V, const KIND: u8> {
    /// What the end is, if `KIND` leaves that open. Fields that it has no use for mean nothing.
    kind: u8,
    activation: Activation,
    low: V,
    high: V,
    /// Channels of a row, the first of them here and how many are here.
    channels: usize,
    first: usize,
    width: usize,
    residual: &'a [f32],
    residual_codes: &'a [u8],
    decoder: Decoder<V>,
    values: &'a mut [f32],
    codes: &'a mut [u8],
    encoder: Encoder<V>,
    /// The row that counts as the first.
    row: usize,
}

impl<'a, V: Vector, const KIND: u8> Column<'a, V, KIND> {
    /// So many columns from the place on.
    #[inline(always)]
    pub(super) fn new(finish: &Finish<'a>, place: Place, columns: usize, output: &'a mut Output) -> Self {
        let kind = kind(finish, output);
        let (low, high) = match finish.activation {
            Activation::Clamp(low, high) => (low, high),
            _ => (f32::NEG_INFINITY, f32::INFINITY),
        };
        let v = place.column / LANES;
        let (residual, residual_codes, decoder): (&[f32], &[u8], _) = match finish.residual {
            None => (&[], &[], Decoder::idle()),
            Some(Operand::Floats(values)) => (values, &[], Decoder::idle()),
            Some(Operand::Codes(codes, layout)) => (&[], codes, layout.decoder(v)),
        };
        let (values, codes, encoder): (&mut [f32], &mut [u8], _) = match output {
            Output::Floats(values) => (values, &mut [], Encoder::idle()),
            Output::Codes(codes, layout) => {
                let encoder = layout.encoder(v);
                (&mut [], codes, if kind & ACTIVATION == CLAMP { encoder.within(low, high) } else { encoder })
            }
        };
        Self {
            kind,
            activation: finish.activation,
            low: V::splat(low),
            high: V::splat(high),
            channels: place.channels,
            first: place.column,
            width: columns,
            residual,
            residual_codes,
            decoder,
            values,
            codes,
            encoder,
            row: place.row,
        }
    }

    /// Sum with the residual, activation and storing of the columns of row `i`, counted from the place's.
    #[inline(always)]
    pub(super) fn put(&mut self, i: usize, x: V) {
        let kind = if KIND == ANY { self.kind } else { KIND };
        let row = self.row + i;
        let at = row * self.channels + self.first;
        let x = match kind & RESIDUAL {
            FLOAT_RESIDUAL => x.add(part(&self.residual[at..at + self.width], 0)),
            CODE_RESIDUAL => x.add(self.decoder.get(self.residual_codes, row)),
            _ => x,
        };
        let to_codes = kind & TARGET == TO_CODES;
        let x = match kind & ACTIVATION {
            IDENTITY => x,
            // What writes codes limits these.
            CLAMP if to_codes => x,
            CLAMP => x.max(self.low).min(self.high),
            _ => self.activation.of(x),
        };
        if to_codes {
            self.encoder.put(x, self.codes, row);
        } else {
            store(x, &mut self.values[at..at + self.width], 0);
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
    fn run<V: Vector>(self) {
        /// All vectors of so many rows come before the next: they stay in the nearest cache.
        const ROWS: usize = 32;
        let channels = self.channels;
        for (block, numbers) in self.values.chunks(ROWS * channels).enumerate() {
            for v in 0..channels.div_ceil(LANES) {
                let place = Place { row: block * ROWS, column: v * LANES, channels };
                let columns = (channels - v * LANES).min(LANES);
                let mut end = Column::<V, ANY>::new(self.finish, place, columns, self.output);
                for (i, numbers) in numbers.chunks_exact(channels).enumerate() {
                    end.put(i, part::<V>(numbers, v));
                }
            }
        }
    }
}
