//! The detector's feature bank: what it sees in scenes of images that it was not trained on.
//!
//! Customizing needs scenes of several objects as well as of one, so two thirds of the images are shown in mosaics and
//! the others alone; no image is shown twice.

use anyhow::Result;
use chameleon_models::bank::Split;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::objects::bank::{BankScene, ObjectBank};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::boxed::BoxedImages;
use super::measure::{look, mosaics, singles};
use super::names::ObjectNames;
use crate::export::by_class;

/// What the bank takes.
#[derive(Clone, Debug, clap::Args)]
pub struct BankOptions {
    /// Images of each class that the bank takes, for training, from the shards that were not used
    #[arg(long, default_value_t = 24)]
    pub pool: usize,
    /// Images of each class that the bank takes from them for tuning
    #[arg(long, default_value_t = 2)]
    pub pool_tuning: usize,
    /// Validation images of each class that the bank keeps for tuning; the rest is for testing
    #[arg(long, default_value_t = 10)]
    pub bank_tuning: usize,
}

/// Images for the bank.
pub(super) struct Sources {
    /// Of training shards that neither backbone nor detector has seen.
    pub(super) pool: BoxedImages,
    /// Of the validation split.
    pub(super) validation: BoxedImages,
}

/// The bank: learning and tuning from the pool, tuning and testing from the validation split.
///
/// # Errors
/// None in fact: the detector's features are never negative.
pub(super) fn bank(
    options: &BankOptions,
    seed: u64,
    detector: &ObjectDetector,
    names: &ObjectNames,
    sources: &Sources,
) -> Result<ObjectBank> {
    let (chosen, _) = by_class(&sources.pool.set, options.pool + options.pool_tuning, seed);
    let chosen = sources.pool.select(&chosen);
    let (train, pool_tune) = by_class(&chosen.set, options.pool, seed);
    let (tune, test) = by_class(&sources.validation.set, options.bank_tuning, seed);
    let parts = [
        (chosen.select(&train), Split::Train),
        (chosen.select(&pool_tune), Split::Tune),
        (sources.validation.select(&tune), Split::Tune),
        (sources.validation.select(&test), Split::Test),
    ];
    let mut scenes = Vec::new();
    for (images, split) in parts {
        scenes.extend(seen(seed, detector, names, &images, split));
    }
    Ok(ObjectBank::new(detector.features(), scenes, &names.labels)?)
}

fn seen(
    seed: u64,
    detector: &ObjectDetector,
    names: &ObjectNames,
    images: &BoxedImages,
    split: Split,
) -> Vec<BankScene> {
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (alone, together) = order.split_at(images.len() / 3);
    let mut scenes = singles(&images.select(alone));
    scenes.extend(mosaics(&images.select(together), seed));
    let seen = look(detector, &scenes, names).into_iter().filter(|seen| !seen.candidates.is_empty());
    let scene = seen.map(|seen| {
        let mut classes: Vec<u16> = seen.objects.iter().map(|shown| shown.class).collect();
        classes.sort_unstable();
        BankScene {
            features: seen.candidates.iter().flat_map(|candidate| candidate.features.clone()).collect(),
            classes,
            split,
        }
    });
    scene.collect()
}
