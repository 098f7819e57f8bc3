//! Several networks of one dictionary as one: its features are all of theirs, its outputs a sum of theirs.
//!
//! Trained on few texts, networks of different seeds err differently; their mean errs less (Lakshminarayanan et al.
//! 2017).

use anyhow::{Context, Result, ensure};
use chameleon_models::text::encoder::{BIAS, EMBEDDING};
use chameleon_models::text::model::HEAD_WEIGHT;
use chameleon_models::weights::{Tensor, Weights};

/// One network whose outputs are the members', each times its share, summed up. They may differ in their features.
///
/// # Errors
/// There is no member, or their dictionaries or labels differ.
pub fn merged(members: &[Weights], shares: &[f32]) -> Result<Weights> {
    ensure!(members.len() == shares.len(), "{} members with {} shares", members.len(), shares.len());
    let first = members.first().context("a network of no members")?;
    let mut all = Weights::default();
    for (name, tensor) in first.iter() {
        let parts = members.iter().map(|member| Ok(member.get(name)?)).collect::<Result<Vec<&Tensor>>>()?;
        let mut shape = tensor.shape().to_vec();
        if let (EMBEDDING | BIAS | HEAD_WEIGHT, Some(width)) = (name, shape.last_mut()) {
            *width = parts.iter().filter_map(|part| part.shape().last()).sum();
        }
        let data = match name {
            EMBEDDING | BIAS => beside(&parts, &vec![1.0; parts.len()]),
            HEAD_WEIGHT => beside(&parts, shares),
            _ => summed(&parts, shares),
        };
        all.insert(name, shape, data)?;
    }
    Ok(all)
}

/// The mean of members.
///
/// # Errors
/// As [`merged`].
pub fn mean(members: &[Weights]) -> Result<Weights> {
    merged(members, &vec![1.0 / members.len().max(1) as f32; members.len()])
}

/// The rows of all parts, each times its factor, one beside the other.
fn beside(parts: &[&Tensor], factors: &[f32]) -> Vec<f32> {
    let width = |part: &Tensor| part.shape().last().copied().unwrap_or(1).max(1);
    let rows = parts.first().map_or(0, |part| part.data().len() / width(part));
    let row = |row: usize| {
        let of_part = move |(part, factor): (&&Tensor, &f32)| {
            let (width, factor) = (width(part), *factor);
            part.data()[row * width..(row + 1) * width].iter().map(|value| value * factor).collect::<Vec<f32>>()
        };
        parts.iter().zip(factors).flat_map(of_part).collect::<Vec<f32>>()
    };
    (0..rows).flat_map(row).collect()
}

fn summed(parts: &[&Tensor], factors: &[f32]) -> Vec<f32> {
    let count = parts.first().map_or(0, |part| part.data().len());
    let at = |i: usize| parts.iter().zip(factors).map(|(part, factor)| part.data()[i] * factor).sum();
    (0..count).map(at).collect()
}

#[cfg(test)]
mod tests {
    use chameleon_models::text::model::HEAD_BIAS;
    use chameleon_models::text::{NGrams, TextInput, TextNet, TextNetwork, network};

    use super::*;

    fn member(features: usize, scale: f32) -> Weights {
        let mut weights = Weights::default();
        let number = |i: usize| scale * (i as f32 - 1.5);
        let head = (HEAD_WEIGHT, vec![2, features]);
        for (name, shape) in [(EMBEDDING, vec![2, features]), (BIAS, vec![features]), head, (HEAD_BIAS, vec![2])] {
            let data = (0..shape.iter().product()).map(number).collect();
            weights.insert(name, shape, data).expect("the shape fits");
        }
        weights
    }

    fn outputs(weights: Weights, features: usize) -> Vec<f32> {
        let input = TextInput::Passage(NGrams { words: 1, characters: None, capitals: false, first: 0 });
        let network = TextNetwork { version: network::FORMAT_VERSION, input, features, outputs: 2 };
        TextNet::new(network, vec![4, 7], weights).expect("a network").outputs(&[4, 7])
    }

    #[test]
    fn the_outputs_are_the_sum_of_the_members_by_their_shares() {
        let (a, b) = (member(3, 1.0), member(2, -0.5));
        let both = outputs(merged(&[a.clone(), b.clone()], &[0.75, 2.0]).expect("alike"), 5);
        let middle = outputs(mean(&[a.clone(), b.clone()]).expect("alike"), 5);
        for (i, (a, b)) in outputs(a, 3).into_iter().zip(outputs(b, 2)).enumerate() {
            assert!((0.75 * a + 2.0 * b - both[i]).abs() < 1e-5);
            assert!((f32::midpoint(a, b) - middle[i]).abs() < 1e-5);
        }
        assert!(mean(&[]).is_err());
    }
}
