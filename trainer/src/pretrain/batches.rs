//! Augmented batches.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::mix::{Taken, mix};
use crate::augment::{Augment, View, view};
use crate::dataset::ImageSet;
use crate::module::normalise;
use chameleon_models::net::ImageInput;

/// Images and what they show.
pub(super) struct Batch {
    /// Normalised pixels, (N, 3, side, side).
    pub(super) images: Tensor,
    /// Each class's share of each image, (N, classes); a row sums to 1.
    pub(super) shares: Tensor,
}

/// What batches are made of.
pub(super) struct Source {
    /// Pixels (N, 3, H, W), u8.
    images: Tensor,
    classes: Vec<u16>,
    width: usize,
    options: Settings,
}

/// How batches are made.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How pixels are normalised.
    pub(super) input: ImageInput,
    /// Images a batch.
    pub(super) size: usize,
    /// Crops and colours.
    pub(super) augment: Augment,
    /// Share of the images that are mixed with another of their batch.
    pub(super) mix: f64,
    /// Everything random follows from it and the step.
    pub(super) seed: u64,
    /// Where the images are kept and batches made.
    pub(super) device: Device,
}

impl Source {
    /// Batches of a set whose classes are 0..`classes`.
    pub(super) fn new(set: &ImageSet, classes: usize, options: Settings) -> Self {
        Self { images: set.tensor().to_device(options.device), classes: set.classes.clone(), width: classes, options }
    }

    /// Batches an epoch; a last incomplete one is left out.
    pub(super) fn per_epoch(&self) -> u64 {
        (self.classes.len() / self.options.size) as u64
    }

    /// The order of an epoch's images.
    pub(super) fn order(&self, epoch: u64) -> Vec<i64> {
        let mut order: Vec<i64> = (0..self.classes.len() as i64).collect();
        order.shuffle(&mut self.rng(epoch, u64::MAX));
        order
    }

    /// The batch of a step, with images of `side`; `order` is that of the step's epoch. The same seed and step always
    /// give the same batch.
    pub(super) fn batch(&self, order: &[i64], step: u64, side: usize) -> Batch {
        let Settings { size, device, .. } = self.options;
        let place = (step % self.per_epoch()) as usize * size;
        let indices = &order[place..place + size];
        let mut rng = self.rng(step, 0);
        let views: Vec<View> = indices.iter().map(|_| self.options.augment.draw(&mut rng)).collect();
        let taken: Vec<Taken> = indices.iter().map(|_| Taken::draw(self.options.mix, side, &mut rng)).collect();
        let images = self.images.index_select(0, &Tensor::from_slice(indices).to_device(device));
        let images = mix(&view(&images, &views, [side as i64; 2]), &taken);
        Batch { images: normalise(&images, &self.options.input), shares: self.shares(indices, &taken, side) }
    }

    fn shares(&self, indices: &[i64], taken: &[Taken], side: usize) -> Tensor {
        let class = |i: &i64| usize::from(self.classes[*i as usize]);
        let mut shares = vec![0.0f32; indices.len() * self.width];
        let rows = shares.chunks_exact_mut(self.width).zip(taken);
        for ((row, taken), (own, partner)) in rows.zip(indices.iter().zip(indices.iter().rev())) {
            let share = taken.share(side);
            row[class(own)] += 1.0 - share;
            row[class(partner)] += share;
        }
        Tensor::from_slice(&shares).view([-1, self.width as i64]).to_device(self.options.device).to_kind(Kind::Float)
    }

    fn rng(&self, a: u64, b: u64) -> ChaCha8Rng {
        let mut seed = [0u8; 32];
        for (slot, value) in seed.chunks_exact_mut(8).zip([self.options.seed, a, b]) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }
}
