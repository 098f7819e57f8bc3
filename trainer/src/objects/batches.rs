//! Training scenes as tensors, made ahead on a thread of their own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use chameleon_models::net::ImageInput;
use chameleon_models::preprocess;
use chameleon_models::zoo::objects::PassConfig;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use tch::{Device, Tensor};

use super::boxed::BoxedImages;
use super::names::ObjectNames;
use super::scenes::{Scene, Shown, TILES};
use super::targets::Targets;

/// Pixels between the centres of two cells.
pub(super) const STRIDE: usize = 16;
/// Where the tiles of a training mosaic may meet, in shares of its sides.
const SPLIT: std::ops::Range<f64> = 0.35..0.65;

/// Scenes of one size.
pub(super) struct Batch {
    pixels: Vec<f32>,
    side: usize,
    /// What their cells are to find.
    pub(super) targets: Targets,
}

impl Batch {
    /// The pixels, (N, 3, side, side).
    pub(super) fn images(&self, device: Device) -> Tensor {
        let side = self.side as i64;
        Tensor::from_slice(&self.pixels).view([-1, 3, side, side]).to_device(device)
    }
}

/// What batches are made of.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) images: Arc<BoxedImages>,
    pub(super) names: ObjectNames,
    pub(super) input: ImageInput,
    /// Scenes of the smallest size in a batch; fewer larger ones, of as many pixels together.
    pub(super) size: usize,
    /// The detector's passes; each batch is of one.
    pub(super) passes: Vec<PassConfig>,
    /// Share of mosaics among scenes of another side than the images; among the others, they are the rest.
    pub(super) mosaics: f64,
    /// Smallest part of an image that a crop keeps.
    pub(super) min_area: f64,
    pub(super) seed: u64,
}

impl Source {
    /// Endless batches; the same seed gives the same ones.
    pub(super) fn stream(&self) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(4);
        let source = self.clone();
        thread::spawn(move || {
            let mut rng = ChaCha8Rng::seed_from_u64(source.seed);
            for pass in source.passes.iter().cycle() {
                // The receiver is gone when training is over.
                if sender.send(source.batch(pass, &mut rng)).is_err() {
                    return;
                }
            }
        });
        receiver
    }

    fn batch(&self, pass: &PassConfig, rng: &mut ChaCha8Rng) -> Batch {
        let side = pass.side;
        let smallest = self.passes.iter().map(|pass| pass.side).min().unwrap_or(side);
        let mosaics = if side == self.images.set.side { 1.0 - self.mosaics } else { self.mosaics };
        let scenes = (self.size * smallest * smallest / (side * side)).max(1);
        let input = ImageInput { height: side, width: side, ..self.input.clone() };
        let mut batch =
            Batch { pixels: Vec::with_capacity(scenes * input.elements()), side, targets: Targets::default() };
        // Each scene has a seed of its own, so that any number of threads makes the same ones.
        let seeds: Vec<u64> = (0..scenes).map(|_| rng.random()).collect();
        let made: Vec<(Vec<f32>, Vec<Shown>)> = seeds
            .par_iter()
            .map(|&seed| {
                let mut scene = self.scene(mosaics, &mut ChaCha8Rng::seed_from_u64(seed));
                scene.objects.retain(|shown| self.names.is_object(shown.class));
                (preprocess::tensor(&scene.image, &input), scene.objects)
            })
            .collect();
        for (pixels, objects) in made {
            batch.pixels.extend(pixels);
            batch.targets.add(&objects, pass, side / STRIDE);
        }
        batch
    }

    fn scene(&self, mosaics: f64, rng: &mut ChaCha8Rng) -> Scene {
        let part = |rng: &mut ChaCha8Rng| {
            let i = rng.random_range(0..self.images.len());
            Scene::part(&self.images, i, self.min_area, rng)
        };
        if rng.random_bool(mosaics) {
            let parts: [Scene; TILES] = std::array::from_fn(|_| part(rng));
            let split = (rng.random_range(SPLIT), rng.random_range(SPLIT));
            Scene::mosaic(&parts, 2 * self.images.set.side, split)
        } else {
            part(rng)
        }
    }
}
