//! Compact residual networks (He et al. 2015, basic blocks) for small images.

use crate::net::{INPUT, ImageInput, Network, Node, Op};

/// Shape of a residual network.
#[derive(Clone, Debug)]
pub struct ResNetConfig {
    /// Name of the network.
    pub name: String,
    /// Input description.
    pub input: ImageInput,
    /// Channels and stride of the first convolution.
    pub stem: (usize, usize),
    /// Per stage: channels, blocks, stride of its first block.
    pub stages: Vec<(usize, usize, usize)>,
    /// Outputs of the head.
    pub outputs: usize,
}

/// Name of the value that feeds the head: the penultimate features.
pub const FEATURES: &str = "pool";
/// Name of the head's node.
pub const HEAD: &str = "head";

const BATCH_NORM_EPS: f64 = 1e-5;

/// Builds the network: stem, stages of basic blocks, global average pooling, linear head.
pub fn resnet(config: &ResNetConfig) -> Network {
    let mut builder = Builder { nodes: Vec::new() };
    let (mut channels, stem_stride) = config.stem;
    let mut value = builder.conv_bn("stem", INPUT, config.input.channels, channels, 3, stem_stride);
    value = builder.relu("stem.relu", &value);
    for (s, &(width, blocks, stride)) in config.stages.iter().enumerate() {
        for b in 0..blocks {
            let stride = if b == 0 { stride } else { 1 };
            value = builder.basic_block(&format!("stage{s}.{b}"), &value, channels, width, stride);
            channels = width;
        }
    }
    builder.push(FEATURES, Op::GlobalAvgPool, &[&value]);
    builder.push(HEAD, Op::Linear { d_in: channels, d_out: config.outputs }, &[FEATURES]);
    Network { name: config.name.clone(), input: config.input.clone(), nodes: builder.nodes, quantization: None }
}

struct Builder {
    nodes: Vec<Node>,
}

impl Builder {
    fn push(&mut self, name: &str, op: Op, inputs: &[&str]) -> String {
        let inputs = inputs.iter().map(|&s| s.to_owned()).collect();
        self.nodes.push(Node { name: name.to_owned(), op, inputs });
        name.to_owned()
    }

    fn conv_bn(&mut self, name: &str, x: &str, c_in: usize, c_out: usize, kernel: usize, stride: usize) -> String {
        let padding = kernel / 2;
        let conv = Op::Conv2d { c_in, c_out, kernel, stride, padding, groups: 1, bias: false };
        let value = self.push(&format!("{name}.conv"), conv, &[x]);
        let norm = Op::BatchNorm2d { channels: c_out, eps: BATCH_NORM_EPS };
        self.push(&format!("{name}.bn"), norm, &[&value])
    }

    fn relu(&mut self, name: &str, x: &str) -> String {
        self.push(name, Op::Relu, &[x])
    }

    fn basic_block(&mut self, name: &str, x: &str, c_in: usize, c_out: usize, stride: usize) -> String {
        let a = self.conv_bn(&format!("{name}.a"), x, c_in, c_out, 3, stride);
        let a = self.relu(&format!("{name}.a.relu"), &a);
        let b = self.conv_bn(&format!("{name}.b"), &a, c_out, c_out, 3, 1);
        let skip = if c_in == c_out && stride == 1 {
            x.to_owned()
        } else {
            self.conv_bn(&format!("{name}.skip"), x, c_in, c_out, 1, stride)
        };
        let sum = self.push(&format!("{name}.add"), Op::Add, &[&b, &skip]);
        self.relu(&format!("{name}.relu"), &sum)
    }
}
