//! Several networks of one dictionary as one: its features are all of theirs, its outputs the mean of theirs.
//!
//! Trained on few texts, networks of different seeds err differently; their mean errs less (Lakshminarayanan et al.
//! 2017).

use anyhow::{Context, Result};
use chameleon_models::text::encoder::{BIAS, EMBEDDING};
use chameleon_models::text::model::HEAD_WEIGHT;
use chameleon_models::weights::Weights;

/// One network from members of the same shapes.
///
/// # Errors
/// There is no member, or their shapes differ.
pub fn merged(members: &[Weights]) -> Result<Weights> {
    let first = members.first().context("a network of no members")?;
    let mut all = Weights::default();
    for (name, tensor) in first.iter() {
        let parts = members.iter().map(|member| Ok(member.get(name)?.data())).collect::<Result<Vec<&[f32]>>>()?;
        let (mut shape, width) = (tensor.shape().to_vec(), tensor.shape().last().copied().unwrap_or(1));
        let data = match name {
            EMBEDDING | BIAS => beside(&parts, width),
            HEAD_WEIGHT => beside(&parts, width).into_iter().map(|value| value / members.len() as f32).collect(),
            _ => mean(&parts),
        };
        if let (EMBEDDING | BIAS | HEAD_WEIGHT, Some(width)) = (name, shape.last_mut()) {
            *width *= members.len();
        }
        all.insert(name, shape, data)?;
    }
    Ok(all)
}

/// The rows of all parts, each `width` long, one beside the other.
fn beside(parts: &[&[f32]], width: usize) -> Vec<f32> {
    let rows = parts.first().map_or(0, |part| part.len() / width.max(1));
    (0..rows)
        .flat_map(|row| parts.iter().flat_map(move |part| &part[row * width..(row + 1) * width]))
        .copied()
        .collect()
}

fn mean(parts: &[&[f32]]) -> Vec<f32> {
    let count = parts.first().map_or(0, |part| part.len());
    (0..count).map(|i| parts.iter().map(|part| part[i]).sum::<f32>() / parts.len() as f32).collect()
}

#[cfg(test)]
mod tests {
    use chameleon_models::text::model::HEAD_BIAS;
    use chameleon_models::text::{NGrams, TextInput, TextNet, TextNetwork, network};

    use super::*;

    fn member(scale: f32) -> Weights {
        let mut weights = Weights::default();
        let number = |i: usize| scale * (i as f32 - 1.5);
        for (name, shape) in [(EMBEDDING, vec![2, 3]), (BIAS, vec![3]), (HEAD_WEIGHT, vec![2, 3]), (HEAD_BIAS, vec![2])]
        {
            let data = (0..shape.iter().product()).map(number).collect();
            weights.insert(name, shape, data).expect("the shape fits");
        }
        weights
    }

    fn outputs(weights: Weights, features: usize) -> Vec<f32> {
        let input = TextInput::Passage(NGrams { words: 1, characters: None });
        let network = TextNetwork { version: network::FORMAT_VERSION, input, features, outputs: 2 };
        TextNet::new(network, vec![4, 7], weights).expect("a network").outputs(&[4, 7])
    }

    #[test]
    fn the_outputs_are_the_mean_of_the_members() {
        let (a, b) = (member(1.0), member(-0.5));
        let both = outputs(merged(&[a.clone(), b.clone()]).expect("alike"), 6);
        for ((a, b), both) in outputs(a, 3).into_iter().zip(outputs(b, 3)).zip(both) {
            assert!((f32::midpoint(a, b) - both).abs() < 1e-5);
        }
        assert!(merged(&[]).is_err());
    }
}
