//! One training stage of some rows of the head, and of layers before it.

use std::sync::Arc;

use anyhow::Result;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Tensor};

use super::body;
use super::delta::Delta;
use super::head::{Head, affine};
use super::pool::Pool;
use super::recipe::{Layers, Stage};
use super::rows::Rows;

/// What is trained.
pub struct Trained<'t> {
    /// The images.
    pub pool: &'t Pool,
    /// Training images in groups, none empty, that are drawn equally often.
    pub groups: &'t [Vec<usize>],
    /// The generic head's rows, to which weight decay pulls.
    pub generic: &'t Head,
    /// The rank of the rows' change, if it is not free.
    pub rank: Option<usize>,
    /// How layers before the head are changed, if they are.
    pub layers: Option<&'t Layers>,
    /// The loss of logits (B, n) for these images (B).
    pub loss: &'t dyn Fn(&[usize], &Tensor) -> Result<Tensor>,
    /// Called after every step.
    pub tick: &'t (dyn Fn() + Sync),
}

/// Trains from `start` and returns what has changed at each checkpoint.
///
/// # Errors
/// libtorch's message, or the loss's.
pub fn train(trained: &Trained, start: &Delta, stage: &Stage, seed: u64) -> Result<Vec<Delta>> {
    // Seeds and applications run beside each other; and the number of threads would change the sums.
    tch::set_num_threads(1);
    let variables = nn::VarStore::new(Device::Cpu);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Rows::new(&variables, &start.head, trained.rank, &mut rng);
    let mut changing = match (trained.layers, &trained.pool.body) {
        (Some(layers), Some(body)) => {
            let fresh = || body.fresh(layers.rank, &mut rng);
            let start = start.layers.as_deref().cloned().map_or_else(fresh, Ok)?;
            Some((layers, body::Training::new(body, &start)?))
        }
        _ => None,
    };
    let generic = trained.generic.tensors();
    let mut optimizer = nn::Adam::default().build(&variables, 0.0)?;
    let largest = stage.learning_rate * trained.generic.scale();
    let mut checkpoints = Vec::new();
    for step in 0..stage.steps {
        let progress = step as f64 / stage.steps as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        let rate = largest * cosine;
        optimizer.set_lr(rate);
        let images = draw(trained.groups, stage.batch, &mut rng);
        let features = match &changing {
            None => trained.pool.examples.select(&images),
            Some((_, training)) => training.features(&images, &mut rng).into(),
        };
        let logits = affine(&features, &rows.weight(), &rows.bias);
        let loss = (trained.loss)(&images, &logits)?;
        if let Some((_, training)) = &mut changing {
            training.zero_grad();
        }
        optimizer.backward_step(&loss);
        rows.pull(&generic, rate * stage.decay);
        if let Some((layers, training)) = &mut changing {
            training.step(layers.learning_rate * cosine, stage.decay);
        }
        if is_checkpoint(step, stage) {
            let head = Head::of_tensors(&rows.weight(), &rows.bias)?;
            let layers = changing.as_ref().map(|(_, training)| training.weights()).transpose()?.map(Arc::new);
            checkpoints.push(Delta { head, layers });
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
