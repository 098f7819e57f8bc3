//! Runs networks for `bench/networks.py`, which measures them in turn with another engine.
//!
//!     cargo build --release -p chameleon-models --example networks
//!
//! `networks export FOLDER` writes them as ONNX files. `networks run` reads a line `NETWORK FORMAT BATCH RUNS` at a
//! time, on one thread, and answers with the least and the median time in milliseconds. Formats are `f32`, `int8`,
//! `int4` and `mixed`: half of the channels with 4 bits, half with 1.

mod build;
mod mixed;

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use chameleon_models::engine::Engine;
use chameleon_models::net::Network;
use chameleon_models::onnx;
use chameleon_models::quantize::{Options, quantize};
use chameleon_models::weights::Weights;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["export", folder] => export(Path::new(folder)),
        ["run"] => run(),
        _ => Err("usage: networks export FOLDER, or networks run".into()),
    }
}

fn export(folder: &Path) -> Result<(), Error> {
    for name in build::NAMES {
        let (network, weights) = build::model(name)?;
        std::fs::write(folder.join(format!("{name}.onnx")), onnx::export(&network, &weights)?)?;
        println!("{name} {}", network.macs()?);
    }
    Ok(())
}

fn run() -> Result<(), Error> {
    let mut engines: HashMap<(String, String), (Engine, Network)> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [name, format, batch, runs] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("`{line}` is not NETWORK FORMAT BATCH RUNS").into());
        };
        let key = (name.to_owned(), format.to_owned());
        if !engines.contains_key(&key) {
            let (network, weights) = converted(name, format)?;
            engines.insert(key.clone(), (Engine::new(&network, &weights)?, network));
        }
        let (engine, network) = &engines[&key];
        let (least, median) = measure(engine, network, batch.parse()?, runs.parse()?);
        println!("{least} {median}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn converted(name: &str, format: &str) -> Result<(Network, Weights), Error> {
    let (network, weights) = build::model(name)?;
    match format {
        "f32" => Ok((network, weights)),
        "int8" | "int4" => {
            let images: Vec<Vec<f32>> = (0..2).map(|i| build::image(&network, i)).collect();
            let bits = if format == "int8" { 8 } else { 4 };
            Ok(quantize(&network, &weights, &images, Options { bits }, || {})?)
        }
        "mixed" => mixed::convert(&network, &weights),
        other => Err(format!("no format `{other}`").into()),
    }
}

/// Least and median milliseconds of a batch.
fn measure(engine: &Engine, network: &Network, batch: usize, runs: usize) -> (f64, f64) {
    let images: Vec<f32> = (0..batch).flat_map(|i| build::image(network, i)).collect();
    let last = &network.nodes[network.nodes.len() - 1].name;
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            black_box(engine.run(black_box(&images), batch, last));
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}
