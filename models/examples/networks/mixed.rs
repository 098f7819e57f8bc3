//! A network as mixed precision would make it: every convolution but the first reads half of its channels with 4 bits
//! and half with 1. The weights are rounded as they are, so this is for speed only.

use chameleon_models::net::{INPUT, Network, Op};
use chameleon_models::quantization::{CodeSegment, Quantization, WeightSegment};
use chameleon_models::quantize::fold_norms;
use chameleon_models::weights::Weights;

/// Converts convolutions of one group and 32 channels or more.
pub(crate) fn convert(network: &Network, weights: &Weights) -> Result<(Network, Weights), Box<dyn std::error::Error>> {
    let (mut network, mut weights) = fold_norms(network, weights)?;
    let mut quantization = Quantization::default();
    for node in &network.nodes {
        let Op::Conv2d { c_in, c_out, kernel, groups: 1, .. } = node.op else { continue };
        if node.inputs[0] == INPUT || c_in < 32 {
            continue;
        }
        let parts = [(c_in / 32 * 16, 4), (c_in - c_in / 32 * 16, 1)];
        let codes = parts.map(|(channels, bits)| CodeSegment::symmetric(channels, bits)).to_vec();
        let segments = parts.map(|(channels, bits)| WeightSegment { channels, bits, odd: true }).to_vec();
        let of_channel: Vec<&WeightSegment> =
            segments.iter().flat_map(|segment| std::iter::repeat_n(segment, segment.channels)).collect();
        let name = format!("{}.weight", node.name);
        let tensor = weights.get(&name)?;
        let (shape, taps) = (tensor.shape().to_vec(), kernel * kernel);
        let scale = 1.0 / ((c_in * taps) as f32).sqrt();
        let round = |(i, w): (usize, &f32)| of_channel[i / taps % c_in].nearest(w / scale) as f32;
        let integers = tensor.data().iter().enumerate().map(round).collect();
        weights.insert(&name, shape, integers)?;
        weights.insert(&format!("{}.scale", node.name), vec![c_out], vec![scale; c_out])?;
        quantization.values.insert(node.inputs[0].clone(), codes);
        quantization.weights.insert(node.name.clone(), segments);
    }
    network.quantization = Some(quantization);
    Ok((network, weights))
}
