//! Training of the part that is adapted.

use rand::seq::SliceRandom;
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Reduction, Tensor, no_grad};

use super::Settings;
use crate::metrics::average_precision;
use crate::module::{Module, channels_last};
use crate::optim::{Ema, Sgd, warm_cosine};
use crate::tail::Tail;

/// Factor of the loss, a mean over labels of which most are not there. The same as in pre-training, so that learning
/// rates mean the same.
const LABEL_WEIGHT: f64 = 20.0;
/// Images of one pass without gradients.
const BATCH: i64 = 512;

/// Images as the part that is trained sees them, with what they show.
pub(super) struct Examples {
    /// (N, C, H, W), f16.
    pub(super) values: Tensor,
    /// (N, labels), f32. A label that no training image carries is not one that they lack: the data does not know it.
    /// Its targets are what the network says before training, so that it is not forgotten (Li and Hoiem 2016).
    targets: Tensor,
    /// Labels that the data knows.
    carried: Vec<i64>,
}

impl Examples {
    /// `targets` (N, labels) are zeros and ones; `carried` says which of the labels the data knows, and `module` what
    /// the others are.
    pub(super) fn new(values: Tensor, targets: &Tensor, carried: &[bool], module: &Module) -> Self {
        let known = Tensor::from_slice(carried).to_device(targets.device());
        let targets = targets.where_self(&known, &logits(module, &values).sigmoid());
        Self {
            values,
            targets,
            carried: (0i64..).zip(carried).filter(|(_, carried)| **carried).map(|(i, _)| i).collect(),
        }
    }

    /// Number of images.
    pub(super) fn len(&self) -> usize {
        self.values.size()[0] as usize
    }
}

/// Weights in training.
pub(super) struct Training<'e> {
    module: Module,
    tail: &'e Tail,
    optimizer: Sgd,
    ema: Ema,
    examples: &'e Examples,
    settings: &'e Settings,
    step: u64,
}

impl<'e> Training<'e> {
    pub(super) fn new(module: Module, tail: &'e Tail, examples: &'e Examples, settings: &'e Settings) -> Self {
        let optimizer = Sgd::new(module.trainable(), 0.9, settings.weight_decay);
        let ema = Ema::new(module.tensors(), settings.ema);
        Self { module, tail, optimizer, ema, examples, settings, step: 0 }
    }

    /// Steps an epoch; a last incomplete batch is left out unless it is the only one.
    pub(super) fn per_epoch(&self) -> u64 {
        (self.examples.len() as u64 / self.settings.batch() as u64).max(1)
    }

    /// One pass over the images, in an order of the epoch's own.
    pub(super) fn epoch(&mut self, epoch: u64, tick: &mut dyn FnMut()) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed.wrapping_mul(1_000_003).wrapping_add(epoch));
        let mut order: Vec<i64> = (0..self.examples.len() as i64).collect();
        order.shuffle(&mut rng);
        for batch in order.chunks(self.settings.batch()).take(self.per_epoch() as usize) {
            self.update(batch, &mut rng);
            tick();
        }
    }

    fn update(&mut self, batch: &[i64], rng: &mut ChaCha8Rng) {
        let chosen = Tensor::from_slice(batch).to_device(self.examples.values.device());
        let values = self.examples.values.index_select(0, &chosen).to_kind(Kind::Float);
        let targets = self.examples.targets.index_select(0, &chosen);
        let (values, targets) =
            mix(&self.tail.varied(&values, self.settings.min_area, rng), &targets, self.settings.mix, rng);
        let values = channels_last(&values.to_kind(self.module.training_precision()));
        let logits = self.module.forward(&values, true);
        let loss = logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean);
        (loss * LABEL_WEIGHT).backward();
        self.optimizer.step(self.learning_rate());
        self.step += 1;
        self.ema.update(self.module.tensors(), self.step);
    }

    /// Falls to zero along a half cosine, after a warm-up of a fifth of an epoch.
    fn learning_rate(&self) -> f64 {
        let per_epoch = self.per_epoch() as f64;
        let steps = per_epoch * self.settings.epochs() as f64;
        self.settings.learning_rate() * warm_cosine(self.step as f64, steps, 0.2 * per_epoch)
    }

    /// The network with the averaged weights, as they will be read back from f16.
    pub(super) fn averaged(&self) -> anyhow::Result<Module> {
        let names = self.module.tensors().iter().map(|(name, _)| name.clone());
        let rounded = self.ema.averages().iter().map(|average| average.to_kind(Kind::Half).to_kind(Kind::Float));
        Module::from_tensors(self.module.network().clone(), &names.zip(rounded).collect(), self.module.device())
    }
}

/// Mixup of hidden values (Verma et al. 2019): about `share` of the images are blended with another, up to one half.
fn mix(values: &Tensor, targets: &Tensor, share: f64, rng: &mut ChaCha8Rng) -> (Tensor, Tensor) {
    let weight = |_| if rng.random_bool(share) { rng.random_range(0.0..0.5f32) } else { 0.0 };
    let weights: Vec<f32> = (0..values.size()[0]).map(weight).collect();
    let weights = Tensor::from_slice(&weights).to_device(values.device());
    let blend = |x: &Tensor, shape: &[i64]| x + weights.view(shape) * (x.flip([0]) - x);
    (blend(values, &[-1, 1, 1, 1]), blend(targets, &[-1, 1]))
}

/// How well a network labels images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quality {
    /// Cross-entropy of the labels, summed over them, mean over the images.
    loss: f64,
    /// Mean over the labels that the data knows and some image carries.
    pub(super) mean_average_precision: f64,
}

impl Quality {
    /// Closer to the truth, and not at the price of the order.
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        self.loss < other.loss && self.mean_average_precision >= other.mean_average_precision
    }
}

/// Of the examples, all at once.
pub(super) fn quality(module: &Module, examples: &Examples) -> Quality {
    let logits = logits(module, &examples.values);
    let loss = logits.binary_cross_entropy_with_logits::<Tensor>(&examples.targets, None, None, Reduction::Sum);
    let precision_of = |&label: &i64| {
        let column = |of: &Tensor| Vec::<f32>::try_from(of.select(1, label).contiguous()).unwrap_or_default();
        let positive: Vec<bool> = column(&examples.targets).iter().map(|&target| target > 0.5).collect();
        average_precision(&column(&logits), &positive)
    };
    let precisions: Vec<f64> = examples.carried.iter().filter_map(precision_of).collect();
    Quality {
        loss: loss.double_value(&[]) / examples.len().max(1) as f64,
        mean_average_precision: precisions.iter().sum::<f64>() / precisions.len().max(1) as f64,
    }
}

/// The labels' logits (N, labels) for values at the cut, without gradients.
fn logits(module: &Module, values: &Tensor) -> Tensor {
    let n = values.size()[0];
    let part = |start: i64| {
        let values = values.narrow(0, start, BATCH.min(n - start)).to_kind(Kind::Float);
        no_grad(|| module.forward(&channels_last(&values), false))
    };
    Tensor::cat(&(0..n).step_by(BATCH as usize).map(part).collect::<Vec<_>>(), 0)
}
