//! Intel AMX: a coprocessor for products of 16 x 64 bytes by 64 x 16 bytes, eight times as fast as VNNI where a
//! processor has it.
//!
//! Its tiles want rows at equal distances: where the left side's are not, they are copied into blocks of [`ROWS`] rows
//! first. The right side is the panel that VNNI reads. Instructions are written out, since the compiler's own functions for them are
//! not stable yet.

use std::arch::asm;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// Rows of a block: two tiles.
pub(in super::super) const ROWS: usize = 32;
/// Bytes of a row that one instruction takes.
pub(in super::super) const STEP: usize = 64;

/// The operands of a product.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Block<'a> {
    /// `ROWS` rows, `stride` bytes apart.
    pub(in super::super) left: &'a [u8],
    pub(in super::super) stride: usize,
    /// Bytes of a row that count.
    pub(in super::super) depth: usize,
    /// Signed bytes for `depth / 4` groups, of so many vectors.
    pub(in super::super) panel: &'a [u8],
    pub(in super::super) vectors: usize,
    /// Whether only the first 16 rows are to be computed.
    pub(in super::super) half: bool,
    /// Whether the sums begin with these products; else they are added to.
    pub(in super::super) first: bool,
}

/// Proof that the processor has AMX and the system lets this process use it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Amx(());

impl Amx {
    /// Asks the processor and the system, once.
    pub(in super::super) fn detect() -> Option<Self> {
        static AVAILABLE: OnceLock<bool> = OnceLock::new();
        AVAILABLE.get_or_init(|| has_tiles() && permitted()).then_some(Self(()))
    }

    /// Configures the tiles of this thread.
    pub(in super::super) fn start(self) -> Tiles {
        // Whoever has this value has asked the processor and the system.
        let Self(()) = self;
        let tiles = Configuration::new();
        // SAFETY: `self` proves that the instructions are there and allowed; the configuration is whole.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const tiles, options(nostack, readonly)) };
        Tiles(PhantomData)
    }
}

/// The configured tiles of a thread.
#[derive(Debug)]
pub(in super::super) struct Tiles(PhantomData<*const ()>);

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: this value proves that the instruction is there and allowed.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

impl Tiles {
    /// Makes or adds to a block's sums, (`ROWS`, vectors * 16).
    ///
    /// # Panics
    /// The depth is no multiple of [`STEP`], or a slice is shorter than the block says.
    pub(in super::super) fn multiply(&self, block: &Block, sums: &mut [i32]) {
        // Whoever has this value has configured the tiles.
        let Self(_) = self;
        let &Block { left, stride, depth, panel, vectors, half, .. } = block;
        let rows = if half { ROWS / 2 } else { ROWS };
        assert!(depth.is_multiple_of(STEP) && 0 < depth, "{depth} bytes");
        assert!(left.len() >= (rows - 1) * stride + depth && panel.len() >= depth * vectors * 16);
        assert!(sums.len() >= ROWS * vectors * 16);
        for first in (0..vectors).step_by(2) {
            let block = Block { panel: &panel[first * STEP..], ..*block };
            let sums = &mut sums[first * 16..];
            // SAFETY: the tiles are configured; lengths were checked: rows of 64 bytes at `stride` in `left`, at 64
            // bytes a vector in the panel and the sums, two of them side by side only where there are two.
            unsafe {
                match (vectors - first, half) {
                    (1, false) => two_by_one(&block, sums),
                    (1, true) => one_by_one(&block, sums),
                    (_, false) => two_by_two(&block, sums),
                    (_, true) => one_by_two(&block, sums),
                }
            }
        }
    }
}

/// Whether the processor has AMX for bytes.
fn has_tiles() -> bool {
    // Leaf 7: AMX-TILE and AMX-INT8 are bits 24 and 25 of edx.
    let leaf = std::arch::x86_64::__cpuid_count(7, 0);
    is_x86_feature_detected!("avx512f") && leaf.edx >> 24 & 3 == 3
}

/// Asks Linux for the registers' memory; other systems are not known to allow it.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const REQUEST_PERMISSION: i64 = 0x1023;
    const TILE_DATA: i64 = 18;
    let result: i64;
    // SAFETY: this system call touches no memory of the process; it clobbers rcx and r11 as all do.
    unsafe {
        asm!("syscall", inlateout("rax") ARCH_PRCTL => result, in("rdi") REQUEST_PERMISSION, in("rsi") TILE_DATA,
            lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// Palette 1 with eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Configuration([u8; 64]);

impl Configuration {
    fn new() -> Self {
        let mut bytes = [0; 64];
        bytes[0] = 1;
        for tile in 0..8 {
            bytes[16 + 2 * tile] = 64;
            bytes[48 + tile] = 16;
        }
        Self(bytes)
    }
}

/// Defines a product of some left tiles by some right tiles: the tiles of the sums with their places, which are loaded
/// before and stored afterwards, and the instructions of a step.
macro_rules! product {
    ($name:ident, sums $([$place:literal, $tile:literal]),+; $($line:literal),+) => {
        /// # Safety
        /// The tiles are configured and all rows that the block and the sums stand for are there.
        unsafe fn $name(block: &Block, sums: &mut [i32]) {
            let width = block.vectors * 64;
            // SAFETY: the caller's.
            unsafe {
                asm!(
                    "test {first:e}, {first:e}",
                    "jnz 3f",
                    $(concat!("tileloadd ", $tile, ", [", $place, "]"),)+
                    "jmp 2f",
                    "3:",
                    $(concat!("tilezero ", $tile),)+
                    "2:",
                    $($line,)+
                    "add {a0}, 64", "add {a1}, 64", "add {b}, {step}",
                    "dec {n}", "jnz 2b",
                    $(concat!("tilestored [", $place, "], ", $tile),)+
                    // Not all products use the second rows of the sums.
                    "/* {c1} */",
                    a0 = inout(reg) block.left.as_ptr() => _,
                    a1 = inout(reg) block.left.as_ptr().wrapping_add(16 * block.stride) => _,
                    b = inout(reg) block.panel.as_ptr() => _,
                    n = inout(reg) block.depth / STEP => _,
                    first = in(reg) u32::from(block.first),
                    sa = in(reg) block.stride,
                    sb = in(reg) width,
                    step = in(reg) 16 * width,
                    c0 = in(reg) sums.as_mut_ptr(),
                    c1 = in(reg) sums.as_mut_ptr().wrapping_add(16 * block.vectors * 16),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack)
                );
            }
        }
    };
}

product!(two_by_two,
    sums ["{c0} + {sb}*1", "tmm0"], ["{c0} + {sb}*1 + 64", "tmm1"],
    ["{c1} + {sb}*1", "tmm2"], ["{c1} + {sb}*1 + 64", "tmm3"];
    "tileloadd tmm6, [{b} + {sb}*1]", "tileloadd tmm4, [{a0} + {sa}*1]", "tdpbusd tmm0, tmm4, tmm6",
    "tileloadd tmm5, [{a1} + {sa}*1]", "tdpbusd tmm2, tmm5, tmm6",
    "tileloadd tmm7, [{b} + {sb}*1 + 64]", "tdpbusd tmm1, tmm4, tmm7", "tdpbusd tmm3, tmm5, tmm7");
product!(two_by_one,
    sums ["{c0} + {sb}*1", "tmm0"], ["{c1} + {sb}*1", "tmm2"];
    "tileloadd tmm6, [{b} + {sb}*1]", "tileloadd tmm4, [{a0} + {sa}*1]", "tdpbusd tmm0, tmm4, tmm6",
    "tileloadd tmm5, [{a1} + {sa}*1]", "tdpbusd tmm2, tmm5, tmm6");
product!(one_by_two,
    sums ["{c0} + {sb}*1", "tmm0"], ["{c0} + {sb}*1 + 64", "tmm1"];
    "tileloadd tmm4, [{a0} + {sa}*1]", "tileloadd tmm6, [{b} + {sb}*1]", "tdpbusd tmm0, tmm4, tmm6",
    "tileloadd tmm7, [{b} + {sb}*1 + 64]", "tdpbusd tmm1, tmm4, tmm7");
product!(one_by_one,
    sums ["{c0} + {sb}*1", "tmm0"];
    "tileloadd tmm4, [{a0} + {sa}*1]", "tileloadd tmm6, [{b} + {sb}*1]", "tdpbusd tmm0, tmm4, tmm6");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    use super::*;

    proptest! {
        #[test]
        fn a_block_is_the_sum_of_products(seed in any::<u64>(), steps in 1_usize..6, vectors in 1_usize..4, half in any::<bool>(), first in any::<bool>()) {
            let Some(amx) = Amx::detect() else { return Ok(()) };
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            // Rows may overlap.
            let (depth, stride) = (steps * STEP, [16, 48, steps * STEP + 64][seed as usize % 3]);
            let left: Vec<u8> = (0..(ROWS - 1) * stride + depth).map(|_| rng.random()).collect();
            let panel: Vec<u8> = (0..depth * vectors * 16).map(|_| rng.random()).collect();
            let mut sums = vec![3; ROWS * vectors * 16];
            let block = Block { left: &left, stride, depth, panel: &panel, vectors, half, first };
            amx.start().multiply(&block, &mut sums);
            for row in 0..if half { 16 } else { ROWS } {
                for column in 0..vectors * 16 {
                    let product = |k: usize| {
                        let weight = panel[((k / 4) * vectors * 16 + column) * 4 + k % 4] as i8;
                        i32::from(left[row * stride + k]) * i32::from(weight)
                    };
                    let before = if first { 0 } else { 3 };
                    prop_assert_eq!(sums[row * vectors * 16 + column], before + (0..depth).map(product).sum::<i32>());
                }
            }
        }
    }
}
