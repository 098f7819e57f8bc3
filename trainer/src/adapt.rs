//! A generic model adapted to its owner's images: the base of all models of their applications.
//!
//! What changes is the last stage and the head, trained on all labels of the data; everything before is shared with the
//! model that ships, and stays as it is. The folder written holds only what has changed.

mod tail;
mod train;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chameleon_models::bank::Split;
use chameleon_models::files::replace;
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::{self, Generic as _, ImageLabels, Manifest};
use serde::Serialize;
use serde_json::json;
use tch::{Device, Tensor};

use crate::data::{self, DataSet, Labels};
use crate::device;
use crate::module::Module;
use crate::progress::{Progress, ProgressMode};
use tail::Tail;
use train::{Examples, Quality, Training, quality};

/// What to adapt to, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Your labelled images: a folder or file in one of the layouts that README lists
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    /// CSV file of rows `name,label`: what the names in --data are called in the model's vocabulary
    #[arg(long, value_name = "FILE")]
    pub labels_map: Option<PathBuf>,
    /// Folder for the adapted model
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// How to train
    #[command(flatten)]
    pub settings: Settings,
    /// Where to train: `cpu`, or `cuda` with a libtorch that has it
    #[arg(long, default_value = "cpu", value_parser = device::parse)]
    pub device: Device,
    /// JSON file to write the result to, too
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
    /// How to show progress on stderr
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
}

/// Settings of the training.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct Settings {
    /// Passes over the training images
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub epochs: u64,
    /// Images a step
    #[arg(long, default_value_t = 128, value_parser = positive)]
    pub batch: usize,
    /// Largest learning rate
    #[arg(long, default_value_t = 0.05)]
    pub learning_rate: f64,
    /// Weight decay of convolutions and of the head
    #[arg(long, default_value_t = 5e-4)]
    pub weight_decay: f64,
    /// Share of the images that are blended with another one of their batch
    #[arg(long, default_value_t = 0.5)]
    pub mix: f64,
    /// Decay of the weights' moving average
    #[arg(long, default_value_t = 0.998)]
    pub ema: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| "a whole number of at least 1".to_owned())
}

/// The adapted model beside the one that it was made from, on the tuning images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adapted {
    /// Where the images come from.
    pub source: String,
    /// Images trained on.
    pub training_images: usize,
    /// Images that chose the epoch.
    pub tuning_images: usize,
    /// The epoch whose weights are kept; 0 means that none was better than the generic model.
    pub epoch: u64,
    /// Mean average precision of the labels before.
    pub before: f64,
    /// And after.
    pub after: f64,
}

/// Adapts, writes the folder and prints the result. Without an improvement nothing is written.
///
/// # Errors
/// The images cannot be read or used, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    ensure!((0.0..=1.0).contains(&options.settings.mix), "--mix {}: a share lies in 0..1", options.settings.mix);
    let mode = if options.quiet { ProgressMode::None } else { options.progress };
    let model = zoo::image_labels()?;
    let mut labels = Labels::new(&model.labels);
    if let Some(map) = &options.labels_map {
        labels = labels.with_map(map)?;
    }
    let set = data::read(&options.data, &labels)?;
    for note in set.notes.iter().filter(|_| !options.quiet) {
        eprintln!("{note}");
    }
    let (adapted, delta) = adapt(&set, &model, &options.settings, options.device, mode)?;
    if adapted.epoch > 0 {
        write(options, &model, &adapted, &delta)?;
    }
    if let Some(file) = &options.result {
        replace(file, &serde_json::to_vec(&adapted)?).with_context(|| format!("{}", file.display()))?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&adapted)?);
    } else {
        print!("{adapted}");
    }
    Ok(())
}

/// Trains the last stage and the head. Gives the weights that change with what they are worth.
///
/// # Errors
/// The set has no images to train or tune with, or one cannot be read.
pub fn adapt(
    set: &DataSet,
    model: &ImageLabels,
    settings: &Settings,
    device: Device,
    mode: ProgressMode,
) -> Result<(Adapted, Weights)> {
    let tail = Tail::of(&model.network)?;
    let examples = |split, name| examples(set, split, name, model, &tail, device, mode);
    let (tuning, training) = (examples(Split::Tune, "tuning")?, examples(Split::Train, "training")?);
    let weights =
        tail.parameters().keys().map(|name| tensor(&model.weights, name)).collect::<Result<HashMap<_, _>>>()?;
    let module = Module::from_tensors(tail.network.clone(), &weights, device)?;
    let before = quality(&module, &tuning);
    let mut best = (0, before, None);
    let mut run = Training::new(module, &training, settings);
    let mut progress = Progress::start(mode, "adapting", settings.epochs * run.per_epoch());
    for epoch in 1..=settings.epochs {
        run.epoch(epoch, &mut || progress.tick());
        let averaged = run.averaged()?;
        let reached = quality(&averaged, &tuning);
        if reached.loss < best.1.loss {
            best = (epoch, reached, Some(averaged));
        }
    }
    drop(progress);
    let (epoch, Quality { mean_average_precision: after, .. }, kept) = best;
    let delta = kept.as_ref().map_or_else(|| Ok(Weights::default()), changed)?;
    let adapted = Adapted {
        source: set.source.clone(),
        training_images: training.targets.size()[0] as usize,
        tuning_images: tuning.targets.size()[0] as usize,
        epoch,
        before: before.mean_average_precision,
        after,
    };
    Ok((adapted, delta))
}

fn examples(
    set: &DataSet,
    split: Split,
    name: &str,
    model: &ImageLabels,
    tail: &Tail,
    device: Device,
    mode: ProgressMode,
) -> Result<Examples> {
    let splits = set.splits();
    let records: Vec<usize> = (0..splits.len()).filter(|&i| splits[i] == split).collect();
    ensure!(!records.is_empty(), "{}: there are no {name} images", set.source);
    let values = values::values(set, &records, model, tail, mode)?.to_device(device);
    Ok(Examples { values, targets: values::targets(set, &records, model.labels.len()).to_device(device) })
}

fn tensor(weights: &Weights, name: &str) -> Result<(String, Tensor)> {
    let weight = weights.get(name)?;
    let shape: Vec<i64> = weight.shape().iter().map(|&length| length as i64).collect();
    Ok((name.to_owned(), Tensor::from_slice(weight.data()).view(shape.as_slice())))
}

fn changed(module: &Module) -> Result<Weights> {
    let mut weights = Weights::default();
    for (name, tensor) in module.tensors() {
        let shape = tensor.size().iter().map(|&length| length as usize).collect();
        let values = Vec::<f32>::try_from(tensor.detach().to_device(Device::Cpu).contiguous().view([-1]))?;
        weights.insert(name, shape, values)?;
    }
    Ok(weights)
}

/// The manifest is written last: a reader sees the old folder, or an error, or the new one.
fn write(options: &Options, model: &ImageLabels, adapted: &Adapted, delta: &Weights) -> Result<()> {
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    let bytes = delta.write_safetensors(Precision::F16)?;
    let manifest = Manifest {
        name: model.manifest.name.clone(),
        version: model.manifest.version.clone(),
        base: Some(model.weights_sha256().to_owned()),
        files: BTreeMap::from([(zoo::WEIGHTS.to_owned(), zoo::sha256(&bytes))]),
        recipe: json!({ "adapt": options.settings }),
        data: json!({ "source": adapted.source, "images": adapted.training_images }),
        metrics: json!({ "tuning": adapted }),
        converted_from: None,
    };
    for (name, bytes) in [(zoo::WEIGHTS, bytes), (zoo::MANIFEST, serde_json::to_vec_pretty(&manifest)?)] {
        let path = options.out.join(name);
        replace(&path, &bytes).with_context(|| format!("{}", path.display()))?;
    }
    Ok(())
}

impl Display for Adapted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { source, training_images, tuning_images, epoch, before, after } = self;
        writeln!(f, "{source}: {training_images} images to train, {tuning_images} to tune")?;
        if *epoch == 0 {
            return writeln!(f, "nothing written: no epoch labels the tuning images better than the generic model");
        }
        let (before, after) = (100.0 * before, 100.0 * after);
        writeln!(f, "mean average precision of the labels {before:.1} -> {after:.1} %, after epoch {epoch}")
    }
}
