//! One training stage of the application's rows.

use anyhow::Result;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Tensor, no_grad};

use super::head::Head;
use super::objective::Objective;
use super::recipe::Stage;
use super::task::Task;

/// Trains from `start` and returns the rows at each checkpoint. `tick` is called after every step.
///
/// # Errors
/// libtorch's message.
pub fn train(
    task: &Task,
    start: &Head,
    objective: Objective,
    stage: &Stage,
    seed: u64,
    tick: &mut dyn FnMut(),
) -> Result<Vec<Head>> {
    let variables = nn::VarStore::new(Device::Cpu);
    let root = variables.root();
    let mut head = Head { weight: root.var_copy("weight", &start.weight), bias: root.var_copy("bias", &start.bias) };
    let mut optimizer = nn::Adam::default().build(&variables, stage.learning_rate)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut checkpoints = Vec::new();
    for step in 0..stage.steps {
        let progress = step as f64 / stage.steps as f64;
        let rate = stage.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        optimizer.set_lr(rate);
        let images = draw(task, stage.batch, &mut rng);
        let logits = head.forward(&task.examples.select(&images));
        optimizer.backward_step(&objective.loss(task, &images, &logits)?);
        pull(&mut head, &task.generic, rate * stage.decay);
        if is_checkpoint(step, stage) {
            checkpoints.push(head.snapshot());
        }
        tick();
    }
    Ok(checkpoints)
}

/// Whether a step is one of `checkpoints` evenly spaced ones that end with the last.
fn is_checkpoint(step: usize, stage: &Stage) -> bool {
    let reached = |step: usize| step * stage.checkpoints / stage.steps;
    reached(step + 1) > reached(step)
}

/// A batch in which every decision occurs as often as the others.
fn draw(task: &Task, count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let groups = task.train_strata.groups();
    let first = rng.random_range(0..groups.len());
    let pick = |i: usize| {
        let group = &groups[(first + i) % groups.len()];
        task.train[group[rng.random_range(0..group.len())]]
    };
    (0..count).map(pick).collect()
}

/// Weight decay towards the generic head, decoupled from the gradient (Loshchilov & Hutter 2019).
fn pull(head: &mut Head, generic: &Head, amount: f64) {
    let pairs: [(&mut Tensor, &Tensor); 2] = [(&mut head.weight, &generic.weight), (&mut head.bias, &generic.bias)];
    no_grad(|| {
        for (tensor, towards) in pairs {
            let _ = tensor.lerp_(towards, amount);
        }
    });
}
