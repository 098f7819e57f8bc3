//! From a finished pre-training run to the folder that ships: network, weights in f16, labels, feature bank, manifest.
//!
//! Features and metrics come from the engine that will serve the model, with the weights as rounded.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chameleon_models::bank::{Bank, Split};
use chameleon_models::files::check_replaceable;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess;
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::{self, ImageLabels, LabelInfo, Manifest};
use image::RgbImage;
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::dataset::{ClassLabel, ImageSet, read_labels, shards};
use crate::metrics::{average_precision, top1};
use crate::pretrain::{SIDE, class_columns, network};

/// Images labelled in one call of the engine.
const BATCH: usize = 32;

/// What to export and from where.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the pre-training run
    #[arg(long)]
    pub run: PathBuf,
    /// Folder with the Parquet shards, `classes.txt` and `labels.json`
    #[arg(long)]
    pub data: PathBuf,
    /// Folder to write
    #[arg(long)]
    pub out: PathBuf,
    /// Training shards that the run has seen; the others are the bank's pool
    #[arg(long, default_value_t = 3)]
    pub shards: usize,
    /// Images of each class that the bank takes from the pool for training
    #[arg(long, default_value_t = 95)]
    pub pool: usize,
    /// Images of each class that the bank takes from the pool for tuning
    #[arg(long, default_value_t = 20)]
    pub pool_tuning: usize,
    /// Validation images of each class that the bank keeps for tuning; the rest is for testing
    #[arg(long, default_value_t = 10)]
    pub tuning: usize,
    /// What the run's settings do not say of how the weights came about, for the manifest
    #[arg(long)]
    pub history: Option<String>,
    /// Seed of the choice of images
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Writes the folder.
///
/// # Errors
/// The run or the data cannot be read, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    check_replaceable(&options.out, zoo::MANIFEST).with_context(|| format!("{}", options.out.display()))?;
    let labels = read_labels(&options.data)?;
    let mut model = rounded_model(options, &labels)?;
    let labeler = ImageLabeler::new(&model)?;

    let mut files = shards(&options.data, "train")?;
    ensure!(files.len() > options.shards, "{}: no shard is left for the pool", options.data.display());
    let pool = ImageSet::read(&files.split_off(options.shards), SIDE)?;
    let validation = ImageSet::read(&shards(&options.data, "validation")?, SIDE)?;
    let (chosen, _) = by_class(&pool, options.pool + options.pool_tuning, options.seed);
    let chosen_set = pool.select(&chosen);
    let (train, pool_tune) = by_class(&chosen_set, options.pool, options.seed);
    let (tune, test) = by_class(&validation, options.tuning, options.seed);

    let mut bank = Builder::default();
    bank.add(&features(&labeler, &chosen_set, &train)?, &chosen_set, &train, Split::Train);
    bank.add(&features(&labeler, &chosen_set, &pool_tune)?, &chosen_set, &pool_tune, Split::Tune);
    bank.add(&features(&labeler, &validation, &tune)?, &validation, &tune, Split::Tune);
    let test_features = features(&labeler, &validation, &test)?;
    bank.add(&test_features, &validation, &test, Split::Test);
    let bank = bank.finish(&model.labels)?.write()?;

    model.manifest.metrics = metrics(&labeler, &labels, &test_features, &validation.select(&test));
    model.manifest.data = json!({
        "set": "Tiny ImageNet, 64x64, 200 classes; research use only (ImageNet's terms)",
        "backbone": format!("training shards 0-{}", options.shards - 1),
        "bank": format!(
            "{} images: from the training shards the backbone has not seen {} a class (train) and {} a class (tune), \
             of the validation split {} a class (tune), the rest of it (test)",
            chosen.len() + tune.len() + test.len(), options.pool, options.pool_tuning, options.tuning
        ),
    });
    write_folder(options, model.manifest, &labels, bank)
}

/// The run's averaged weights as they will be read back from f16.
fn rounded_model(options: &Options, labels: &[ClassLabel]) -> Result<ImageLabels> {
    let path = options.run.join(zoo::WEIGHTS);
    let trained = Weights::read_safetensors(&fs::read(&path).with_context(|| format!("{}", path.display()))?)?;
    let weights = Weights::read_safetensors(&trained.write_safetensors(Precision::F16)?)?;
    let manifest = Manifest {
        name: "image-labels".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        base: None,
        files: BTreeMap::new(),
        recipe: recipe(options)?,
        data: Value::Null,
        metrics: Value::Null,
        converted_from: None,
    };
    Ok(ImageLabels { manifest, network: network(labels.len(), 1), weights, labels: infos(labels) })
}

fn infos(labels: &[ClassLabel]) -> Vec<LabelInfo> {
    labels.iter().map(|label| LabelInfo { name: label.name.clone(), classes: label.classes.clone() }).collect()
}

/// The settings that the run saved beside its checkpoint, and the history given.
fn recipe(options: &Options) -> Result<Value> {
    let path = options.run.join(crate::pretrain::SETTINGS);
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let mut recipe: Value = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    if let Some(history) = &options.history {
        recipe["history"] = json!(history);
    }
    Ok(recipe)
}

/// `each` images of every class, chosen at random, and the others; both in ascending order.
pub(crate) fn by_class(set: &ImageSet, each: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..set.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut taken: BTreeMap<u16, usize> = BTreeMap::new();
    let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&i| {
        let count = taken.entry(set.classes[i]).or_default();
        *count += 1;
        *count <= each
    });
    chosen.sort_unstable();
    rest.sort_unstable();
    (chosen, rest)
}

/// Penultimate features of some images, (n, D).
fn features(labeler: &ImageLabeler, set: &ImageSet, indices: &[usize]) -> Result<Vec<Vec<f32>>> {
    let bar = ProgressBar::new(indices.len() as u64);
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} images, {eta} left")?;
    bar.set_style(style);
    let batches: Vec<Result<Vec<Vec<f32>>>> = indices
        .par_chunks(BATCH)
        .map(|batch| {
            let tensors: Vec<Vec<f32>> = batch.iter().map(|&i| tensor(labeler, set, i)).collect::<Result<_>>()?;
            bar.inc(batch.len() as u64);
            Ok(labeler.features(&tensors))
        })
        .collect();
    bar.finish_and_clear();
    Ok(batches.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

fn tensor(labeler: &ImageLabeler, set: &ImageSet, i: usize) -> Result<Vec<f32>> {
    let side = set.side as u32;
    let image = RgbImage::from_raw(side, side, set.image(i).to_vec()).context("an image of another size")?;
    Ok(preprocess::tensor(&image, labeler.input()))
}

#[derive(Default)]
struct Builder {
    features: Vec<f32>,
    classes: Vec<u16>,
    split: Vec<Split>,
}

impl Builder {
    fn add(&mut self, features: &[Vec<f32>], set: &ImageSet, indices: &[usize], split: Split) {
        self.features.extend(features.iter().flatten());
        self.classes.extend(indices.iter().map(|&i| set.classes[i]));
        self.split.extend(indices.iter().map(|_| split));
    }

    fn finish(self, labels: &[LabelInfo]) -> Result<Bank> {
        let dim = self.features.len() / self.classes.len().max(1);
        Ok(Bank::new(dim, self.features, self.classes, self.split, labels)?)
    }
}

/// Quality on the test part of the validation split.
fn metrics(labeler: &ImageLabeler, labels: &[ClassLabel], features: &[Vec<f32>], set: &ImageSet) -> Value {
    let logits: Vec<f32> = features.iter().flat_map(|features| labeler.logits(features)).collect();
    let width = labels.len();
    let mut per_label = serde_json::Map::new();
    let mut sum = 0.0;
    for (l, label) in labels.iter().enumerate() {
        let scores: Vec<f32> = logits.chunks_exact(width).map(|row| row[l]).collect();
        let positive: Vec<bool> = set.classes.iter().map(|class| label.classes.contains(class)).collect();
        if let Some(precision) = average_precision(&scores, &positive) {
            sum += precision;
            per_label.insert(label.name.clone(), json!((precision * 1e4).round() / 1e4));
        }
    }
    json!({
        "images": set.len(),
        "top1": top1(&logits, width, &class_columns(labels), &set.classes),
        "mean_average_precision": sum / per_label.len().max(1) as f64,
        "average_precision": per_label,
    })
}

fn write_folder(options: &Options, manifest: Manifest, labels: &[ClassLabel], bank: Vec<u8>) -> Result<()> {
    let weights = Weights::read_safetensors(&fs::read(options.run.join(zoo::WEIGHTS))?)?;
    let files = [
        (zoo::NETWORK, serde_json::to_vec_pretty(&network(labels.len(), 1))?),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": infos(labels) }))?),
        (zoo::WEIGHTS, weights.write_safetensors(Precision::F16)?),
        (zoo::BANK, bank),
    ];
    manifest.write(&options.out, &files).with_context(|| format!("{}", options.out.display()))
}
