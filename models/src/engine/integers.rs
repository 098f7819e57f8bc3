//! A packed matrix of small integers and the loop over tiles that multiplies codes by it.

#[cfg(target_arch = "x86_64")]
mod blocks;

use std::ops::Range;

use super::aligned::Aligned;
use super::codes::Layout;
use super::kernels::{Bits, IntegerTile, Isa, LANES, MAX_ROWS, MAX_SUMS, Segment, Sums, height, panel_widths};
use super::output::{Finish, Output, Place, Store};
use super::rows::{Rows, rows_at_once};
use crate::quantization::WeightSegment;

#[cfg(target_arch = "x86_64")]
use super::kernels::amx::Amx;

/// Rows from which on AMX is worth it: below that a product waits for memory, where VNNI reads narrow weights as they are,
/// and bytes faster.
#[cfg(target_arch = "x86_64")]
const AMX_ROWS: usize = 8;

/// The buffers of a product by AMX.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    left: Aligned<u8>,
    sums: Aligned<i32>,
}

/// What a matrix is made from.
pub(super) struct Source<'a> {
    /// The codes of a row's taps, each a record.
    pub(super) layout: &'a Layout,
    /// Widths of the weights, a segment for each of the layout's.
    pub(super) segments: &'a [WeightSegment],
    /// Distances of the taps from a row's start, in bytes.
    pub(super) taps: &'a [usize],
    /// The integer for an output, a tap and an input channel.
    pub(super) element: &'a dyn Fn(usize, usize, usize) -> i32,
    /// What an output's integers are multiplied by.
    pub(super) scale: &'a [f32],
    pub(super) bias: &'a [f32],
    /// About how many rows are multiplied at once.
    pub(super) rows: usize,
}

/// A matrix of integers with scale and bias for each column.
#[derive(Clone, Debug)]
pub(super) struct IntegerMatrix {
    segments: Vec<Segment>,
    widths: Vec<usize>,
    panels: Aligned<u8>,
    columns: usize,
    /// For the shared sums: unit and scale in one. Filled up to whole vectors, as the biases.
    scale: Vec<f32>,
    /// Bias and what all codes' bases add up to.
    bias: Vec<f32>,
    isa: Isa,
    #[cfg(target_arch = "x86_64")]
    amx: Option<Amx>,
}

impl IntegerMatrix {
    /// Packs the weights. `None` if the segments' products have units that are not multiples of each other.
    pub(super) fn new(source: &Source) -> Option<Self> {
        Self::with(source, Isa::detect(), true)
    }

    /// As [`IntegerMatrix::new`] for an instruction set, and with or without AMX.
    pub(super) fn with(source: &Source, isa: Isa, allow_amx: bool) -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        let amx = Amx::detect().filter(|_| {
            let bits = source.segments[0].bits;
            // The taps of a row are copied together first, which takes longer than VNNI's products with a single vector.
            let is_narrow = source.taps.len() > 1 && source.bias.len() <= LANES;
            allow_amx && !is_narrow && source.segments.len() == 1 && bits > 1 && source.rows >= AMX_ROWS
        });
        #[cfg(target_arch = "x86_64")]
        let bytes = amx.is_some();
        #[cfg(not(target_arch = "x86_64"))]
        let bytes = {
            let _ = allow_amx;
            false
        };
        let parts = parts(source, bytes);
        let unit = common_unit(&parts)?;
        let mut matrix = Self {
            segments: Vec::new(),
            widths: panel_widths(source.bias.len()),
            panels: Aligned::default(),
            columns: source.bias.len(),
            scale: source.scale.iter().map(|scale| scale * unit).collect(),
            bias: biases(source),
            isa,
            #[cfg(target_arch = "x86_64")]
            amx,
        };
        let (mut first, mut panels) = (0, Vec::new());
        for &vectors in &matrix.widths {
            for part in &parts {
                part.pack(source, first, vectors, &mut panels);
            }
            // AMX reads whole steps: weights of zero for what lies behind a row's end.
            if bytes {
                let depth = source.taps.len() * source.layout.record();
                let filled = depth.next_multiple_of(64) - depth;
                panels.resize(panels.len() + filled * vectors * LANES, 0);
            }
            first += vectors * LANES;
        }
        matrix.panels = Aligned::copy(&panels);
        matrix.scale.resize(first, 0.0);
        matrix.bias.resize(first, 0.0);
        matrix.segments = parts.into_iter().map(|part| part.segment(unit)).collect();
        Some(matrix)
    }

    /// Bytes of the packed weights.
    pub(super) fn bytes(&self) -> usize {
        self.panels.len()
    }

    /// Rows times this matrix plus bias, finished and stored.
    pub(super) fn multiply(&self, data: &[u8], rows: &Rows, finish: &Finish, blocks: &mut Blocks, output: &mut Output) {
        #[cfg(target_arch = "x86_64")]
        if let Some(amx) = self.amx {
            return self.multiply_blocks(amx, data, rows, finish, blocks, output);
        }
        let _ = blocks;
        let count = rows.count();
        let step = rows_at_once(self.panels.len(), count);
        for part in (0..count).step_by(step) {
            self.multiply_part(data, rows, part..count.min(part + step), finish, output);
        }
    }

    fn multiply_part(&self, data: &[u8], rows: &Rows, part: Range<usize>, finish: &Finish, output: &mut Output) {
        let mut sums = Sums([0; MAX_SUMS]);
        let mut starts = [0; MAX_ROWS];
        let (mut first, mut panels) = (0, &*self.panels);
        for &vectors in &self.widths {
            let bytes = self.segments.iter().map(|segment| segment.panel_bytes(vectors)).sum();
            let (panel, rest) = panels.split_at(bytes);
            panels = rest;
            let mut row = part.start;
            while row < part.end {
                let height = height(vectors, part.end - row);
                rows.fill(row, height, &mut starts);
                let tile = IntegerTile { data, starts: &starts[..height], segments: &self.segments, panel, vectors };
                self.isa.multiply_integers(&tile, &mut sums);
                self.store(&sums.0, first, vectors, (row, height.min(part.end - row)), finish, output);
                row += height;
            }
            first += vectors * LANES;
        }
    }

    fn store(
        &self,
        sums: &[i32],
        column: usize,
        vectors: usize,
        (row, rows): (usize, usize),
        finish: &Finish,
        output: &mut Output,
    ) {
        let columns = column..column + vectors * LANES;
        self.isa.vectorize(Store {
            sums,
            width: vectors * LANES,
            rows,
            columns: (self.columns - column).min(vectors * LANES),
            scale: Some(&self.scale[columns.clone()]),
            bias: &self.bias[columns],
            finish,
            place: Place { row, column, channels: self.columns },
            output,
        });
    }
}

/// A segment of the source, and how it is packed.
struct Part {
    bits: Bits,
    weight: WeightSegment,
    /// Channels before it.
    channel: usize,
    /// Bytes of a tap.
    bytes: usize,
    runs: Vec<usize>,
    run_length: usize,
    /// What one step of the sum is worth, without the columns' scales.
    unit: f32,
}

/// The parts, that of one bit first.
fn parts(source: &Source, as_bytes: bool) -> Vec<Part> {
    let mut channel = 0;
    let mut parts = Vec::with_capacity(source.segments.len());
    for (weight, place) in source.segments.iter().zip(&source.layout.segments) {
        let (runs, run_length) = runs(source, place.first, place.bytes);
        let natural = match weight.bits {
            1 => Bits::One,
            2 => Bits::Two,
            4 => Bits::Four,
            _ => Bits::Eight,
        };
        let even = run_length.is_multiple_of(4 * natural.groups());
        let bits = if natural != Bits::One && (as_bytes || !even) { Bits::Eight } else { natural };
        let unit = match bits {
            Bits::One => place.code.step,
            Bits::Eight => place.code.step * weight.unit(),
            _ if weight.odd => place.code.step * weight.unit() * 2.0 / bits.unit() as f32,
            _ => place.code.step / bits.unit() as f32,
        };
        let unit = unit / (1 << place.code.shift()) as f32;
        parts.push(Part { bits, weight: weight.clone(), channel, bytes: place.bytes, runs, run_length, unit });
        channel += weight.channels;
    }
    parts.sort_by_key(|part| part.bits != Bits::One);
    parts
}

/// The runs of a segment: taps that touch are one run if the segment is all there is of a record.
fn runs(source: &Source, first: usize, bytes: usize) -> (Vec<usize>, usize) {
    let mut runs: Vec<usize> = Vec::new();
    let mut longest = 1;
    if bytes == source.layout.record() {
        longest = source.taps.iter().enumerate().take_while(|(i, tap)| **tap == source.taps[0] + i * bytes).count();
        let touch = |run: &[usize]| run.iter().enumerate().all(|(i, tap)| *tap == run[0] + i * bytes);
        if !source.taps.len().is_multiple_of(longest) || !source.taps.chunks(longest).all(touch) {
            longest = 1;
        }
    }
    runs.extend(source.taps.iter().step_by(longest).map(|tap| tap + first));
    (runs, longest * bytes)
}

/// The unit of the shared sums.
fn common_unit(parts: &[Part]) -> Option<f32> {
    if parts.iter().filter(|part| part.bits == Bits::One).count() > 1 {
        return None;
    }
    let mut units = parts.iter().filter(|part| part.bits != Bits::One).map(|part| part.unit);
    let Some(unit) = units.next() else { return parts.first().map(|part| part.unit) };
    let mut bits = parts.iter().filter(|part| part.bits == Bits::One);
    let whole = |ratio: f32| ratio.fract() == 0.0 && (1.0..=65_536.0).contains(&ratio);
    (units.all(|other| other.to_bits() == unit.to_bits()) && bits.all(|part| whole(part.unit / unit))).then_some(unit)
}

/// Bias plus scale times what the codes' bases contribute: the same for every row.
fn biases(source: &Source) -> Vec<f32> {
    let bias = |(o, (bias, scale)): (usize, (&f32, &f32))| {
        let (mut sum, mut channel) = (0.0_f64, 0);
        for (weight, place) in source.segments.iter().zip(&source.layout.segments) {
            let channels = channel..channel + weight.channels;
            channel = channels.end;
            if weight.bits == 1 {
                // A product is +-step / 2: all of them less two for each that differs.
                sum += f64::from(place.code.step) / 2.0 * (source.taps.len() * weight.channels) as f64;
                continue;
            }
            let of_tap = |tap: usize| channels.clone().map(|c| i64::from((source.element)(o, tap, c))).sum::<i64>();
            let integers: i64 = (0..source.taps.len()).map(of_tap).sum();
            sum += f64::from(place.code.base) * f64::from(weight.unit()) * integers as f64;
        }
        (f64::from(*bias) + f64::from(*scale) * sum) as f32
    };
    source.bias.iter().zip(source.scale).enumerate().map(bias).collect()
}

impl Part {
    fn segment(self, unit: f32) -> Segment {
        let factor = if self.bits == Bits::One { -(self.unit / unit) as i32 } else { 0 };
        Segment { bits: self.bits, odd: self.weight.odd, factor, runs: self.runs, run_length: self.run_length }
    }

    /// Appends the panel of so many vectors of columns from `first`.
    fn pack(&self, source: &Source, first: usize, vectors: usize, panel: &mut Vec<u8>) {
        let bytes = self.runs.len() * self.run_length;
        for group in (0..bytes / 4).step_by(self.bits.groups()) {
            for column in first..first + vectors * LANES {
                for byte in 0..4 {
                    panel.push(if column < source.bias.len() { self.byte(source, column, group, byte) } else { 0 });
                }
            }
        }
    }

    /// Byte `byte` of a column's weights for the groups from `group`.
    fn byte(&self, source: &Source, column: usize, group: usize, byte: usize) -> u8 {
        let at = |group: usize| self.weight_at(source, column, 4 * group + byte);
        match self.bits {
            Bits::Eight => at(group) as u8,
            Bits::Four => self.stored(at(group)) & 15 | self.stored(at(group + 1)) << 4,
            Bits::Two => (0..4).fold(0, |sum, g| sum | (self.stored(at(group + g)) & 3) << (2 * g)),
            Bits::One => (0..8).fold(0, |sum, bit| {
                let at = 8 * (4 * group + byte) + bit;
                let (tap, channel) = (at / (8 * self.bytes), at % (8 * self.bytes));
                let positive =
                    channel < self.weight.channels && (source.element)(column, tap, self.channel + channel) > 0;
                sum | u8::from(positive) << bit
            }),
        }
    }

    /// The integer that byte `at` of a row is multiplied by; zero where there is no channel.
    fn weight_at(&self, source: &Source, column: usize, at: usize) -> i32 {
        let (tap, channel) = (at / self.bytes, at % self.bytes);
        if channel < self.weight.channels { (source.element)(column, tap, self.channel + channel) } else { 0 }
    }

    /// `s` of n = 2 s + 1 on the odd grid.
    fn stored(&self, n: i32) -> u8 {
        (if self.weight.odd { (n - 1) >> 1 } else { n }) as u8
    }
}
