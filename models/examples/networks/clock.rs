//! The core's clock, measured.

use std::hint::black_box;
use std::time::Instant;

/// Cycles a second, by a chain of dependent multiplications of three cycles each.
pub(crate) fn cycles_a_second() -> f64 {
    const STEPS: u64 = 60_000;
    let started = Instant::now();
    let mut x = black_box(3_u64);
    for _ in 0..STEPS {
        x = x.wrapping_mul(x);
    }
    black_box(x);
    (3 * STEPS) as f64 / started.elapsed().as_secs_f64()
}
