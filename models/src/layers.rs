//! What an application changes before the head: parameters by name, those of [adapters](crate::adapters) beside
//! convolutions, and those that stand in the place of the network's own.

use std::collections::BTreeSet;

use crate::adapters::{AdapterError, DOWN, UP, adapted};
use crate::net::Network;
use crate::weights::{Weights, WeightsError};

/// A network with what one application changes in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// With adapters, if there are any.
    pub network: Network,
    /// All of its parameters.
    pub weights: Weights,
    /// Nodes of the shared network that have other parameters here.
    pub own: BTreeSet<String>,
}

/// Why changes do not fit a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayersError {
    /// It has adapters that do not.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// A tensor is part of no adapter and in the place of none.
    #[error("tensor `{0}` belongs to no adapter and to no layer of the network")]
    Unknown(String),
    /// Layers of a network that was quantized cannot be exchanged: their normalization is part of them by then.
    #[error("`{0}` is changed as a whole, which a quantized network does not allow; take the one it was made from")]
    Quantized(String),
    /// The parameters are not the layers'.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Only networks that label images have layers that can be changed.
    #[error("only networks that label images have layers that an application can change")]
    NoLayers,
}

/// A network and its parameters together with what an application changes.
///
/// # Errors
/// The changes are not of this network.
pub fn join(network: &Network, weights: &Weights, layers: &Weights) -> Result<Joined, LayersError> {
    let (network, own) = changed(network, layers)?;
    let mut all = weights.clone();
    all.replace_by(layers.clone());
    all.check(&network)?;
    Ok(Joined { network, weights: all, own })
}

/// The network with the adapters that `layers` brings, and its nodes for which `layers` has parameters.
///
/// # Errors
/// As [`join`], but shapes are not looked at.
pub fn changed(network: &Network, layers: &Weights) -> Result<(Network, BTreeSet<String>), LayersError> {
    let (mut beside, mut rank, mut own) = (Vec::new(), 0, BTreeSet::new());
    for (name, tensor) in layers.iter() {
        let node = name.rsplit_once('.').map_or("", |(node, _)| node);
        if let Some(convolution) = node.strip_suffix(DOWN) {
            beside.push(convolution);
            rank = tensor.shape().first().copied().unwrap_or(0);
        } else if network.nodes.iter().any(|known| known.name == node) {
            own.insert(node.to_owned());
        } else if !node.ends_with(UP) {
            return Err(LayersError::Unknown(name.to_owned()));
        }
    }
    match own.first() {
        Some(name) if network.quantization.is_some() => Err(LayersError::Quantized(name.clone())),
        _ => Ok((adapted(network, &beside, rank)?, own)),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::fixture::{network, random_weights};

    fn one(name: &str, shape: &[usize]) -> Weights {
        let mut layers = Weights::default();
        layers.insert(name, shape.to_vec(), vec![0.0; shape.iter().product()]).unwrap();
        layers
    }

    #[test]
    fn what_is_not_of_the_network_is_refused() {
        let base = network();
        let weights = random_weights(&base, &mut ChaCha8Rng::seed_from_u64(1));
        let refused = |name: &str, shape: &[usize]| join(&base, &weights, &one(name, shape)).unwrap_err().to_string();
        assert_eq!(refused("elsewhere.down.weight", &[2, 3, 1, 1]), "the network has no convolution `elsewhere`");
        assert_eq!(refused("head.down.weight", &[2, 3, 1, 1]), "the network has no convolution `head`");
        assert_eq!(
            refused("stem.else.weight", &[8, 3, 3, 3]),
            "tensor `stem.else.weight` belongs to no adapter and to no layer of the network"
        );
        assert_eq!(refused("weight", &[1]), "tensor `weight` belongs to no adapter and to no layer of the network");
        assert_eq!(refused("stem.conv.down.weight", &[2, 3, 3, 3]), "no tensor `stem.conv.up.weight`");
        assert_eq!(
            refused("stem.conv.up.weight", &[8, 2, 1, 1]),
            "tensor `stem.conv.up.weight` belongs to no layer of the network"
        );
        assert_eq!(
            refused("stem.conv.else", &[8, 2, 1, 1]),
            "tensor `stem.conv.else` belongs to no layer of the network"
        );
        assert!(refused("stem.conv.down.weight", &[2, 5, 3, 3]).contains("expected shape"));
        assert!(refused("stem.conv.weight", &[2, 5, 3, 3]).contains("expected shape"));
    }

    #[test]
    fn parameters_of_its_own_replace_the_networks() {
        let base = network();
        let weights = random_weights(&base, &mut ChaCha8Rng::seed_from_u64(1));
        let shape = weights.get("stem.conv.weight").unwrap().shape().to_vec();
        let layers = one("stem.conv.weight", &shape);
        let joined = join(&base, &weights, &layers).unwrap();
        assert_eq!(joined.network, base);
        assert_eq!(joined.own.iter().collect::<Vec<_>>(), ["stem.conv"]);
        for (name, tensor) in joined.weights.iter() {
            assert_eq!(tensor, layers.get(name).unwrap_or_else(|_| weights.get(name).unwrap()), "{name}");
        }
        let quantized = Network { quantization: Some(crate::quantization::Quantization::default()), ..base };
        let refused = join(&quantized, &weights, &layers).unwrap_err().to_string();
        assert!(refused.starts_with("`stem.conv` is changed as a whole"), "{refused}");
    }
}
