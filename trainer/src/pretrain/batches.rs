//! Augmented batches, made ahead on a thread of their own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use chameleon_models::net::ImageInput;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::mix;
use super::schedule::Schedule;
use crate::augment::Augment;
use crate::dataset::ImageSet;

/// A batch as numbers.
pub(super) struct Batch {
    /// Normalised pixels, (N, side, side, 3).
    pub(super) pixels: Vec<f32>,
    /// Rows and columns.
    pub(super) side: usize,
    /// For each image, the classes it shows and their shares of it, which sum to 1.
    pub(super) classes: Vec<[(u16, f32); 2]>,
}

impl Batch {
    /// The pixels as (N, 3, side, side), channels innermost in memory.
    pub(super) fn images(&self) -> Tensor {
        let (n, side) = (self.classes.len() as i64, self.side as i64);
        Tensor::from_slice(&self.pixels).view([n, side, side, 3]).permute([0, 3, 1, 2])
    }

    /// Each class's share of each image, (N, classes).
    pub(super) fn class_shares(&self, classes: i64) -> Tensor {
        let width = classes as usize;
        let mut shares = vec![0.0f32; self.classes.len() * width];
        for (row, shown) in shares.chunks_exact_mut(width).zip(&self.classes) {
            for &(class, share) in shown {
                row[usize::from(class)] += share;
            }
        }
        Tensor::from_slice(&shares).view([-1, classes])
    }
}

/// What batches are made of.
#[derive(Clone)]
pub(super) struct Source {
    /// The images.
    pub(super) set: Arc<ImageSet>,
    /// How pixels are normalised.
    pub(super) input: ImageInput,
    /// Images a batch.
    pub(super) size: usize,
    /// Smallest part of an image a crop may keep.
    pub(super) min_area: f64,
    /// Largest change of brightness, contrast and saturation.
    pub(super) jitter: f64,
    /// Share of the images that are mixed with another of their batch.
    pub(super) mix: f64,
    /// Everything random follows from it and the step.
    pub(super) seed: u64,
}

impl Source {
    /// Batches an epoch; a last incomplete one is left out.
    pub(super) fn per_epoch(&self) -> u64 {
        (self.set.len() / self.size) as u64
    }

    /// Batches from step `first` on. The same seed and step always give the same batch.
    pub(super) fn stream(&self, schedule: Schedule, first: u64) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(2);
        let source = self.clone();
        thread::spawn(move || {
            let mut order = Vec::new();
            for step in first..schedule.steps {
                if order.is_empty() || step % source.per_epoch() == 0 {
                    order = source.order(step / source.per_epoch());
                }
                // The receiver is gone when training was stopped.
                if sender.send(source.batch(&order, step, schedule.side(step))).is_err() {
                    return;
                }
            }
        });
        receiver
    }

    fn order(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.set.len()).collect();
        order.shuffle(&mut self.rng(epoch, u64::MAX));
        order
    }

    fn batch(&self, order: &[usize], step: u64, side: usize) -> Batch {
        let place = (step % self.per_epoch()) as usize * self.size;
        let indices = &order[place..place + self.size];
        let augment = Augment { min_area: self.min_area, jitter: self.jitter, side };
        let mut rng = self.rng(step, 0);
        let mut pixels = vec![0.0; self.size * side * side * 3];
        for (&i, out) in indices.iter().zip(pixels.chunks_exact_mut(side * side * 3)) {
            augment.apply(self.set.image(i), self.set.side, &mut rng, out);
            normalise(out, &self.input);
        }
        let classes: Vec<u16> = indices.iter().map(|&i| self.set.classes[i]).collect();
        let classes = mix::mix(&mut pixels, side, &classes, self.mix, &mut rng);
        Batch { pixels, side, classes }
    }

    fn rng(&self, a: u64, b: u64) -> ChaCha8Rng {
        let mut seed = [0u8; 32];
        for (slot, value) in seed.chunks_exact_mut(8).zip([self.seed, a, b]) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }
}

/// (v / 255 - mean) / std for every pixel of (.., 3).
pub(super) fn normalise(pixels: &mut [f32], input: &ImageInput) {
    for pixel in pixels.chunks_exact_mut(input.channels) {
        for (c, v) in pixel.iter_mut().enumerate() {
            *v = (*v / 255.0 - input.mean[c]) / input.std[c];
        }
    }
}
