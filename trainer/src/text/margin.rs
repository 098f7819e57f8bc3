//! Support vector machines, one a label: the widest margin between the texts that carry it and those that do not.
//!
//! Few texts of many n-grams each are what they are good at (Joachims 1998). The loss is the squared hinge, and it is
//! solved in its dual, text by text (Hsieh et al. 2008): how much a text counts is set to what is best while the others
//! stay. Rare n-grams count more; n-grams of words count more than those of characters, of which a text has several
//! times as many.

use anyhow::Result;
use chameleon_models::weights::Weights;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::evidence::{self, Bag};
use super::objective::Objective;
use super::samples::{Dictionary, Sample};

/// What a text within the margin costs, beside half the squared norm of the weights.
const COST: f32 = 1.0;
/// How many times as much n-grams of words count as those of characters.
const WORDS: f32 = 2.0;
/// Passes over all texts, at most.
const PASSES: usize = 100;
/// The end is reached where no text's slope is further from its best.
const TOLERANCE: f32 = 0.01;

/// The rows of a text's n-grams, each with its value.
type Text = Vec<(usize, f32)>;

/// A network of one feature a label: how far a text lies on its side, with a mean of 0 and a standard deviation of 1
/// over `samples` of one bag each.
///
/// # Errors
/// A number is not finite.
pub fn member(samples: &[Sample], dictionary: &Dictionary, objective: &Objective, labels: usize) -> Result<Weights> {
    let bags: Vec<Bag> = samples.iter().map(|sample| Bag::new(sample, &dictionary.ids)).collect();
    let values = values(&bags, dictionary);
    let of_row = |bag: &Bag, row: usize| (row, values[row] * bag.scale);
    let of_bag = |bag: &Bag| bag.rows.iter().map(|&row| of_row(bag, row)).collect();
    let texts: Vec<Text> = bags.iter().map(of_bag).collect();
    let of_label = |label: usize| {
        let side = |sample: &Sample| Some(2.0 * objective.carries(sample.classes[0], sample.set, label)? - 1.0);
        let sides = samples.iter().map(side);
        let known: Vec<(&Text, f32)> = texts.iter().zip(sides).filter_map(|(text, side)| Some((text, side?))).collect();
        let weights = separating(&known, values.len());
        weights.iter().zip(&values).map(|(weight, value)| weight * value).collect()
    };
    evidence::network(&(0..labels).map(of_label).collect::<Vec<_>>(), &bags)
}

/// How much each row of the dictionary counts, so that texts have a squared norm of 1 on average.
fn values(bags: &[Bag], dictionary: &Dictionary) -> Vec<f32> {
    let mut values: Vec<f32> = dictionary.rarity.iter().map(|rarity| rarity.exp()).collect();
    let mut of_words = vec![false; values.len()];
    bags.iter().flat_map(|bag| &bag.words).for_each(|&row| of_words[row] = true);
    values.iter_mut().zip(of_words).filter(|(_, of_words)| *of_words).for_each(|(value, _)| *value *= WORDS);
    let squared = |bag: &Bag| bag.rows.iter().map(|&row| (values[row] * bag.scale).powi(2)).sum::<f32>();
    let norm = (bags.iter().map(squared).sum::<f32>() / bags.len().max(1) as f32).sqrt();
    values.into_iter().map(|value| value / norm.max(f32::MIN_POSITIVE)).collect()
}

/// The weights of the widest margin between texts on the sides 1 and -1.
fn separating(texts: &[(&Text, f32)], rows: usize) -> Vec<f32> {
    // The squared hinge puts this on the diagonal of the dual's matrix.
    const SLACK: f32 = 0.5 / COST;
    let (mut weights, mut bias) = (vec![0.0_f32; rows], 0.0);
    let mut counts = vec![0.0_f32; texts.len()];
    let squared = |text: &Text| text.iter().map(|(_, value)| value * value).sum::<f32>();
    let curvature: Vec<f32> = texts.iter().map(|(text, _)| squared(text) + 1.0 + SLACK).collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for _ in 0..PASSES {
        order.shuffle(&mut rng);
        let mut furthest = 0.0_f32;
        for &i in &order {
            let (text, side) = texts[i];
            let distance = text.iter().map(|&(row, value)| weights[row] * value).sum::<f32>() + bias;
            let slope = side * distance - 1.0 + SLACK * counts[i];
            furthest = furthest.max(if counts[i] > 0.0 { slope.abs() } else { -slope });
            let count = (counts[i] - slope / curvature[i]).max(0.0);
            let step = side * (count - counts[i]);
            counts[i] = count;
            for &(row, value) in text {
                weights[row] += step * value;
            }
            bias += step;
        }
        if furthest < TOLERANCE {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use chameleon_models::text::{TextNet, TextNetwork, network};

    use super::super::samples;
    use super::super::task::Task;
    use super::*;

    #[test]
    fn texts_are_told_apart_and_what_all_have_says_nothing() {
        // News of AG: 1 stands in sports, 2 in business, 3 in all.
        let sample = |word: u64, class: u16| {
            let bag = vec![word, 3];
            Sample { bags: vec![bag.clone()], words: bag, classes: vec![class], set: 0, first: vec![] }
        };
        let samples: Vec<Sample> = (0..8).map(|i| if i < 4 { sample(1, 1) } else { sample(2, 2) }).collect();
        let dictionary = samples::dictionary(&samples, 1);
        let task = Task::Topics;
        let labels = task.labels().len();
        let weights = member(&samples, &dictionary, &Objective::new(task), labels).expect("numbers");
        let network =
            TextNetwork { version: network::FORMAT_VERSION, input: task.input(), features: labels, outputs: labels };
        let net = TextNet::new(network, dictionary.ids, weights).expect("a network");
        let (sports, business) = (net.outputs(&[1, 3]), net.outputs(&[2, 3]));
        // `/Business & Industrial` and `/Sports`; half the texts are one deviation away on either side.
        for (place, sign) in [(2, 1.0), (4, -1.0)] {
            assert!(
                (business[place] - sign).abs() < 0.02 && (sports[place] + sign).abs() < 0.02,
                "{business:?} {sports:?}"
            );
        }
        assert!(business[1].abs() < 1e-4, "AG News says nothing of `/Law & Government`");
    }

    #[test]
    fn the_margin_is_the_one_that_costs_least() {
        // One text a side at 1 and -1: by symmetry the bias is 0, and weight w costs w²/2 + 2 (1 - w)², least at 0.8.
        let (right, left) = (vec![(0, 1.0)], vec![(0, -1.0)]);
        let weights = separating(&[(&right, 1.0), (&left, -1.0)], 1);
        assert!((weights[0] - 0.8).abs() < 0.01, "{weights:?}");
    }
}
