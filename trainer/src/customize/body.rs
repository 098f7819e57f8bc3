//! The layers before the head that an application may change, and what they read of every image.

use anyhow::Result;
use chameleon_models::adapters::{DOWN, UP, adapted};
use chameleon_models::layers::changed;
use chameleon_models::net::{Network, Op};
use chameleon_models::resnet::{FEATURES, HEAD};
use chameleon_models::weights::Weights;
use chameleon_models::zoo::ImageLabels;
use half::f16;
use rand::Rng;
use tch::nn::{self, Optimizer, OptimizerConfig};
use tch::{Device, Kind, Tensor, no_grad};

use crate::convert;
use crate::data::DataSet;
use crate::module::{Module, channels_last, is_running};
use crate::progress::ProgressMode;
use crate::tail::{Part, Seen, Tail, seen};

/// Images of one pass without gradients.
const BATCH: usize = 256;
/// Smallest part of an image's area that is seen of it in training.
const MIN_AREA: f64 = 0.4;

/// The part of a network that an application may change, with the values that it reads. Threads share it.
pub struct Body {
    tail: Tail,
    /// Parameters of the whole network.
    weights: Weights,
    /// (N, C, H, W).
    values: Vec<f16>,
    /// Where the layers are trained and run.
    device: Device,
}

impl Body {
    /// What the part reads of all images of a set, in their order, and the generic features (N, D) that the network makes.
    ///
    /// # Errors
    /// The network has no such part, or an image cannot be read.
    pub fn read(
        set: &DataSet,
        model: &ImageLabels,
        part: Part,
        device: Device,
        mode: ProgressMode,
    ) -> Result<(Self, Vec<f32>)> {
        let tail = Tail::of(&model.network, part)?;
        let records: Vec<usize> = (0..set.records.len()).collect();
        let Seen { values, features } = seen(set, &records, model, &tail, mode)?;
        Ok((Self { tail, weights: model.weights.clone(), values, device }, features))
    }

    /// Layers that change nothing yet: adapters of some rank, or the network's own parameters.
    pub(super) fn fresh(&self, rank: Option<usize>, rng: &mut impl Rng) -> Result<Weights> {
        match rank {
            Some(rank) => self.adapters(rank, rng),
            None => self.own(),
        }
    }

    /// Adapters beside all convolutions that can have one.
    fn adapters(&self, rank: usize, rng: &mut impl Rng) -> Result<Weights> {
        let network = &self.tail.network;
        let mut adapters = Weights::default();
        for (name, shape) in adapted(network, &convolutions(network), rank)?.parameters() {
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

    /// What is trained of a network, but for the head. The statistics of its normalization stay: a batch in which every
    /// decision occurs equally often has others than what is served.
    fn own(&self) -> Result<Weights> {
        let mut own = Weights::default();
        for (name, shape) in self.tail.network.parameters() {
            if !name.starts_with(HEAD) && !is_running(&name) {
                own.insert(&name, shape, self.weights.get(&name)?.data().to_vec())?;
            }
        }
        Ok(own)
    }

    /// The part with these layers.
    fn module(&self, layers: &Weights) -> Result<Module> {
        let (network, _) = changed(&self.tail.network, layers)?;
        let mut all = self.weights.clone();
        all.replace_by(layers.clone());
        Module::from_tensors(network, &convert::tensors(&all), self.device)
    }

    /// What the part reads of some images, (n, C, H, W).
    fn input(&self, images: &[usize]) -> Tensor {
        let size = self.tail.network.input.elements();
        let values: Vec<f16> = images.iter().flat_map(|&i| &self.values[i * size..(i + 1) * size]).copied().collect();
        let [channels, rows, columns] = self.tail.shape();
        let values = Tensor::from_slice(&values).view([-1, channels, rows, columns]);
        channels_last(&values.to_device(self.device).to_kind(Kind::Float))
    }

    /// Features (n, 1, D) of some images with these layers.
    ///
    /// # Errors
    /// The layers are not of this network.
    pub fn features(&self, layers: &Weights, images: &[usize]) -> Result<Tensor> {
        let module = self.module(layers)?;
        let part = |images: &[usize]| no_grad(|| module.value(FEATURES, &self.input(images), false));
        let features = Tensor::cat(&images.chunks(BATCH).map(part).collect::<Vec<_>>(), 0);
        Ok(features.to_device(Device::Cpu).unsqueeze(1))
    }
}

fn convolutions(network: &Network) -> Vec<String> {
    let can = |op: &Op| matches!(op, Op::Conv2d { groups: 1, .. });
    network.nodes.iter().filter(|node| can(&node.op)).map(|node| node.name.clone()).collect()
}

/// Layers under training.
pub(super) struct Training<'b> {
    body: &'b Body,
    module: Module,
    layers: Vec<Trained>,
    optimizer: Optimizer,
}

/// A parameter under training.
struct Trained {
    name: String,
    tensor: Tensor,
    /// What changes nothing: decay pulls there. Of an adapter, only its second convolution is pulled.
    neutral: Option<Tensor>,
}

impl<'b> Training<'b> {
    /// Layers that begin as `start`.
    pub(super) fn new(body: &'b Body, start: &Weights) -> Result<Self> {
        let variables = nn::VarStore::new(body.device);
        let root = variables.root();
        let mut module = body.module(start)?;
        let mut layers = Vec::new();
        for (i, (name, tensor)) in start.iter().enumerate() {
            let shape: Vec<i64> = tensor.shape().iter().map(|&n| n as i64).collect();
            let values = |tensor: &chameleon_models::weights::Tensor| {
                Tensor::from_slice(tensor.data()).view(&*shape).to_device(body.device)
            };
            let neutral = match body.weights.get(name) {
                Ok(generic) => Some(values(generic)),
                Err(_) if name.contains(UP) => Some(values(tensor).zeros_like()),
                Err(_) => None,
            };
            let variable = root.var_copy(&format!("layer{i}"), &values(tensor));
            module.share(name, variable.shallow_clone());
            layers.push(Trained { name: name.to_owned(), tensor: variable, neutral });
        }
        let optimizer = nn::Adam::default().build(&variables, 0.0)?;
        Ok(Self { body, module, layers, optimizer })
    }

    /// Features (n, 1, D) of images as they come in training.
    pub(super) fn features(&self, images: &[usize], rng: &mut impl Rng) -> Tensor {
        let input = self.body.tail.varied(&self.body.input(images), MIN_AREA, rng);
        let input = channels_last(&input.to_kind(self.module.training_precision()));
        self.module.value(FEATURES, &input, false).to_device(Device::Cpu).unsqueeze(1)
    }

    /// Forgets the gradients.
    pub(super) fn zero_grad(&mut self) {
        self.optimizer.zero_grad();
    }

    /// One step along the gradients, and a pull towards no change by `decay` for each unit of the rate.
    pub(super) fn step(&mut self, rate: f64, decay: f64) {
        self.optimizer.set_lr(rate);
        self.optimizer.step();
        let amount = rate * decay;
        no_grad(|| {
            for Trained { tensor, neutral, .. } in &mut self.layers {
                if let Some(neutral) = neutral {
                    let _ = tensor.lerp_(neutral, amount);
                }
            }
        });
    }

    /// As they are now.
    pub(super) fn weights(&self) -> Result<Weights> {
        let tensors: Vec<(String, Tensor)> =
            self.layers.iter().map(|layer| (layer.name.clone(), layer.tensor.shallow_clone())).collect();
        convert::weights(&tensors)
    }
}
