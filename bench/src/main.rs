//! Latency of the shipped network, one image on one thread: our engine against libtorch, in turn, in the same run.
//!
//!     make bench

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use chameleon_models::engine::Engine;
use chameleon_models::resnet::HEAD;
use chameleon_models::zoo;
use chameleon_trainer::module::Module;
use clap::Parser;
use tch::{Device, Tensor};

/// Times our engine and libtorch on the shipped network, one image on one thread
#[derive(Parser)]
struct Arguments {
    /// Timed pairs
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Untimed pairs before them
    #[arg(long, default_value_t = 20)]
    warmup: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tch::set_num_threads(1);
    let model = zoo::image_labels()?;
    let engine = Engine::new(&model.network, &model.weights)?;
    let module = module(&model)?;
    let input = &model.network.input;
    let (c, h, w) = (input.channels, input.height, input.width);
    let image: Vec<f32> = (0..c * h * w).map(|i| ((i * 7919) % 513) as f32 / 256.0 - 1.0).collect();
    let tensor = Tensor::from_slice(&image).view([1, c as i64, h as i64, w as i64]);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..arguments.warmup + arguments.rounds {
        let (a, logits) = timed(|| engine.run(&image, 1, HEAD));
        let (b, expected) = timed(|| tch::no_grad(|| module.forward(&tensor, false)));
        if round >= arguments.warmup {
            ours.push(a);
            theirs.push(b);
        }
        if round == 0 {
            report_difference(&logits, &expected)?;
        }
    }
    print(&arguments, model.network.macs()?, ours, theirs);
    Ok(())
}

fn module(model: &zoo::ImageLabels) -> Result<Module> {
    let shape = |shape: &[usize]| shape.iter().map(|&n| n as i64).collect::<Vec<_>>();
    let tensors: HashMap<String, Tensor> = model
        .weights
        .iter()
        .map(|(name, tensor)| {
            (name.to_owned(), Tensor::from_slice(tensor.data()).view(shape(tensor.shape()).as_slice()))
        })
        .collect();
    Module::from_tensors(model.network.clone(), &tensors, Device::Cpu)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

fn report_difference(logits: &[f32], expected: &Tensor) -> Result<()> {
    let mut values = vec![0.0f32; logits.len()];
    expected.contiguous().view([-1]).f_copy_data(&mut values, logits.len())?;
    let largest = logits.iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    eprintln!("largest difference of a logit: {largest:.1e}");
    Ok(())
}

fn print(arguments: &Arguments, macs: u64, ours: Vec<Duration>, theirs: Vec<Duration>) {
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let (ours, theirs) = (median(ours), median(theirs));
    if arguments.json {
        println!(
            "{}",
            serde_json::json!({"macs": macs, "engine_ms": ours, "libtorch_ms": theirs, "engine_to_libtorch": ratio})
        );
        return;
    }
    println!("{:.0} M multiply-accumulates, one image, one thread, median of {}", macs as f64 / 1e6, ratios.len());
    println!("  engine    {ours:.2} ms");
    println!("  libtorch  {theirs:.2} ms");
    println!("  ratio     {ratio:.2} (pair by pair; below 1 the engine is faster)");
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    1000.0 * times[times.len() / 2].as_secs_f64()
}
