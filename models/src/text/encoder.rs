//! Numbers of n-grams to dense features: the rectified sum of the embeddings of those that are known.
//!
//! `features = max(0, sum of rows / sqrt(number of rows) + bias)`, as fastText's sentence vector (Joulin et al. 2017)
//! but for the scale, which keeps a text's length visible, and for the dictionary: rows belong to n-grams and not to
//! buckets, so that an unknown n-gram adds nothing instead of another one's row.

use crate::weights::{Weights, WeightsError};

/// Name of the tensor of rows, (V, D).
pub const EMBEDDING: &str = "embedding.weight";
/// Name of the tensor that is added to their sum, (D).
pub const BIAS: &str = "embedding.bias";

/// The dictionary and its embeddings.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    /// Numbers of the known n-grams, ascending, V.
    ids: Vec<u64>,
    /// (V, D), row-major.
    embedding: Vec<f32>,
    /// (D).
    bias: Vec<f32>,
}

/// Why parts are no encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// The dictionary is not in order, so nothing can be found in it.
    #[error("n-gram {0} of the dictionary is not greater than the one before")]
    Order(usize),
    /// A tensor is missing or of another shape.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

impl Encoder {
    /// Takes the encoder's tensors of `features` columns out of `weights`.
    ///
    /// # Errors
    /// A tensor is missing or has another shape, or `ids` do not ascend.
    pub(crate) fn take(ids: Vec<u64>, weights: &mut Weights, features: usize) -> Result<Self, EncoderError> {
        if let Some(at) = (1..ids.len()).find(|&i| ids[i] <= ids[i - 1]) {
            return Err(EncoderError::Order(at));
        }
        let mut tensor = |name: &str, shape: Vec<usize>| -> Result<Vec<f32>, WeightsError> {
            let got = weights.get(name)?.shape();
            if got != shape {
                return Err(WeightsError::Shape { name: name.to_owned(), expected: shape, got: got.to_vec() });
            }
            weights.take(name)
        };
        let embedding = tensor(EMBEDDING, vec![ids.len(), features])?;
        let bias = tensor(BIAS, vec![features])?;
        Ok(Self { ids, embedding, bias })
    }

    /// D.
    pub fn features(&self) -> usize {
        self.bias.len()
    }

    /// Rows of the n-grams that are known.
    pub fn rows<'e>(&'e self, ids: &'e [u64]) -> impl Iterator<Item = usize> + 'e {
        ids.iter().filter_map(|id| self.ids.binary_search(id).ok())
    }

    /// The features (D) of a set of n-grams; none is negative.
    pub fn encode(&self, ids: &[u64]) -> Vec<f32> {
        let dim = self.features();
        let mut sum = vec![0.0_f32; dim];
        let mut known = 0_u32;
        for row in self.rows(ids) {
            known += 1;
            sum.iter_mut().zip(&self.embedding[row * dim..][..dim]).for_each(|(sum, value)| *sum += value);
        }
        let scale = 1.0 / (known.max(1) as f32).sqrt();
        sum.iter().zip(&self.bias).map(|(sum, bias)| (sum * scale + bias).max(0.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder(ids: &[u64]) -> Result<Encoder, EncoderError> {
        let mut weights = Weights::default();
        let rows = (0..2 * ids.len()).map(|i| i as f32 - 1.0).collect();
        weights.insert(EMBEDDING, vec![ids.len(), 2], rows).unwrap();
        weights.insert(BIAS, vec![2], vec![0.5, -0.5]).unwrap();
        Encoder::take(ids.to_vec(), &mut weights, 2)
    }

    #[test]
    fn known_n_grams_are_summed_and_unknown_ones_are_not_there() {
        let encoder = encoder(&[3, 5, 9]).unwrap();
        let scale = 0.5_f32.sqrt();
        assert_eq!(encoder.encode(&[4, 5, 9, 10]), [4.0 * scale + 0.5, 6.0 * scale - 0.5]);
        assert_eq!(encoder.encode(&[]), [0.5, 0.0]);
    }

    #[test]
    fn a_dictionary_out_of_order_is_refused() {
        for ids in [[3, 3, 9], [5, 3, 9]] {
            assert!(matches!(encoder(&ids), Err(EncoderError::Order(1))));
        }
    }

    #[test]
    fn rows_of_another_width_are_refused() {
        let mut weights = Weights::default();
        weights.insert(EMBEDDING, vec![1, 3], vec![0.0; 3]).unwrap();
        weights.insert(BIAS, vec![2], vec![0.0; 2]).unwrap();
        assert!(Encoder::take(vec![1], &mut weights, 2).is_err());
    }
}
