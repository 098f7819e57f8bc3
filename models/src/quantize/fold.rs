//! A network without normalization behind convolutions.

use crate::net::{Network, Node, Op};
use crate::weights::{Weights, WeightsError};

/// Folds every normalization that alone reads a convolution into it. The folded value takes the normalization's name.
///
/// # Errors
/// The weights are not the network's, or a variance is not positive.
pub fn fold_norms(network: &Network, weights: &Weights) -> Result<(Network, Weights), WeightsError> {
    weights.check(network)?;
    let mut folded = Network { nodes: Vec::with_capacity(network.nodes.len()), ..network.clone() };
    let mut parameters = Weights::default();
    let readers = |name: &str| network.nodes.iter().flat_map(|node| &node.inputs).filter(|i| *i == name).count();
    for node in &network.nodes {
        let last = folded.nodes.last().filter(|last: &&Node| node.inputs == [last.name.clone()]).cloned();
        match (&node.op, last) {
            (Op::BatchNorm2d { eps, .. }, Some(conv))
                if matches!(conv.op, Op::Conv2d { .. }) && readers(&conv.name) == 1 =>
            {
                let folded_conv = fold(&conv, node, *eps, &mut parameters, weights)?;
                folded.nodes.pop();
                folded.nodes.push(folded_conv);
            }
            _ => {
                for (suffix, shape) in parameters_of(network, node) {
                    let name = format!("{}.{suffix}", node.name);
                    parameters.insert(&name, shape, weights.get(&name)?.data().to_vec())?;
                }
                folded.nodes.push(node.clone());
            }
        }
    }
    Ok((folded, parameters))
}

fn parameters_of(network: &Network, node: &Node) -> Vec<(String, Vec<usize>)> {
    let alone = Network { nodes: vec![node.clone()], ..network.clone() };
    let prefix = format!("{}.", node.name);
    let suffix = |(name, shape): (String, Vec<usize>)| Some((name.strip_prefix(&prefix)?.to_owned(), shape));
    alone.parameters().into_iter().filter_map(suffix).collect()
}

/// The convolution with the normalization's name and both's parameters.
fn fold(conv: &Node, norm: &Node, eps: f64, parameters: &mut Weights, weights: &Weights) -> Result<Node, WeightsError> {
    let tensor = parameters.get(&format!("{}.weight", conv.name))?.clone();
    let bias = parameters.get(&format!("{}.bias", conv.name)).map(|bias| bias.data().to_vec());
    let outputs = tensor.shape()[0];
    let (mut weight, mut bias) = (tensor.data().to_vec(), bias.unwrap_or_else(|_| vec![0.0; outputs]));
    let get = |suffix: &str| Ok::<_, WeightsError>(weights.get(&format!("{}.{suffix}", norm.name))?.data());
    let (scale, offset, mean, variance) = (get("weight")?, get("bias")?, get("running_mean")?, get("running_var")?);
    let depth = weight.len() / outputs;
    for (o, filter) in weight.chunks_exact_mut(depth).enumerate() {
        let factor = f64::from(scale[o]) / (f64::from(variance[o]) + eps).sqrt();
        for w in filter {
            *w = (f64::from(*w) * factor) as f32;
        }
        bias[o] = ((f64::from(bias[o]) - f64::from(mean[o])) * factor + f64::from(offset[o])) as f32;
    }
    parameters.remove(&conv.name);
    // A variance that is not positive makes numbers that are not finite, which are refused here.
    parameters.insert(&format!("{}.weight", norm.name), tensor.shape().to_vec(), weight)?;
    parameters.insert(&format!("{}.bias", norm.name), vec![outputs], bias)?;
    let mut op = conv.op.clone();
    if let Op::Conv2d { bias, .. } = &mut op {
        *bias = true;
    }
    Ok(Node { name: norm.name.clone(), op, inputs: conv.inputs.clone() })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::engine::Engine;
    use crate::fixture::{network, random_weights};

    #[test]
    fn a_folded_network_computes_the_same() {
        let network = network();
        let weights = random_weights(&network, &mut ChaCha8Rng::seed_from_u64(3));
        let (folded, parameters) = fold_norms(&network, &weights).unwrap();
        parameters.check(&folded).unwrap();
        assert!(folded.nodes.iter().all(|node| !matches!(node.op, Op::BatchNorm2d { .. })));
        let image = vec![0.3; network.input.elements()];
        let run = |network: &Network, weights: &Weights| Engine::new(network, weights).unwrap().run(&image, 1, "head");
        for (a, b) in run(&network, &weights).iter().zip(run(&folded, &parameters)) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}
