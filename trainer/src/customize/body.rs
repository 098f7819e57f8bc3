//! The layers before the head that an application may change, and what they read of every image.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chameleon_models::adapters::{DOWN, UP, adapted};
use chameleon_models::net::{Network, Op};
use chameleon_models::resnet::FEATURES;
use chameleon_models::weights::Weights;
use chameleon_models::zoo::ImageLabels;
use half::f16;
use rand::Rng;
use tch::nn::Path;
use tch::{Device, Kind, Tensor, no_grad};

use crate::convert;
use crate::data::DataSet;
use crate::module::{Module, channels_last};
use crate::progress::ProgressMode;
use crate::tail::{Seen, Tail, seen};

/// Images of one pass without gradients.
const BATCH: usize = 256;
/// The optimizer's group of the adapters' parameters; the head's are in the first.
pub(super) const GROUP: usize = 1;

/// The last stage, which adapters change, with the values that it reads. Threads share it.
pub struct Body {
    tail: Tail,
    /// Convolutions that adapters stand beside.
    beside: Vec<String>,
    /// Parameters of the whole network.
    weights: Weights,
    /// (N, C, H, W).
    values: Vec<f16>,
}

impl Body {
    /// What the last stage reads of all images of a set, in their order, and the generic features (N, D) that it makes.
    ///
    /// # Errors
    /// The network has no stage that can be changed, or an image cannot be read.
    pub fn read(set: &DataSet, model: &ImageLabels, mode: ProgressMode) -> Result<(Self, Vec<f32>)> {
        let tail = Tail::of(&model.network)?;
        let records: Vec<usize> = (0..set.records.len()).collect();
        let Seen { values, features } = seen(set, &records, model, &tail, mode)?;
        let beside = convolutions(&tail.network);
        Ok((Self { tail, beside, weights: model.weights.clone(), values }, features))
    }

    /// Adapters that change nothing yet.
    pub(super) fn fresh(&self, rank: usize, rng: &mut impl Rng) -> Result<Weights> {
        let mut adapters = Weights::default();
        for (name, shape) in adapted(&self.tail.network, &self.beside, rank)?.parameters() {
            let fan_in: usize = shape.iter().skip(1).product();
            let scale = (3.0 / fan_in.max(1) as f32).sqrt();
            let count = shape.iter().product();
            let values = match name.strip_suffix(".weight") {
                Some(stem) if stem.ends_with(DOWN) => (0..count).map(|_| rng.random_range(-scale..=scale)).collect(),
                Some(stem) if stem.ends_with(UP) => vec![0.0; count],
                _ => continue,
            };
            adapters.insert(&name, shape, values)?;
        }
        Ok(adapters)
    }

    /// The last stage with these adapters.
    fn module(&self, adapters: &Weights) -> Result<Module> {
        let down = adapters.iter().find(|(name, _)| name.contains(DOWN)).context("adapters without parameters")?.1;
        let network = adapted(&self.tail.network, &self.beside, down.shape()[0])?;
        let mut all = self.weights.clone();
        all.replace_by(adapters.clone());
        Module::from_tensors(network, &convert::tensors(&all), Device::Cpu)
    }

    /// What the last stage reads of some images, (n, C, H, W).
    fn input(&self, images: &[usize]) -> Tensor {
        let size = self.tail.network.input.elements();
        let values: Vec<f16> = images.iter().flat_map(|&i| &self.values[i * size..(i + 1) * size]).copied().collect();
        let [channels, rows, columns] = self.tail.shape();
        channels_last(&Tensor::from_slice(&values).view([-1, channels, rows, columns]).to_kind(Kind::Float))
    }

    /// Features (n, 1, D) of some images with these adapters.
    ///
    /// # Errors
    /// The adapters are not for this network.
    pub fn features(&self, adapters: &Weights, images: &[usize]) -> Result<Tensor> {
        let module = self.module(adapters)?;
        let part = |images: &[usize]| no_grad(|| module.value(FEATURES, &self.input(images), false));
        Ok(Tensor::cat(&images.chunks(BATCH).map(part).collect::<Vec<_>>(), 0).unsqueeze(1))
    }
}

fn convolutions(network: &Network) -> Vec<String> {
    let can = |op: &Op| matches!(op, Op::Conv2d { groups: 1, .. });
    network.nodes.iter().filter(|node| can(&node.op)).map(|node| node.name.clone()).collect()
}

/// Adapters under training.
pub(super) struct Adapting<'b> {
    body: &'b Body,
    module: Module,
    names: Vec<String>,
}

impl<'b> Adapting<'b> {
    /// Adapters that begin as `start`, as variables below `root`.
    pub(super) fn new(body: &'b Body, start: &Weights, root: &Path) -> Result<Self> {
        let mut module = body.module(start)?;
        let mut tensors: HashMap<String, Tensor> = convert::tensors(start);
        let mut names: Vec<String> = tensors.keys().cloned().collect();
        names.sort_unstable();
        for (i, name) in names.iter().enumerate() {
            let tensor = tensors.remove(name).context("a name without a tensor")?;
            module.share(name, root.set_group(GROUP).var_copy(&format!("adapter{i}"), &tensor));
        }
        Ok(Self { body, module, names })
    }

    /// Features (n, 1, D), each image with left and right exchanged or not.
    pub(super) fn features(&self, images: &[usize], rng: &mut impl Rng) -> Tensor {
        let input = self.body.input(images);
        let mirrored: Vec<bool> = images.iter().map(|_| rng.random_bool(0.5)).collect();
        let mirrored = Tensor::from_slice(&mirrored).view([-1, 1, 1, 1]);
        let input = channels_last(&input.flip([3]).where_self(&mirrored, &input));
        self.module.value(FEATURES, &input, false).unsqueeze(1)
    }

    /// Decay towards no change.
    pub(super) fn pull(&mut self, amount: f64) {
        no_grad(|| {
            for (name, tensor) in self.module.tensors() {
                if name.strip_suffix(".weight").is_some_and(|stem| stem.ends_with(UP)) {
                    let _ = tensor.shallow_clone().g_mul_scalar_(1.0 - amount);
                }
            }
        });
    }

    /// As they are now.
    pub(super) fn weights(&self) -> Result<Weights> {
        let own = |(name, _): &&(String, Tensor)| self.names.binary_search(name).is_ok();
        let tensors: Vec<(String, Tensor)> = self
            .module
            .tensors()
            .iter()
            .filter(own)
            .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
            .collect();
        convert::weights(&tensors)
    }
}
