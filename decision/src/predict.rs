//! What a summary says an output leads to.

use crate::output::{ApiOutput, Label};
use crate::summary::{Branch, DecisionType, MinScore, Order, Summary};

impl MinScore {
    /// Whether a score passes.
    pub fn admits(&self, score: f64) -> bool {
        if self.inclusive { score >= self.value } else { score > self.value }
    }
}

impl Branch {
    /// Whether a label speaks for this branch (against it, when negated).
    fn meets(&self, label: &Label) -> bool {
        self.min_score.is_none_or(|cut| cut.admits(label.score)) && self.labels.contains(&label.description)
    }
}

impl Summary {
    /// The branches that `output` takes, by their place in [`Summary::branches`]: at most one unless this is a
    /// multi-select. Empty when the default applies, and for [`DecisionType::Other`], which only the program decides.
    pub fn taken(&self, output: &ApiOutput) -> Vec<usize> {
        let ApiOutput::Labels { labels } = output else { return Vec::new() };
        let labels = &labels[..labels.len().min(self.top_k.map_or(usize::MAX, |k| k as usize))];
        let present = |branch: &Branch| labels.iter().any(|label| branch.meets(label));
        let taken = |branch: &Branch| present(branch) != (branch.negated && !labels.is_empty());
        let of_label = |label: &Label| self.branches.iter().position(|branch| branch.meets(label));
        match (self.decision_type, self.order) {
            (DecisionType::Other | DecisionType::Range | DecisionType::Count, _) => Vec::new(),
            (DecisionType::MultiSelect, _) => {
                (0..self.branches.len()).filter(|&at| taken(&self.branches[at])).collect()
            }
            (DecisionType::MultiChoice, Some(Order::ApiOutput)) => {
                labels.iter().find_map(of_label).into_iter().collect()
            }
            (DecisionType::MultiChoice, Some(Order::LastMatch)) => {
                labels.iter().rev().find_map(of_label).into_iter().collect()
            }
            _ => self.branches.iter().position(taken).into_iter().collect(),
        }
    }
}
