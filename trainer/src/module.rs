//! A [`Network`] executed with libtorch.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};
use chameleon_models::net::{INPUT, ImageInput, Network, Node, Op};
use chameleon_models::resnet::HEAD;
use tch::{Device, Kind, Tensor};

/// Whether a parameter's name is that of a running statistic, which no gradient reaches.
pub(crate) fn is_running(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}

/// Momentum of the running statistics, the default of `PyTorch`.
const BATCH_NORM_MOMENTUM: f64 = 0.1;

/// A network with its parameters as tensors.
pub struct Module {
    network: Network,
    parameters: Vec<(String, Tensor)>,
    index: HashMap<String, usize>,
}

impl Module {
    /// Fresh parameters: He-normal convolutions (fan out), unit batch norms, and zero scale for the last batch norm of
    /// every residual branch, so that blocks start as identities (Goyal et al. 2017).
    pub fn new(network: Network, device: Device) -> Self {
        let last_of_branch: Vec<String> =
            network.nodes.iter().filter(|node| node.op == Op::Add).map(|node| node.inputs[0].clone()).collect();
        let mut parameters = Vec::new();
        for node in &network.nodes {
            for (name, tensor) in initial(node, last_of_branch.contains(&node.name), device) {
                parameters.push((name, tensor));
            }
        }
        Self::assemble(network, parameters)
    }

    /// Takes parameters from a checkpoint, by name.
    ///
    /// # Errors
    /// A missing tensor or one of the wrong shape, by name.
    pub fn from_tensors(network: Network, tensors: &HashMap<String, Tensor>, device: Device) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, shape) in network.parameters() {
            let tensor = tensors.get(&name).with_context(|| format!("the checkpoint has no tensor `{name}`"))?;
            let shape: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            if tensor.size() != shape {
                bail!("tensor `{name}` has shape {:?}, the network needs {shape:?}", tensor.size());
            }
            parameters.push((name, channels_last(&tensor.to_kind(Kind::Float).to_device(device))));
        }
        Ok(Self::assemble(network, parameters))
    }

    /// Takes the parameters that `tensors` holds, and makes those of the other nodes: He-normal convolutions and unit
    /// batch norms. For new layers on a trained network.
    ///
    /// # Errors
    /// A tensor of the wrong shape, by name.
    pub fn extending(network: Network, tensors: &HashMap<String, Tensor>, device: Device) -> Result<Self> {
        let mut all: HashMap<String, Tensor> =
            tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        for node in &network.nodes {
            let known = tensors.keys().any(|name| name.rsplit_once('.').is_some_and(|(owner, _)| owner == node.name));
            if !known {
                all.extend(initial(node, false, device));
            }
        }
        Self::from_tensors(network, &all, device)
    }

    fn assemble(network: Network, parameters: Vec<(String, Tensor)>) -> Self {
        let index = parameters.iter().enumerate().map(|(i, (name, _))| (name.clone(), i)).collect();
        Self { network, parameters, index }
    }

    /// Puts a tensor that is trained elsewhere in the place of a parameter.
    ///
    /// # Panics
    /// There is no such parameter.
    pub(crate) fn share(&mut self, name: &str, tensor: Tensor) {
        let place = self.index[name];
        self.parameters[place].1 = tensor;
    }

    /// The description.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where the parameters are.
    pub fn device(&self) -> Device {
        self.parameters.first().map_or(Device::Cpu, |(_, tensor)| tensor.device())
    }

    /// The precision that convolutions are trained in: on a GPU bfloat16, which costs the gradients little, if all weights
    /// before the head can take it (see [`Module::forward`]).
    pub(crate) fn training_precision(&self) -> Kind {
        let is_plain = self.network.nodes.iter().all(|node| match node.op {
            Op::Conv2d { bias, .. } => !bias,
            Op::BatchNorm2d { .. } | Op::Relu | Op::Add | Op::GlobalAvgPool => true,
            _ => node.name == HEAD,
        });
        if self.device().is_cuda() && is_plain { Kind::BFloat16 } else { Kind::Float }
    }

    /// All parameters and running statistics, in node order.
    pub fn tensors(&self) -> &[(String, Tensor)] {
        &self.parameters
    }

    /// The parameters that gradients reach, with whether weight decay applies (not to norms and biases).
    pub fn trainable(&self) -> Vec<(Tensor, bool)> {
        self.trainable_where(|_| true)
    }

    /// As [`Module::trainable`], of the parameters whose names are `wanted`; the others stay as they are.
    pub fn trainable_where(&self, wanted: impl Fn(&str) -> bool) -> Vec<(Tensor, bool)> {
        self.parameters
            .iter()
            .filter(|(name, _)| !is_running(name) && wanted(name))
            .map(|(_, tensor)| (tensor.set_requires_grad(true), tensor.dim() > 1))
            .collect()
    }

    /// The last node's value for a batch (N, C, H, W); H and W may differ from the description's. Convolutions run in
    /// the input's precision: a bfloat16 batch makes a mixed-precision pass with f32 weights, norms and head.
    pub fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let last = &self.network.nodes[self.network.nodes.len() - 1].name;
        self.value(last, input, train)
    }

    /// The value named `wanted` for a batch (N, C, H, W).
    pub fn value(&self, wanted: &str, input: &Tensor, train: bool) -> Tensor {
        let [value] = self.values([(INPUT, input)], [wanted], train);
        value
    }

    /// The values named `wanted`, worked out from those `given`. Nodes before the given ones and behind the wanted ones
    /// are not run.
    pub fn values<const G: usize, const W: usize>(
        &self,
        given: [(&str, &Tensor); G],
        wanted: [&str; W],
        train: bool,
    ) -> [Tensor; W] {
        let mut needed: HashSet<&str> = wanted.into_iter().collect();
        for node in self.network.nodes.iter().rev() {
            if needed.contains(node.name.as_str()) && given.iter().all(|(name, _)| *name != node.name) {
                needed.extend(node.inputs.iter().map(String::as_str));
            }
        }
        let mut values: HashMap<&str, Tensor> =
            given.into_iter().map(|(name, value)| (name, value.shallow_clone())).collect();
        for node in &self.network.nodes {
            if needed.contains(node.name.as_str()) && !values.contains_key(node.name.as_str()) {
                let value = self.apply(node, &values, train);
                values.insert(&node.name, value);
            }
        }
        wanted.map(|name| values[name].shallow_clone())
    }

    fn apply(&self, node: &Node, values: &HashMap<&str, Tensor>, train: bool) -> Tensor {
        let x = &values[node.inputs[0].as_str()];
        match &node.op {
            Op::Conv2d { stride, padding, groups, bias, .. } => {
                let bias = bias.then(|| self.parameter(node, "bias"));
                let (stride, padding) = (*stride as i64, *padding as i64);
                x.conv2d(
                    &self.parameter(node, "weight").to_kind(x.kind()),
                    bias,
                    [stride, stride],
                    [padding, padding],
                    [1, 1],
                    *groups as i64,
                )
            }
            Op::BatchNorm2d { eps, .. } => x.batch_norm(
                Some(self.parameter(node, "weight")),
                Some(self.parameter(node, "bias")),
                Some(self.parameter(node, "running_mean")),
                Some(self.parameter(node, "running_var")),
                train,
                BATCH_NORM_MOMENTUM,
                *eps,
                true,
            ),
            Op::Relu => x.relu(),
            Op::Add => x + &values[node.inputs[1].as_str()],
            Op::GlobalAvgPool => x.mean_dim([2i64, 3].as_slice(), false, Kind::Float),
            Op::Linear { .. } => x.linear(self.parameter(node, "weight"), Some(self.parameter(node, "bias"))),
            other => self.apply_rarer(node, other, x, values),
        }
    }

    /// The operations that the networks trained here do without.
    fn apply_rarer(&self, node: &Node, op: &Op, x: &Tensor, values: &HashMap<&str, Tensor>) -> Tensor {
        let inputs = || node.inputs.iter().map(|name| &values[name.as_str()]);
        match *op {
            Op::Relu6 => x.clamp(0.0, 6.0),
            Op::HardSwish => x.hardswish(),
            Op::HardSigmoid => x.hardsigmoid(),
            Op::Sigmoid => x.sigmoid(),
            Op::Silu => x.silu(),
            Op::Gelu => x.gelu("none"),
            Op::Softmax => x.softmax(-1, Kind::Float),
            Op::Mul => {
                let factor = &values[node.inputs[1].as_str()];
                if factor.dim() < x.dim() { x * factor.unsqueeze(-1).unsqueeze(-1) } else { x * factor }
            }
            Op::Concat => Tensor::cat(&inputs().collect::<Vec<_>>(), 1),
            Op::MaxPool2d { kernel, stride, padding } => {
                let [kernel, stride, padding] = [kernel, stride, padding].map(|n| [n as i64; 2]);
                x.max_pool2d(kernel, stride, padding, [1, 1], false)
            }
            Op::AvgPool2d { kernel, stride, padding } => {
                let [kernel, stride, padding] = [kernel, stride, padding].map(|n| [n as i64; 2]);
                x.avg_pool2d(kernel, stride, padding, false, false, None::<i64>)
            }
            Op::Upsample { factor } => {
                let factor = factor as i64;
                x.repeat_interleave_self_int(factor, 2, None::<i64>).repeat_interleave_self_int(factor, 3, None::<i64>)
            }
            Op::LayerNorm { features, eps } => {
                let (weight, bias) = (self.parameter(node, "weight"), self.parameter(node, "bias"));
                x.layer_norm([features as i64], Some(weight), Some(bias), eps, false)
            }
            Op::Attention { heads } => {
                // (N, T, D) to (N, heads, T, D / heads) and back.
                let split: Vec<Tensor> = inputs()
                    .map(|value| {
                        let (n, t, d) = value.size3().expect("tokens have three dimensions");
                        value.view([n, t, heads as i64, d / heads as i64]).transpose(1, 2)
                    })
                    .collect();
                let none = None::<Tensor>;
                let mixed = Tensor::scaled_dot_product_attention(
                    &split[0], &split[1], &split[2], none, 0.0, false, None, false,
                );
                mixed.transpose(1, 2).reshape(x.size())
            }
            Op::Tokens => x.flatten(2, 3).transpose(1, 2),
            Op::ClassToken { features } => {
                let token = self.parameter(node, "value").view([1, 1, features as i64]);
                Tensor::cat(&[token.expand([x.size()[0], 1, features as i64], false), x.shallow_clone()], 1)
            }
            Op::Offset { .. } => x + self.parameter(node, "value"),
            Op::SelectToken { index } => x.select(1, index as i64),
            Op::Conv2d { .. } | Op::BatchNorm2d { .. } | Op::Relu | Op::Add | Op::GlobalAvgPool | Op::Linear { .. } => {
                unreachable!("applied by the caller")
            }
        }
    }

    fn parameter(&self, node: &Node, suffix: &str) -> &Tensor {
        &self.parameters[self.index[&format!("{}.{suffix}", node.name)]].1
    }
}

/// (v / 255 - mean) / std of images (N, C, H, W), channels innermost in memory.
pub fn normalise(images: &Tensor, input: &ImageInput) -> Tensor {
    let channels = |values: &[f32]| Tensor::from_slice(values).view([1, -1, 1, 1]).to_device(images.device());
    channels_last(&((images / 255.0 - channels(&input.mean)) / channels(&input.std)))
}

/// The same tensor, laid out with channels innermost where it has four dimensions: the layout oneDNN convolves in
/// without reordering.
pub(crate) fn channels_last(tensor: &Tensor) -> Tensor {
    if tensor.dim() == 4 {
        tensor.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
    } else {
        tensor.contiguous()
    }
}

fn initial(node: &Node, last_of_branch: bool, device: Device) -> Vec<(String, Tensor)> {
    let options = (Kind::Float, device);
    let named = |suffix: &str, tensor: Tensor| (format!("{}.{suffix}", node.name), tensor);
    match &node.op {
        Op::Conv2d { c_in, c_out, kernel, groups, bias, .. } => {
            let fan_out = (c_out / groups * kernel * kernel) as f64;
            let shape = [*c_out as i64, (c_in / groups) as i64, *kernel as i64, *kernel as i64];
            let weight = Tensor::randn(shape, options) * (2.0 / fan_out).sqrt();
            let mut all = vec![named("weight", channels_last(&weight))];
            if *bias {
                all.push(named("bias", Tensor::zeros([*c_out as i64], options)));
            }
            all
        }
        Op::BatchNorm2d { channels, .. } => {
            let n = [*channels as i64];
            let scale = if last_of_branch { Tensor::zeros(n, options) } else { Tensor::ones(n, options) };
            vec![
                named("weight", scale),
                named("bias", Tensor::zeros(n, options)),
                named("running_mean", Tensor::zeros(n, options)),
                named("running_var", Tensor::ones(n, options)),
            ]
        }
        Op::Linear { d_in, d_out } => {
            let weight = Tensor::randn([*d_out as i64, *d_in as i64], options) * 0.01;
            vec![named("weight", weight), named("bias", Tensor::zeros([*d_out as i64], options))]
        }
        Op::LayerNorm { features, .. } => {
            let n = [*features as i64];
            vec![named("weight", Tensor::ones(n, options)), named("bias", Tensor::zeros(n, options))]
        }
        Op::ClassToken { features } => vec![named("value", Tensor::randn([*features as i64], options) * 0.02)],
        Op::Offset { tokens, features } => {
            vec![named("value", Tensor::randn([*tokens as i64, *features as i64], options) * 0.02)]
        }
        _ => Vec::new(),
    }
}
