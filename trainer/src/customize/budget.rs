//! How much of the layers before the head can be trained in the time that is left.

use std::time::Instant;

use anyhow::{Context, Result};
use chameleon_models::weights::Weights;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::recipe::Layers;
use super::task::Task;

/// A step's time in passes without gradients: forward, and back to the first layer that is trained.
const STEP: f64 = 3.0;
/// Fewer steps a stage teach nothing.
const FEWEST: usize = 20;
/// What one application may take at most; whether more would be better was not measured.
const MOST: usize = 300;
/// Arms that train.
const ARMS: f64 = 3.0;

/// How layers are to be trained until the deadline; none if there is too little time.
///
/// # Errors
/// There are no images to train layers with.
pub(super) fn layers(deadline: Instant, task: &Task, seeds: &[u64]) -> Result<Option<Layers>> {
    let mut layers = Layers::default();
    let body = task.pool.body.as_ref().context("a budget needs the images themselves")?;
    let adapters: Weights = body.fresh(layers.rank, &mut ChaCha8Rng::seed_from_u64(0))?;
    let images: Vec<usize> = task.tune.images.iter().copied().cycle().take(layers.first.batch).collect();
    // The first pass sets things up.
    drop(body.features(&adapters, &images)?);
    let started = Instant::now();
    drop(body.features(&adapters, &images)?);
    let pass = started.elapsed().as_secs_f64();

    let left = deadline.saturating_duration_since(Instant::now()).as_secs_f64();
    let rounds = seeds.len().div_ceil(rayon::current_num_threads());
    let measured = task.tune.images.len() + task.test.images.len();
    let Some(steps) = steps(left / rounds as f64, pass, measured as f64 / layers.first.batch as f64) else {
        return Ok(None);
    };
    for stage in [&mut layers.first, &mut layers.second] {
        stage.steps = steps;
    }
    Ok(Some(layers))
}

/// Steps a stage in so many seconds for one seed, where a pass over a batch takes `pass` of them and every arm is
/// measured on so many batches.
fn steps(seconds: f64, pass: f64, measured: f64) -> Option<usize> {
    let steps = (seconds / (ARMS * pass.max(1e-6)) - measured) / STEP;
    (steps >= FEWEST as f64).then_some((steps as usize).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planned_fits_into_the_time() {
        for (seconds, pass, measured) in [(60.0, 0.05, 50.0), (100.0, 0.1, 30.0), (1e4, 0.05, 10.0), (9.0, 0.01, 2.0)] {
            let planned = steps(seconds, pass, measured).expect("enough time") as f64;
            assert!(ARMS * pass * (planned * STEP + measured) <= seconds, "{planned} steps in {seconds} s");
            assert!(planned <= MOST as f64);
        }
        assert_eq!(steps(10.0, 0.1, 20.0), None, "measuring alone takes most of it");
        assert_eq!(steps(0.0, 0.01, 1.0), None);
    }
}
