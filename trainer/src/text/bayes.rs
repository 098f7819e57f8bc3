//! A network that is counted and not trained: naive Bayes' evidence for each label against all others.
//!
//! On few texts it errs less than a trained network, and otherwise (Ng and Jordan 2002), so it is a good member of a
//! mean. Each n-gram's evidence for a label is the logarithm of how much more often texts have it that carry the label
//! than texts that do not; rare n-grams count more, long texts as much as short ones (Rennie et al. 2003). Only n-grams
//! of words are counted: those of characters repeat what they say.

use anyhow::Result;
use chameleon_models::text::encoder::{BIAS, EMBEDDING};
use chameleon_models::text::model::{HEAD_BIAS, HEAD_WEIGHT};
use chameleon_models::weights::Weights;

use super::objective::Objective;
use super::samples::{Dictionary, Sample};

/// Added to the weight of every n-gram, as a share of the mean weight of one occurrence in a text of one n-gram.
const SMOOTHING: f32 = 0.1;
/// Standard deviations that the evidence for a label is raised by: features are not negative.
const RAISE: f32 = 4.0;

/// A network of one feature a label: the evidence for it, with a mean of 0 and a standard deviation of 1 over `samples`
/// of one bag each.
///
/// # Errors
/// A number is not finite.
pub fn member(samples: &[Sample], dictionary: &Dictionary, objective: &Objective, labels: usize) -> Result<Weights> {
    let bags: Vec<Bag> = samples.iter().map(|sample| Bag::new(sample, &dictionary.ids)).collect();
    let rarity: Vec<f32> = dictionary.rarity.iter().map(|rarity| rarity.exp()).collect();
    let (mut embedding, mut bias) = (vec![0.0; rarity.len() * labels], vec![0.0; labels]);
    for label in 0..labels {
        let carried = samples.iter().map(|sample| objective.carries(sample.classes[0], sample.set, label));
        let evidence = evidence(&bags, &carried.collect::<Vec<_>>(), &rarity);
        let of_bags: Vec<f32> = bags.iter().map(|bag| bag.sum(&evidence)).collect();
        let (mean, deviation) = spread(&of_bags);
        bias[label] = RAISE - mean / deviation;
        embedding[label..].iter_mut().step_by(labels).zip(&evidence).for_each(|(to, from)| *to = from / deviation);
    }
    let identity = (0..labels * labels).map(|i| if i % (labels + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let mut weights = Weights::default();
    weights.insert(EMBEDDING, vec![rarity.len(), labels], embedding)?;
    weights.insert(BIAS, vec![labels], bias)?;
    weights.insert(HEAD_WEIGHT, vec![labels, labels], identity)?;
    weights.insert(HEAD_BIAS, vec![labels], vec![-RAISE; labels])?;
    Ok(weights)
}

/// A text as the encoder sees it.
struct Bag {
    /// Rows of its n-grams of words.
    words: Vec<usize>,
    /// What its sum is multiplied by: all its rows count.
    scale: f32,
}

impl Bag {
    fn new(sample: &Sample, dictionary: &[u64]) -> Self {
        let rows = |ids: &[u64]| ids.iter().filter_map(|id| dictionary.binary_search(id).ok()).collect::<Vec<usize>>();
        let all = rows(&sample.bags[0]).len();
        Self { words: rows(&sample.words), scale: 1.0 / (all.max(1) as f32).sqrt() }
    }

    fn sum(&self, evidence: &[f32]) -> f32 {
        self.words.iter().map(|&row| evidence[row]).sum::<f32>() * self.scale
    }
}

/// Of each row of the dictionary, for texts of which it is known whether they carry the label; none for rows of no text.
fn evidence(bags: &[Bag], carried: &[Option<f32>], rarity: &[f32]) -> Vec<f32> {
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

/// Mean and standard deviation; 1 where all are the same.
fn spread(values: &[f32]) -> (f32, f32) {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt();
    (mean, if deviation > 0.0 { deviation } else { 1.0 })
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
