//! Images by the decision that is right for them.

use std::collections::BTreeMap;

/// A decision with fewer images than this shares a stratum with the other rare ones.
pub const RARE: usize = 10;

/// Places of images, grouped by their right decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strata {
    groups: Vec<Vec<usize>>,
    images: usize,
}

impl Strata {
    /// Groups the places `0..decisions.len()` by decision.
    pub fn new(decisions: &[u32]) -> Self {
        let mut by_decision: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, &decision) in decisions.iter().enumerate() {
            by_decision.entry(decision).or_default().push(place);
        }
        let (mut groups, rare): (Vec<_>, Vec<_>) = by_decision.into_values().partition(|group| group.len() >= RARE);
        let rare = rare.concat();
        if !rare.is_empty() {
            groups.push(rare);
        }
        Self { groups, images: decisions.len() }
    }

    /// Groups made earlier of `images` places.
    pub fn of(groups: Vec<Vec<usize>>, images: usize) -> Self {
        Self { groups, images }
    }

    /// The groups, none empty.
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// Number of images in all groups.
    pub fn images(&self) -> usize {
        self.images
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
        assert!((Strata::new(&decisions).balanced_error(&wrong) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn rare_decisions_share_a_stratum() {
        let decisions: Vec<u32> = (0..40).map(|i| if i < 30 { 0 } else { i }).collect();
        let groups: Vec<usize> = Strata::new(&decisions).groups().iter().map(Vec::len).collect();
        assert_eq!(groups, [30, 10]);
    }
}
