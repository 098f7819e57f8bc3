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
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! SAFETY of all blocks here: vectors are made by [`Isa::vectorize`](super::super::Isa::vectorize) only, after the
    //! processor was asked for the instructions; what is read and written are whole arrays.

    use std::arch::x86_64::{
        __m256, __m512, _CMP_GT_OQ, _mm_cvtsi32_si128, _mm_loadl_epi64, _mm_loadu_si128, _mm_packus_epi16,
        _mm_storeu_si128, _mm256_add_ps, _mm256_and_si256, _mm256_castps_si256, _mm256_castsi256_si128, _mm256_cmp_ps,
        _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_loadu_ps,
        _mm256_loadu_si256, _mm256_max_ps, _mm256_min_ps, _mm256_movemask_ps, _mm256_mul_ps, _mm256_packus_epi32,
        _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_sll_epi32, _mm256_storeu_ps, _mm256_sub_ps,
        _mm512_add_ps, _mm512_castps_si512, _mm512_cmp_ps_mask, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps,
        _mm512_cvtepu8_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_min_ps,
        _mm512_mul_ps, _mm512_set1_ps, _mm512_sll_epi32, _mm512_storeu_ps, _mm512_sub_ps,
    };

    use super::{LANES, ROUND, Vector};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    /// Two registers of AVX2, with FMA.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    impl Vector for Avx512 {
        #[inline(always)]
        fn load(from: &[f32; LANES]) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_loadu_ps(from.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; LANES]) {
            // SAFETY: as above.
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn splat(x: f32) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_set1_ps(x) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_mul_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn mul_add(self, factor: Self, addend: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: as above. The instruction gives its second operand if one is NaN.
            Self(unsafe { _mm512_max_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_min_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn from_integers(from: &[i32; LANES]) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(from.as_ptr().cast())) })
        }

        #[inline(always)]
        fn from_codes(from: &[u8; LANES]) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.as_ptr().cast()))) })
        }

        #[inline(always)]
        fn to_codes(self, shift: u32) -> [u8; LANES] {
            let mut codes = [0; LANES];
            // SAFETY: as above.
            unsafe {
                let bits = _mm512_castps_si512(_mm512_add_ps(self.0, _mm512_set1_ps(ROUND)));
                let bits = _mm512_sll_epi32(bits, _mm_cvtsi32_si128(shift as i32));
                _mm_storeu_si128(codes.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(bits));
            }
            codes
        }

        #[inline(always)]
        fn above(self, limit: Self) -> u16 {
            // SAFETY: as above.
            unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, limit.0) }
        }
    }

    impl Vector for Avx2 {
        #[inline(always)]
        fn load(from: &[f32; LANES]) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(LANES / 2))) }
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; LANES]) {
            // SAFETY: as above.
            unsafe {
                _mm256_storeu_ps(to.as_mut_ptr(), self.0);
                _mm256_storeu_ps(to.as_mut_ptr().add(LANES / 2), self.1);
            }
        }

        #[inline(always)]
        fn splat(x: f32) -> Self {
            // SAFETY: as above.
            let half = unsafe { _mm256_set1_ps(x) };
            Self(half, half)
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn mul_add(self, factor: Self, addend: Self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, addend.0), _mm256_fmadd_ps(self.1, factor.1, addend.1)) }
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: as above. The instruction gives its second operand if one is NaN.
            unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn from_integers(from: &[i32; LANES]) -> Self {
            // SAFETY: as above.
            unsafe {
                let half = |at: usize| _mm256_cvtepi32_ps(_mm256_loadu_si256(from.as_ptr().add(at).cast()));
                Self(half(0), half(LANES / 2))
            }
        }

        #[inline(always)]
        fn from_codes(from: &[u8; LANES]) -> Self {
            // SAFETY: as above.
            unsafe {
                let half =
                    |at: usize| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.as_ptr().add(at).cast())));
                Self(half(0), half(LANES / 2))
            }
        }

        #[inline(always)]
        fn to_codes(self, shift: u32) -> [u8; LANES] {
            let mut codes = [0; LANES];
            // SAFETY: as above.
            unsafe {
                let half = |x: __m256| {
                    let bits = _mm256_castps_si256(_mm256_add_ps(x, _mm256_set1_ps(ROUND)));
                    let bits = _mm256_sll_epi32(bits, _mm_cvtsi32_si128(shift as i32));
                    _mm256_and_si256(bits, _mm256_set1_epi32(0xFF))
                };
                // Packing works within halves of registers: quarters have to be put in order in between.
                let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi32(half(self.0), half(self.1)));
                let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
                _mm_storeu_si128(codes.as_mut_ptr().cast(), bytes);
            }
            codes
        }

        #[inline(always)]
        fn above(self, limit: Self) -> u16 {
            // SAFETY: as above.
            unsafe {
                let lower = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, limit.0));
                let upper = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.1, limit.1));
                (lower | upper << 8) as u16
            }
        }
    }
}

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
            for z in [V::from_integers(&integers), V::from_codes(&codes)] {
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
