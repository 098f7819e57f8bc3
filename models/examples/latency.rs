//! Measures the engine: milliseconds an image for one alone, in a batch, and in a batch of several applications.
//!
//!     cargo run --release -p chameleon-models --example latency
//!
//! Give one thread for batches too with `RAYON_NUM_THREADS=1`. The applications change the last stage, as customization
//! does, each with adapters of its own.

use std::time::Instant;

use chameleon_models::adapters::{DOWN, UP, adapted};
use chameleon_models::engine::{Engine, Job};
use chameleon_models::layers::join;
use chameleon_models::net::{Node, Op};
use chameleon_models::resnet::FEATURES;
use chameleon_models::weights::Weights;
use chameleon_models::zoo::{self, ImageLabels};

/// Measurements of each; they are made in turn.
const ROUNDS: usize = 40;
const BATCH: usize = 8;
/// Channels of an adapter.
const RANK: usize = 8;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let model = zoo::image_labels()?;
    let engine = Engine::keeping(&model.network, &model.weights, &[FEATURES])?;
    let apps: Vec<Engine> = (0..BATCH).map(|_| app(&engine, &model)).collect::<Result<_, _>>()?;
    let image = vec![0.5; model.network.input.elements()];
    let images = vec![0.5; BATCH * image.len()];
    let jobs: Vec<Job> = apps.iter().map(|engine| Job { engine, image: &image }).collect();
    let runs: [(&str, usize, &dyn Fn()); 4] = [
        ("one image", 1, &|| drop(engine.run(&image, 1, FEATURES))),
        ("8 images", BATCH, &|| drop(engine.run(&images, BATCH, FEATURES))),
        ("one image of an application", 1, &|| drop(apps[0].run(&image, 1, FEATURES))),
        ("8 images of 8 applications", BATCH, &|| drop(Engine::run_batch(&jobs, FEATURES))),
    ];
    let mut times = vec![Vec::with_capacity(ROUNDS); runs.len()];
    for _ in 0..ROUNDS {
        for ((_, n, run), times) in runs.iter().zip(&mut times) {
            times.push((0..3).map(|_| seconds(run)).fold(f64::INFINITY, f64::min) * 1e3 / *n as f64);
        }
    }
    for ((name, ..), mut times) in runs.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!("{name:28} median {:.2} ms, best {:.2} ms an image", times[times.len() / 2], times[0]);
    }
    Ok(())
}

/// The engine of an application that changes the last stage.
fn app(base: &Engine, model: &ImageLabels) -> Result<Engine, Error> {
    let is_changed = |node: &&Node| node.name.starts_with("stage3.") && matches!(node.op, Op::Conv2d { .. });
    let beside: Vec<&str> = model.network.nodes.iter().filter(is_changed).map(|node| node.name.as_str()).collect();
    let network = adapted(&model.network, &beside, RANK)?;
    let mut layers = Weights::default();
    for (name, shape) in network.parameters() {
        if name.contains(DOWN) || name.contains(UP) {
            let values = vec![0.01; shape.iter().product()];
            layers.insert(&name, shape, values)?;
        }
    }
    Ok(base.beside(&join(&model.network, &model.weights, &layers)?, &[FEATURES])?)
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
