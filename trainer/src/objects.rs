//! Training of the object detector that ships: new layers on the image-label network, which stays as it is.
//!
//! From images with one box each to the folder that ships, in two commands: [`run`] trains; [`export`] calibrates the scores
//! on images held out of training, and measures once on the validation split with the engine that will serve the detector.

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
mod trained;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_models::app::BaseRef;
use chameleon_models::zoo::objects::PassConfig;
use chameleon_models::zoo::{self, ImageLabels};
use serde::{Deserialize, Serialize};

use crate::dataset::{shards, wnids};
use crate::export::by_class;
use crate::pretrain::SIDE;
use boxed::BoxedImages;
use names::ObjectNames;
use train::Material;
use trained::Trained;

pub use export::{ExportOptions, export};
pub use train::WIDTHS;

/// What to train on, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder with `train-*.parquet` (columns image, label, bbox) and `classes.txt`
    #[arg(long)]
    pub data: PathBuf,
    /// Folder for what is trained, and for metrics
    #[arg(long)]
    pub out: PathBuf,
    /// Folder of the image-label network to stand on, instead of the one that ships
    #[arg(long)]
    pub backbone: Option<PathBuf>,
    /// How to train
    #[command(flatten)]
    pub settings: Settings,
    /// Where to train: `cpu`, `cuda`, `cuda:1`
    #[arg(long, default_value = "cpu", value_parser = crate::device::parse)]
    pub device: tch::Device,
}

/// Settings of the training.
#[derive(Clone, Debug, PartialEq, clap::Args, Serialize, Deserialize)]
pub struct Settings {
    /// Number of training shards to use, from the first
    #[arg(long, default_value_t = 3)]
    pub shards: usize,
    /// Images of each class held out of them for calibration
    #[arg(long, default_value_t = 10)]
    pub tuning: usize,
    /// Steps of training
    #[arg(long, default_value_t = 2500, value_parser = clap::value_parser!(u64).range(1..))]
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
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Trains, and writes the parameters for [`export`].
///
/// # Errors
/// The data cannot be read, the device cannot be used, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    let Options { settings, .. } = options;
    settings.check()?;
    let backbone = backbone(options.backbone.as_deref())?;
    let names = ObjectNames::shipped(&wnids(&options.data)?)?;
    let (train, _) = images(&options.data, settings, &names)?;
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    let weights = train::train(options, &backbone, &Material { images: Arc::new(train), names })?;
    Trained { settings: settings.clone(), base: BaseRef::of(&backbone), weights }.write(&options.out)
}

/// The network to stand on.
fn backbone(folder: Option<&Path>) -> Result<ImageLabels> {
    match folder {
        Some(folder) => zoo::read(folder).with_context(|| format!("{}", folder.display())),
        None => Ok(zoo::image_labels()?),
    }
}

/// The images to train on, and those held out; neither is empty.
fn images(data: &Path, settings: &Settings, names: &ObjectNames) -> Result<(BoxedImages, BoxedImages)> {
    let mut files = shards(data, "train")?;
    ensure!(files.len() >= settings.shards, "{}: only {} training shards", data.display(), files.len());
    files.truncate(settings.shards);
    let images = usable(&BoxedImages::read(&files, SIDE)?, names)?;
    let (held_out, train) = by_class(&images.set, settings.tuning, 0);
    ensure!(!train.is_empty(), "--tuning {}: no image is left to train on", settings.tuning);
    ensure!(!held_out.is_empty(), "--tuning {}: no image is held out to calibrate on", settings.tuning);
    Ok((images.select(&train), images.select(&held_out)))
}

/// The images of classes that are not left out.
fn usable(images: &BoxedImages, names: &ObjectNames) -> Result<BoxedImages> {
    let known = |&i: &usize| names.names(images.set.classes[i]).is_some();
    let kept: Vec<usize> = (0..images.len()).filter(known).collect();
    ensure!(!kept.is_empty(), "no image is of a class with an object");
    Ok(images.select(&kept))
}

impl Settings {
    /// Whether they make sense.
    fn check(&self) -> Result<()> {
        let Self { mosaics, min_area, batch, .. } = *self;
        ensure!((0.0..=1.0).contains(&mosaics), "--mosaics {mosaics}: a share of the scenes lies in 0..1");
        ensure!(
            min_area > 0.0 && min_area <= 1.0,
            "--min-area {min_area}: a part of an image lies in 0..1, 0 left out"
        );
        ensure!(batch > 0, "--batch 0: a step needs a scene");
        for side in &self.sides {
            // Halving four times must meet no odd number, or cells would not lie where the grid says.
            ensure!(
                *side > 0 && side % batches::STRIDE == 0,
                "a side of {side} pixels; expected multiples of {}",
                batches::STRIDE
            );
        }
        let [sides, smallest, largest] = [self.sides.len(), self.smallest.len(), self.largest.len()];
        ensure!(
            sides > 0 && sides == smallest && sides == largest,
            "{sides} sides with {smallest} smallest and {largest} largest lengths; expected as many of each"
        );
        Ok(())
    }

    /// The detector's passes.
    fn passes(&self) -> Vec<PassConfig> {
        let lengths = self.smallest.iter().zip(&self.largest);
        let pass = |(&side, (&smallest, &largest)): (&usize, (&f64, &f64))| PassConfig { side, smallest, largest };
        self.sides.iter().zip(lengths).map(pass).collect()
    }
}
