//! Which layers keep eight bits where fewer are asked for: those where that helps most.

use super::{Layer, QuantizeError};
use crate::engine::{Engine, EngineError};
use crate::net::Network;
use crate::quantization::Quantization;
use crate::weights::Weights;

/// The part of all weights that may keep eight bits.
const SHARE: f64 = 0.125;
/// Images to measure on.
const IMAGES: usize = 32;

/// Gives some layers eight bits: those with the largest error of the network's output for each weight, as far as they
/// are together no more than [`SHARE`] of all weights.
///
/// A layer's error is measured with its weights alone rounded.
pub(super) fn widen(
    layers: &mut [Layer],
    (network, weights): (&Network, &Weights),
    images: &[Vec<f32>],
) -> Result<(), QuantizeError> {
    let size = |layer: &Layer| layer.rounded.integers.len() as f64;
    let mut budget = SHARE * layers.iter().map(size).sum::<f64>();
    let narrow: Vec<usize> = (0..layers.len()).filter(|&i| layers[i].wide.is_some()).collect();
    let images: Vec<f32> = images.iter().take(IMAGES).flatten().copied().collect();
    let expected = if narrow.is_empty() { Vec::new() } else { run(network, weights, &images)? };
    let mut errors = Vec::with_capacity(narrow.len());
    for i in narrow {
        let got = run(network, &rounded_alone(&layers[i], weights)?, &images)?;
        let error: f64 = expected.iter().zip(&got).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        errors.push((error / size(&layers[i]), i));
    }
    errors.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, i) in errors {
        if size(&layers[i]) <= budget {
            budget -= size(&layers[i]);
            if let Some(wide) = layers[i].wide.take() {
                layers[i] = *wide;
            }
        }
    }
    Ok(())
}

/// The weights in f32, with one layer's rounded.
fn rounded_alone(layer: &Layer, weights: &Weights) -> Result<Weights, QuantizeError> {
    let mut integers = weights.clone();
    layer.insert(&mut integers, &mut Quantization::default())?;
    let name = format!("{}.weight", layer.node.name);
    let tensor = integers.get(&name)?;
    let depth = (tensor.data().len() / layer.rounded.scales.len().max(1)).max(1);
    let filters = tensor.data().chunks_exact(depth).zip(&layer.rounded.scales);
    let numbers = filters.flat_map(|(filter, scale)| filter.iter().map(move |n| n * scale)).collect();
    let shape = tensor.shape().to_vec();
    integers.remove_one(&format!("{}.scale", layer.node.name));
    integers.insert(&name, shape, numbers)?;
    Ok(integers)
}

/// The network's output for all images.
fn run(network: &Network, weights: &Weights, images: &[f32]) -> Result<Vec<f32>, EngineError> {
    let engine = Engine::new(network, weights)?;
    let last = network.nodes.last().map_or("", |node| node.name.as_str());
    Ok(engine.run(images, images.len() / network.input.elements(), last))
}
