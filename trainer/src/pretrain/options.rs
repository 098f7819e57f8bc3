//! Settings of a pre-training run.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;
use tch::Device;

use crate::device;

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
    #[arg(long, default_value_t = 128, value_parser = device::positive)]
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
    /// Where to train: `cpu`, or `cuda` with a libtorch that has it
    #[arg(long, default_value = "cpu", value_parser = device::parse)]
    #[serde(skip)]
    pub device: Device,
    /// Factor of the number of channels. The network that ships has 1; a wider one makes a good teacher
    #[arg(long, default_value_t = 1)]
    pub width: usize,
    /// Finished run whose network teaches this one
    #[arg(long)]
    #[serde(skip)]
    pub teacher: Option<PathBuf>,
    /// Share of the loss that is distance from the teacher's answers, the rest from the truth
    #[arg(long, default_value_t = 0.8)]
    pub distill: f64,
    /// Decay of the weights' moving average
    #[arg(long, default_value_t = 0.998)]
    pub ema: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Options {
    /// Whether the settings make sense.
    pub(super) fn check(&self) -> Result<()> {
        let Self { mix, jitter, min_area, distill, .. } = *self;
        ensure!((0.0..=1.0).contains(&mix), "--mix {mix}: a share of the images lies in 0..1");
        ensure!((0.0..1.0).contains(&jitter), "--jitter {jitter}: a change lies in 0..1, 1 left out");
        ensure!(
            min_area > 0.0 && min_area <= 1.0,
            "--min-area {min_area}: a part of an image lies in 0..1, 0 left out"
        );
        ensure!((0.0..=1.0).contains(&distill), "--distill {distill}: a share of the loss lies in 0..1");
        ensure!((1..=8).contains(&self.width), "--width {}: a whole number in 1..8", self.width);
        Ok(())
    }
}
