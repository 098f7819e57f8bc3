//! Images with their features and true labels, whatever they come from.

use anyhow::{Result, ensure};
use chameleon_loss::Truth;
use chameleon_models::bank::{Bank, Split};
use chameleon_models::objects::bank::ObjectBank;
use tch::Tensor;

/// N images.
pub struct Examples {
    /// What they are, for the report.
    pub source: String,
    /// Features of one row, D.
    pub dim: usize,
    /// Rows of one image, K: 1, or the candidates of an image that objects are looked for in.
    pub places: usize,
    /// (N, K, D), row-major.
    pub features: Vec<f32>,
    /// True labels of each, ascending.
    pub targets: Vec<Vec<u16>>,
    /// True score of each; none where labels are all that is true.
    pub scores: Vec<f64>,
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
        Ok(Self { source, dim, places: 1, features, targets, scores: Vec::new(), split })
    }

    /// The same with a true score for each.
    ///
    /// # Errors
    /// There are more or fewer scores than images.
    pub fn with_scores(self, scores: Vec<f64>) -> Result<Self> {
        ensure!(scores.len() == self.targets.len(), "{} scores for {} texts", scores.len(), self.targets.len());
        Ok(Self { scores, ..self })
    }

    /// What is true of an image.
    pub fn truth(&self, image: usize) -> Truth<'_> {
        match self.scores.get(image) {
            Some(score) => Truth::Numbers(std::slice::from_ref(score)),
            None => Truth::Labels(&self.targets[image]),
        }
    }

    /// Images that objects were looked for in: features of each one's candidates, (K, D). An image with fewer of them than
    /// others shows its first one again, which changes no maximum over them.
    ///
    /// # Errors
    /// The lengths of the parts do not fit each other, or an image has no candidates.
    pub fn from_candidates(
        source: String,
        dim: usize,
        candidates: &[Vec<f32>],
        targets: Vec<Vec<u16>>,
        split: Vec<Split>,
    ) -> Result<Self> {
        let places = candidates.iter().map(|rows| rows.len() / dim.max(1)).max().unwrap_or(1);
        let mut features = Vec::with_capacity(candidates.len() * places * dim);
        for rows in candidates {
            ensure!(rows.len() >= dim, "an image without candidates");
            features.extend_from_slice(rows);
            for _ in rows.len() / dim..places {
                features.extend_from_slice(&rows[..dim]);
            }
        }
        let one = Self::new(source, places * dim, features, targets, split)?;
        Ok(Self { dim, places, ..one })
    }

    /// The images of a bank of objects.
    ///
    /// # Errors
    /// Its fields do not fit together.
    pub fn from_object_bank(bank: ObjectBank, source: String) -> Result<Self> {
        let ObjectBank { dim, scenes, targets } = bank;
        let (candidates, split): (Vec<Vec<f32>>, _) =
            scenes.into_iter().map(|scene| (scene.features, scene.split)).unzip();
        Self::from_candidates(source, dim, &candidates, targets, split)
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

    /// Features of some images, (n, K, D).
    pub fn select(&self, images: &[usize]) -> Tensor {
        let size = self.places * self.dim;
        let rows = images.iter().flat_map(|&i| &self.features[i * size..(i + 1) * size]);
        let rows: Vec<f32> = rows.copied().collect();
        Tensor::from_slice(&rows).reshape([images.len() as i64, self.places as i64, self.dim as i64])
    }
}

#[cfg(test)]
mod tests {
    use chameleon_models::objects::bank::BankScene;
    use chameleon_models::zoo::LabelInfo;

    use super::*;
    use crate::customize::head::Head;

    #[test]
    fn an_image_has_the_logits_of_its_best_candidate_for_each_name() {
        let scene = |features: &[f32]| BankScene { features: features.to_vec(), classes: vec![0], split: Split::Train };
        let labels = [LabelInfo { name: "Dog".to_owned(), classes: vec![0] }];
        let scenes = vec![scene(&[1.0, 0.0]), scene(&[0.0, 3.0, 2.0, 0.0, 0.5, 0.5])];
        let bank = ObjectBank::new(2, scenes, &labels).expect("a bank");
        let examples = Examples::from_object_bank(bank, "two scenes".to_owned()).expect("fits");
        assert_eq!((examples.places, &examples.targets), (3, &vec![vec![0], vec![0]]));
        let head = Head { weight: vec![1.0, 0.0, 0.0, 1.0, -1.0, -1.0], bias: vec![0.0, 1.0, 0.0] };
        let logits = head.logits(&examples.select(&[1, 0])).expect("numbers");
        assert_eq!(logits, [2.0, 4.0, -1.0, 1.0, 1.0, -1.0]);
    }
}
