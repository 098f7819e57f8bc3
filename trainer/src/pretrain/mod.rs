//! Pre-training of the generic image-label network.
//!
//! The loss joins two views of one image: each of the API's labels as a sigmoid (what the network serves), and the
//! image's class as a softmax over the class labels' logits (which ranks classes against each other and converges
//! faster). Both read the same outputs.

mod batches;
mod checkpoint;
mod evaluate;
mod mix;
mod schedule;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_models::net::{ImageInput, Network};
use chameleon_models::resnet::{ResNetConfig, resnet};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tch::{Device, Kind, Reduction, Tensor};

pub use checkpoint::{read_tensors, write_tensors};
pub use evaluate::{features, logits};

use crate::dataset::{ClassLabel, ImageSet, read_labels, shards};
use crate::metrics::top1;
use crate::module::Module;
use crate::optim::{Ema, Sgd};
use batches::Source;
use schedule::Schedule;

/// Rows and columns of the data set's images, and of the network's input.
pub const SIDE: usize = 64;
/// Images held out of the training shards to choose and to stop by.
const TUNING_IMAGES: usize = 2000;
const CHECKPOINT_EVERY: u64 = 200;

/// The run's settings, saved beside its checkpoint.
pub const SETTINGS: &str = "settings.json";

/// Settings of a run.
#[derive(Clone, Debug, clap::Args, Serialize)]
pub struct Options {
    /// Folder with `train-*.parquet`, `classes.txt` and `labels.json`
    #[arg(long)]
    #[serde(skip)]
    pub data: PathBuf,
    /// Folder for checkpoints and metrics; a run found there is resumed
    #[arg(long)]
    #[serde(skip)]
    pub out: PathBuf,
    /// Shards of the training split to train on, from the first; the rest stay unseen
    #[arg(long, default_value_t = 3)]
    pub shards: usize,
    /// Passes over the training images
    #[arg(long, default_value_t = 30)]
    pub epochs: u64,
    /// Stop after this many steps in all; go on by running again
    #[arg(long)]
    #[serde(skip)]
    pub stop_at: Option<u64>,
    /// Images a step
    #[arg(long, default_value_t = 128)]
    pub batch: usize,
    /// Largest learning rate
    #[arg(long, default_value_t = 0.1)]
    pub learning_rate: f64,
    /// Weight decay of convolutions and of the head
    #[arg(long, default_value_t = 5e-4)]
    pub weight_decay: f64,
    /// Fraction of the steps over which the rate falls; 1 is a plain cosine
    #[arg(long, default_value_t = 0.7)]
    pub decay: f64,
    /// Smallest part of an image's area that a crop keeps
    #[arg(long, default_value_t = 0.35)]
    pub min_area: f64,
    /// Largest change of brightness, contrast and saturation, as a factor's distance from 1
    #[arg(long, default_value_t = 0.0)]
    pub jitter: f64,
    /// Share of the images that are mixed with another one of their batch (cut and paste, or mixup one time in four)
    #[arg(long, default_value_t = 0.0)]
    pub mix: f64,
    /// Weights to start from, of a finished run, instead of random ones
    #[arg(long)]
    #[serde(skip)]
    pub from: Option<PathBuf>,
    /// Rows and columns of training images at first
    #[arg(long, default_value_t = 32)]
    pub first_side: usize,
    /// Rows and columns of training images at last
    #[arg(long, default_value_t = 64)]
    pub last_side: usize,
    /// Weight of the label loss (the mean over labels) beside the class loss
    #[arg(long, default_value_t = 20.0)]
    pub label_weight: f64,
    /// Smoothing of the class loss
    #[arg(long, default_value_t = 0.1)]
    pub smoothing: f64,
    /// Convolve in bfloat16: about twice as fast where the processor has the instructions (AMX, AVX512-BF16)
    #[arg(long)]
    pub bf16: bool,
    /// Decay of the weights' moving average
    #[arg(long, default_value_t = 0.998)]
    pub ema: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// The network that is trained: 222 M multiply-accumulates an image, 3.7 M parameters.
pub fn network(outputs: usize) -> Network {
    resnet(&ResNetConfig {
        name: "image-labels".to_owned(),
        input: ImageInput {
            channels: 3,
            height: SIDE,
            width: SIDE,
            mean: vec![0.480, 0.448, 0.397],
            std: vec![0.276, 0.269, 0.282],
        },
        stem: (32, 2),
        stages: vec![(48, 1, 1), (96, 2, 2), (192, 2, 2), (384, 1, 2)],
        outputs,
    })
}

#[derive(Serialize)]
struct Measurement {
    step: u64,
    epoch: f64,
    side: usize,
    learning_rate: f64,
    loss: f64,
    tuning_top1: f64,
    seconds: f64,
}

/// Trains, or goes on with, the network in `options.out`.
///
/// # Errors
/// Data or checkpoint cannot be read, or the output folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    check(options)?;
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    fs::write(options.out.join(SETTINGS), serde_json::to_vec_pretty(options)?)?;
    let labels = read_labels(&options.data)?;
    let (train, tuning) = load_images(options)?;
    tch::manual_seed(options.seed as i64);
    let network = network(labels.len());
    let module = match &options.from {
        Some(weights) => Module::from_tensors(network, &read_tensors(weights)?, Device::Cpu)?,
        None => Module::new(network, Device::Cpu),
    };
    let mut run = Run::new(options, module, &labels, train)?;
    run.train(options, &tuning)
}

/// Whether the settings of the augmentation make sense.
fn check(options: &Options) -> Result<()> {
    let Options { mix, jitter, min_area, .. } = *options;
    ensure!((0.0..=1.0).contains(&mix), "--mix {mix}: a share of the images lies in 0..1");
    ensure!((0.0..1.0).contains(&jitter), "--jitter {jitter}: a change lies in 0..1, 1 left out");
    ensure!(min_area > 0.0 && min_area <= 1.0, "--min-area {min_area}: a part of an image lies in 0..1, 0 left out");
    Ok(())
}

/// Training images and those held out for tuning, the same number of each class.
fn load_images(options: &Options) -> Result<(ImageSet, ImageSet)> {
    let mut files = shards(&options.data, "train")?;
    ensure!(files.len() >= options.shards, "{}: only {} training shards", options.data.display(), files.len());
    files.truncate(options.shards);
    let all = ImageSet::read(&files, SIDE)?;
    let (train, tuning) = stratified(&all, TUNING_IMAGES);
    Ok((all.select(&train), all.select(&tuning)))
}

/// Splits off about `held_out` images, equally many of each class; the split is the same for every run.
fn stratified(set: &ImageSet, held_out: usize) -> (Vec<usize>, Vec<usize>) {
    let mut by_class: HashMap<u16, Vec<usize>> = HashMap::new();
    let mut order: Vec<usize> = (0..set.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    for i in order {
        by_class.entry(set.classes[i]).or_default().push(i);
    }
    let each = held_out / by_class.len().max(1);
    let (mut train, mut tuning) = (Vec::new(), Vec::new());
    for indices in by_class.values() {
        let cut = each.min(indices.len());
        tuning.extend(&indices[..cut]);
        train.extend(&indices[cut..]);
    }
    train.sort_unstable();
    tuning.sort_unstable();
    (train, tuning)
}

struct Run {
    module: Module,
    optimizer: Sgd,
    ema: Ema,
    source: Source,
    schedule: Schedule,
    objective: Objective,
    compute: Kind,
    step: u64,
    checkpoint: PathBuf,
}

impl Run {
    fn new(options: &Options, module: Module, labels: &[ClassLabel], train: ImageSet) -> Result<Self> {
        let source = Source {
            set: Arc::new(train),
            input: module.network().input.clone(),
            size: options.batch,
            min_area: options.min_area,
            jitter: options.jitter,
            mix: options.mix,
            seed: options.seed,
        };
        let per_epoch = source.per_epoch();
        ensure!(per_epoch > 0, "fewer training images than a batch of {}", options.batch);
        let schedule = Schedule {
            steps: options.epochs * per_epoch,
            warmup: per_epoch,
            peak: options.learning_rate,
            decay: options.decay,
            sides: (options.first_side, options.last_side),
        };
        let mut optimizer = Sgd::new(module.trainable(), 0.9, options.weight_decay);
        let mut ema = Ema::new(module.tensors(), options.ema);
        let checkpoint = options.out.join("checkpoint.safetensors");
        let step =
            if checkpoint.exists() { checkpoint::load(&checkpoint, &module, &mut optimizer, &mut ema)? } else { 0 };
        let objective = Objective::new(labels, options);
        let compute = if options.bf16 { Kind::BFloat16 } else { Kind::Float };
        Ok(Self { module, optimizer, ema, source, schedule, objective, compute, step, checkpoint })
    }

    fn train(&mut self, options: &Options, tuning: &ImageSet) -> Result<()> {
        let end = options.stop_at.unwrap_or(u64::MAX).min(self.schedule.steps);
        let bar = progress_bar(end, self.step);
        let per_epoch = self.source.per_epoch();
        let batches = self.source.stream(self.schedule, self.step);
        let (mut loss_sum, mut counted, started) = (0.0, 0u32, std::time::Instant::now());
        while self.step < end {
            let batch = batches.recv().context("the thread that makes batches has stopped")?;
            loss_sum += self.update(&batch);
            counted += 1;
            self.step += 1;
            bar.inc(1);
            if self.step.is_multiple_of(20) {
                bar.set_message(format!("loss {:.3}, {} px", loss_sum / f64::from(counted), batch.side));
            }
            if self.step.is_multiple_of(CHECKPOINT_EVERY) || self.step == end {
                self.save()?;
            }
            if self.step.is_multiple_of(per_epoch) || self.step == end {
                let measurement = Measurement {
                    step: self.step,
                    epoch: self.step as f64 / per_epoch as f64,
                    side: batch.side,
                    learning_rate: self.schedule.learning_rate(self.step - 1),
                    loss: loss_sum / f64::from(counted.max(1)),
                    tuning_top1: self.tuning_top1(tuning)?,
                    seconds: started.elapsed().as_secs_f64(),
                };
                append_line(&options.out.join("metrics.jsonl"), &serde_json::to_string(&measurement)?)?;
                bar.println(format!(
                    "epoch {:.1}: loss {:.3}, tuning top-1 {:.4}",
                    measurement.epoch, measurement.loss, measurement.tuning_top1
                ));
                (loss_sum, counted) = (0.0, 0);
            }
        }
        bar.finish();
        self.write_weights(&options.out.join("weights.safetensors"))
    }

    fn update(&mut self, batch: &batches::Batch) -> f64 {
        let logits = self.module.forward(&batch.images().to_kind(self.compute), true);
        let loss = self.objective.loss(&logits, &batch.class_shares(self.objective.classes()));
        loss.backward();
        self.optimizer.step(self.schedule.learning_rate(self.step));
        self.ema.update(self.module.tensors(), self.step);
        loss.double_value(&[])
    }

    fn save(&self) -> Result<()> {
        checkpoint::save(&self.checkpoint, self.step, &self.module, &self.optimizer, &self.ema)
    }

    fn averaged(&self) -> Vec<(String, Tensor)> {
        let names = self.module.tensors().iter().map(|(name, _)| name.clone());
        names.zip(self.ema.averages().iter().map(Tensor::shallow_clone)).collect()
    }

    fn tuning_top1(&self, tuning: &ImageSet) -> Result<f64> {
        let averaged: HashMap<String, Tensor> = self.averaged().into_iter().collect();
        let module = Module::from_tensors(self.module.network().clone(), &averaged, Device::Cpu)?;
        let logits = logits(&module, tuning);
        Ok(top1(&logits, self.objective.outputs, &self.objective.class_columns, &tuning.classes))
    }

    fn write_weights(&self, path: &Path) -> Result<()> {
        let tensors: Vec<(String, Tensor)> =
            self.averaged().into_iter().map(|(name, tensor)| (name, tensor.contiguous())).collect();
        write_tensors(path, &tensors)
    }
}

/// The loss over the network's outputs.
struct Objective {
    outputs: usize,
    class_columns: Vec<usize>,
    columns: Tensor,
    /// (classes, labels): which labels an image of a class carries.
    targets: Tensor,
    label_weight: f64,
    smoothing: f64,
}

impl Objective {
    fn new(labels: &[ClassLabel], options: &Options) -> Self {
        let class_columns = class_columns(labels);
        let (classes, outputs) = (class_columns.len(), labels.len());
        let mut targets = vec![0.0f32; classes * outputs];
        for (l, label) in labels.iter().enumerate() {
            for &class in &label.classes {
                targets[usize::from(class) * outputs + l] = 1.0;
            }
        }
        let columns: Vec<i64> = class_columns.iter().map(|&c| c as i64).collect();
        Self {
            outputs,
            class_columns,
            columns: Tensor::from_slice(&columns),
            targets: Tensor::from_slice(&targets).view([classes as i64, outputs as i64]),
            label_weight: options.label_weight,
            smoothing: options.smoothing,
        }
    }

    fn classes(&self) -> i64 {
        self.class_columns.len() as i64
    }

    /// Loss of logits (N, outputs) for images of which the shares (N, classes) are of each class.
    fn loss(&self, logits: &Tensor, shares: &Tensor) -> Tensor {
        let of_classes = logits.index_select(1, &self.columns);
        let class_loss = of_classes.cross_entropy_loss::<Tensor>(shares, None, Reduction::Mean, -100, self.smoothing);
        let targets = shares.matmul(&self.targets);
        let label_loss = logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean);
        class_loss + label_loss * self.label_weight
    }
}

/// For each class, the first label that exactly this class carries.
pub fn class_columns(labels: &[ClassLabel]) -> Vec<usize> {
    let classes = labels.iter().flat_map(|label| &label.classes).max().map_or(0, |&c| usize::from(c) + 1);
    let own = |class: usize| labels.iter().position(|label| label.classes == [class as u16]);
    (0..classes).map(|class| own(class).unwrap_or(0)).collect()
}

/// Multi-hot label targets of an image set, (N, labels).
pub fn label_targets(labels: &[ClassLabel], set: &ImageSet) -> Tensor {
    let mut targets = vec![0.0f32; set.len() * labels.len()];
    for (i, class) in set.classes.iter().enumerate() {
        for (l, label) in labels.iter().enumerate() {
            if label.classes.contains(class) {
                targets[i * labels.len() + l] = 1.0;
            }
        }
    }
    Tensor::from_slice(&targets).view([set.len() as i64, labels.len() as i64]).to_kind(Kind::Float)
}

fn progress_bar(end: u64, done: u64) -> ProgressBar {
    let bar = ProgressBar::new(end);
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} steps, {eta} left, {msg}");
    bar.set_style(style.expect("the template is valid"));
    bar.set_position(done);
    bar.reset_eta();
    bar
}

fn append_line(path: &Path, line: &str) -> Result<()> {
    let mut file =
        OpenOptions::new().create(true).append(true).open(path).with_context(|| format!("{}", path.display()))?;
    writeln!(file, "{line}").with_context(|| format!("{}", path.display()))
}
