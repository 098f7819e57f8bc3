//! Training of the last stage.

use rand::seq::SliceRandom;
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Reduction, Tensor, no_grad};

use super::Settings;
use crate::metrics::average_precision;
use crate::module::Module;
use crate::optim::{Ema, Sgd};

/// Factor of the loss, a mean over labels of which most are not there. The same as in pre-training, so that learning
/// rates mean the same.
const LABEL_WEIGHT: f64 = 20.0;
/// Images of one pass without gradients.
const BATCH: i64 = 512;

/// Images as the last stage sees them, with what they show.
pub(super) struct Examples {
    /// (N, C, H, W), f16.
    pub(super) values: Tensor,
    /// (N, labels), f32.
    pub(super) targets: Tensor,
}

/// Weights in training.
pub(super) struct Training<'e> {
    module: Module,
    optimizer: Sgd,
    ema: Ema,
    examples: &'e Examples,
    settings: &'e Settings,
    step: u64,
}

impl<'e> Training<'e> {
    pub(super) fn new(module: Module, examples: &'e Examples, settings: &'e Settings) -> Self {
        let optimizer = Sgd::new(module.trainable(), 0.9, settings.weight_decay);
        let ema = Ema::new(module.tensors(), settings.ema);
        Self { module, optimizer, ema, examples, settings, step: 0 }
    }

    /// Steps an epoch; a last incomplete batch is left out unless it is the only one.
    pub(super) fn per_epoch(&self) -> u64 {
        (self.examples.values.size()[0] as u64 / self.settings.batch as u64).max(1)
    }

    /// One pass over the images, in an order of the epoch's own.
    pub(super) fn epoch(&mut self, epoch: u64, tick: &mut dyn FnMut()) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed.wrapping_mul(1_000_003).wrapping_add(epoch));
        let mut order: Vec<i64> = (0..self.examples.values.size()[0]).collect();
        order.shuffle(&mut rng);
        for batch in order.chunks(self.settings.batch).take(self.per_epoch() as usize) {
            self.update(batch, &mut rng);
            tick();
        }
    }

    fn update(&mut self, batch: &[i64], rng: &mut ChaCha8Rng) {
        let chosen = Tensor::from_slice(batch).to_device(self.examples.values.device());
        let values = self.examples.values.index_select(0, &chosen).to_kind(Kind::Float);
        let targets = self.examples.targets.index_select(0, &chosen);
        let (values, targets) = mix(&mirror(&values, rng), &targets, self.settings.mix, rng);
        let logits = self.module.forward(&channels_last(&values), true);
        let loss = logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean);
        (loss * LABEL_WEIGHT).backward();
        self.optimizer.step(self.learning_rate());
        self.step += 1;
        self.ema.update(self.module.tensors(), self.step);
    }

    /// Falls to zero along a half cosine, after a warm-up of a fifth of an epoch.
    fn learning_rate(&self) -> f64 {
        let per_epoch = self.per_epoch() as f64;
        let warm = (self.step as f64 + 1.0) / (0.2 * per_epoch).max(1.0);
        let progress = self.step as f64 / (per_epoch * self.settings.epochs as f64);
        self.settings.learning_rate * warm.min(1.0) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
    }

    /// The network with the averaged weights.
    pub(super) fn averaged(&self) -> anyhow::Result<Module> {
        let names = self.module.tensors().iter().map(|(name, _)| name.clone());
        let tensors = names.zip(self.ema.averages().iter().map(Tensor::copy)).collect();
        Module::from_tensors(self.module.network().clone(), &tensors, self.module.device())
    }
}

/// Each image with left and right exchanged, or not. A network that learned from mirrored images makes of them about
/// the mirrored value.
fn mirror(values: &Tensor, rng: &mut ChaCha8Rng) -> Tensor {
    let mirrored: Vec<bool> = (0..values.size()[0]).map(|_| rng.random_bool(0.5)).collect();
    let mirrored = Tensor::from_slice(&mirrored).view([-1, 1, 1, 1]).to_device(values.device());
    values.flip([3]).where_self(&mirrored, values)
}

/// Mixup of hidden values (Verma et al. 2019): about `share` of the images are blended with another, up to one half.
fn mix(values: &Tensor, targets: &Tensor, share: f64, rng: &mut ChaCha8Rng) -> (Tensor, Tensor) {
    let weight = |_| if rng.random_bool(share) { rng.random_range(0.0..0.5f32) } else { 0.0 };
    let weights: Vec<f32> = (0..values.size()[0]).map(weight).collect();
    let weights = Tensor::from_slice(&weights).to_device(values.device());
    let blend = |x: &Tensor, shape: &[i64]| x + weights.view(shape) * (x.flip([0]) - x);
    (blend(values, &[-1, 1, 1, 1]), blend(targets, &[-1, 1]))
}

fn channels_last(values: &Tensor) -> Tensor {
    values.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// How well a network labels images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quality {
    /// Cross-entropy of the labels, summed over them, mean over the images.
    pub(super) loss: f64,
    /// Mean over the labels that some image carries.
    pub(super) mean_average_precision: f64,
}

/// Of the examples, all at once.
pub(super) fn quality(module: &Module, examples: &Examples) -> Quality {
    let n = examples.values.size()[0];
    let parts: Vec<Tensor> = (0..n)
        .step_by(BATCH as usize)
        .map(|start| {
            let values = examples.values.narrow(0, start, BATCH.min(n - start)).to_kind(Kind::Float);
            no_grad(|| module.forward(&channels_last(&values), false))
        })
        .collect();
    let logits = Tensor::cat(&parts, 0);
    let loss = logits.binary_cross_entropy_with_logits::<Tensor>(&examples.targets, None, None, Reduction::Sum);
    let (mut sum, mut counted) = (0.0, 0);
    for label in 0..logits.size()[1] {
        let column = |of: &Tensor| Vec::<f32>::try_from(of.select(1, label).contiguous()).unwrap_or_default();
        let positive: Vec<bool> = column(&examples.targets).iter().map(|&target| target > 0.5).collect();
        if let Some(precision) = average_precision(&column(&logits), &positive) {
            sum += precision;
            counted += 1;
        }
    }
    Quality { loss: loss.double_value(&[]) / n.max(1) as f64, mean_average_precision: sum / f64::from(counted.max(1)) }
}
