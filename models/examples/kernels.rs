//! Measures the matrix kernels: multiply-accumulates a cycle on one core, against a measured clock.
//!
//!     cargo run --release -p chameleon-models --example kernels
//!
//! The clock is that of a chain of dependent multiplications, three cycles each, measured beside every kernel: the median
//! of the rounds. Of the kernel's times the least counts.

use std::hint::black_box;
use std::time::Instant;

use chameleon_models::engine::product::{Format, Product};

/// Rounds of a measurement.
const ROUNDS: usize = 60;

fn main() {
    let shapes = [(1024, 16, 144), (256, 32, 288), (64, 64, 576), (784, 128, 1152), (196, 256, 2304), (1, 4096, 4096)];
    println!("{:22} {:>14} {:>10} {:>8} {:>6}", "rows x outputs x inputs", "format", "MAC/cycle", "GMAC/s", "GHz");
    for (rows, outputs, inputs) in shapes {
        let half = inputs / 2 / 32 * 32;
        let formats = [
            ("f32", Format::F32),
            ("8-bit AMX", Format::Bytes(8)),
            ("8-bit", Format::Vector(8)),
            ("4-bit", Format::Vector(4)),
            ("2-bit grid", Format::Mixed(vec![(inputs, 2)])),
            ("1-bit", Format::Mixed(vec![(inputs, 1)])),
            ("half 1, half 4", Format::Mixed(vec![(half, 1), (inputs - half, 4)])),
        ];
        for (name, format) in formats {
            if let Some((rate, clock)) = rate(&format, rows, outputs, inputs) {
                let shape = format!("{rows} x {outputs} x {inputs}");
                println!("{shape:22} {name:>14} {:10.1} {:8.1} {:6.2}", rate / clock, rate / 1e9, clock / 1e9);
            }
        }
    }
}

/// Multiply-accumulates and cycles a second.
fn rate(format: &Format, rows: usize, outputs: usize, inputs: usize) -> Option<(f64, f64)> {
    let number = |i: usize| ((i * 7919) % 2003) as f32 / 1001.0 - 1.0;
    let weight: Vec<f32> = (0..outputs * inputs).map(number).collect();
    let left: Vec<f32> = (0..rows * inputs).map(number).collect();
    let mut product = Product::new(format, &weight, inputs, rows)?;
    product.load(&left);
    let mut output = vec![0.0; rows * outputs];
    let macs = (rows * outputs * inputs) as f64;
    // Long enough to time, short enough to fall between two interruptions.
    let repeats = (2e7 / macs).ceil() as usize;
    let (mut best, mut clocks) = (f64::INFINITY, Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        clocks.push(cycles_a_second());
        let started = Instant::now();
        for _ in 0..repeats {
            product.multiply(black_box(&mut output));
        }
        best = best.min(started.elapsed().as_secs_f64() / repeats as f64);
    }
    // The median: right behind wide vectors a core runs slower than at its best.
    clocks.sort_by(f64::total_cmp);
    Some((macs / best, clocks[ROUNDS / 2]))
}

fn cycles_a_second() -> f64 {
    const STEPS: u64 = 60_000;
    let started = Instant::now();
    let mut x = black_box(3_u64);
    for _ in 0..STEPS {
        x = x.wrapping_mul(x);
    }
    black_box(x);
    (3 * STEPS) as f64 / started.elapsed().as_secs_f64()
}
