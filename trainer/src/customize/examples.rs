//! Images with their features and true labels, whatever they come from.

use anyhow::{Result, ensure};
use chameleon_models::bank::{Bank, Split};
use tch::Tensor;

/// N images.
pub struct Examples {
    /// What they are, for the report.
    pub source: String,
    /// Features of one image, D.
    pub dim: usize,
    /// (N, D).
    pub features: Tensor,
    /// True labels of each, ascending.
    pub targets: Vec<Vec<u16>>,
    /// What each is for.
    pub split: Vec<Split>,
}

impl Examples {
    /// Takes the parts.
    ///
    /// # Errors
    /// Their lengths differ.
    pub fn new(
        source: String,
        dim: usize,
        features: &[f32],
        targets: Vec<Vec<u16>>,
        split: Vec<Split>,
    ) -> Result<Self> {
        let n = targets.len();
        ensure!(
            features.len() == n * dim && split.len() == n,
            "{} features and {} splits for {n} images of {dim} features",
            features.len(),
            split.len()
        );
        let features = Tensor::from_slice(features).reshape([n as i64, dim as i64]);
        Ok(Self { source, dim, features, targets, split })
    }

    /// The images of a bank.
    ///
    /// # Errors
    /// Its fields do not fit together.
    pub fn from_bank(bank: &Bank, source: String) -> Result<Self> {
        Self::new(source, bank.dim, &bank.features, bank.targets.clone(), bank.split.clone())
    }

    /// Indices of the images of a split.
    pub fn of(&self, split: Split) -> Vec<usize> {
        (0..self.split.len()).filter(|&i| self.split[i] == split).collect()
    }

    /// Features of some images, (n, D).
    pub fn select(&self, images: &[usize]) -> Tensor {
        let images: Vec<i64> = images.iter().map(|&i| i as i64).collect();
        self.features.index_select(0, &Tensor::from_slice(&images))
    }
}
