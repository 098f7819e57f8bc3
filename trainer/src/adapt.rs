//! A generic model adapted to its owner's images: the base of all models of their applications.
//!
//! What changes is the head and the last stage, or all layers, trained on all labels of the data; what is before is shared
//! with the model that ships, and stays as it is. The folder written holds only what has changed.

mod train;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chameleon_models::bank::Split;
use chameleon_models::files::{check_replaceable, replace};
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::{self, Generic as _, ImageLabels, Manifest};
use serde::Serialize;
use serde_json::json;
use tch::{Device, Tensor};

use crate::convert::{tensors, weights};
use crate::data::{self, DataSet, Labels};
use crate::device;
use crate::module::Module;
use crate::progress::{Progress, ProgressMode};
use crate::tail::{Part, Tail, seen};
use train::{Examples, Quality, Training, quality};

/// Tuning images needed to tell a better model from a worse one.
const MIN_TUNING: usize = 50;

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
    /// What is trained beside the head
    #[arg(long, value_enum, default_value_t)]
    pub part: Part,
    /// Passes over the training images [default: 8; 14 where all layers are trained]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub epochs: Option<u64>,
    /// Images a step [default: 128; 256 where all layers are trained]
    #[arg(long, value_parser = device::positive)]
    pub batch: Option<usize>,
    /// Largest learning rate [default: 0.01; 0.015 where all layers are trained]
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Weight decay of convolutions and of the head
    #[arg(long, default_value_t = 5e-4)]
    pub weight_decay: f64,
    /// Smallest part of an image's area that is seen of it where all layers are trained
    #[arg(long, default_value_t = 0.35)]
    pub min_area: f64,
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

impl Settings {
    fn epochs(&self) -> u64 {
        self.epochs.unwrap_or(if self.part == Part::All { 14 } else { 8 })
    }

    fn batch(&self) -> usize {
        self.batch.unwrap_or(if self.part == Part::All { 256 } else { 128 })
    }

    /// Larger steps lose what was learned from many more images.
    fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(if self.part == Part::All { 0.015 } else { 0.01 })
    }

    /// All of them, with what the part makes of those that were not given.
    fn recipe(&self) -> Self {
        Self {
            epochs: Some(self.epochs()),
            batch: Some(self.batch()),
            learning_rate: Some(self.learning_rate()),
            ..self.clone()
        }
    }
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
    /// Labels that some training image carries: those that are learned.
    pub labels: usize,
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
    let Settings { mix, min_area, .. } = options.settings;
    ensure!((0.0..=1.0).contains(&mix), "--mix {mix}: a share lies in 0..1");
    ensure!(min_area > 0.0 && min_area <= 1.0, "--min-area {min_area}: a part of an image lies in 0..1, 0 left out");
    check_replaceable(&options.out, zoo::MANIFEST).with_context(|| format!("{}", options.out.display()))?;
    let mode = if options.quiet { ProgressMode::None } else { options.progress };
    let model = zoo::image_labels()?;
    let mut labels = Labels::new(&model.labels);
    if let Some(map) = &options.labels_map {
        labels = labels.with_map(map, &[])?;
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

/// Trains the head and a part before it. Gives the weights that change with what they are worth.
///
/// # Errors
/// The set has too few images to train or tune with, or one cannot be read.
pub fn adapt(
    set: &DataSet,
    model: &ImageLabels,
    settings: &Settings,
    device: Device,
    mode: ProgressMode,
) -> Result<(Adapted, Weights)> {
    let tail = Tail::of(&model.network, settings.part)?;
    let [tuning, training] = [Split::Tune, Split::Train].map(|split| records(set, split));
    for (records, least, name) in [(&training, 1, "training"), (&tuning, MIN_TUNING, "tuning")] {
        let count = records.len();
        ensure!(count >= least, "{}: {count} {name} images; at least {least} are needed", set.source);
    }
    let carried = carried(set, &training, model.labels.len());
    ensure!(carried.contains(&true), "{}: the training images carry no label of the model", set.source);
    let module = Module::from_tensors(tail.network.clone(), &tensors(&model.weights), device)?;
    let examples = |records: &[usize]| {
        let [channels, rows, columns] = tail.shape();
        let values = Tensor::from_slice(&seen(set, records, model, &tail, mode)?.values);
        let values = values.view([-1, channels, rows, columns]).to_device(device);
        let targets = targets(set, records, model.labels.len()).to_device(device);
        anyhow::Ok(Examples::new(values, &targets, &carried, &module))
    };
    let (tuning, training) = (examples(&tuning)?, examples(&training)?);
    let before = quality(&module, &tuning);
    let mut best = (0, before, Weights::default());
    let mut run = Training::new(module, &tail, &training, settings);
    let mut progress = Progress::start(mode, "adapting", settings.epochs() * run.per_epoch());
    for epoch in 1..=settings.epochs() {
        run.epoch(epoch, &mut || progress.tick());
        let averaged = run.averaged()?;
        let reached = quality(&averaged, &tuning);
        if reached.is_better_than(&best.1) {
            best = (epoch, reached, weights(averaged.tensors())?);
        }
    }
    drop(progress);
    let (epoch, Quality { mean_average_precision: after, .. }, delta) = best;
    let adapted = Adapted {
        source: set.source.clone(),
        training_images: training.len(),
        tuning_images: tuning.len(),
        labels: carried.iter().filter(|carried| **carried).count(),
        epoch,
        before: before.mean_average_precision,
        after,
    };
    Ok((adapted, delta))
}

fn records(set: &DataSet, split: Split) -> Vec<usize> {
    let splits = set.splits();
    (0..splits.len()).filter(|&i| splits[i] == split).collect()
}

/// For each label of the model, whether some of the records carry it.
fn carried(set: &DataSet, records: &[usize], labels: usize) -> Vec<bool> {
    let mut carried = vec![false; labels];
    for &label in records.iter().flat_map(|&i| &set.records[i].labels) {
        carried[usize::from(label)] = true;
    }
    carried
}

/// Which labels each record carries, (N, labels).
fn targets(set: &DataSet, records: &[usize], labels: usize) -> Tensor {
    let mut rows = vec![0.0f32; records.len() * labels];
    for (row, &i) in rows.chunks_exact_mut(labels.max(1)).zip(records) {
        for &label in &set.records[i].labels {
            row[usize::from(label)] = 1.0;
        }
    }
    Tensor::from_slice(&rows).view([records.len() as i64, labels as i64])
}

fn write(options: &Options, model: &ImageLabels, adapted: &Adapted, delta: &Weights) -> Result<()> {
    let manifest = Manifest {
        name: model.manifest.name.clone(),
        version: model.manifest.version.clone(),
        base: Some(model.weights_sha256().to_owned()),
        files: BTreeMap::new(),
        recipe: json!({ "adapt": options.settings.recipe() }),
        data: json!({ "source": adapted.source, "images": adapted.training_images }),
        metrics: json!({ "tuning": adapted }),
        converted_from: None,
    };
    let files = [(zoo::WEIGHTS, delta.write_safetensors(Precision::F16)?)];
    manifest.write(&options.out, &files).with_context(|| format!("{}", options.out.display()))
}

impl Display for Adapted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { source, training_images, tuning_images, labels, epoch, before, after } = self;
        writeln!(f, "{source}: {training_images} images to train, {tuning_images} to tune, {labels} labels")?;
        if *epoch == 0 {
            return writeln!(f, "nothing written: no epoch labels the tuning images better than the generic model");
        }
        let (before, after) = (100.0 * before, 100.0 * after);
        writeln!(f, "mean average precision of the labels {before:.1} -> {after:.1} %, after epoch {epoch}")
    }
}
