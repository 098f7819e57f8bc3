//! Training of the object detector that ships: new layers on the image-label network, which stays as it is.
//!
//! From images with one box each to the folder that ships, in one command: training, calibration of the scores on images
//! held out of it, and one measurement on the validation split with the engine that will serve the detector.

mod average_precision;
mod bank;
mod batches;
mod boxed;
mod calibrate;
mod export;
mod loss;
mod measure;
mod names;
mod scenes;
mod targets;
#[cfg(test)]
mod tests;
mod train;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_models::zoo;
use chameleon_models::zoo::objects::PassConfig;
use serde::Serialize;

use crate::dataset::{shards, wnids};
use crate::export::by_class;
use crate::pretrain::SIDE;
use boxed::BoxedImages;
use names::ObjectNames;
use train::Material;

pub use train::WIDTHS;

/// Settings of a run.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct Options {
    /// Folder with `train-*.parquet`, `validation-*.parquet` (columns image, label, bbox) and `classes.txt`
    #[arg(long)]
    #[serde(skip)]
    pub data: PathBuf,
    /// Folder to write: detector.json, weights.safetensors, labels.json, manifest.json
    #[arg(long)]
    #[serde(skip)]
    pub out: PathBuf,
    /// Folder of the image-label network to stand on, instead of the one that ships
    #[arg(long)]
    #[serde(skip)]
    pub backbone: Option<PathBuf>,
    /// Number of training shards to use, from the first
    #[arg(long, default_value_t = 3)]
    pub shards: usize,
    /// Images of each class held out of them for calibration
    #[arg(long, default_value_t = 10)]
    pub tuning: usize,
    /// Steps of training
    #[arg(long, default_value_t = 2500)]
    pub steps: u64,
    /// Scenes a step, of the smallest side; fewer of larger ones
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// Rows and columns of the squares at which the detector looks at an image, in training and later
    #[arg(long, value_delimiter = ',', default_values_t = [64, 128])]
    pub sides: Vec<usize>,
    /// For each of them, the least length of a box's longer side that it is to find, as a share of the image's
    #[arg(long, value_delimiter = ',', default_values_t = [0.4, 0.0])]
    pub smallest: Vec<f64>,
    /// For each of them, the greatest length
    #[arg(long, value_delimiter = ',', default_values_t = [1.0, 0.6])]
    pub largest: Vec<f64>,
    /// Share of the training scenes that are mosaics, of those of another side than the images; of the others, they are
    /// the rest
    #[arg(long, default_value_t = 0.75)]
    pub mosaics: f64,
    /// Smallest part of an image's area that a crop keeps
    #[arg(long, default_value_t = 0.5)]
    pub min_area: f64,
    /// Largest learning rate
    #[arg(long, default_value_t = 0.2)]
    pub learning_rate: f64,
    /// Weight decay of convolutions and names' rows
    #[arg(long, default_value_t = 1e-4)]
    pub weight_decay: f64,
    /// Decay of the weights' moving average
    #[arg(long, default_value_t = 0.998)]
    pub ema: f64,
    /// Run the backbone in bfloat16: faster where the device has the instructions
    #[arg(long)]
    pub bf16: bool,
    /// Where to train: `cpu`, `cuda`, `cuda:1`
    #[arg(long, default_value = "cpu", value_parser = crate::device::parse)]
    #[serde(skip)]
    pub device: tch::Device,
    /// Boxes that overlap by more than this are of one object
    #[arg(long, default_value_t = 0.5)]
    #[serde(skip)]
    pub overlap: f64,
    /// The most candidates of an image
    #[arg(long, default_value_t = 20)]
    #[serde(skip)]
    pub candidates: usize,
    /// Candidates with a greater doubt are dropped: the negative logarithm of the probability that there is an object
    #[arg(long, default_value_t = 3.5)]
    #[serde(skip)]
    pub doubt: f32,
    /// Images of each class that the bank takes, for training, from the shards that were not used
    #[arg(long, default_value_t = 48)]
    pub pool: usize,
    /// Images of each class that the bank takes from them for tuning
    #[arg(long, default_value_t = 2)]
    pub pool_tuning: usize,
    /// Validation images of each class that the bank keeps for tuning; the rest is for testing
    #[arg(long, default_value_t = 10)]
    pub bank_tuning: usize,
    /// Only calibrate and measure a detector trained before, by its folder
    #[arg(long)]
    #[serde(skip)]
    pub from: Option<PathBuf>,
    /// Do not look at the validation split, and make no bank: for experiments, which are to be decided on the images
    /// held out
    #[arg(long)]
    #[serde(skip)]
    pub no_validation: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Trains, calibrates, measures and writes the folder.
///
/// # Errors
/// The data cannot be read, the device cannot be used, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    check(options)?;
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    let backbone = match &options.backbone {
        Some(folder) => zoo::read(folder).with_context(|| format!("{}", folder.display()))?,
        None => zoo::image_labels()?,
    };
    let names = ObjectNames::shipped(&wnids(&options.data)?)?;
    let mut files = shards(&options.data, "train")?;
    ensure!(files.len() >= options.shards, "{}: only {} training shards", options.data.display(), files.len());
    files.truncate(options.shards);
    let images = usable(&BoxedImages::read(&files, SIDE)?, &names)?;
    let (tuning, train) = by_class(&images.set, options.tuning, 0);
    let tuning = images.select(&tuning);
    let material = Material { images: Arc::new(images.select(&train)), names };
    drop(images);
    let weights = match &options.from {
        Some(folder) => export::uncalibrated(folder)?,
        None => train::train(options, &backbone, &material)?,
    };
    export::finish(options, &backbone, &material.names, &tuning, &weights)
}

/// The images of classes that are not left out.
fn usable(images: &BoxedImages, names: &ObjectNames) -> Result<BoxedImages> {
    let known = |&i: &usize| names.names(images.set.classes[i]).is_some();
    let kept: Vec<usize> = (0..images.len()).filter(known).collect();
    ensure!(!kept.is_empty(), "no image is of a class with an object");
    Ok(images.select(&kept))
}

/// Whether the settings make sense.
fn check(options: &Options) -> Result<()> {
    let Options { mosaics, min_area, batch, .. } = *options;
    ensure!((0.0..=1.0).contains(&mosaics), "--mosaics {mosaics}: a share of the scenes lies in 0..1");
    ensure!(min_area > 0.0 && min_area <= 1.0, "--min-area {min_area}: a part of an image lies in 0..1, 0 left out");
    ensure!(batch > 0, "--batch 0: a step needs a scene");
    for side in &options.sides {
        // Halving four times must meet no odd number, or cells would not lie where the grid says.
        ensure!(
            *side > 0 && side % batches::STRIDE == 0,
            "a side of {side} pixels; expected multiples of {}",
            batches::STRIDE
        );
    }
    let [sides, smallest, largest] = [options.sides.len(), options.smallest.len(), options.largest.len()];
    ensure!(
        sides > 0 && sides == smallest && sides == largest,
        "{sides} sides with {smallest} smallest and {largest} largest lengths; expected as many of each"
    );
    Ok(())
}

/// The detector's passes.
fn passes(options: &Options) -> Vec<PassConfig> {
    let lengths = options.smallest.iter().zip(&options.largest);
    let pass = |(&side, (&smallest, &largest)): (&usize, (&f64, &f64))| PassConfig { side, smallest, largest };
    options.sides.iter().zip(lengths).map(pass).collect()
}
