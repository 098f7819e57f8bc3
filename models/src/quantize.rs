//! Post-training quantization: a trained network in f32 to one with weights of 8 or 4 bits and codes of 8 bits.
//!
//! Normalization is folded first. Weights get one scale for each output, codes one range for each value, taken from
//! what the value is on calibration images, so that the squared rounding error is least, which is less than the whole
//! range. Weights are rounded so that a layer's results change least ([`rounding`]). The first layer keeps 8 bits, and so
//! do some others where 4 bits are asked for ([`sensitive`]); the head stays in f32, and so do values that no quantized
//! layer reads.

mod fold;
mod patches;
mod range;
mod rounding;
mod sensitive;

use crate::engine::{Engine, EngineError};
use crate::net::{INPUT, Network, Node, Op};
use crate::quantization::{CodeSegment, Quantization, WeightSegment};
use crate::weights::{Weights, WeightsError};

pub use fold::fold_norms;
use patches::Patches;
use rounding::Rounded;

/// Numbers of a value that are looked at for its range.
const SAMPLES: usize = 1 << 16;

/// How to quantize.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bits of a weight: 8 or 4.
    pub bits: u8,
}

/// Why a network cannot be quantized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// Not a number of bits that the kernels have.
    #[error("weights of {0} bits; expected 8 or 4")]
    Bits(u8),
    /// The network is quantized already.
    #[error("the network is quantized already")]
    Twice,
    /// Without images there are no ranges.
    #[error("no calibration images")]
    NoImages,
    /// There is nothing to quantize.
    #[error("the network has no convolution of one group")]
    Nothing,
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The weights are not the network's.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// Quantizes a network with the help of `images`, each normalized (C, H, W). `progress` is called once an image.
///
/// # Errors
/// See [`QuantizeError`].
pub fn quantize(
    network: &Network,
    weights: &Weights,
    images: &[Vec<f32>],
    options: Options,
    mut progress: impl FnMut(),
) -> Result<(Network, Weights), QuantizeError> {
    if !matches!(options.bits, 4 | 8) {
        return Err(QuantizeError::Bits(options.bits));
    }
    if network.quantization.is_some() {
        return Err(QuantizeError::Twice);
    }
    if images.is_empty() {
        return Err(QuantizeError::NoImages);
    }
    let (mut network, mut weights) = fold_norms(network, weights)?;
    let quantized: Vec<Node> = network.nodes.iter().filter(|node| is_quantized(node)).cloned().collect();
    if quantized.is_empty() {
        return Err(QuantizeError::Nothing);
    }
    let readers = network.nodes.iter().filter(|node| is_quantized(node) || is_depthwise(node));
    let mut names: Vec<&str> = readers.map(|node| node.inputs[0].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let shapes = network.shapes().map_err(EngineError::from)?;
    let seen = observe(&network, &weights, (&quantized, &names), images, &mut progress)?;
    let mut quantization = Quantization::default();
    for (name, samples) in names.iter().zip(&seen.samples) {
        let (low, high) = range::of_codes(samples);
        quantization.values.insert((*name).to_owned(), vec![CodeSegment::for_range(shapes[*name][0], 8, low, high)]);
    }
    let mut layers = Vec::with_capacity(quantized.len());
    for (node, patches) in quantized.iter().zip(seen.patches) {
        let bits = if node.inputs[0] == INPUT { 8 } else { options.bits };
        let moments = rounding::moments(&patches);
        let round = |bits: u8| Layer::round(node, bits, (&patches, &moments), &weights);
        let wide = if bits < 8 { Some(Box::new(round(8)?)) } else { None };
        layers.push(Layer { wide, ..round(bits)? });
    }
    sensitive::widen(&mut layers, (&network, &weights), images)?;
    for layer in &layers {
        layer.insert(&mut weights, &mut quantization)?;
    }
    network.quantization = Some(quantization);
    Ok((network, weights))
}

/// A layer's rounded weights.
#[derive(Clone, Debug)]
struct Layer {
    node: Node,
    segment: WeightSegment,
    rounded: Rounded,
    /// The same with eight bits, if these are fewer.
    wide: Option<Box<Layer>>,
}

impl Layer {
    fn round(
        node: &Node,
        bits: u8,
        (patches, moments): (&Patches, &[f32]),
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let tensor = weights.get(&format!("{}.weight", node.name))?;
        let segment = WeightSegment { channels: tensor.shape()[1], bits, odd: false };
        let rounded = rounding::round(tensor.data(), &segment, patches, moments);
        Ok(Self { node: node.clone(), segment, rounded, wide: None })
    }

    /// Puts integers and scales in the place of the weights, and corrects the bias.
    fn insert(&self, weights: &mut Weights, quantization: &mut Quantization) -> Result<(), WeightsError> {
        let [weight, scale, bias] = ["weight", "scale", "bias"].map(|suffix| format!("{}.{suffix}", self.node.name));
        let shape = weights.get(&weight)?.shape().to_vec();
        let outputs = shape[0];
        weights.insert(&weight, shape, self.rounded.integers.clone())?;
        weights.insert(&scale, vec![outputs], self.rounded.scales.clone())?;
        // A convolution that no normalization was folded into may have none.
        if let Ok(old) = weights.get(&bias) {
            let corrected = old.data().iter().zip(&self.rounded.bias).map(|(a, b)| a + b).collect();
            weights.insert(&bias, vec![outputs], corrected)?;
        }
        quantization.weights.insert(self.node.name.clone(), vec![self.segment.clone()]);
        Ok(())
    }
}

fn is_quantized(node: &Node) -> bool {
    matches!(node.op, Op::Conv2d { groups: 1, .. })
}

/// Whether it reads codes where they lie, with weights in f32: what it is slow for is what it reads.
fn is_depthwise(node: &Node) -> bool {
    matches!(node.op, Op::Conv2d { c_in, c_out, groups, .. } if 1 < groups && groups == c_in && groups == c_out)
}

/// What values are on the calibration images.
struct Seen {
    /// Numbers of each value, up to [`SAMPLES`], evenly from all images.
    samples: Vec<Vec<f32>>,
    /// Of each layer.
    patches: Vec<Patches>,
}

fn observe(
    network: &Network,
    weights: &Weights,
    (layers, names): (&[Node], &[&str]),
    images: &[Vec<f32>],
    progress: &mut impl FnMut(),
) -> Result<Seen, QuantizeError> {
    let engine = Engine::keeping(network, weights, names)?;
    let depth = |node: &Node| Ok::<_, WeightsError>(weights.get(&format!("{}.weight", node.name))?.data().len());
    let outputs = |node: &Node| if let Op::Conv2d { c_out, .. } = node.op { c_out } else { 1 };
    let patches = layers.iter().map(|node| Ok(Patches::new(depth(node)? / outputs(node))));
    let mut seen =
        Seen { samples: vec![Vec::new(); names.len()], patches: patches.collect::<Result<_, WeightsError>>()? };
    let share = (SAMPLES / images.len()).max(1);
    let mut random = 1;
    for image in images {
        let values = engine.run_all(image, 1, names);
        for (values, samples) in values.iter().zip(&mut seen.samples) {
            // A prime step walks over all channels and pixels.
            let step = (values.len() / share).max(1) | 1;
            samples.extend(values.iter().step_by(step));
            let extremes = values.iter().fold((0.0_f32, 0.0_f32), |(low, high), v| (low.min(*v), high.max(*v)));
            samples.extend([extremes.0, extremes.1]);
        }
        for (node, patches) in layers.iter().zip(&mut seen.patches) {
            if let Some(i) = names.iter().position(|name| *name == node.inputs[0]) {
                let shape = engine.shape(names[i]).unwrap_or_default();
                patches.take(node, &values[i], shape, images.len(), &mut random);
            }
        }
        progress();
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::fixture::{network, random_weights};

    fn images(network: &Network, n: usize) -> Vec<Vec<f32>> {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let image = |rng: &mut ChaCha8Rng| (0..network.input.elements()).map(|_| rng.random_range(-2.0..2.0)).collect();
        (0..n).map(|_| image(&mut rng)).collect()
    }

    /// Largest difference of the head's values, relative to their spread.
    fn loss(bits: u8) -> f32 {
        let network = network();
        let weights = random_weights(&network, &mut ChaCha8Rng::seed_from_u64(3));
        let images = images(&network, 24);
        let mut seen = 0;
        let (quantized, integers) =
            quantize(&network, &weights, &images[..16], Options { bits }, || seen += 1).unwrap();
        assert_eq!(seen, 16);
        integers.check(&quantized).unwrap();
        let before = Engine::new(&network, &weights).unwrap();
        let after = Engine::new(&quantized, &integers).unwrap();
        let (mut error, mut spread) = (0.0_f32, 0.0_f32);
        for image in &images[16..] {
            let (a, b) = (before.run(image, 1, "head"), after.run(image, 1, "head"));
            spread = spread.max(a.iter().fold(0.0, |m, v| m.max(v.abs())));
            error = a.iter().zip(&b).fold(error, |m, (a, b)| m.max((a - b).abs()));
        }
        error / spread
    }

    #[test]
    fn eight_bits_change_little_and_four_bits_more() {
        let (eight, four) = (loss(8), loss(4));
        assert!(eight < 0.02, "{eight}");
        assert!(four < 0.25 && four > eight, "{four}");
    }

    #[test]
    fn what_cannot_be_quantized_is_refused() {
        let network = network();
        let weights = random_weights(&network, &mut ChaCha8Rng::seed_from_u64(3));
        let images = images(&network, 1);
        let with = |network: &Network, weights: &Weights, images: &[Vec<f32>], bits| {
            quantize(network, weights, images, Options { bits }, || {})
        };
        assert!(matches!(with(&network, &weights, &images, 3), Err(QuantizeError::Bits(3))));
        assert!(matches!(with(&network, &weights, &[], 8), Err(QuantizeError::NoImages)));
        let (quantized, integers) = with(&network, &weights, &images, 8).unwrap();
        assert!(matches!(with(&quantized, &integers, &images, 8), Err(QuantizeError::Twice)));
    }
}
