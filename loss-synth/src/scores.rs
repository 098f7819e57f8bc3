//! One row of raw outputs as the application's branches see it.

mod cut;
mod taken;

use std::ops::Range;

use crate::config::{LossConfig, Space};
use crate::dual::Dual;
use crate::form::{Form, LossBranch, Outputs, Rule, Takes};
use crate::link::softmax;
use crate::pooling::Pooling;
use crate::step::sigmoid;
use cut::{Cut, Highest};

/// Up to so many labels of one branch the largest outputs are kept for it: what no branch takes may be nearly all labels.
const FEW: usize = 64;

/// A row of raw outputs with the thresholds that labels and branches must exceed to be seen.
///
/// A threshold can be the cut to k: another label's output. What of it has a gradient:
///
/// - Where something is to be seen, a label of the application that crowds it out: it is one of those that train, and has
///   to give way. Were it a constant, each branch would be pushed above the other on its own images and never below it on
///   the other's, and all of the application's scores would rise without end.
/// - A label outside the application is a constant: training could win by lowering it, and other applications read it.
/// - Where something is not to be seen, all are constants: training could win by raising what crowds it out.
pub(crate) struct Scores<'a> {
    form: &'a Form,
    raw: &'a [f32],
    space: Space,
    pub(crate) pooling: Pooling,
    /// Per branch: the score threshold or the cut to k, whichever is higher.
    thresholds: Vec<Dual>,
    /// The largest outputs, if results are cut to k.
    highest: Option<Highest<'a>>,
    /// The k-th and the next largest output of all labels, where single labels decide.
    cuts: Option<(Cut, Cut)>,
}

impl<'a> Scores<'a> {
    pub(crate) fn new(form: &'a Form, config: &LossConfig, pooling: Pooling, raw: &'a [f32]) -> Self {
        let top_k = form.top_k;
        let highest = top_k.map(|k| {
            let widest = form.all_branches().map(|branch| branch.labels.len()).filter(|&labels| labels <= FEW).max();
            Highest::of(raw, k + 1 + widest.unwrap_or(0))
        });
        let cut = |branch: &LossBranch| {
            let cut = top_k.zip(highest.as_ref()).map(|(k, highest)| highest.kth_without(k, &branch.labels));
            cut.unwrap_or(Cut::NONE)
        };
        let thresholds =
            form.all_branches().map(|branch| giving_way(form, config.space, branch, cut(branch))).collect();
        let cuts = top_k
            .zip(highest.as_ref())
            .filter(|_| matches!(form.rule, Rule::LowestScore | Rule::Each))
            .map(|(k, highest)| (highest.kth_without(k, &[]), highest.kth_without(k + 1, &[])));
        Self { form, raw, space: config.space, pooling, thresholds, highest, cuts }
    }

    /// Branch `k`, or after the last what no branch takes.
    pub(crate) fn branch(&self, k: usize) -> &'a LossBranch {
        self.form.branches.get(k).or(self.form.rest.as_ref()).expect("k counts the branches and the rest")
    }

    /// The items of a list in the order in which they decide.
    pub(crate) fn items(&self) -> Vec<usize> {
        self.form.items()
    }

    /// The place of what no branch takes, if that is one set.
    pub(crate) fn rest(&self) -> Option<usize> {
        self.form.rest.as_ref().map(|_| self.form.branches.len())
    }

    /// The labels of these branches, each with its branch.
    pub(crate) fn labels_of(&self, branches: &[usize]) -> impl Iterator<Item = (usize, usize)> {
        branches.iter().flat_map(|&k| self.branch(k).labels.iter().map(move |&label| (k, label)))
    }

    /// What a label of branch `k` must exceed to be seen.
    fn threshold(&self, k: usize) -> Dual {
        self.thresholds[k].clone()
    }

    /// The cut (a logit) for labels of these branches, none of which may be taken.
    ///
    /// Their labels crowd one another out and the first of them is seen all the same; so it is the cut that the others
    /// make, and those of them that take no branch, being below their own thresholds.
    pub(crate) fn cut_outside(&self, branches: &[usize]) -> f64 {
        let Some((k, highest)) = self.form.top_k.zip(self.highest.as_ref()) else { return f64::NEG_INFINITY };
        let listed: Vec<usize> = branches.iter().copied().filter(|&k| is_listed(self.branch(k))).collect();
        let takes = |&(k, label): &(usize, usize)| f64::from(self.raw[label]) > logit(self.branch(k).min_score);
        let mut taking: Vec<usize> = self.labels_of(&listed).filter(takes).map(|(_, label)| label).collect();
        taking.sort_unstable();
        highest.kth_without(k, &taking).value
    }

    /// What a label of branch `k` must exceed to be seen, with this cut.
    pub(crate) fn threshold_with(&self, k: usize, cut: f64) -> f64 {
        threshold(self.space, self.branch(k), cut)
    }

    /// By how much this one label of branch `k` is seen.
    pub(crate) fn label_seen(&self, k: usize, label: usize) -> Dual {
        self.label(label).minus(giving_way(self.form, self.space, self.branch(k), self.label_cut(label)))
    }

    /// By how much it is not.
    pub(crate) fn label_unseen(&self, k: usize, label: usize) -> Dual {
        let threshold = threshold(self.space, self.branch(k), self.label_cut(label).value);
        Dual::constant(threshold).minus(self.label(label))
    }

    /// The cut that the other labels make for this one.
    fn label_cut(&self, label: usize) -> Cut {
        self.cuts.map_or(Cut::NONE, |(kth, next)| {
            // Among the other labels, the k-th largest is the next one for a label that is itself among the first k.
            if f64::from(self.raw[label]) >= kth.value { next } else { kth }
        })
    }

    /// One label's score.
    pub(crate) fn label(&self, label: usize) -> Dual {
        let z = f64::from(self.raw[label]);
        match self.space {
            Space::Logit => Dual::of_logit(label, z, 1.0),
            Space::Probability => match &self.form.outputs {
                Outputs::Slots { slots, floor: false } => self.share(label, slot_of(slots, label)),
                _ => Dual::of_logit(label, sigmoid(z), sigmoid(z) * sigmoid(-z)),
            },
        }
    }

    /// A member's probability among those of its slot.
    fn share(&self, member: usize, slot: Range<usize>) -> Dual {
        let shares = softmax(&self.raw[slot.clone()]);
        let own = shares[member - slot.start];
        let slope = |other: usize| own * (f64::from(u8::from(other == member)) - shares[other - slot.start]);
        Dual { value: own, slopes: slot.clone().map(|other| (other, slope(other))).collect() }
    }

    /// The largest score of a branch's labels.
    pub(crate) fn best(&self, k: usize) -> Dual {
        self.best_of(&self.branch(k).labels)
    }

    fn best_of(&self, labels: &[usize]) -> Dual {
        self.pooling.max(labels.iter().map(|&label| self.label(label)).collect())
    }
}

/// Whether a branch is taken when one of its labels is seen.
fn is_listed(branch: &LossBranch) -> bool {
    branch.takes == Takes::Seen && !branch.negated
}

/// The slot that an output belongs to.
fn slot_of(slots: &[Range<usize>], output: usize) -> Range<usize> {
    let at = slots.partition_point(|slot| slot.end <= output);
    slots.get(at).cloned().unwrap_or(output..output + 1)
}

/// What a label of a branch must exceed, where a label of the application that crowds it out has to give way.
fn giving_way(form: &Form, space: Space, branch: &LossBranch, cut: Cut) -> Dual {
    let value = threshold(space, branch, cut.value);
    let own = cut.label.filter(|&label| cut.value > logit(branch.min_score) && form.is_own(label));
    let slope = match space {
        Space::Logit => 1.0,
        Space::Probability => sigmoid(cut.value) * sigmoid(-cut.value),
    };
    own.map_or(Dual::constant(value), |label| Dual::of_logit(label, value, slope))
}

/// A branch's score threshold, or the cut to k (a logit) where that is higher.
fn threshold(space: Space, branch: &LossBranch, cut: f64) -> f64 {
    match space {
        Space::Logit => logit(branch.min_score).max(cut),
        Space::Probability => branch.min_score.max(sigmoid(cut)),
    }
}

/// The inverse of the sigmoid; infinite for what no sigmoid reaches.
pub(crate) fn logit(p: f64) -> f64 {
    let p = p.clamp(0.0, 1.0);
    (p / (1.0 - p)).ln()
}
