//! The end of a network as a network of its own: what is trained beyond the head, while everything before it is shared
//! and looks at each image only once.

mod values;

use anyhow::{Context, Result};
use chameleon_models::net::{INPUT, ImageInput, Network, Node};
use rand::Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::augment::{Augment, view};

pub(crate) use values::{Seen, seen};

/// Where the part of a network begins that is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// With the last residual stage.
    #[default]
    LastStage,
    /// With the image: all layers are trained.
    All,
}

/// A network cut in two.
pub(crate) struct Tail {
    /// The value at which it is cut.
    pub(crate) cut: String,
    /// What comes behind: its input is the value.
    pub(crate) network: Network,
}

impl Tail {
    /// Cuts before a part: what is before it is shared by all uses of the network, and need not be computed again while
    /// the rest is trained.
    ///
    /// # Errors
    /// The network has no stages, or something behind the cut reads what is before it.
    pub(crate) fn of(network: &Network, part: Part) -> Result<Self> {
        match part {
            Part::LastStage => Self::last_stage(network),
            Part::All => Ok(Self { cut: INPUT.to_owned(), network: network.clone() }),
        }
    }

    fn last_stage(network: &Network) -> Result<Self> {
        let stage = |node: &Node| node.name.strip_prefix("stage")?.split('.').next()?.parse::<usize>().ok();
        let last = network.nodes.iter().filter_map(stage).max().context("the network has no stages to cut it at")?;
        let first =
            network.nodes.iter().position(|node| stage(node) == Some(last)).context("the network has no nodes")?;
        let cut = network.nodes[first].inputs.first().context("the last stage reads nothing")?.clone();
        let nodes: Vec<Node> = network.nodes[first..].iter().map(|node| reading_input(node, &cut)).collect();
        let shape = network.shapes()?.remove(&cut).with_context(|| format!("no value `{cut}`"))?;
        let &[channels, height, width] = shape.as_slice() else { anyhow::bail!("`{cut}` is no image") };
        let input = ImageInput { channels, height, width, mean: vec![0.0; channels], std: vec![1.0; channels] };
        let network = Network { name: format!("{} behind {cut}", network.name), input, nodes, quantization: None };
        network.shapes().context("the last stage reads what is before it")?;
        Ok(Self { cut, network })
    }

    /// Values at the cut (N, C, H, W), f32, as they come in training: no image twice the same. Of images themselves a
    /// random crop is taken, mirrored or not; other values are mirrored or not, as a network that learned from mirrored
    /// images makes of them about the mirrored value.
    pub(crate) fn varied(&self, values: &Tensor, min_area: f64, rng: &mut impl Rng) -> Tensor {
        if self.cut != INPUT {
            return mirrored(values, rng);
        }
        let augment = Augment { min_area, jitter: 0.0 };
        let views: Vec<_> = (0..values.size()[0]).map(|_| augment.draw(rng)).collect();
        let [_, rows, columns] = self.shape();
        view(values, &views, [rows, columns])
    }

    /// Lengths of the value at which the network is cut: channels, rows, columns.
    pub(crate) fn shape(&self) -> [i64; 3] {
        let ImageInput { channels, height, width, .. } = self.network.input;
        [channels, height, width].map(|length| length as i64)
    }
}

/// Each with left and right exchanged, or not.
fn mirrored(values: &Tensor, rng: &mut impl Rng) -> Tensor {
    let mirrored: Vec<bool> = (0..values.size()[0]).map(|_| rng.random_bool(0.5)).collect();
    let mirrored = Tensor::from_slice(&mirrored).view([-1, 1, 1, 1]).to_device(values.device());
    values.flip([3]).where_self(&mirrored, values)
}

fn reading_input(node: &Node, cut: &str) -> Node {
    let renamed = |name: &String| if name == cut { INPUT.to_owned() } else { name.clone() };
    Node { inputs: node.inputs.iter().map(renamed).collect(), ..node.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::module::Module;
    use crate::pretrain::network;
    use chameleon_models::resnet::HEAD;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn the_tail_gives_what_the_whole_gives() {
        let whole = Module::new(network(7, 1), Device::Cpu);
        let tensors: HashMap<String, Tensor> =
            whole.tensors().iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        let images = Tensor::randn([2, 3, 64, 64], (Kind::Float, Device::Cpu));
        for part in [Part::LastStage, Part::All] {
            let tail = Tail::of(whole.network(), part).expect("a cut");
            let behind = Module::from_tensors(tail.network.clone(), &tensors, Device::Cpu).expect("its tensors");
            let value = if tail.cut == INPUT { images.shallow_clone() } else { whole.value(&tail.cut, &images, false) };
            assert_eq!(value.size()[1..], tail.shape());
            let distance = (behind.forward(&value, false) - whole.value(HEAD, &images, false)).abs().max();
            assert!(distance.double_value(&[]) < 1e-5, "{part:?}");
        }
    }
}
