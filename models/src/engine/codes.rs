//! Values as small unsigned codes: how they lie in memory, and the ways from and to f32.
//!
//! A pixel's codes are a *record*: segment after segment, a byte for each channel, or a bit where codes have one bit.
//! A code u stands for the number `base + step * u`.

mod coder;

use super::kernels::{Isa, LANES, Loops, Vector};
use crate::quantization::CodeSegment;
use coder::Group;
pub(super) use coder::{Decoder, Encoder};

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

    /// What writes the codes of a vector of channels.
    #[inline(always)]
    pub(super) fn encoder<V: Vector>(&self, vector: usize) -> Encoder<V> {
        Encoder::new(&self.vectors[vector], self.record())
    }

    /// What reads the codes of a vector of channels.
    #[inline(always)]
    pub(super) fn decoder<V: Vector>(&self, vector: usize) -> Decoder<V> {
        Decoder::new(&self.vectors[vector], self.record())
    }
}

/// Pixels that all vectors of channels are worked on of, before the next: they stay in the nearest cache.
const PIXELS: usize = 32;

/// Numbers (pixels, channels) to records, all of them.
pub(super) struct Encode<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) layout: &'a Layout,
    pub(super) codes: &'a mut [u8],
}

impl Loops for Encode<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let &Layout { channels, .. } = self.layout;
        let records = self.codes.chunks_mut(PIXELS * self.layout.record());
        for (numbers, records) in self.numbers.chunks(PIXELS * channels).zip(records) {
            for v in 0..self.layout.vectors.len() {
                let encoder = self.layout.encoder::<V>(v);
                for (pixel, numbers) in numbers.chunks_exact(channels).enumerate() {
                    encoder.put(part(numbers, v), records, pixel);
                }
            }
        }
    }
}

/// Numbers (channels, pixels) of one image to records. Only for codes that all have bytes of their own.
pub(super) struct EncodePlanes<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) layout: &'a Layout,
    pub(super) codes: &'a mut [u8],
}

impl Loops for EncodePlanes<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let (record, pixels) = (self.layout.record(), self.numbers.len() / self.layout.channels);
        self.codes.fill(0);
        for (c, plane) in self.numbers.chunks_exact(pixels).enumerate() {
            let encoder = self.layout.encoder::<V>(c / LANES);
            let records = self.codes.chunks_mut(LANES * record);
            for (v, records) in records.enumerate() {
                let codes = encoder.codes(part::<V>(plane, v));
                records.chunks_exact_mut(record).zip(codes).for_each(|(record, code)| record[c] = code);
            }
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
        let &Layout { channels, .. } = self.layout;
        let records = self.codes.chunks(PIXELS * self.layout.record());
        for (numbers, records) in self.numbers.chunks_mut(PIXELS * channels).zip(records) {
            for v in 0..self.layout.vectors.len() {
                let decoder = self.layout.decoder::<V>(v);
                for (pixel, numbers) in numbers.chunks_exact_mut(channels).enumerate() {
                    store(decoder.get(records, pixel), numbers, v);
                }
            }
        }
    }
}

/// Stores vector `v` of the numbers, or as much of it as there is.
#[inline(always)]
pub(super) fn store<V: Vector>(x: V, numbers: &mut [f32], v: usize) {
    let rest = &mut numbers[v * LANES..];
    if let Some(whole) = rest.first_chunk_mut() {
        return x.store(whole);
    }
    let mut copy = [0.0; LANES];
    x.store(&mut copy);
    rest.iter_mut().zip(copy).for_each(|(to, x)| *to = x);
}

/// Vector `v` of the numbers, with zeros behind their end.
#[inline(always)]
pub(super) fn part<V: Vector>(numbers: &[f32], v: usize) -> V {
    let rest = &numbers[v * LANES..];
    if let Some(whole) = rest.first_chunk() {
        return V::load(whole);
    }
    let mut copy = [0.0; LANES];
    copy.iter_mut().zip(rest).for_each(|(to, x)| *to = *x);
    V::load(&copy)
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
