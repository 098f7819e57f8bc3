//! Runs networks for `bench/networks.py`, which measures them in turn with another engine.
//!
//!     cargo build --release -p chameleon-models --example networks
//!
//! `networks export FOLDER NETWORK...` writes them as ONNX files, each with an input and its output, and prints their
//! multiply-accumulates. `networks import FILE` reads such a file and writes its output for the same input. `networks output
//! NETWORK FORMAT CALIBRATION INPUT OUTPUT` writes what a network makes of the images in a file, quantized with those in
//! another. `networks run` reads a line `NETWORK FORMAT BATCH RUNS` at a time, on one thread, and answers with the least
//! processor time in milliseconds and the clock in cycles a second. Formats are `f32`, `int8`, `int4`, `2-bit`, `1-bit` and `mixed`: half of the
//! channels with 4 bits, half with 1.

mod build;
mod clock;
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
        ["export", folder, names @ ..] => export(Path::new(folder), names),
        ["import", file] => import(Path::new(file)),
        ["output", name, format, calibration, input, output] => {
            write_output(name, format, [calibration, input, output].map(Path::new))
        }
        ["run"] => run(),
        _ => Err("usage: networks export|import|output|run; see the head of this program".into()),
    }
}

fn export(folder: &Path, names: &[&str]) -> Result<(), Error> {
    for name in names {
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

/// Writes what a network makes of some images, one after the other.
fn write_output(name: &str, format: &str, [calibration, input, output]: [&Path; 3]) -> Result<(), Error> {
    let (network, weights) = build::model(name)?;
    let size = network.input.elements();
    let calibration: Vec<Vec<f32>> = read_numbers(calibration)?.chunks_exact(size).map(<[f32]>::to_vec).collect();
    let last = network.nodes[network.nodes.len() - 1].name.clone();
    let (network, weights) = converted(network, weights, format, &calibration)?;
    let images = read_numbers(input)?;
    write_numbers(output, &Engine::new(&network, &weights)?.run(&images, images.len() / size, &last))
}

fn read_numbers(file: &Path) -> Result<Vec<f32>, Error> {
    Ok(std::fs::read(file)?.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
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
            let (network, weights) = build::model(name)?;
            let calibration: Vec<Vec<f32>> = (0..2).map(|i| build::image(&network, i)).collect();
            let (network, weights) = converted(network, weights, format, &calibration)?;
            engines.insert(key.clone(), (Engine::new(&network, &weights)?, network));
        }
        let (engine, network) = &engines[&key];
        let (milliseconds, clock) = measure(engine, network, batch.parse()?, runs.parse()?);
        println!("{milliseconds} {clock}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn converted(
    network: Network,
    weights: Weights,
    format: &str,
    calibration: &[Vec<f32>],
) -> Result<(Network, Weights), Error> {
    match format {
        "f32" => Ok((network, weights)),
        "int8" => Ok(quantize(&network, &weights, calibration, Options { bits: 8 }, || {})?),
        "int4" => Ok(quantize(&network, &weights, calibration, Options { bits: 4 }, || {})?),
        "2-bit" => mixed::convert(&network, &weights, |channels| vec![(channels, 2)]),
        "1-bit" => mixed::convert(&network, &weights, |channels| vec![(channels, 1)]),
        "mixed" => mixed::convert(&network, &weights, |channels| {
            let half = channels / 32 * 16;
            vec![(half, 4), (channels - half, 1)]
        }),
        other => Err(format!("no format `{other}`").into()),
    }
}

/// Milliseconds that this process has run: unlike the time of day it stands still while others run.
fn processor_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// The least milliseconds of a batch, and the median of the clock.
fn measure(engine: &Engine, network: &Network, batch: usize, runs: usize) -> (f64, f64) {
    let images: Vec<f32> = (0..batch).flat_map(|i| build::image(network, i)).collect();
    let last = &network.nodes[network.nodes.len() - 1].name;
    let (mut least, mut clocks) = (f64::INFINITY, Vec::with_capacity(runs));
    for _ in 0..runs {
        clocks.push(clock::cycles_a_second());
        let started = processor_time();
        black_box(engine.run(black_box(&images), batch, last));
        least = least.min(processor_time() - started);
    }
    clocks.sort_by(f64::total_cmp);
    (least, clocks[runs / 2])
}
