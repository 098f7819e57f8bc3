//! Values as small unsigned codes: how they lie in memory, and the ways from and to f32.
//!
//! A pixel's codes are a *record*: segment after segment, a byte for each channel, or a bit where codes have one bit.
//! A code u stands for the number `base + step * u`.

use super::kernels::{Isa, LANES, Loops, Vector};
use crate::quantization::CodeSegment;

/// Where the codes of a value's channels are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Channels in all.
    pub(super) channels: usize,
    /// One for each vector of channels.
    vectors: Vec<Group>,
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
struct Group {
    first: usize,
    /// Bytes to write: what lies behind the last channel is written as zeros.
    bytes: usize,
    channels: usize,
    bit: bool,
    /// Distance between the numbers that codes as they lie in memory stand for.
    step_in_memory: f32,
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
                layout.vectors.push(Group::new(code, first, bytes, channel));
            }
            layout.channels += code.channels;
            layout.segments.push(Place { code: code.clone(), first, bytes });
        }
        let mut zeros = std::mem::take(&mut layout.zeros);
        let numbers = vec![0.0; layout.channels];
        // Its record is as long as all zeros already.
        layout.zeros.clone_from(&zeros);
        Isa::detect().vectorize(Encode { numbers: &numbers, layout: &layout, codes: &mut zeros });
        layout.zeros = zeros;
        layout
    }

    /// Bytes of a pixel.
    pub(super) fn record(&self) -> usize {
        self.zeros.len()
    }

    /// Step and base that a channel's byte of a record stands for, and the byte for zero: the number is step times the
    /// byte plus the base. `None` if some codes are bits.
    pub(super) fn affine(&self, channel: usize) -> Option<(f32, f32, f32)> {
        let is_bit = self.vectors.iter().any(|group| group.bit);
        let group = self.vectors.get(channel / LANES).filter(|_| !is_bit)?;
        // Without bits every segment but the last takes a byte for each channel.
        Some((group.step_in_memory, group.base, f32::from(*self.zeros.get(channel)?)))
    }

    /// The record of a pixel.
    #[inline(always)]
    pub(super) fn of<'c>(&self, codes: &'c [u8], pixel: usize) -> &'c [u8] {
        let record = self.zeros.len();
        &codes[pixel * record..(pixel + 1) * record]
    }

    /// Writes the codes of a vector of channels to a record.
    #[inline(always)]
    pub(super) fn encode<V: Vector>(&self, vector: usize, numbers: V, record: &mut [u8]) {
        self.vectors[vector].encode(numbers, record);
    }

    /// The numbers that a vector of a record stands for.
    #[inline(always)]
    pub(super) fn decode<V: Vector>(&self, vector: usize, record: &[u8]) -> V {
        self.vectors[vector].decode(record)
    }

    /// Writes a whole record.
    #[inline(always)]
    pub(super) fn encode_record<V: Vector>(&self, numbers: &[f32], record: &mut [u8]) {
        for (vector, numbers) in self.vectors.iter().zip(numbers.chunks(LANES)) {
            let mut padded = [0.0; LANES];
            padded[..numbers.len()].copy_from_slice(numbers);
            vector.encode(V::load(&padded), record);
        }
    }

    /// The numbers that a whole record stands for.
    #[inline(always)]
    pub(super) fn decode_record<V: Vector>(&self, record: &[u8], numbers: &mut [f32]) {
        for (vector, numbers) in self.vectors.iter().zip(numbers.chunks_mut(LANES)) {
            let mut padded = [0.0; LANES];
            vector.decode::<V>(record).store(&mut padded);
            numbers.copy_from_slice(&padded[..numbers.len()]);
        }
    }
}

/// Numbers to records, all of them.
pub(super) struct Encode<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) layout: &'a Layout,
    pub(super) codes: &'a mut [u8],
}

impl Loops for Encode<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let records = self.codes.chunks_exact_mut(self.layout.record());
        for (numbers, record) in self.numbers.chunks_exact(self.layout.channels).zip(records) {
            self.layout.encode_record::<V>(numbers, record);
        }
    }
}

/// Records to numbers, as many as there is room for.
pub(super) struct Decode<'a> {
    pub(super) codes: &'a [u8],
    pub(super) layout: &'a Layout,
    pub(super) numbers: &'a mut [f32],
}

impl Loops for Decode<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let records = self.codes.chunks_exact(self.layout.record());
        for (record, numbers) in records.zip(self.numbers.chunks_exact_mut(self.layout.channels)) {
            self.layout.decode_record::<V>(record, numbers);
        }
    }
}

impl Group {
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
            step_in_memory: code.step / (1 << code.shift()) as f32,
            base: code.base,
            inverse: 1.0 / code.step,
            offset: -code.base / code.step,
            max: code.max() as f32,
            shift: code.shift(),
        }
    }

    #[inline(always)]
    fn encode<V: Vector>(&self, numbers: V, record: &mut [u8]) {
        let scaled = numbers.mul_add(V::splat(self.inverse), V::splat(self.offset));
        let target = &mut record[self.first..][..self.bytes];
        if self.bit {
            // Half rounds to even, to zero.
            let bits = scaled.above(V::splat(0.5)) & self.mask();
            target[2..].fill(0);
            target[..2].copy_from_slice(&bits.to_le_bytes());
            return;
        }
        let mut codes = scaled.max(V::splat(0.0)).min(V::splat(self.max)).to_codes(self.shift);
        if let Ok(whole) = <&mut [u8; LANES]>::try_from(&mut *target)
            && self.channels == LANES
        {
            *whole = codes;
        } else {
            codes[self.channels..].fill(0);
            target.copy_from_slice(&codes[..self.bytes]);
        }
    }

    /// A bit for each channel.
    #[inline(always)]
    fn mask(&self) -> u16 {
        u16::MAX >> (LANES - self.channels)
    }

    #[inline(always)]
    fn decode<V: Vector>(&self, record: &[u8]) -> V {
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
        let (step, base) = (V::splat(self.step_in_memory), V::splat(self.base));
        V::from_codes(&codes).mul_add(step, base)
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
            let mut back = vec![0.0; layout.channels];
            Isa::detect().vectorize(Encode { numbers: &numbers, layout: &layout, codes: &mut record });
            Isa::detect().vectorize(Decode { codes: &record, layout: &layout, numbers: &mut back });
            let of = segments.iter().flat_map(|segment| std::iter::repeat_n(segment, segment.channels));
            for ((x, back), segment) in numbers.iter().zip(&back).zip(of) {
                let highest = segment.base + segment.step * segment.max() as f32;
                let inside = x.clamp(segment.base, highest);
                prop_assert!((back - inside).abs() <= segment.step * 0.501, "{x} became {back}: {segment:?}");
            }
        }
    }
}
