//! The codes of a vector of channels, and the ways to and from them: what is the same for all pixels is taken up once.

use super::super::kernels::{LANES, Vector};
use crate::quantization::CodeSegment;

/// The codes of up to 16 channels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// First byte in a record.
    first: usize,
    /// Bytes to write: what lies behind the last channel is written as zeros.
    bytes: usize,
    channels: usize,
    pub(super) bit: bool,
    /// Distance between the numbers that codes as they lie in memory stand for.
    pub(super) step_in_memory: f32,
    pub(super) base: f32,
    inverse: f32,
    offset: f32,
    max: f32,
    shift: u32,
}

impl Group {
    /// The group of a segment's channels from `channel` on. The segment takes `size` bytes from `first` on.
    pub(super) fn new(code: &CodeSegment, first: usize, size: usize, channel: usize) -> Self {
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
}

/// Writes codes of a vector of channels.
#[derive(Clone, Copy)]
pub(in super::super) struct Encoder<V> {
    record: usize,
    first: usize,
    bytes: usize,
    channels: usize,
    bit: bool,
    shift: u32,
    inverse: V,
    offset: V,
    /// The lowest and the highest code.
    low: V,
    high: V,
}

impl<V: Vector> Encoder<V> {
    /// One that nothing is written with.
    #[inline(always)]
    pub(in super::super) fn idle() -> Self {
        let zero = V::splat(0.0);
        Self {
            record: 0,
            first: 0,
            bytes: 0,
            channels: 0,
            bit: false,
            shift: 0,
            inverse: zero,
            offset: zero,
            low: zero,
            high: zero,
        }
    }

    #[inline(always)]
    pub(super) fn new(group: &Group, record: usize) -> Self {
        Self {
            record,
            first: group.first,
            bytes: group.bytes,
            channels: group.channels,
            bit: group.bit,
            shift: group.shift,
            inverse: V::splat(group.inverse),
            offset: V::splat(group.offset),
            low: V::splat(0.0),
            high: V::splat(group.max),
        }
    }

    /// One that limits numbers to a range first. Rounding keeps the order of numbers: to limit codes is the same.
    #[inline(always)]
    pub(in super::super) fn within(self, low: f32, high: f32) -> Self {
        Self { low: self.scaled(V::splat(low)), high: self.scaled(V::splat(high)), ..self }
    }

    /// Before it is rounded.
    #[inline(always)]
    fn scaled(&self, numbers: V) -> V {
        numbers.mul_add(self.inverse, self.offset).max(self.low).min(self.high)
    }

    /// Codes a byte each, wherever they go.
    #[inline(always)]
    pub(super) fn codes(&self, numbers: V) -> [u8; LANES] {
        self.scaled(numbers).to_codes(self.shift)
    }

    /// Writes the numbers' codes to the record of a pixel.
    #[inline(always)]
    pub(in super::super) fn put(&self, numbers: V, records: &mut [u8], pixel: usize) {
        let target = &mut records[pixel * self.record + self.first..];
        if !self.bit
            && self.channels == LANES
            && let Some(whole) = target.first_chunk_mut()
        {
            *whole = self.codes(numbers);
            return;
        }
        self.put_part(numbers, &mut target[..self.bytes]);
    }

    /// Writes bits, or fewer codes than a vector holds.
    #[inline(always)]
    fn put_part(&self, numbers: V, target: &mut [u8]) {
        if self.bit {
            // Half rounds to even, to zero.
            let bits = self.scaled(numbers).above(V::splat(0.5)) & u16::MAX >> (LANES - self.channels);
            if let Some((bytes, rest)) = target.split_first_chunk_mut() {
                *bytes = bits.to_le_bytes();
                rest.fill(0);
            }
            return;
        }
        let mut codes = self.codes(numbers);
        codes[self.channels..].fill(0);
        target.copy_from_slice(&codes[..target.len()]);
    }
}

/// Reads codes of a vector of channels.
#[derive(Clone, Copy)]
pub(in super::super) struct Decoder<V> {
    record: usize,
    first: usize,
    bytes: usize,
    bit: bool,
    step: V,
    base: V,
}

impl<V: Vector> Decoder<V> {
    /// One that nothing is read with.
    #[inline(always)]
    pub(in super::super) fn idle() -> Self {
        let zero = V::splat(0.0);
        Self { record: 0, first: 0, bytes: 0, bit: false, step: zero, base: zero }
    }

    #[inline(always)]
    pub(super) fn new(group: &Group, record: usize) -> Self {
        let (step, base) = (V::splat(group.step_in_memory), V::splat(group.base));
        Self { record, first: group.first, bytes: group.bytes, bit: group.bit, step, base }
    }

    /// The numbers that the codes in a pixel's record stand for.
    #[inline(always)]
    pub(in super::super) fn get(&self, records: &[u8], pixel: usize) -> V {
        let source = &records[pixel * self.record + self.first..];
        let codes = if self.bit {
            V::from_bits(u16::from_le_bytes([source[0], source[1]]))
        } else {
            match source.first_chunk() {
                Some(whole) if self.bytes == LANES => V::from_codes(whole),
                _ => {
                    let mut codes = [0; LANES];
                    codes[..self.bytes].copy_from_slice(&source[..self.bytes]);
                    V::from_codes(&codes)
                }
            }
        };
        codes.mul_add(self.step, self.base)
    }
}
