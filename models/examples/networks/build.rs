//! The networks: the one that ships; and with random parameters two that everybody knows, of any size, and convolutions in
//! a row.

use chameleon_models::net::{INPUT, ImageInput, Network, Node, Op};
use chameleon_models::weights::Weights;
use chameleon_models::zoo;

/// A network with its parameters: `NAME`, or `NAME@SIDE` or `NAME@SIDExPERCENT` for one with images of another side than
/// 224, and with so many percent of its channels. `convolutions@SIDExCHANNELS` are eight of 3 x 3.
pub(crate) fn model(name: &str) -> Result<(Network, Weights), Box<dyn std::error::Error>> {
    let (name, size) = name.split_once('@').unwrap_or((name, "224"));
    let (side, width) = size.split_once('x').unwrap_or((size, "100"));
    let (side, width) = (side.parse()?, width.parse()?);
    let network = match name {
        "image-labels" => {
            let model = zoo::image_labels()?;
            return Ok((model.network, model.weights));
        }
        "mobilenet-v2" => mobilenet_v2(side, width),
        "resnet-18" => resnet_18(side, width),
        "convolutions" => convolutions(side, width),
        other => return Err(format!("no network `{other}`").into()),
    };
    let weights = random(&network)?;
    Ok((network, weights))
}

/// Numbers between -1 and 1.
pub(crate) fn numbers(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// An input of a network.
pub(crate) fn image(network: &Network, seed: usize) -> Vec<f32> {
    let mut number = numbers(seed as u32);
    (0..network.input.elements()).map(|_| 2.0 * number()).collect()
}

fn random(network: &Network) -> Result<Weights, Box<dyn std::error::Error>> {
    let mut weights = Weights::default();
    let mut number = numbers(7);
    for (name, shape) in network.parameters() {
        let fan_in = shape[1..].iter().product::<usize>().max(1);
        let scale = (6.0 / fan_in as f32).sqrt();
        let data = (0..shape.iter().product::<usize>()).map(|_| match name.rsplit('.').next() {
            Some("running_var") => 1.0 + 0.5 * number(),
            Some("bias" | "running_mean") => 0.1 * number(),
            Some("weight") if shape.len() == 1 => 1.0 + 0.1 * number(),
            _ => scale * number(),
        });
        weights.insert(&name, shape.clone(), data.collect())?;
    }
    Ok(weights)
}

struct Builder(Network);

impl Builder {
    fn new(name: &str, channels: usize, side: usize) -> Self {
        let (mean, std) = (vec![0.0; channels], vec![1.0; channels]);
        let input = ImageInput { channels, height: side, width: side, mean, std };
        Self(Network { name: name.to_owned(), input, nodes: Vec::new(), quantization: None })
    }

    fn push(&mut self, op: Op, inputs: &[&str]) -> String {
        let name = format!("n{}", self.0.nodes.len());
        let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        self.0.nodes.push(Node { name: name.clone(), op, inputs });
        name
    }

    fn conv(&mut self, x: &str, (c_in, c_out): (usize, usize), kernel: usize, stride: usize, groups: usize) -> String {
        let padding = kernel / 2;
        let conv = self.push(Op::Conv2d { c_in, c_out, kernel, stride, padding, groups, bias: false }, &[x]);
        self.push(Op::BatchNorm2d { channels: c_out, eps: 1e-5 }, &[&conv])
    }

    fn head(mut self, x: &str, channels: usize) -> Network {
        let pool = self.push(Op::GlobalAvgPool, &[x]);
        self.push(Op::Linear { d_in: channels, d_out: 1000 }, &[&pool]);
        self.0
    }
}

/// So many percent of channels, as the nearest multiple of 8.
fn part(channels: usize, percent: usize) -> usize {
    (channels * percent / 100 + 4) / 8 * 8
}

/// `MobileNetV2` (Sandler et al. 2018).
fn mobilenet_v2(side: usize, percent: usize) -> Network {
    let mut b = Builder::new("mobilenet-v2", 3, side);
    let mut channels = part(32, percent);
    let stem = b.conv(INPUT, (3, channels), 3, 2, 1);
    let mut x = b.push(Op::Relu6, &[&stem]);
    let stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
    for (expansion, width, blocks, first_stride) in stages {
        let width = part(width, percent);
        for block in 0..blocks {
            let stride = if block == 0 { first_stride } else { 1 };
            let hidden = channels * expansion;
            let mut y = x.clone();
            if expansion > 1 {
                y = b.conv(&y, (channels, hidden), 1, 1, 1);
                y = b.push(Op::Relu6, &[&y]);
            }
            y = b.conv(&y, (hidden, hidden), 3, stride, hidden);
            y = b.push(Op::Relu6, &[&y]);
            y = b.conv(&y, (hidden, width), 1, 1, 1);
            x = if stride == 1 && channels == width { b.push(Op::Add, &[&y, &x]) } else { y };
            channels = width;
        }
    }
    // The last layer does not get narrower.
    let width = part(1280, percent.max(100));
    let last = b.conv(&x, (channels, width), 1, 1, 1);
    let last = b.push(Op::Relu6, &[&last]);
    b.head(&last, width)
}

/// `ResNet`-18 (He et al. 2015).
fn resnet_18(side: usize, percent: usize) -> Network {
    let mut b = Builder::new("resnet-18", 3, side);
    let mut channels = part(64, percent);
    let stem = b.conv(INPUT, (3, channels), 7, 2, 1);
    let stem = b.push(Op::Relu, &[&stem]);
    let mut x = b.push(Op::MaxPool2d { kernel: 3, stride: 2, padding: 1 }, &[&stem]);
    for (stage, width) in [64, 128, 256, 512].into_iter().enumerate() {
        let width = part(width, percent);
        for block in 0..2 {
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            let a = b.conv(&x, (channels, width), 3, stride, 1);
            let a = b.push(Op::Relu, &[&a]);
            let y = b.conv(&a, (width, width), 3, 1, 1);
            let skip = if stride == 1 { x } else { b.conv(&x, (channels, width), 1, stride, 1) };
            let sum = b.push(Op::Add, &[&y, &skip]);
            x = b.push(Op::Relu, &[&sum]);
            channels = width;
        }
    }
    b.head(&x, channels)
}

fn convolutions(side: usize, channels: usize) -> Network {
    let mut b = Builder::new("convolutions", channels, side);
    let mut x = INPUT.to_owned();
    for _ in 0..8 {
        let y = b.conv(&x, (channels, channels), 3, 1, 1);
        x = b.push(Op::Relu, &[&y]);
    }
    b.0
}
