//! Training of the detector's layers on a backbone that stays as it is.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_models::net::INPUT;
use chameleon_models::objects::network::{BOXES, EMBEDDING, HeadConfig, PREFIX, Taps, head, joined, taps};
use chameleon_models::weights::Weights;
use chameleon_models::zoo::ImageLabels;
use chameleon_models::zoo::objects::{NAMES_BIAS, NAMES_WEIGHT};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tch::{Device, Kind, Tensor, no_grad};

use super::batches::{Batch, Source};
use super::boxed::BoxedImages;
use super::loss::{LossWeights, Outputs, Wanted, loss};
use super::names::ObjectNames;
use super::{Options, Settings};
use crate::convert::{tensors, weights};
use crate::module::Module;
use crate::optim::{Ema, Sgd, warm_cosine};
use crate::pretrain::append_line;

/// The detector's widths: 1.3 M parameters.
pub const WIDTHS: HeadConfig = HeadConfig { joined: 256, embedding: 192, boxes: 128 };
/// The share of cells that a name is expected at before anything is learned (Lin et al. 2017, section 4.1).
const PRIOR: f64 = 0.01;
/// The logit of an object being there before anything is learned: one cell in eight.
const DOUBTFUL: f32 = -2.0;
const MOMENTUM: f64 = 0.9;

/// What is learned from.
pub(super) struct Material {
    pub(super) images: Arc<BoxedImages>,
    pub(super) names: ObjectNames,
}

/// Trains and gives the parameters: those of the detector's nodes, [`NAMES_WEIGHT`] (names, D) and [`NAMES_BIAS`].
///
/// # Errors
/// The device cannot be used, or the backbone does not carry the detector.
pub(super) fn train(options: &Options, backbone: &ImageLabels, material: &Material) -> Result<Weights> {
    let Options { settings, .. } = options;
    tch::manual_seed(settings.seed as i64);
    let mut learner = Learner::new(options, backbone, &material.names)?;
    let source = Source {
        images: material.images.clone(),
        names: material.names.clone(),
        input: backbone.network.input.clone(),
        size: settings.batch,
        passes: settings.passes(),
        mosaics: settings.mosaics,
        min_area: settings.min_area,
        seed: settings.seed,
    };
    let batches = source.stream();
    let bar = ProgressBar::new(settings.steps);
    bar.set_style(ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} steps, {eta} left, {msg}")?);
    let mut average = None;
    for step in 0..settings.steps {
        let batch = batches.recv().context("the thread that makes batches has stopped")?;
        let loss = learner.update(&batch, step, settings);
        // Reading the loss waits for the device, so it is not done at every step.
        if step % 20 == 0 {
            let loss = loss.double_value(&[]);
            ensure!(loss.is_finite(), "the loss is not finite at step {step}");
            let value = average.map_or(loss, |average: f64| average.mul_add(0.9, loss * 0.1));
            average = Some(value);
            bar.set_message(format!("loss {value:.3}"));
            if step % 100 == 0 {
                let line = json!({ "step": step, "loss": value, "seconds": bar.elapsed().as_secs_f64() });
                append_line(&options.out.join("metrics.jsonl"), &line.to_string())?;
            }
        }
        bar.inc(1);
    }
    bar.finish();
    learner.weights()
}

struct Learner {
    module: Module,
    taps: Taps,
    /// (names, D), (names), (classes, D), (classes).
    names: [Tensor; 4],
    /// (classes, names): which names each class has.
    of_class: Tensor,
    optimizer: Sgd,
    ema: Ema,
    device: Device,
    compute: Kind,
}

impl Learner {
    fn new(options: &Options, backbone: &ImageLabels, names: &ObjectNames) -> Result<Self> {
        let Options { settings, device, .. } = options;
        let device = *device;
        let network = joined(&backbone.network, &head(&backbone.network, WIDTHS)?, backbone.network.input.height);
        let mut known = tensors(&backbone.weights);
        known.extend(initial_boxes());
        let module = Module::extending(network, &known, device)?;
        let (n, classes, d) = (names.labels.len() as i64, names.of_class.len() as i64, WIDTHS.embedding as i64);
        let float = (Kind::Float, device);
        let rows = |rows: i64| (Tensor::randn([rows, d], float) * 0.01).set_requires_grad(true);
        let prior = (PRIOR / (1.0 - PRIOR)).ln();
        let names_bias = Tensor::full([n], prior, float).set_requires_grad(true);
        let names_tensors =
            [rows(n), names_bias, rows(classes), Tensor::zeros([classes], float).set_requires_grad(true)];
        let mut trainable = module.trainable_where(|name| name.starts_with(PREFIX));
        trainable.extend(names_tensors.iter().map(|tensor| (tensor.shallow_clone(), tensor.dim() > 1)));
        let mut learner = Self {
            taps: taps(&backbone.network)?,
            names: names_tensors,
            of_class: class_names(names).to_device(device),
            optimizer: Sgd::new(trainable, MOMENTUM, settings.weight_decay),
            ema: Ema::new(&[], settings.ema),
            module,
            device,
            compute: if settings.bf16 { Kind::BFloat16 } else { Kind::Float },
        };
        learner.ema = Ema::new(&learner.learned(), settings.ema);
        Ok(learner)
    }

    /// One step; gives the loss, still on the device.
    fn update(&mut self, batch: &Batch, step: u64, settings: &Settings) -> Tensor {
        let wanted = self.wanted(batch);
        let outputs = self.outputs(batch, &wanted);
        let loss = loss(&outputs, &wanted, LossWeights::default());
        loss.backward();
        let (steps, warm) = (settings.steps as f64, settings.steps as f64 / 20.0);
        self.optimizer.step(settings.learning_rate * warm_cosine(step as f64, steps, warm));
        self.ema.update(&self.learned(), step);
        loss.detach()
    }

    fn wanted(&self, batch: &Batch) -> Wanted {
        let targets = &batch.targets;
        let classes = Tensor::from_slice(&targets.classes).to_device(self.device);
        Wanted {
            found: Tensor::from_slice(&targets.found).to_device(self.device),
            codes: Tensor::from_slice(targets.codes.as_flattened()).view([-1, 4]).to_device(self.device),
            ignored: Tensor::from_slice(&targets.ignored).to_device(self.device),
            names: self.of_class.index_select(0, &classes),
            classes,
        }
    }

    fn outputs(&self, batch: &Batch, wanted: &Wanted) -> Outputs {
        let images = batch.images(self.device).to_kind(self.compute);
        let (fine, deep) = (self.taps.fine.as_str(), self.taps.deep.as_str());
        let stages = no_grad(|| self.module.values([(INPUT, &images)], [fine, deep], false));
        let [at_fine, at_deep] = stages.map(|stage| stage.to_kind(Kind::Float));
        let [embedding, boxes] = self.module.values([(fine, &at_fine), (deep, &at_deep)], [EMBEDDING, BOXES], true);
        // (N, C, rows, columns) to (cells, C).
        let by_cell = |map: &Tensor| map.permute([0, 2, 3, 1]).reshape([-1, map.size()[1]]);
        let (embedding, boxes) = (by_cell(&embedding), by_cell(&boxes));
        let background = Tensor::from_slice(&batch.targets.background).to_device(self.device);
        let [weight, bias, class_weight, class_bias] = &self.names;
        let found = embedding.index_select(0, &wanted.found);
        Outputs {
            boxes,
            names: found.linear(weight, Some(bias)),
            background: embedding.index_select(0, &background).linear(weight, Some(bias)),
            classes: found.linear(class_weight, Some(class_bias)),
        }
    }

    /// What is learned and kept, by name.
    fn learned(&self) -> Vec<(String, Tensor)> {
        let own = self.module.tensors().iter().filter(|(name, _)| name.starts_with(PREFIX));
        let mut all: Vec<(String, Tensor)> = own.map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        for (name, tensor) in [NAMES_WEIGHT, NAMES_BIAS].iter().zip(&self.names) {
            all.push(((*name).to_owned(), tensor.shallow_clone()));
        }
        all
    }

    /// The averaged parameters.
    fn weights(&self) -> Result<Weights> {
        let names = self.learned().into_iter().map(|(name, _)| name);
        weights(&names.zip(self.ema.averages().iter().map(Tensor::shallow_clone)).collect::<Vec<_>>())
    }
}

/// What the last layer of boxes starts with: every cell writes its own square and is doubtful of an object.
fn initial_boxes() -> [(String, Tensor); 2] {
    let float = (Kind::Float, Device::Cpu);
    let weight = Tensor::randn([5, WIDTHS.boxes as i64, 1, 1], float) * 0.01;
    let bias = Tensor::from_slice(&[0.0f32, 0.0, 0.0, 0.0, DOUBTFUL]);
    [(format!("{BOXES}.weight"), weight), (format!("{BOXES}.bias"), bias)]
}

/// Which names each class has, (classes, names), as zeros and ones.
fn class_names(names: &ObjectNames) -> Tensor {
    let width = names.labels.len();
    let mut table = vec![0.0f32; names.of_class.len() * width];
    for (row, of_class) in table.chunks_exact_mut(width).zip(&names.of_class) {
        for &name in of_class.iter().flatten() {
            row[name] = 1.0;
        }
    }
    Tensor::from_slice(&table).view([-1, width as i64])
}
