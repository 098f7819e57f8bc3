//! One image's logits as the application's branches see them.

use crate::config::{LossConfig, Space};
use crate::dual::Dual;
use crate::form::{Form, LossBranch, Rule};
use crate::pooling::Pooling;
use crate::step::sigmoid;

/// A row of logits with the thresholds that labels and branches must exceed to be seen.
pub(crate) struct Scores<'a> {
    form: &'a Form,
    logits: &'a [f32],
    space: Space,
    pub(crate) pooling: Pooling,
    /// Per branch: the score threshold or the cut to k, whichever is higher. The cut is a constant here: were it not,
    /// training could win by lowering an unrelated label.
    thresholds: Vec<f64>,
    /// The k-th and the next largest logit of all labels, where single labels decide.
    cuts: Option<(f64, f64)>,
}

impl<'a> Scores<'a> {
    pub(crate) fn new(form: &'a Form, config: &LossConfig, pooling: Pooling, logits: &'a [f32]) -> Self {
        let top_k = form.top_k;
        let cut =
            |branch: &LossBranch| top_k.map_or(f64::NEG_INFINITY, |k| kth_largest_without(logits, k, &branch.labels));
        let thresholds = form.branches.iter().map(|branch| threshold(config.space, branch, cut(branch))).collect();
        let cuts = top_k
            .filter(|_| form.rule == Rule::LowestScore)
            .map(|k| (kth_largest_without(logits, k, &[]), kth_largest_without(logits, k + 1, &[])));
        Self { form, logits, space: config.space, pooling, thresholds, cuts }
    }

    pub(crate) fn branch(&self, k: usize) -> &'a LossBranch {
        &self.form.branches[k]
    }

    /// The labels of these branches, each with its branch.
    pub(crate) fn labels_of(&self, branches: &[usize]) -> impl Iterator<Item = (usize, usize)> {
        branches.iter().flat_map(|&k| self.branch(k).labels.iter().map(move |&label| (k, label)))
    }

    /// What a label of branch `k` must exceed to be seen.
    pub(crate) fn threshold(&self, k: usize) -> f64 {
        self.thresholds[k]
    }

    /// What this one label of branch `k` must exceed to be seen.
    pub(crate) fn label_threshold(&self, k: usize, label: usize) -> f64 {
        let cut = self.cuts.map_or(f64::NEG_INFINITY, |(kth, next)| {
            // Among the other labels, the k-th largest is the next one for a label that is itself among the first k.
            if f64::from(self.logits[label]) >= kth { next } else { kth }
        });
        threshold(self.space, self.branch(k), cut)
    }

    /// One label's score.
    pub(crate) fn label(&self, label: usize) -> Dual {
        let z = f64::from(self.logits[label]);
        match self.space {
            Space::Logit => Dual::of_logit(label, z, 1.0),
            Space::Probability => Dual::of_logit(label, sigmoid(z), sigmoid(z) * sigmoid(-z)),
        }
    }

    /// The largest score of a branch's labels.
    pub(crate) fn best(&self, k: usize) -> Dual {
        self.pooling.max(self.branch(k).labels.iter().map(|&label| self.label(label)).collect())
    }

    /// By how much a branch is taken: above zero exactly when it is.
    pub(crate) fn taken(&self, k: usize) -> Dual {
        let seen = self.best(k).minus_constant(self.threshold(k));
        if self.branch(k).negated { seen.negated() } else { seen }
    }
}

/// A branch's score threshold, or the cut to k (a logit) where that is higher.
fn threshold(space: Space, branch: &LossBranch, cut: f64) -> f64 {
    match space {
        Space::Logit => logit(branch.min_score).max(cut),
        Space::Probability => branch.min_score.max(sigmoid(cut)),
    }
}

/// The inverse of the sigmoid.
pub(crate) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The k-th largest (from 1) of the values at other places than `left_out` (ascending); minus infinity if there are
/// fewer than k: then nothing is cut.
fn kth_largest_without(values: &[f32], k: usize, left_out: &[usize]) -> f64 {
    let mut skip = left_out.iter().copied().peekable();
    let mut others = Vec::with_capacity(values.len());
    for (i, &value) in values.iter().enumerate() {
        if skip.next_if_eq(&i).is_none() {
            others.push(value);
        }
    }
    if others.len() < k {
        return f64::NEG_INFINITY;
    }
    let (_, kth, _) = others.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
    f64::from(*kth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_the_kth_largest_of_the_other_labels() {
        let values = [5.0, 4.0, 3.0, 2.0];
        assert!((kth_largest_without(&values, 2, &[]) - 4.0).abs() < 1e-9);
        assert!((kth_largest_without(&values, 2, &[0, 2]) - 2.0).abs() < 1e-9);
        assert!(kth_largest_without(&values, 3, &[0, 2]) < f64::MIN);
    }
}
