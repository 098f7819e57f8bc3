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
    /// (N, D), row-major.
    pub features: Vec<f32>,
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
        features: Vec<f32>,
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
        Ok(Self { source, dim, features, targets, split })
    }

    /// The images of a bank.
    ///
    /// # Errors
    /// Its fields do not fit together.
    pub fn from_bank(bank: Bank, source: String) -> Result<Self> {
        Self::new(source, bank.dim, bank.features, bank.targets, bank.split)
    }

    /// Indices of the images of a split.
    pub fn of(&self, split: Split) -> Vec<usize> {
        (0..self.split.len()).filter(|&i| self.split[i] == split).collect()
    }

    /// Features of some images, (n, D).
    pub fn select(&self, images: &[usize]) -> Tensor {
        let rows = images.iter().flat_map(|&i| &self.features[i * self.dim..(i + 1) * self.dim]);
        let rows: Vec<f32> = rows.copied().collect();
        Tensor::from_slice(&rows).reshape([images.len() as i64, self.dim as i64])
    }
}
