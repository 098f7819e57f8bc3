//! Sixteen numbers at once, on every instruction set: what loops that are written only once are made of.
//!
//! Loops over arrays are left to the compiler nowhere that counts: it takes the widest registers for some and the
//! narrowest for others. [`Isa::vectorize`](super::Isa::vectorize) runs [`Loops`](super::Loops) with the vector of the
//! processor; outside this folder vectors are known by this trait only, so that nobody can compute with one that the
//! processor does not have.

use super::LANES;

/// Sixteen numbers in f32.
pub(in super::super) trait Vector: Copy {
    /// Whether it is worth while to compile loops for each kind of end.
    const IS_WIDE: bool = true;

    fn load(from: &[f32; LANES]) -> Self;
    fn store(self, to: &mut [f32; LANES]);
    fn splat(x: f32) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once where the processor does so as fast.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The larger of the two; `other` where this is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller of the two; `other` where this is NaN.
    fn min(self, other: Self) -> Self;
    fn from_integers(from: &[i32; LANES]) -> Self;
    fn from_codes(from: &[u8; LANES]) -> Self;
    /// One where a bit is set, else zero; the first number's bit is the lowest.
    fn from_bits(bits: u16) -> Self;
    /// Numbers from 0 to 255, rounded to the nearest integer (halves to even) and shifted up.
    fn to_codes(self, shift: u32) -> [u8; LANES];
    /// A bit for each number that is above `limit`, the first the lowest.
    fn above(self, limit: Self) -> u16;
}

/// Adding it rounds to the nearest integer, halves to even, and leaves that in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Plain numbers, for the compiler to do what it can: 64-bit ARM, where it uses NEON, and unknown processors.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn with(mut self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        self
    }
}

impl Vector for Plain {
    const IS_WIDE: bool = false;

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self.0;
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; LANES])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            let mut sums = addend;
            for ((sum, a), b) in sums.0.iter_mut().zip(self.0).zip(factor.0) {
                *sum = a.mul_add(b, *sum);
            }
            return sums;
        }
        // Without an instruction for it, rounding once is a function call.
        self.mul(factor).add(addend)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.with(other, f32::max)
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.with(other, f32::min)
    }

    #[inline(always)]
    fn from_integers(from: &[i32; LANES]) -> Self {
        Self(from.map(|n| n as f32))
    }

    #[inline(always)]
    fn from_codes(from: &[u8; LANES]) -> Self {
        Self(from.map(f32::from))
    }

    #[inline(always)]
    fn from_bits(bits: u16) -> Self {
        Self(std::array::from_fn(|i| f32::from(bits >> i & 1)))
    }

    #[inline(always)]
    fn to_codes(self, shift: u32) -> [u8; LANES] {
        self.0.map(|x| ((x + ROUND).to_bits() << shift) as u8)
    }

    #[inline(always)]
    fn above(self, limit: Self) -> u16 {
        let bits = self.0.iter().zip(limit.0).enumerate();
        bits.fold(0, |bits, (i, (x, limit))| bits | u16::from(*x > limit) << i)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Isa, Loops};
    use super::*;

    /// Every operation's result on two vectors.
    struct All<'a>([f32; LANES], [f32; LANES], &'a mut Vec<f32>);

    impl Loops for All<'_> {
        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(a, b, out) = self;
            let (x, y) = (V::load(&a), V::load(&b));
            for z in [x.add(y), x.sub(y), x.mul(y), x.max(y), x.min(y), V::splat(a[3])] {
                let mut to = [0.0; LANES];
                z.store(&mut to);
                out.extend(to);
            }
            let integers = a.map(|v| (v * 1000.0) as i32);
            let codes = x.max(V::splat(0.0)).min(V::splat(63.0)).to_codes(2);
            for z in [V::from_integers(&integers), V::from_codes(&codes), V::from_bits(x.above(y))] {
                let mut to = [0.0; LANES];
                z.store(&mut to);
                out.extend(to);
            }
            out.push(f32::from(x.above(y)));
        }
    }

    proptest! {
        #[test]
        fn all_instruction_sets_compute_the_same(
            a in prop::array::uniform16(-100.0_f32..100.0),
            b in prop::array::uniform16(-100.0_f32..100.0),
        ) {
            let mut expected = Vec::new();
            All(a, b, &mut expected).run::<Plain>();
            for isa in Isa::available() {
                let mut got = Vec::new();
                isa.vectorize(All(a, b, &mut got));
                prop_assert_eq!(&got, &expected, "{:?}", isa);
            }
        }
    }
}
