//! Measures the matrix kernels: multiply-accumulates a cycle on one core, against a measured clock.
//!
//!     cargo run --release -p chameleon-models --example kernels
//!
//! The clock is measured beside every kernel: the median of the rounds. Of the kernel's times the least counts. A single row is multiplied by one matrix after the other, 1 GiB of
//! them, so that weights come from memory; of more rows everything is in cache.
//!
//! `kernels run` measures for `bench/kernels.py`, in turn with other libraries: it reads a line `ROWS OUTPUTS INPUTS FORMAT`
//! at a time and answers with the seconds of a product, or with nothing where the format does not fit; to `clock` it
//! answers with cycles a second.

#[path = "networks/clock.rs"]
mod clock;

use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use chameleon_models::engine::product::{Format, Product};
use clock::cycles_a_second;

/// Rounds of a measurement.
const ROUNDS: usize = 60;
/// Of one that is made in turn with others.
const RUN_ROUNDS: usize = 10;
/// Bytes of weights that a product with a single row reads before it comes back to the first: more than any cache holds.
const WEIGHTS: usize = 1 << 30;
/// Names of the formats.
const FORMATS: [&str; 7] = ["f32", "8-bit-amx", "8-bit", "4-bit", "2-bit", "1-bit", "half-1-half-4"];

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        None => table(),
        Some("run") => run(),
        Some(_) => Err("usage: kernels, or kernels run".into()),
    }
}

fn table() -> Result<(), Error> {
    let shapes = [(1024, 16, 144), (256, 32, 288), (64, 64, 576), (784, 128, 1152), (196, 256, 2304), (1, 4096, 4096)];
    println!("{:22} {:>14} {:>10} {:>8} {:>6}", "rows x outputs x inputs", "format", "MAC/cycle", "GMAC/s", "GHz");
    for (rows, outputs, inputs) in shapes {
        for name in FORMATS {
            let Some(mut bench) = Bench::new(&format(name, inputs)?, rows, outputs, inputs) else { continue };
            let (mut best, mut clocks) = (f64::INFINITY, Vec::with_capacity(ROUNDS));
            for _ in 0..ROUNDS {
                clocks.push(cycles_a_second());
                best = best.min(bench.seconds());
            }
            // The median: right behind wide vectors a core runs slower than at its best.
            clocks.sort_by(f64::total_cmp);
            let (rate, clock) = ((rows * outputs * inputs) as f64 / best, clocks[ROUNDS / 2]);
            let shape = format!("{rows} x {outputs} x {inputs}");
            println!("{shape:22} {name:>14} {:10.1} {:8.1} {:6.2}", rate / clock, rate / 1e9, clock / 1e9);
        }
    }
    Ok(())
}

fn run() -> Result<(), Error> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["clock"] => println!("{}", cycles_a_second()),
            [rows, outputs, inputs, name] => {
                let (rows, outputs, inputs) = (rows.parse()?, outputs.parse()?, inputs.parse()?);
                let bench = Bench::new(&format(name, inputs)?, rows, outputs, inputs);
                let least = |mut bench: Bench| (0..RUN_ROUNDS).map(|_| bench.seconds()).fold(f64::MAX, f64::min);
                println!("{}", bench.map(least).map_or_else(String::new, |seconds| seconds.to_string()));
            }
            _ => return Err(format!("`{line}` is not ROWS OUTPUTS INPUTS FORMAT").into()),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn format(name: &str, inputs: usize) -> Result<Format, Error> {
    let half = inputs / 2 / 32 * 32;
    Ok(match name {
        "f32" => Format::F32,
        "8-bit-amx" => Format::Bytes(8),
        "8-bit" => Format::Vector(8),
        "4-bit" => Format::Vector(4),
        "2-bit" => Format::Mixed(vec![(inputs, 2)]),
        "1-bit" => Format::Mixed(vec![(inputs, 1)]),
        "half-1-half-4" => Format::Mixed(vec![(half, 1), (inputs - half, 4)]),
        other => return Err(format!("no format `{other}`").into()),
    })
}

/// A product to be measured.
struct Bench {
    /// Equal ones.
    products: Vec<Product>,
    output: Vec<f32>,
    /// Times that each is computed for a measurement: long enough to time, short enough to fall between two interruptions.
    repeats: usize,
}

impl Bench {
    fn new(format: &Format, rows: usize, outputs: usize, inputs: usize) -> Option<Self> {
        let number = |i: usize| ((i * 7919) % 2003) as f32 / 1001.0 - 1.0;
        let weight: Vec<f32> = (0..outputs * inputs).map(number).collect();
        let left: Vec<f32> = (0..rows * inputs).map(number).collect();
        let mut product = Product::new(format, &weight, inputs, rows)?;
        product.load(&left);
        let repeats = (2e7 / (rows * outputs * inputs) as f64).ceil() as usize;
        let count = if rows == 1 { WEIGHTS.div_ceil(product.bytes()) } else { 1 };
        Some(Self { products: vec![product; count], output: vec![0.0; rows * outputs], repeats })
    }

    /// Of one product.
    fn seconds(&mut self) -> f64 {
        let started = Instant::now();
        for _ in 0..self.repeats {
            for product in &mut self.products {
                product.multiply(black_box(&mut self.output));
            }
        }
        started.elapsed().as_secs_f64() / (self.repeats * self.products.len()) as f64
    }
}
