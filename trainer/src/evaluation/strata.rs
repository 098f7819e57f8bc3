//! Images by the decision that is right for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A decision with fewer images than this shares a stratum with the other rare ones.
pub const RARE: usize = 10;

/// How much an image counts in a rate of wrong decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// Every decision counts the same, however rare
    #[default]
    Balanced,
    /// Every image counts the same, so a decision counts by how frequent it is in the data
    Natural,
}

/// Places of images, grouped by their right decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strata {
    groups: Vec<Vec<usize>>,
    images: usize,
    weighting: Weighting,
}

impl Strata {
    /// Groups the places `0..decisions.len()` by decision.
    pub fn new(decisions: &[u32], weighting: Weighting) -> Self {
        let mut by_decision: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, &decision) in decisions.iter().enumerate() {
            by_decision.entry(decision).or_default().push(place);
        }
        let (mut groups, rare): (Vec<_>, Vec<_>) = by_decision.into_values().partition(|group| group.len() >= RARE);
        let rare = rare.concat();
        if !rare.is_empty() {
            groups.push(rare);
        }
        Self { groups, images: decisions.len(), weighting }
    }

    /// Groups made earlier of `images` places.
    pub fn of(groups: Vec<Vec<usize>>, images: usize, weighting: Weighting) -> Self {
        Self { groups, images, weighting }
    }

    /// How much each image counts.
    pub fn weighting(&self) -> Weighting {
        self.weighting
    }

    /// The places in groups that count the same each.
    pub fn equal_groups(&self) -> Vec<Vec<usize>> {
        match self.weighting {
            Weighting::Balanced => self.groups.clone(),
            Weighting::Natural => vec![self.groups.concat()],
        }
    }

    /// The groups, none empty.
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// Number of images in all groups.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Standard error of a weighted mean over the images: that of a stratified sample (Cochran 1977, 5.3).
    pub fn standard_error(&self, values: &[f64]) -> f64 {
        let groups = self.groups.len() as f64;
        let variance_of = |group: &Vec<usize>| {
            let count = group.len() as f64;
            let mean = group.iter().map(|&image| values[image]).sum::<f64>() / count;
            let squares = group.iter().map(|&image| (values[image] - mean).powi(2)).sum::<f64>();
            let weight = match self.weighting {
                Weighting::Balanced => 1.0 / groups,
                Weighting::Natural => count / self.images as f64,
            };
            weight.powi(2) * squares / count / count
        };
        self.groups.iter().map(variance_of).sum::<f64>().sqrt()
    }

    /// The same of some of the places.
    #[must_use]
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = |group: &Vec<usize>| group.iter().copied().filter(|&place| keep(place)).collect::<Vec<_>>();
        let groups: Vec<Vec<usize>> = self.groups.iter().map(kept).filter(|group| !group.is_empty()).collect();
        Self { images: groups.iter().map(Vec::len).sum(), groups, weighting: self.weighting }
    }

    /// Deals the places into so many folds, each with its share of every group: the fold of each place.
    pub fn folds(&self, count: usize) -> Vec<usize> {
        let mut folds = vec![0; self.images];
        for group in &self.groups {
            group.iter().enumerate().for_each(|(at, &place)| folds[place] = at % count);
        }
        folds
    }

    /// The rate of wrong images, weighted; 0 without images.
    pub fn error(&self, wrong: &[bool]) -> f64 {
        match self.weighting {
            Weighting::Balanced => self.balanced_error(wrong),
            Weighting::Natural => {
                let count = self.groups.iter().flatten().filter(|&&place| wrong[place]).count();
                count as f64 / self.images.max(1) as f64
            }
        }
    }

    /// Mean over the groups of the fraction of wrong images; 0 without images.
    pub fn balanced_error(&self, wrong: &[bool]) -> f64 {
        let fraction = |group: &Vec<usize>| group.iter().filter(|&&i| wrong[i]).count() as f64 / group.len() as f64;
        self.groups.iter().map(fraction).sum::<f64>() / self.groups.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_counts_the_same() {
        let decisions: Vec<u32> = (0..110).map(|i| u32::from(i >= 100)).collect();
        let wrong: Vec<bool> = (0..110).map(|i| i >= 105).collect();
        assert!((Strata::new(&decisions, Weighting::Balanced).error(&wrong) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn every_image_counts_the_same() {
        let decisions: Vec<u32> = (0..110).map(|i| u32::from(i >= 100)).collect();
        let wrong: Vec<bool> = (0..110).map(|i| i >= 99).collect();
        let strata = Strata::new(&decisions, Weighting::Natural);
        assert!((strata.error(&wrong) - 0.1).abs() < 1e-12);
        assert_eq!(strata.equal_groups(), [(0..110).collect::<Vec<_>>()]);
    }

    #[test]
    fn folds_share_out_every_group() {
        let decisions: Vec<u32> = (0..100).map(|i| u32::from(i >= 70)).collect();
        let wrong: Vec<bool> = (0..100).map(|i| i % 7 == 0).collect();
        for weighting in [Weighting::Balanced, Weighting::Natural] {
            let strata = Strata::new(&decisions, weighting);
            let folds = strata.folds(3);
            let parts: Vec<Strata> = (0..3).map(|fold| strata.only(|place| folds[place] == fold)).collect();
            for (group, whole) in strata.groups().iter().enumerate() {
                let sizes: Vec<usize> = parts.iter().map(|part| part.groups()[group].len()).collect();
                assert_eq!(sizes.iter().sum::<usize>(), whole.len());
                assert!(sizes.iter().all(|size| size.abs_diff(whole.len() / 3) <= 1), "{sizes:?}");
            }
            assert_eq!(parts.iter().map(Strata::images).sum::<usize>(), 100);
            assert!((strata.only(|_| true).error(&wrong) - strata.error(&wrong)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_mean_has_the_standard_error_of_its_sample() {
        let values: Vec<f64> = (0..500).map(|i| if i % 4 == 0 { 1.0 } else { 0.0 }).collect();
        let of = |decision: fn(u32) -> u32, weighting| {
            Strata::new(&(0..500).map(decision).collect::<Vec<_>>(), weighting).standard_error(&values)
        };
        let rate = |count: f64| 0.25 * 0.75 / count;
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert!(close(of(|_| 0, Weighting::Balanced), rate(500.0).sqrt()));
        let two = |i| u32::from(i >= 400);
        assert!(close(of(two, Weighting::Balanced), (0.25 * rate(400.0) + 0.25 * rate(100.0)).sqrt()));
        assert!(close(of(two, Weighting::Natural), (0.64 * rate(400.0) + 0.04 * rate(100.0)).sqrt()));
    }

    #[test]
    fn rare_decisions_share_a_stratum() {
        let decisions: Vec<u32> = (0..40).map(|i| if i < 30 { 0 } else { i }).collect();
        let groups: Vec<usize> = Strata::new(&decisions, Weighting::Balanced).groups().iter().map(Vec::len).collect();
        assert_eq!(groups, [30, 10]);
    }
}
