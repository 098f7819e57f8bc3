//! The vectors of x86-64.
//!
//! SAFETY of all blocks here: vectors are made by [`Isa::vectorize`](super::super::Isa::vectorize) only, after the
//! processor was asked for the instructions; what is read and written are whole arrays.

use std::arch::x86_64::{
    __m256, __m512, _CMP_GT_OQ, _mm_loadl_epi64, _mm_loadu_si128, _mm_packus_epi16, _mm_storeu_si128, _mm256_add_ps,
    _mm256_and_ps, _mm256_and_si256, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_castsi256_si128, _mm256_cmp_ps,
    _mm256_cmpeq_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_extracti128_si256, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_max_ps, _mm256_min_ps, _mm256_movemask_ps, _mm256_mul_ps,
    _mm256_packus_epi32, _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32,
    _mm256_sllv_epi32, _mm256_storeu_ps, _mm256_sub_ps, _mm512_add_ps, _mm512_castps_si512, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_sllv_epi32, _mm512_storeu_ps, _mm512_sub_ps,
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
    fn from_bits(bits: u16) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_maskz_mov_ps(bits, _mm512_set1_ps(1.0)) })
    }

    #[inline(always)]
    fn to_codes(self, shift: u32) -> [u8; LANES] {
        let mut codes = [0; LANES];
        // SAFETY: as above.
        unsafe {
            let bits = _mm512_castps_si512(_mm512_add_ps(self.0, _mm512_set1_ps(ROUND)));
            let bits = _mm512_sllv_epi32(bits, _mm512_set1_epi32(shift as i32));
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
    fn from_bits(bits: u16) -> Self {
        // SAFETY: as above.
        unsafe {
            let places = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let (lower, upper) = (_mm256_set1_epi32(i32::from(bits)), _mm256_set1_epi32(i32::from(bits >> 8)));
            let lower = _mm256_cmpeq_epi32(_mm256_and_si256(lower, places), places);
            let upper = _mm256_cmpeq_epi32(_mm256_and_si256(upper, places), places);
            let one = _mm256_set1_ps(1.0);
            Self(_mm256_and_ps(_mm256_castsi256_ps(lower), one), _mm256_and_ps(_mm256_castsi256_ps(upper), one))
        }
    }

    #[inline(always)]
    fn to_codes(self, shift: u32) -> [u8; LANES] {
        let mut codes = [0; LANES];
        // SAFETY: as above.
        unsafe {
            let half = |x: __m256| {
                let bits = _mm256_castps_si256(_mm256_add_ps(x, _mm256_set1_ps(ROUND)));
                let bits = _mm256_sllv_epi32(bits, _mm256_set1_epi32(shift as i32));
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
