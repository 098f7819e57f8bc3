//! Runs networks for `bench/networks.py`, which measures them in turn with another engine.
//!
//!     cargo build --release -p chameleon-models --example networks
//!
//! `networks export FOLDER` writes them as ONNX files, each with an input and its output; `networks import FILE` reads
//! such a file and writes its output for the same input. `networks run` reads a line `NETWORK FORMAT BATCH RUNS` at a
//! time, on one thread, and answers with the least and the median processor time in milliseconds. Formats are `f32`, `int8`,
//! `int4` and `mixed`: half of the channels with 4 bits, half with 1.

mod build;
mod mixed;

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::path::Path;

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
        ["import", file] => import(Path::new(file)),
        ["run"] => run(),
        _ => Err("usage: networks export FOLDER, networks import FILE, or networks run".into()),
    }
}

fn export(folder: &Path) -> Result<(), Error> {
    for name in build::NAMES {
        let (network, weights) = build::model(name)?;
        std::fs::write(folder.join(format!("{name}.onnx")), onnx::export(&network, &weights)?)?;
        // What others make of the file is compared with what we make of the network, and of the file read back.
        let image = build::image(&network, 0);
        write_numbers(&folder.join(format!("{name}.input")), &image)?;
        write_numbers(&folder.join(format!("{name}.output")), &output(&network, &weights, &image)?)?;
        println!("{name} {}", network.macs()?);
    }
    Ok(())
}

/// Reads an ONNX file and writes what it makes of the input beside it.
fn import(file: &Path) -> Result<(), Error> {
    let (network, weights) = onnx::import(&std::fs::read(file)?)?;
    let image = build::image(&network, 0);
    write_numbers(&file.with_extension("imported"), &output(&network, &weights, &image)?)
}

fn output(network: &Network, weights: &Weights, image: &[f32]) -> Result<Vec<f32>, Error> {
    let last = &network.nodes[network.nodes.len() - 1].name;
    Ok(Engine::new(network, weights)?.run(image, 1, last))
}

fn write_numbers(file: &Path, numbers: &[f32]) -> Result<(), Error> {
    Ok(std::fs::write(file, numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?)
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

/// Milliseconds that this process has run: unlike the time of day it stands still while others run.
fn processor_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Least and median milliseconds of a batch.
fn measure(engine: &Engine, network: &Network, batch: usize, runs: usize) -> (f64, f64) {
    let images: Vec<f32> = (0..batch).flat_map(|i| build::image(network, i)).collect();
    let last = &network.nodes[network.nodes.len() - 1].name;
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let started = processor_time();
            black_box(engine.run(black_box(&images), batch, last));
            processor_time() - started
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}
