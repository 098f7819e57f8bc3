//! By how much a branch is taken: above zero exactly when it is, under hard pooling.
//!
//! A condition that must hold along with another has the smaller of their margins, one that may hold instead of another
//! the larger: the robustness of a formula (Fainekos & Pappas, "Robustness of temporal logic specifications for
//! continuous-time signals", 2009). Only labels that stand in for one another are pooled softly; the two ends of an
//! interval are no alternatives, and their smaller distance is taken as it is.

use std::ops::Range;

use super::{Scores, logit, threshold};
use crate::config::Space;
use crate::dual::Dual;
use crate::form::{CountRange, Interval, LossBranch, Outputs, Takes};

impl Scores<'_> {
    /// By how much branch `k` is taken.
    pub(crate) fn taken(&self, k: usize) -> Dual {
        let branch = self.branch(k);
        match &branch.takes {
            Takes::Seen if branch.negated => self.unseen(k),
            Takes::Seen => self.seen(k),
            Takes::Count(ranges) => any(ranges.iter().map(|range| self.counted(k, *range))),
            Takes::Score(intervals) => {
                let best = self.best(k);
                let bound = |value| self.score_bound(value);
                let inside = any(intervals.iter().map(|interval| inside(*interval, &best, bound)));
                if branch.negated { self.unseen(k).or(inside) } else { self.seen(k).and(inside) }
            }
            Takes::Numbers(regions) => any(regions.iter().map(|region| self.within(region))),
        }
    }

    /// By how much branch `k` is not taken, with the cut (a logit) that [`Scores::cut_outside`] gives for all that may not
    /// be.
    pub(crate) fn spared(&self, k: usize, cut: f64) -> Dual {
        let branch = self.branch(k);
        match (&branch.takes, &self.form.outputs) {
            (Takes::Seen, _) if branch.negated => self.seen(k),
            (Takes::Seen, Outputs::Scored) => Dual::constant(self.threshold_with(k, cut)).minus(self.best(k)),
            _ => self.taken(k).negated(),
        }
    }

    /// By how much some label of the branch is seen.
    fn seen(&self, k: usize) -> Dual {
        match &self.form.outputs {
            Outputs::Slots { .. } => self.pooling.max(self.slot_margins(self.branch(k)).collect()),
            _ => self.best(k).minus(self.threshold(k)),
        }
    }

    /// By how much none is.
    fn unseen(&self, k: usize) -> Dual {
        match &self.form.outputs {
            Outputs::Slots { .. } => self.seen(k).negated(),
            _ => Dual::constant(self.threshold(k).value).minus(self.best(k)),
        }
    }

    /// By how much item `item` takes branch `k`.
    pub(crate) fn item_taken(&self, k: usize, item: usize) -> Dual {
        self.slot_margin(self.branch(k), &self.form.slots()[item]).unwrap_or_else(|| Dual::constant(f64::NEG_INFINITY))
    }

    /// The margins of all slots with members of the branch.
    fn slot_margins(&self, branch: &LossBranch) -> impl Iterator<Item = Dual> {
        self.form.slots().iter().filter_map(|slot| self.slot_margin(branch, slot))
    }

    /// By how much the best member of the branch in a slot is ahead of the best of the others; none without a member.
    fn slot_margin(&self, branch: &LossBranch, slot: &Range<usize>) -> Option<Dual> {
        let place = |output: usize| branch.labels.partition_point(|&label| label < output);
        let own = &branch.labels[place(slot.start)..place(slot.end)];
        if own.is_empty() {
            return None;
        }
        let others: Vec<usize> = slot.clone().filter(|member| own.binary_search(member).is_err()).collect();
        let floor = match self.form.outputs {
            Outputs::Slots { floor: true, .. } => threshold(self.space, branch, f64::NEG_INFINITY),
            _ => f64::NEG_INFINITY,
        };
        Some(self.best_of(own).minus(self.best_of(&others).or(Dual::constant(floor))))
    }

    /// By how much the number of seen labels lies in a range.
    fn counted(&self, k: usize, range: CountRange) -> Dual {
        let enough = (range.least > 0).then(|| self.at_least(k, range.least));
        let no_more = range.most.map(|most| self.at_least(k, most + 1).negated());
        all(enough.into_iter().chain(no_more))
    }

    /// By how much at least `number` labels of the branch are seen: that is, the last of the first `number`.
    fn at_least(&self, k: usize, number: usize) -> Dual {
        let branch = self.branch(k);
        let mut margins: Vec<Dual> = if let Outputs::Slots { .. } = &self.form.outputs {
            self.slot_margins(branch).collect()
        } else {
            // With so many of the branch among the first k, that many fewer others have a place there.
            let top_k = self.form.top_k.zip(self.highest.as_ref());
            let cut = top_k.map_or(f64::NEG_INFINITY, |(k, highest)| match (k + 1).checked_sub(number) {
                // It bounds numbers from above, too, so none of it has a gradient.
                Some(places) => highest.kth_without(places, &branch.labels).value,
                None => f64::INFINITY,
            });
            let least = threshold(self.space, branch, cut);
            branch.labels.iter().map(|&label| self.label(label).minus_constant(least)).collect()
        };
        if margins.len() < number {
            return Dual::constant(f64::NEG_INFINITY);
        }
        margins.sort_by(|a, b| b.value.total_cmp(&a.value));
        margins.swap_remove(number - 1)
    }

    /// By how much numbers of the answer lie in a region.
    fn within(&self, region: &[(usize, Interval)]) -> Dual {
        let Outputs::Numbers(numbers) = &self.form.outputs else { return Dual::constant(f64::NEG_INFINITY) };
        all(region.iter().map(|&(at, interval)| {
            let number = &numbers[at];
            let value = number.link.compared(self.space, self.raw, number.at);
            inside(interval, &value, |bound| number.link.bound(self.space, bound))
        }))
    }

    fn score_bound(&self, score: f64) -> f64 {
        match self.space {
            Space::Logit => logit(score),
            Space::Probability => score,
        }
    }
}

/// By how much a value lies inside an interval: the distance to the nearer end.
fn inside(interval: Interval, value: &Dual, bound: impl Fn(f64) -> f64) -> Dual {
    let above = interval.low.map(|low| value.clone().minus_constant(bound(low.value)));
    let below = interval.high.map(|high| value.clone().minus_constant(bound(high.value)).negated());
    all(above.into_iter().chain(below))
}

/// The margin of conditions of which all must hold.
fn all(margins: impl Iterator<Item = Dual>) -> Dual {
    margins.reduce(Dual::and).unwrap_or_else(|| Dual::constant(f64::INFINITY))
}

/// The margin of conditions of which one must hold.
fn any(margins: impl Iterator<Item = Dual>) -> Dual {
    margins.reduce(Dual::or).unwrap_or_else(|| Dual::constant(f64::NEG_INFINITY))
}
