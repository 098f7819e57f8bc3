//! Values as small unsigned codes: how they lie in memory, and the ways from and to f32.
//!
//! A pixel's codes are a *record*: segment after segment, a byte for each channel, or a bit where codes have one bit.
//! A code u stands for the number `base + step * u`.

use super::kernels::LANES;
use super::kernels::elementwise::clamp;
use crate::quantization::CodeSegment;

/// Adding it rounds to the nearest integer, halves to even, and leaves that in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Where the codes of a value's channels are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Channels in all.
    pub(super) channels: usize,
    /// One for each vector of channels.
    vectors: Vec<Vector>,
    /// The record of a pixel of zeros, or what is nearest to them.
    pub(super) zeros: Vec<u8>,
    /// Segments as channels and the bytes they begin at and take.
    pub(super) segments: Vec<Place>,
}

/// Where a segment is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) code: CodeSegment,
    /// First byte in a record.
    pub(super) first: usize,
    /// Bytes in a record, filled up to whole groups of the kernels.
    pub(super) bytes: usize,
}

/// The codes of up to 16 channels.
#[derive(Clone, Debug, PartialEq)]
struct Vector {
    first: usize,
    /// Bytes to write: what lies behind the last channel is written as zeros.
    bytes: usize,
    channels: usize,
    bit: bool,
    step: f32,
    base: f32,
    inverse: f32,
    offset: f32,
    max: f32,
    shift: u32,
}

impl Layout {
    /// Lays out segments, of which all but the last are whole vectors.
    pub(super) fn new(segments: &[CodeSegment]) -> Self {
        let mut layout =
            Self { channels: 0, vectors: Vec::new(), zeros: Vec::new(), segments: Vec::with_capacity(segments.len()) };
        for code in segments {
            let first = layout.zeros.len();
            // Whole groups of the kernels: of 32 bits, of four codes for a single segment (small weights that do not
            // come out even are kept as bytes then), of the sixteen that two-bit weights share a vector by otherwise.
            let group = if segments.len() == 1 { 4 } else { 16 };
            let bytes =
                if code.is_bit() { code.channels.div_ceil(32) * 4 } else { code.channels.next_multiple_of(group) };
            layout.zeros.resize(first + bytes, 0);
            for channel in (0..code.channels).step_by(LANES) {
                layout.vectors.push(Vector::new(code, first, bytes, channel));
            }
            layout.channels += code.channels;
            layout.segments.push(Place { code: code.clone(), first, bytes });
        }
        let mut zeros = std::mem::take(&mut layout.zeros);
        layout.encode_record(&vec![0.0; layout.channels], &mut zeros);
        layout.zeros = zeros;
        layout
    }

    /// Bytes of a pixel.
    pub(super) fn record(&self) -> usize {
        self.zeros.len()
    }

    /// The record of a pixel.
    #[inline(always)]
    pub(super) fn of<'c>(&self, codes: &'c [u8], pixel: usize) -> &'c [u8] {
        let record = self.zeros.len();
        &codes[pixel * record..(pixel + 1) * record]
    }

    /// Writes the codes of a vector of channels to a record.
    #[inline(always)]
    pub(super) fn encode(&self, vector: usize, numbers: &[f32; LANES], record: &mut [u8]) {
        self.vectors[vector].encode(numbers, record);
    }

    /// Adds the numbers that a vector of a record stands for.
    #[inline(always)]
    pub(super) fn add(&self, vector: usize, record: &[u8], numbers: &mut [f32; LANES]) {
        self.vectors[vector].add(record, numbers);
    }

    /// Writes a whole record.
    #[inline(always)]
    pub(super) fn encode_record(&self, numbers: &[f32], record: &mut [u8]) {
        for (vector, numbers) in self.vectors.iter().zip(numbers.chunks(LANES)) {
            let mut padded = [0.0; LANES];
            padded[..numbers.len()].copy_from_slice(numbers);
            vector.encode(&padded, record);
        }
    }

    /// The numbers that a whole record stands for.
    #[inline(always)]
    pub(super) fn decode_record(&self, record: &[u8], numbers: &mut [f32]) {
        for (vector, numbers) in self.vectors.iter().zip(numbers.chunks_mut(LANES)) {
            let mut padded = [0.0; LANES];
            vector.add(record, &mut padded);
            numbers.copy_from_slice(&padded[..numbers.len()]);
        }
    }
}

impl Vector {
    fn new(code: &CodeSegment, first: usize, size: usize, channel: usize) -> Self {
        let channels = (code.channels - channel).min(LANES);
        let (bit, last) = (code.is_bit(), channel + channels == code.channels);
        let bytes = match (bit, last) {
            (true, false) => 2,
            (true, true) => size - channel / 8,
            (false, false) => LANES,
            (false, true) => size - channel,
        };
        Self {
            first: first + if bit { channel / 8 } else { channel },
            bytes,
            channels,
            bit,
            step: code.step,
            base: code.base,
            inverse: 1.0 / code.step,
            offset: -code.base / code.step,
            max: code.max() as f32,
            shift: code.shift(),
        }
    }

    #[inline(always)]
    fn encode(&self, numbers: &[f32; LANES], record: &mut [u8]) {
        let mut codes = [0_u8; LANES];
        for (code, x) in codes.iter_mut().zip(numbers) {
            let rounded = clamp(x.mul_add(self.inverse, self.offset), 0.0, self.max) + ROUND;
            *code = (rounded.to_bits() << self.shift) as u8;
        }
        if self.bit {
            let mut bits = 0_u16;
            for (i, code) in codes[..self.channels].iter().enumerate() {
                bits |= u16::from(*code) << i;
            }
            let target = &mut record[self.first..][..self.bytes];
            target[2..].fill(0);
            target[..2].copy_from_slice(&bits.to_le_bytes());
        } else {
            if self.channels < LANES {
                codes[self.channels..].fill(0);
            }
            let target = &mut record[self.first..];
            match target.first_chunk_mut() {
                Some(whole) if self.bytes == LANES => *whole = codes,
                _ => target[..self.bytes].copy_from_slice(&codes[..self.bytes]),
            }
        }
    }

    #[inline(always)]
    fn add(&self, record: &[u8], numbers: &mut [f32; LANES]) {
        let mut codes = [0_u8; LANES];
        let source = &record[self.first..];
        if self.bit {
            let bits = u16::from_le_bytes([source[0], source[1]]);
            codes.iter_mut().enumerate().for_each(|(i, code)| *code = (bits >> i & 1) as u8);
        } else {
            match source.first_chunk() {
                Some(whole) if self.bytes == LANES => codes = *whole,
                _ => codes[..self.bytes].copy_from_slice(&source[..self.bytes]),
            }
        }
        for (x, code) in numbers.iter_mut().zip(codes) {
            *x += self.base + self.step * f32::from(code >> self.shift);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits() -> impl Strategy<Value = u8> {
        prop::sample::select(vec![1_u8, 2, 4, 8])
    }

    proptest! {
        #[test]
        fn numbers_come_back_as_the_nearest_code(
            kinds in prop::collection::vec((1_usize..5, bits(), 0.01_f32..2.0, -3.0_f32..0.5), 1..4),
            last in 1_usize..17,
            seed in any::<u32>(),
        ) {
            let n = kinds.len();
            let segment = |(i, &(vectors, bits, step, base)): (usize, &(usize, u8, f32, f32))| {
                let channels = if i + 1 == n { vectors * LANES - LANES + last } else { vectors * LANES };
                CodeSegment { channels, bits, step, base }
            };
            let segments: Vec<CodeSegment> = kinds.iter().enumerate().map(segment).collect();
            let layout = Layout::new(&segments);
            let numbers: Vec<f32> = (0..layout.channels as u32)
                .map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) % 1000) as f32 / 150.0 - 3.0)
                .collect();
            let mut record = vec![0xFF; layout.record()];
            layout.encode_record(&numbers, &mut record);
            let mut back = vec![0.0; layout.channels];
            layout.decode_record(&record, &mut back);
            let of = segments.iter().flat_map(|segment| std::iter::repeat_n(segment, segment.channels));
            for ((x, back), segment) in numbers.iter().zip(&back).zip(of) {
                let highest = segment.base + segment.step * segment.max() as f32;
                let inside = x.clamp(segment.base, highest);
                prop_assert!((back - inside).abs() <= segment.step * 0.501, "{x} became {back}: {segment:?}");
            }
        }
    }
}
