//! A network that is counted and not trained: naive Bayes' evidence for each label against all others.
//!
//! On few texts it errs less than a trained network, and otherwise (Ng and Jordan 2002), so it is a good member of a
//! mean. Each n-gram's evidence for a label is the logarithm of how much more often texts have it that carry the label
//! than texts that do not; rare n-grams count more, long texts as much as short ones (Rennie et al. 2003). Only n-grams
//! of words are counted: those of characters repeat what they say.

use anyhow::Result;
use chameleon_models::weights::Weights;

use super::evidence::{self, Bag};
use super::objective::Objective;
use super::samples::{Dictionary, Sample};

/// Added to the weight of every n-gram, as a share of the mean weight of one occurrence in a text of one n-gram.
const SMOOTHING: f32 = 0.1;

/// A network of one feature a label: the evidence for it, with a mean of 0 and a standard deviation of 1 over `samples`
/// of one bag each.
///
/// # Errors
/// A number is not finite.
pub fn member(samples: &[Sample], dictionary: &Dictionary, objective: &Objective, labels: usize) -> Result<Weights> {
    let bags: Vec<Bag> = samples.iter().map(|sample| Bag::new(sample, &dictionary.ids)).collect();
    let rarity: Vec<f32> = dictionary.rarity.iter().map(|rarity| rarity.exp()).collect();
    let of_label = |label: usize| {
        let carried = samples.iter().map(|sample| objective.carries(sample.classes[0], sample.set, label));
        evidence_for(&bags, &carried.collect::<Vec<_>>(), &rarity)
    };
    evidence::network(&(0..labels).map(of_label).collect::<Vec<_>>(), &bags)
}

/// Of each row of the dictionary, for texts of which it is known whether they carry the label; none for rows of no text.
fn evidence_for(bags: &[Bag], carried: &[Option<f32>], rarity: &[f32]) -> Vec<f32> {
    let smoothing = SMOOTHING * rarity.iter().sum::<f32>() / rarity.len().max(1) as f32;
    let (mut with, mut without) = (vec![0.0; rarity.len()], vec![0.0; rarity.len()]);
    for (bag, carried) in bags.iter().zip(carried) {
        let Some(carried) = carried else { continue };
        let counts = if *carried > 0.5 { &mut with } else { &mut without };
        bag.words.iter().for_each(|&row| counts[row] += bag.scale * rarity[row]);
    }
    let seen = |row: &usize| with[*row] + without[*row] > 0.0;
    let rows: Vec<usize> = (0..rarity.len()).filter(seen).collect();
    let all = |counts: &[f32]| rows.iter().map(|&row| counts[row] + smoothing).sum::<f32>();
    let (all_with, all_without) = (all(&with), all(&without));
    let log_ratio =
        |row: usize| ((with[row] + smoothing) / all_with).ln() - ((without[row] + smoothing) / all_without).ln();
    let mut evidence = vec![0.0; rarity.len()];
    for row in rows {
        evidence[row] = rarity[row] * log_ratio(row);
    }
    evidence
}

#[cfg(test)]
mod tests {
    use chameleon_models::text::{TextNet, TextNetwork, network};

    use super::super::samples;
    use super::super::task::Task;
    use super::*;

    #[test]
    fn n_grams_of_a_labels_texts_are_evidence_for_it() {
        // Reviews: 1 stands in the negative ones, 2 in the positive ones, 3 in all.
        let sample = |word: u64, class: u16| {
            let bag = vec![word, 3];
            Sample { bags: vec![bag.clone()], words: bag, classes: vec![class], set: 1, first: vec![] }
        };
        let samples: Vec<Sample> = (0..8).map(|i| if i < 4 { sample(1, 3) } else { sample(2, 4) }).collect();
        let dictionary = samples::dictionary(&samples, 1);
        let task = Task::Sentiment;
        let weights = member(&samples, &dictionary, &Objective::new(task), 3).expect("numbers");
        let network = TextNetwork { version: network::FORMAT_VERSION, input: task.input(), features: 3, outputs: 3 };
        let net = TextNet::new(network, dictionary.ids, weights).expect("a network");
        let (bad, good) = (net.outputs(&[1, 3]), net.outputs(&[2, 3]));
        // As evidence is scaled, half the texts are one deviation away on either side.
        for (place, sign) in [(0, -1.0), (2, 1.0)] {
            assert!((good[place] - sign).abs() < 1e-4 && (bad[place] + sign).abs() < 1e-4, "{good:?} {bad:?}");
        }
        assert!(good[1].abs() < 1e-4, "nothing is known of neutral texts");
    }
}
