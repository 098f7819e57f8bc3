//! A network as mixed precision would make it: every convolution that reads 32 channels or more reads parts of them with
//! 4, 2 or 1 bits. Those of fewer channels, as the first of an image, and those of single channels read 8 bits. Numbers are
//! rounded as they are, so this is for speed only.

use chameleon_models::net::{Network, Node, Op};
use chameleon_models::quantization::{CodeSegment, Quantization, WeightSegment};
use chameleon_models::quantize::fold_norms;
use chameleon_models::weights::Weights;

type Error = Box<dyn std::error::Error>;

/// Converts all convolutions; `parts` are the numbers of channels and the bits for so many channels.
pub(crate) fn convert(
    network: &Network,
    weights: &Weights,
    parts: impl Fn(usize) -> Vec<(usize, u8)>,
) -> Result<(Network, Weights), Error> {
    let (mut network, mut weights) = fold_norms(network, weights)?;
    let mut quantization = Quantization::default();
    for node in &network.nodes {
        let Op::Conv2d { c_in, groups, .. } = node.op else { continue };
        let (codes, segments) = if groups == 1 && c_in >= 32 {
            let parts = parts(c_in);
            (
                parts.iter().map(|&(channels, bits)| CodeSegment::symmetric(channels, bits)).collect(),
                parts.iter().map(|&(channels, bits)| WeightSegment { channels, bits, odd: true }).collect(),
            )
        } else {
            let segment = WeightSegment { channels: c_in, bits: 8, odd: false };
            (vec![CodeSegment::for_range(c_in, 8, -2.0, 2.0)], vec![segment])
        };
        if groups == 1 {
            round(node, &segments, &mut weights)?;
            quantization.weights.insert(node.name.clone(), segments);
        }
        // Two convolutions may read the same value.
        quantization.values.entry(node.inputs[0].clone()).or_insert(codes);
    }
    network.quantization = Some(quantization);
    Ok((network, weights))
}

/// Puts integers in the place of a convolution's weights.
fn round(node: &Node, segments: &[WeightSegment], weights: &mut Weights) -> Result<(), Error> {
    let Op::Conv2d { c_in, c_out, kernel, .. } = node.op else { return Ok(()) };
    let name = format!("{}.weight", node.name);
    let tensor = weights.get(&name)?;
    let of_channel: Vec<&WeightSegment> =
        segments.iter().flat_map(|segment| std::iter::repeat_n(segment, segment.channels)).collect();
    let taps = kernel * kernel;
    let top = segments.iter().fold(0.0, |top, s| f32::max(top, s.range().1 as f32 * s.unit()));
    let scale = 2.0 / ((c_in * taps) as f32).sqrt() / top;
    let nearest = |(i, w): (usize, &f32)| of_channel[i / taps % c_in].nearest(w / scale) as f32;
    let (shape, integers) = (tensor.shape().to_vec(), tensor.data().iter().enumerate().map(nearest).collect());
    weights.insert(&name, shape, integers)?;
    weights.insert(&format!("{}.scale", node.name), vec![c_out], vec![scale; c_out])?;
    Ok(())
}
