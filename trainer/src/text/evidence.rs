//! Networks of one feature a label, the evidence for it: a sum over a text's n-grams.

use anyhow::Result;
use chameleon_models::text::encoder::{BIAS, EMBEDDING};
use chameleon_models::text::model::{HEAD_BIAS, HEAD_WEIGHT};
use chameleon_models::weights::Weights;

use super::samples::Sample;

/// Standard deviations that the evidence for a label is raised by: features are not negative.
const RAISE: f32 = 4.0;

/// A text as the encoder sees it.
pub struct Bag {
    /// Rows of its n-grams.
    pub rows: Vec<usize>,
    /// Of these, those of n-grams of words.
    pub words: Vec<usize>,
    /// What its sum is multiplied by.
    pub scale: f32,
}

impl Bag {
    /// The first bag of a sample.
    pub fn new(sample: &Sample, dictionary: &[u64]) -> Self {
        let rows = |ids: &[u64]| ids.iter().filter_map(|id| dictionary.binary_search(id).ok()).collect::<Vec<usize>>();
        let all = rows(&sample.bags[0]);
        let scale = 1.0 / (all.len().max(1) as f32).sqrt();
        Self { rows: all, words: rows(&sample.words), scale }
    }

    fn sum(&self, evidence: &[f32]) -> f32 {
        self.rows.iter().map(|&row| evidence[row]).sum::<f32>() * self.scale
    }
}

/// The network of each label's evidence, one number a row of the dictionary, scaled to a mean of 0 and a standard
/// deviation of 1 over the texts that it was made from.
///
/// # Errors
/// A number is not finite.
pub fn network(evidence: &[Vec<f32>], bags: &[Bag]) -> Result<Weights> {
    let (labels, rows) = (evidence.len(), evidence.first().map_or(0, Vec::len));
    let (mut embedding, mut bias) = (vec![0.0; rows * labels], vec![0.0; labels]);
    for (label, evidence) in evidence.iter().enumerate() {
        let of_bags: Vec<f32> = bags.iter().map(|bag| bag.sum(evidence)).collect();
        let (mean, deviation) = spread(&of_bags);
        bias[label] = RAISE - mean / deviation;
        embedding[label..].iter_mut().step_by(labels).zip(evidence).for_each(|(to, from)| *to = from / deviation);
    }
    let identity = (0..labels * labels).map(|i| if i % (labels + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let mut weights = Weights::default();
    weights.insert(EMBEDDING, vec![rows, labels], embedding)?;
    weights.insert(BIAS, vec![labels], bias)?;
    weights.insert(HEAD_WEIGHT, vec![labels, labels], identity)?;
    weights.insert(HEAD_BIAS, vec![labels], vec![-RAISE; labels])?;
    Ok(weights)
}

/// Mean and standard deviation; 1 where all are the same.
fn spread(values: &[f32]) -> (f32, f32) {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt();
    (mean, if deviation > 0.0 { deviation } else { 1.0 })
}
