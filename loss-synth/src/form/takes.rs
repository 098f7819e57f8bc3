//! What makes a branch be taken.

use chameleon_decision::Limit;
use serde::{Deserialize, Serialize};

use crate::answer::Truth;
use crate::form::LossBranch;

/// When a branch is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "by", rename_all = "snake_case")]
pub enum Takes {
    /// When one of its labels is seen; negated, when none is.
    Seen,
    /// By how many of its labels (items) are seen: when one of these ranges holds the number.
    Count(Vec<CountRange>),
    /// By the score of its best label, if that is seen: when one of these holds it. Negated, also when it is not seen.
    Score(Vec<Interval>),
    /// By numbers of the answer: when all bounds of one of these regions hold. A number is known by its place.
    Numbers(Vec<Vec<(usize, Interval)>>),
}

/// Numbers of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountRange {
    /// The least.
    pub least: usize,
    /// The most; none when there is no limit.
    pub most: Option<usize>,
}

/// Where a number may lie; an absent end is open to infinity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: Option<Limit>,
    /// The upper end.
    pub high: Option<Limit>,
}

impl Interval {
    /// Whether a number lies inside.
    pub fn holds(&self, value: f64) -> bool {
        let above = |low: Limit| value > low.value || (low.inclusive && value >= low.value);
        let below = |high: Limit| value < high.value || (high.inclusive && value <= high.value);
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }

    /// Whether a number between `low` and `high` lies inside: neither is reached, unless there is no other.
    pub(super) fn meets(&self, (low, high): (f64, f64)) -> bool {
        if low >= high {
            return self.holds(low);
        }
        self.low.is_none_or(|end| high > end.value) && self.high.is_none_or(|end| low < end.value)
    }

    /// Whether every number between `low` and `high` lies inside.
    pub(super) fn covers(&self, (low, high): (f64, f64)) -> bool {
        if low >= high {
            return self.holds(low);
        }
        self.low.is_none_or(|end| end.value <= low) && self.high.is_none_or(|end| end.value >= high)
    }

    /// Whether no number lies between this and a later one.
    fn touches(&self, later: &Self) -> bool {
        match (self.high, later.low) {
            (Some(high), Some(low)) => {
                high.value > low.value || (high.value >= low.value && (high.inclusive || low.inclusive))
            }
            _ => true,
        }
    }
}

impl Takes {
    /// Whether a branch with this condition is met when this is true.
    pub(crate) fn holds(&self, branch: &LossBranch, truth: Truth, top_k: Option<usize>) -> bool {
        match (self, truth) {
            (Self::Seen, _) => (count(branch, truth) > 0) != branch.negated,
            (Self::Count(ranges), _) => {
                let count = count(branch, truth).min(top_k.unwrap_or(usize::MAX));
                let inside = |range: &CountRange| range.least <= count && range.most.is_none_or(|most| count <= most);
                ranges.iter().any(inside)
            }
            // What is true is as good as sure.
            (Self::Score(intervals), _) => {
                count(branch, truth) > 0 && intervals.iter().any(|interval| interval.holds(1.0))
            }
            (Self::Numbers(regions), Truth::Numbers(numbers)) => {
                let holds = |&(at, interval): &(usize, Interval)| numbers.get(at).is_some_and(|&n| interval.holds(n));
                regions.iter().any(|region| region.iter().all(holds))
            }
            (Self::Numbers(_), Truth::Labels(_) | Truth::Beside { .. }) => false,
        }
    }
}

/// How many of the branch's labels are true.
fn count(branch: &LossBranch, truth: Truth) -> usize {
    match truth {
        Truth::Labels(labels) | Truth::Beside { labels, .. } => {
            labels.iter().filter(|&&label| branch.labels.binary_search(&usize::from(label)).is_ok()).count()
        }
        Truth::Numbers(numbers) => numbers.first().map_or(0, |&number| number.max(0.0).round() as usize),
    }
}

/// The same set of numbers in as few intervals as can be, ascending. Between two that touch there is no way out, so no
/// margin either.
pub(super) fn joined(mut intervals: Vec<Interval>) -> Vec<Interval> {
    let start = |interval: &Interval| interval.low.map_or(f64::NEG_INFINITY, |low| low.value);
    intervals.sort_by(|a, b| start(a).total_cmp(&start(b)));
    let mut joined: Vec<Interval> = Vec::new();
    for interval in intervals {
        match joined.last_mut() {
            Some(last) if last.touches(&interval) => {
                let end = |interval: &Interval| interval.high.map_or(f64::INFINITY, |high| high.value);
                if end(&interval) >= end(last) {
                    last.high = interval.high;
                }
            }
            _ => joined.push(interval),
        }
    }
    joined
}

/// As [`joined`], for numbers of items.
pub(super) fn joined_counts(mut ranges: Vec<CountRange>) -> Vec<CountRange> {
    ranges.sort_by_key(|range| range.least);
    let mut joined: Vec<CountRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.most.is_none_or(|most| range.least <= most + 1) => {
                last.most = last.most.zip(range.most).map(|(a, b)| a.max(b));
            }
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: Option<f64>, high: Option<f64>) -> Interval {
        let limit = |value| Limit { value, inclusive: false };
        Interval { low: low.map(limit), high: high.map(limit) }
    }

    #[test]
    fn intervals_that_touch_are_one() {
        let closed = Interval { low: Some(Limit { value: 0.5, inclusive: true }), high: None };
        let all = joined(vec![closed, interval(Some(0.0), Some(0.5)), interval(None, Some(-0.5))]);
        assert_eq!(all, [interval(None, Some(-0.5)), interval(Some(0.0), None)]);
        // Neither holds the number between them.
        assert_eq!(joined(vec![interval(None, Some(0.0)), interval(Some(0.0), None)]).len(), 2);
    }

    #[test]
    fn the_ends_of_a_range_are_not_reached_unless_they_are_one() {
        let closed = |value| Limit { value, inclusive: true };
        let at = |low: Option<f64>, high: Option<f64>| Interval { low: low.map(closed), high: high.map(closed) };
        let share = (0.0, 1.0);
        for outside in [at(Some(1.0), None), at(None, Some(0.0)), at(Some(1.0), Some(1.0)), interval(Some(1.0), None)] {
            assert!(!outside.meets(share) && !outside.covers(share), "{outside:?}");
        }
        for all in [interval(Some(0.0), None), interval(None, Some(1.0)), at(Some(0.0), None), at(None, None)] {
            assert!(all.meets(share) && all.covers(share), "{all:?}");
        }
        for some in [at(Some(0.5), Some(0.5)), interval(Some(0.5), None), at(Some(0.0), Some(0.1))] {
            assert!(some.meets(share) && !some.covers(share), "{some:?}");
        }
        assert!(at(Some(0.0), None).covers((0.0, 0.0)) && !interval(Some(0.0), None).meets((0.0, 0.0)));
    }

    #[test]
    fn counts_that_follow_one_another_are_one() {
        let range = |least, most| CountRange { least, most };
        assert_eq!(joined_counts(vec![range(3, None), range(1, Some(2))]), [range(1, None)]);
        assert_eq!(joined_counts(vec![range(4, Some(5)), range(1, Some(2))]).len(), 2);
    }
}
