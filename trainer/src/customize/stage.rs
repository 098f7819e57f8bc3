//! One training stage of some rows of the head.

use anyhow::Result;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Tensor};

use super::examples::Examples;
use super::head::{Head, affine};
use super::recipe::Stage;
use super::rows::Rows;

/// What is trained.
pub struct Trained<'t> {
    /// The images.
    pub examples: &'t Examples,
    /// Training images in groups, none empty, that are drawn equally often.
    pub groups: &'t [Vec<usize>],
    /// The generic head's rows, to which weight decay pulls.
    pub generic: &'t Head,
    /// The rank of the change, if it is not free.
    pub rank: Option<usize>,
    /// The loss of logits (B, n) for these images (B).
    pub loss: &'t dyn Fn(&[usize], &Tensor) -> Result<Tensor>,
    /// Called after every step.
    pub tick: &'t (dyn Fn() + Sync),
}

/// Trains from `start` and returns the rows at each checkpoint.
///
/// # Errors
/// libtorch's message, or the loss's.
pub fn train(trained: &Trained, start: &Head, stage: &Stage, seed: u64) -> Result<Vec<Head>> {
    // The matrices are small: threads would mostly wait for each other, and their number would change the sums.
    tch::set_num_threads(1);
    let variables = nn::VarStore::new(Device::Cpu);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Rows::new(&variables, start, trained.rank, &mut rng);
    let generic = trained.generic.tensors();
    let mut optimizer = nn::Adam::default().build(&variables, 0.0)?;
    let largest = stage.learning_rate * trained.generic.scale();
    let mut checkpoints = Vec::new();
    for step in 0..stage.steps {
        let progress = step as f64 / stage.steps as f64;
        let rate = largest * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        optimizer.set_lr(rate);
        let images = draw(trained.groups, stage.batch, &mut rng);
        let logits = affine(&trained.examples.select(&images), &rows.weight(), &rows.bias);
        optimizer.backward_step(&(trained.loss)(&images, &logits)?);
        rows.pull(&generic, rate * stage.decay);
        if is_checkpoint(step, stage) {
            checkpoints.push(Head::of_tensors(&rows.weight(), &rows.bias)?);
        }
        (trained.tick)();
    }
    Ok(checkpoints)
}

/// Whether a step is one of `checkpoints` evenly spaced ones that end with the last.
fn is_checkpoint(step: usize, stage: &Stage) -> bool {
    let reached = |step: usize| step * stage.checkpoints / stage.steps;
    reached(step + 1) > reached(step)
}

/// A batch in which every group occurs as often as the others.
fn draw(groups: &[Vec<usize>], count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let first = rng.random_range(0..groups.len());
    let pick = |i: usize| {
        let group = &groups[(first + i) % groups.len()];
        group[rng.random_range(0..group.len())]
    };
    (0..count).map(pick).collect()
}
