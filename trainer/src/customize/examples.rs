//! Images with their features and true labels, whatever they come from.

use std::sync::Arc;

use anyhow::{Result, ensure};
use chameleon_loss::Truth;
use chameleon_models::bank::{Bank, Split};
use chameleon_models::objects::bank::ObjectBank;
use tch::Tensor;

use super::beside::Beside;
use super::head::Features;
use crate::data::{GROUP, Shown};

/// N images.
pub struct Examples {
    /// What they are, for the report.
    pub source: String,
    /// Features of one row, D.
    pub dim: usize,
    /// Rows of one image, K: 1, or the candidates of an image that objects are looked for in.
    pub places: usize,
    /// (N, K, D), row-major.
    pub features: Arc<Vec<f32>>,
    /// How many of an image's K rows are candidates, N; the others are its first one again.
    candidates: Arc<Vec<usize>>,
    /// R, how many of its best candidates an image has logits of for each label.
    pub ranks: usize,
    /// What is true of each, ascending: labels; where `ranks` is more than 1, a label that is there so often is the
    /// first outputs for it (see [`chameleon_loss::Answer::Labels`]).
    pub targets: Vec<Vec<u16>>,
    /// The objects of each, where objects are looked for.
    pub shown: Vec<Shown>,
    /// True score of each; none where labels are all that is true.
    pub scores: Vec<f64>,
    /// What each is for.
    pub split: Vec<Split>,
    /// What other APIs answer for them, where the application's decision hangs on that, too.
    pub beside: Option<Arc<Beside>>,
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
        Ok(Self {
            source,
            dim,
            places: 1,
            features: Arc::new(features),
            candidates: Arc::new(vec![1; n]),
            ranks: 1,
            targets,
            shown: Vec::new(),
            scores: Vec::new(),
            split,
            beside: None,
        })
    }

    /// The same with a true score for each.
    ///
    /// # Errors
    /// There are more or fewer scores than images.
    pub fn with_scores(self, scores: Vec<f64>) -> Result<Self> {
        ensure!(scores.len() == self.targets.len(), "{} scores for {} texts", scores.len(), self.targets.len());
        Ok(Self { scores, ..self })
    }

    /// The same with what other APIs answer for each, if that counts.
    #[must_use]
    pub fn with_beside(self, beside: Option<Arc<Beside>>) -> Self {
        Self { beside, ..self }
    }

    /// What is true of an image.
    pub fn truth(&self, image: usize) -> Truth<'_> {
        match self.scores.get(image) {
            Some(score) => Truth::Numbers(std::slice::from_ref(score)),
            None => self.truth_of(image, &self.targets[image]),
        }
    }

    /// What is true of an image that is said to carry these labels.
    pub fn truth_of<'t>(&'t self, image: usize, labels: &'t [u16]) -> Truth<'t> {
        match &self.beside {
            Some(beside) => Truth::Beside { labels, answered: beside.answered[image], right: &beside.right[image] },
            None => Truth::Labels(labels),
        }
    }

    /// The situation that other APIs' answers for an image make, where these count.
    pub fn situation(&self, image: usize) -> Option<u32> {
        self.beside.as_ref().map(|beside| beside.answered[image])
    }

    /// Images that objects were looked for in: features of each one's candidates, (K, D), and what it shows. An image with
    /// fewer candidates than others shows its first one again, which changes no maximum over them.
    ///
    /// # Errors
    /// The lengths of the parts do not fit each other, or an image has no candidates.
    pub fn from_candidates(
        source: String,
        dim: usize,
        candidates: &[Vec<f32>],
        shown: Vec<Shown>,
        split: Vec<Split>,
    ) -> Result<Self> {
        let counts: Vec<usize> = candidates.iter().map(|rows| rows.len() / dim.max(1)).collect();
        let places = counts.iter().copied().max().unwrap_or(1);
        let mut features = Vec::with_capacity(candidates.len() * places * dim);
        for rows in candidates {
            ensure!(rows.len() >= dim, "an image without candidates");
            features.extend_from_slice(rows);
            for _ in rows.len() / dim..places {
                features.extend_from_slice(&rows[..dim]);
            }
        }
        let targets = shown.iter().map(|shown| shown.labels.clone()).collect();
        let one = Self::new(source, places * dim, features, targets, split)?;
        Ok(Self { dim, places, candidates: Arc::new(counts), shown, ..one })
    }

    /// The images of a bank of objects.
    ///
    /// # Errors
    /// Its fields do not fit together.
    pub fn from_object_bank(bank: ObjectBank, source: String) -> Result<Self> {
        let ObjectBank { dim, scenes, objects } = bank;
        let (candidates, split): (Vec<Vec<f32>>, _) =
            scenes.into_iter().map(|scene| (scene.features, scene.split)).unzip();
        let shown = objects.into_iter().map(Shown::of_objects).collect();
        Self::from_candidates(source, dim, &candidates, shown, split)
    }

    /// The same images for a decision by how many there are of some `names`, up to `ranks` of each: of `labels` in all.
    ///
    /// # Errors
    /// Of an image it is known that it shows one of the names, but not how often; or only that there is a group of it.
    pub fn counting(&self, names: &[u16], labels: usize, ranks: usize) -> Result<Self> {
        let outputs = |shown: &Shown| {
            ensure!(
                names.iter().all(|name| shown.is_counted(*name)),
                "the decision asks how many objects there are, and of {} only what it shows is known, not how often; \
                 give every object by itself, as in COCO's and Open Images' lists of boxes",
                shown.place
            );
            ensure!(
                names.iter().all(|name| shown.is_told_up_to(*name, ranks)),
                "the decision tells up to {ranks} objects apart, and {} has a box around a group, which may be of more \
                 than {GROUP}; leave such pictures out, or give the group's objects by themselves",
                shown.place
            );
            let all = (0..ranks).flat_map(|rank| shown.at_least(rank + 1).map(move |name| rank * labels + name));
            Ok(all.map(|output| output as u16).collect())
        };
        let targets = self.shown.iter().map(outputs).collect::<Result<_>>()?;
        Ok(Self {
            source: self.source.clone(),
            features: Arc::clone(&self.features),
            candidates: Arc::clone(&self.candidates),
            ranks,
            targets,
            shown: self.shown.clone(),
            scores: Vec::new(),
            split: self.split.clone(),
            beside: None,
            ..*self
        })
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
    pub fn select(&self, images: &[usize]) -> Features {
        let size = self.places * self.dim;
        let rows = images.iter().flat_map(|&i| &self.features[i * size..(i + 1) * size]);
        let rows: Vec<f32> = rows.copied().collect();
        let values = Tensor::from_slice(&rows).reshape([images.len() as i64, self.places as i64, self.dim as i64]);
        let absent = (self.ranks > 1).then(|| {
            let absent = images.iter().flat_map(|&i| (0..self.places).map(move |place| place >= self.candidates[i]));
            let absent: Vec<bool> = absent.collect();
            Tensor::from_slice(&absent).reshape([images.len() as i64, self.places as i64, 1])
        });
        Features { values, ranks: self.ranks, absent }
    }
}

#[cfg(test)]
mod tests {
    use chameleon_models::objects::bank::BankScene;
    use chameleon_models::zoo::LabelInfo;

    use super::*;
    use crate::customize::head::Head;

    fn two_scenes() -> Examples {
        let scene = |features: &[f32], classes: &[u16]| BankScene {
            features: features.to_vec(),
            classes: classes.to_vec(),
            split: Split::Train,
        };
        let labels = [("Dog", vec![0]), ("Cat", vec![1]), ("Animal", vec![0, 1])]
            .map(|(name, classes)| LabelInfo { name: name.to_owned(), classes });
        let scenes = vec![scene(&[1.0, 0.0], &[0]), scene(&[0.0, 3.0, 2.0, 0.0, 0.5, 0.5], &[0, 0, 1])];
        let bank = ObjectBank::new(2, scenes, &labels).expect("a bank");
        Examples::from_object_bank(bank, "two scenes".to_owned()).expect("fits")
    }

    fn head() -> Head {
        Head { weight: vec![1.0, 0.0, 0.0, 1.0, -1.0, -1.0], bias: vec![0.0, 1.0, 0.0] }
    }

    #[test]
    fn an_image_has_the_logits_of_its_best_candidate_for_each_name() {
        let examples = two_scenes();
        assert_eq!((examples.places, &examples.targets), (3, &vec![vec![0, 2], vec![0, 1, 2]]));
        let logits = head().logits(&examples.select(&[1, 0])).expect("numbers");
        assert_eq!(logits, [2.0, 4.0, -1.0, 1.0, 1.0, -1.0]);
    }

    #[test]
    fn where_they_are_counted_it_has_those_of_its_next_ones_too_and_none_where_there_is_none() {
        let examples = two_scenes().counting(&[0], 3, 2).expect("all are counted");
        assert_eq!(examples.targets, [vec![0, 2], vec![0, 1, 2, 3, 5]]);
        let logits = head().logits(&examples.select(&[1, 0])).expect("numbers");
        assert_eq!(logits[..6], [2.0, 4.0, -1.0, 0.5, 1.5, -2.0]);
        assert_eq!(logits[6..9], [1.0, 1.0, -1.0]);
        assert!(logits[9..].iter().all(|&z| z < -1e3), "the first scene has one candidate: {logits:?}");
    }

    #[test]
    fn what_is_only_named_is_not_counted() {
        let mut examples = two_scenes();
        examples.shown[1].objects.retain(|&label| label != 1);
        assert!(examples.counting(&[0, 2], 3, 2).is_ok(), "the decision does not ask for the other label");
        let refused = examples.counting(&[0, 1], 3, 2).err().expect("of one it is not known how many").to_string();
        assert!(refused.contains("only what it shows is known, not how often"), "{refused}");
    }

    #[test]
    fn a_group_is_not_told_from_a_larger_one() {
        let mut examples = two_scenes();
        examples.shown[1] = Shown { groups: vec![0], ..Shown::of_objects([vec![0; 6], vec![1]].concat()) };
        assert!(examples.counting(&[0], 3, 6).is_ok());
        assert!(examples.counting(&[1], 3, 7).is_ok(), "the decision does not ask for the group's name");
        let refused = examples.counting(&[0], 3, 7).err().expect("six or seven").to_string();
        assert!(refused.contains("has a box around a group, which may be of more than 6"), "{refused}");
    }
}
