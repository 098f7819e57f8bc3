//! The steps of a run.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tch::{Kind, Tensor, no_grad};

use super::batches::{Batch, Settings, Source};
use super::objective::Objective;
use super::schedule::Schedule;
use super::teacher::Teacher;
use super::{Options, checkpoint, logits, write_tensors};
use crate::augment::Augment;
use crate::dataset::{ClassLabel, ImageSet};
use crate::metrics::top1;
use crate::module::Module;
use crate::optim::{Ema, Sgd};

const CHECKPOINT_EVERY: u64 = 1000;
/// Reading the loss makes the program wait for a GPU.
const MESSAGE_EVERY: u64 = 20;

/// One line of `metrics.jsonl`.
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

/// A network in training.
pub(super) struct Run {
    module: Module,
    teacher: Option<Teacher>,
    optimizer: Sgd,
    ema: Ema,
    source: Source,
    schedule: Schedule,
    objective: Objective,
    compute: Kind,
    step: u64,
    out: PathBuf,
}

impl Run {
    /// A run from its beginning, or from its checkpoint in `options.out`.
    pub(super) fn new(options: &Options, module: Module, labels: &[ClassLabel], train: &ImageSet) -> Result<Self> {
        let objective = Objective::new(labels, options);
        let settings = Settings {
            input: module.network().input.clone(),
            size: options.batch,
            augment: Augment { min_area: options.min_area, jitter: options.jitter },
            mix: options.mix,
            seed: options.seed,
            device: options.device,
        };
        let source = Source::new(train, objective.class_columns.len(), settings);
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
        let saved = options.out.join(checkpoint::FILE);
        let step = if saved.exists() { checkpoint::load(&saved, &module, &mut optimizer, &mut ema)? } else { 0 };
        let compute = if options.bf16 { Kind::BFloat16 } else { Kind::Float };
        let teacher = match &options.teacher {
            Some(run) => Some(Teacher::read(run, &options.data, labels.len(), options.device).context("--teacher")?),
            None => None,
        };
        let out = options.out.clone();
        Ok(Self { module, teacher, optimizer, ema, source, schedule, objective, compute, step, out })
    }

    /// Trains to the end of the plan, or to step `stop_at`.
    pub(super) fn train(&mut self, stop_at: Option<u64>, tuning: &ImageSet) -> Result<()> {
        let end = stop_at.unwrap_or(u64::MAX).min(self.schedule.steps);
        let bar = progress_bar(end, self.step);
        let started = Instant::now();
        while self.step < end {
            let until = end.min((self.step / self.source.per_epoch() + 1) * self.source.per_epoch());
            let loss = self.epoch(until, &bar)?;
            self.measure(loss, started, tuning, &bar)?;
        }
        self.save()?;
        bar.finish();
        self.write_weights(&self.out.join("weights.safetensors"))
    }

    /// Steps of one epoch, up to `until`; their mean loss.
    fn epoch(&mut self, until: u64, bar: &ProgressBar) -> Result<f64> {
        let order = self.source.order(self.step / self.source.per_epoch());
        let first = self.step;
        let mut sum = Tensor::zeros([], (Kind::Float, self.module.device()));
        while self.step < until {
            let side = self.schedule.side(self.step);
            let batch = self.source.batch(&order, self.step, side);
            sum += self.update(&batch);
            self.step += 1;
            bar.inc(1);
            if self.step.is_multiple_of(MESSAGE_EVERY) {
                let mean = sum.double_value(&[]) / (self.step - first) as f64;
                ensure!(
                    mean.is_finite(),
                    "the loss is no number any more at step {}: lower --learning-rate",
                    self.step
                );
                bar.set_message(format!("loss {mean:.3}, {side} px"));
            }
            if self.step.is_multiple_of(CHECKPOINT_EVERY) {
                self.save()?;
            }
        }
        Ok(sum.double_value(&[]) / (self.step - first).max(1) as f64)
    }

    fn update(&mut self, batch: &Batch) -> Tensor {
        let images = batch.images.to_kind(self.compute);
        let taught = self.teacher.as_ref().map(|teacher| teacher.logits(&images));
        let logits = self.module.forward(&images, true);
        let loss = self.objective.loss(&logits, &batch.shares, taught.as_ref());
        loss.backward();
        self.optimizer.step(self.schedule.learning_rate(self.step));
        self.ema.update(self.module.tensors(), self.step);
        loss.detach()
    }

    fn measure(&self, loss: f64, started: Instant, tuning: &ImageSet, bar: &ProgressBar) -> Result<()> {
        let measurement = Measurement {
            step: self.step,
            epoch: self.step as f64 / self.source.per_epoch() as f64,
            side: self.schedule.side(self.step - 1),
            learning_rate: self.schedule.learning_rate(self.step - 1),
            loss,
            tuning_top1: self.tuning_top1(tuning)?,
            seconds: started.elapsed().as_secs_f64(),
        };
        append_line(&self.out.join("metrics.jsonl"), &serde_json::to_string(&measurement)?)?;
        let Measurement { epoch, tuning_top1, .. } = measurement;
        bar.suspend(|| eprintln!("epoch {epoch:.1}: loss {loss:.3}, tuning top-1 {tuning_top1:.4}"));
        Ok(())
    }

    fn save(&self) -> Result<()> {
        let path = self.out.join(checkpoint::FILE);
        checkpoint::save(&path, self.step, &self.module, &self.optimizer, &self.ema)
    }

    fn averaged(&self) -> Vec<(String, Tensor)> {
        let names = self.module.tensors().iter().map(|(name, _)| name.clone());
        names.zip(self.ema.averages().iter().map(Tensor::shallow_clone)).collect()
    }

    fn tuning_top1(&self, tuning: &ImageSet) -> Result<f64> {
        let averaged: HashMap<String, Tensor> = self.averaged().into_iter().collect();
        let module = Module::from_tensors(self.module.network().clone(), &averaged, self.module.device())?;
        let logits = no_grad(|| logits(&module, tuning));
        let outputs = logits.len() / tuning.len().max(1);
        Ok(top1(&logits, outputs, &self.objective.class_columns, &tuning.classes))
    }

    fn write_weights(&self, path: &Path) -> Result<()> {
        write_tensors(path, &self.averaged())
    }
}

fn progress_bar(end: u64, done: u64) -> ProgressBar {
    let bar = ProgressBar::new(end);
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} steps, {eta} left, {msg}");
    bar.set_style(style.expect("the template is valid"));
    bar.set_position(done);
    bar.reset_eta();
    bar
}

pub(crate) fn append_line(path: &Path, line: &str) -> Result<()> {
    let mut file =
        OpenOptions::new().create(true).append(true).open(path).with_context(|| format!("{}", path.display()))?;
    writeln!(file, "{line}").with_context(|| format!("{}", path.display()))
}
