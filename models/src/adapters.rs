//! Low-rank adapters: what an application changes inside the shared network.
//!
//! Beside a convolution stand two small ones: `down` reads what it reads, in the same windows, but makes only `rank`
//! channels; `up` spreads these over the convolution's own. Their result is added to what the convolution and the
//! normalization behind it make (low-rank adaptation, Hu et al. 2021, with frozen normalization between as in the
//! parallel adapters of Rebuffi et al. 2018). The shared layers stay as they are: in memory there is one of each,
//! whatever the number of applications, and one application brings a few percent of a network's parameters.

use crate::net::{Network, NetworkError, Node, Op};

/// Behind a convolution's name: the convolution to few channels.
pub const DOWN: &str = ".down";
/// The one from these to all.
pub const UP: &str = ".up";
/// Behind a value's name: its sum with the adapter's.
pub const SUM: &str = ".adapted";

/// Why adapters do not fit a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// There is nothing of that name to stand beside.
    #[error("the network has no convolution `{0}`")]
    NoConvolution(String),
    /// The network with its adapters is none.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A network with an adapter of `rank` channels beside each of these convolutions. The adapters' parameters are
/// `{convolution}.down.weight` (rank, in / groups, k, k) and `{convolution}.up.weight` (out, rank, 1, 1).
///
/// # Errors
/// There is no such convolution, or none that can be added to.
pub fn adapted(network: &Network, beside: &[impl AsRef<str>], rank: usize) -> Result<Network, AdapterError> {
    let mut network = network.clone();
    for name in beside {
        stand_beside(&mut network, name.as_ref(), rank)?;
    }
    network.shapes()?;
    Ok(network)
}

fn stand_beside(network: &mut Network, name: &str, rank: usize) -> Result<(), AdapterError> {
    let missing = || AdapterError::NoConvolution(name.to_owned());
    let place = network.nodes.iter().position(|node| node.name == name).ok_or_else(missing)?;
    let Node { op: Op::Conv2d { c_in, c_out, kernel, stride, padding, groups: 1, .. }, ref inputs, .. } =
        network.nodes[place]
    else {
        return Err(missing());
    };
    let inputs = inputs.clone();
    // Behind the normalization, if there is one.
    let norm = network.nodes.iter().position(|node| {
        matches!(node.op, Op::BatchNorm2d { .. }) && node.inputs.first().is_some_and(|input| input == name)
    });
    let last = norm.unwrap_or(place);
    let value = network.nodes[last].name.clone();
    let (down, up, sum) = (format!("{name}{DOWN}"), format!("{name}{UP}"), format!("{value}{SUM}"));
    for node in &mut network.nodes[last + 1..] {
        node.inputs.iter_mut().filter(|input| **input == value).for_each(|input| input.clone_from(&sum));
    }
    let narrow = Op::Conv2d { c_in, c_out: rank, kernel, stride, padding, groups: 1, bias: false };
    let wide = Op::Conv2d { c_in: rank, c_out, kernel: 1, stride: 1, padding: 0, groups: 1, bias: false };
    let nodes = [
        Node { name: down.clone(), op: narrow, inputs },
        Node { name: up.clone(), op: wide, inputs: vec![down] },
        Node { name: sum, op: Op::Add, inputs: vec![value, up] },
    ];
    network.nodes.splice(last + 1..=last, nodes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::engine::Engine;
    use crate::fixture::{network, random_weights};
    use crate::layers::join;
    use crate::resnet::FEATURES;
    use crate::weights::Weights;

    fn convolutions(network: &Network) -> Vec<String> {
        let of = |node: &&Node| matches!(node.op, Op::Conv2d { .. });
        network.nodes.iter().filter(of).map(|node| node.name.clone()).collect()
    }

    /// Parameters of the adapters of a network.
    fn parameters(adapted: &Network, weights: &Weights) -> Weights {
        let mut adapters = Weights::default();
        for (name, tensor) in weights.iter().filter(|(name, _)| name.contains(DOWN) || name.contains(UP)) {
            adapters.insert(name, tensor.shape().to_vec(), tensor.data().to_vec()).unwrap();
        }
        assert!(adapted.nodes.len() > adapters.iter().count());
        adapters
    }

    proptest! {
        /// Adding `up down x` behind the normalization is the same as `(1 / s) up down` more in the convolution's weight,
        /// for a normalization that multiplies by `s`.
        #[test]
        fn an_adapter_is_a_change_of_the_convolutions_weight(seed in any::<u64>(), which in 0..100usize, rank in 1..4usize) {
            let base = network();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let names = convolutions(&base);
            let name = &names[which % names.len()];
            let network = adapted(&base, &[name], rank).unwrap();
            let weights = random_weights(&network, &mut rng);
            let adapters = parameters(&network, &weights);
            let mut merged = Weights::default();
            for (key, tensor) in weights.iter().filter(|(key, _)| adapters.get(key).is_err()) {
                merged.insert(key, tensor.shape().to_vec(), tensor.data().to_vec()).unwrap();
            }
            let joined = join(&base, &merged, &adapters).unwrap();
            prop_assert_eq!((&joined.network, &joined.weights), (&network, &weights));
            prop_assert!(joined.own.is_empty());

            let data = |key: String| weights.get(&key).unwrap().data().to_vec();
            let norm = name.replace(".conv", ".bn");
            let (down, up) = (data(format!("{name}{DOWN}.weight")), data(format!("{name}{UP}.weight")));
            let shape = weights.get(&format!("{name}.weight")).unwrap().shape().to_vec();
            let depth = down.len() / rank;
            let mut weight = data(format!("{name}.weight"));
            for (o, filter) in weight.chunks_exact_mut(depth).enumerate() {
                let factor = data(format!("{norm}.weight"))[o] / (data(format!("{norm}.running_var"))[o] + 1e-5).sqrt();
                prop_assume!(factor.abs() > 0.05);
                for (i, w) in filter.iter_mut().enumerate() {
                    let change: f32 = (0..rank).map(|r| up[o * rank + r] * down[r * depth + i]).sum();
                    *w += change / factor;
                }
            }
            merged.insert(&format!("{name}.weight"), shape, weight).unwrap();
            let input: Vec<f32> = (0..base.input.elements()).map(|i| ((i * 37) % 91) as f32 / 45.0 - 1.0).collect();
            let [expected, got] = [(&base, &merged), (&network, &weights)]
                .map(|(network, weights)| Engine::keeping(network, weights, &[FEATURES]).unwrap().run(&input, 1, FEATURES));
            let scale = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
            for (expected, got) in expected.iter().zip(&got) {
                prop_assert!((expected - got).abs() < 1e-3 * scale, "{} and {}", expected, got);
            }
        }
    }
}
