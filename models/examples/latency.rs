//! Measures the engine: milliseconds for one image, and images a second in batches.
//!
//!     cargo run --release -p chameleon-models --example latency
//!
//! Give one thread for batches too with `RAYON_NUM_THREADS=1`.

use std::time::Instant;

use chameleon_models::engine::Engine;
use chameleon_models::zoo;

const RUNS: usize = 200;
const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = zoo::image_labels()?;
    let engine = Engine::new(&model.network, &model.weights)?;
    let gmacs = model.network.macs()? as f64 / 1e9;
    for n in [1, BATCH] {
        let images = vec![0.5; n * model.network.input.elements()];
        let mut times: Vec<f64> = (0..RUNS / n.min(10)).map(|_| seconds(|| engine.run(&images, n, "head"))).collect();
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[times.len() / 2]);
        println!(
            "{n:2} images: median {:.2} ms, best {:.2} ms an image ({:.0} GMAC/s)",
            median * 1e3 / n as f64,
            best * 1e3 / n as f64,
            gmacs * n as f64 / best
        );
    }
    Ok(())
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64()
}
