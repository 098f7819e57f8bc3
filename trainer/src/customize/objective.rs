//! What a stage minimizes, as a tensor whose `backward` gives the gradient.

use anyhow::Result;
use chameleon_loss::Truth;
use tch::{Kind, Reduction, Tensor};

use super::head::values;
use super::task::Task;

/// A loss of the application's logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Mean binary cross-entropy over the application's labels; of classes of which one is true, their cross-entropy.
    CrossEntropy,
    /// The decision loss.
    Decision,
}

impl Objective {
    /// The loss of `logits` (B, n) for these images (B).
    ///
    /// # Errors
    /// libtorch cannot hand out the logits.
    pub fn loss(self, task: &Task, images: &[usize], logits: &Tensor) -> Result<Tensor> {
        match self {
            Self::CrossEntropy if task.pool.form().is_choice() => {
                let class = |&image: &usize| task.train.labels(task.pool, image).first().map_or(0, |&c| i64::from(c));
                let classes: Vec<i64> = images.iter().map(class).collect();
                Ok(logits.cross_entropy_for_logits(&Tensor::from_slice(&classes)))
            }
            Self::CrossEntropy => {
                let targets = Tensor::from_slice(&targets(task, images)).reshape(logits.size());
                Ok(logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean))
            }
            Self::Decision => decision_loss(task, images, logits),
        }
    }
}

/// 1 where a training image is said to carry a label, row-major (B, n).
fn targets(task: &Task, images: &[usize]) -> Vec<f32> {
    let carried = |&i: &usize| {
        let truth = task.train.labels(task.pool, i);
        task.labels.iter().map(|label| if truth.binary_search(label).is_ok() { 1.0 } else { 0.0 }).collect::<Vec<_>>()
    };
    images.iter().flat_map(carried).collect()
}

/// Images of a batch whose margin is looked for where a program calculates. The groups come in turn, and each is among
/// them.
const COSTLY_BATCH: usize = 16;

/// The analytic gradient enters libtorch's graph through the surrogate `sum(logits * gradient)`, whose gradient it is;
/// so the same loss can train any depth of the network.
fn decision_loss(task: &Task, images: &[usize], logits: &Tensor) -> Result<Tensor> {
    let n = task.labels.len();
    let calculates = task.loss.program_scores().is_some_and(|scores| scores.calculates);
    let costly = COSTLY_BATCH.max(task.train.groups.len()).min(images.len());
    let count = if calculates { costly } else { images.len() };
    let (images, logits) = (&images[..count], logits.narrow(0, 0, count as i64));
    let none = vec![0.0; n];
    let own = values(&logits)?;
    let full: Vec<f32> =
        images.iter().zip(own.chunks_exact(n)).flat_map(|(&i, own)| task.full_row(i, own, &none, 0.0)).collect();
    let truth: Vec<Truth> = images.iter().map(|&i| task.train.truth(task.pool, i)).collect();
    let mut gradient = vec![0.0; full.len()];
    task.loss.value_and_gradient_of(&full, &truth, &mut gradient);
    let rows = gradient.chunks_exact(task.pool.width());
    let own: Vec<f32> = rows.flat_map(|row| task.labels.iter().map(|&label| row[usize::from(label)])).collect();
    let gradient = Tensor::from_slice(&own).reshape([images.len() as i64, n as i64]);
    Ok((logits * gradient).sum(Kind::Float))
}
