//! What no branch takes, where branches exclude one another.
//!
//! That none of several ranges holds a number has as margin the distance to the nearest place that none of them holds,
//! not the distance to the end of the range that it is in: beyond that the next range may begin.

use chameleon_decision::Limit;

use super::takes::{joined, joined_counts};
use super::{CountRange, Interval, LossBranch, Takes};

/// The name of the rest.
const NAME: &str = "no branch";

/// The rest as a branch of its own; none where there is none, it is no set of intervals (of several numbers), or each branch
/// has a threshold of its own.
pub(super) fn of(branches: &[LossBranch]) -> Option<LossBranch> {
    let first = branches.first()?;
    let mut labels: Vec<usize> = branches.iter().flat_map(|branch| &branch.labels).copied().collect();
    labels.sort_unstable();
    labels.dedup();
    let rest = |takes, negated| {
        let (name, labels) = (NAME.to_owned(), labels);
        Some(LossBranch { name, labels, negated, min_score: first.min_score, takes })
    };
    match &first.takes {
        Takes::Seen => {
            let alike = |branch: &LossBranch| branch.min_score.to_bits() == first.min_score.to_bits();
            if branches.iter().all(alike) { rest(Takes::Seen, true) } else { None }
        }
        Takes::Score(_) => {
            let all = branches.iter().flat_map(|branch| match &branch.takes {
                Takes::Score(intervals) => intervals.as_slice(),
                _ => &[],
            });
            rest(Takes::Score(gaps(&joined(all.copied().collect()))), true)
        }
        Takes::Count(_) => {
            let all = branches.iter().flat_map(|branch| match &branch.takes {
                Takes::Count(ranges) => ranges.as_slice(),
                _ => &[],
            });
            let gaps = count_gaps(&joined_counts(all.copied().collect()));
            if gaps.is_empty() { None } else { rest(Takes::Count(gaps), false) }
        }
        Takes::Numbers(_) => {
            let mut all = Vec::new();
            for branch in branches {
                let Takes::Numbers(regions) = &branch.takes else { return None };
                for region in regions {
                    let [(0, interval)] = region.as_slice() else { return None };
                    all.push(*interval);
                }
            }
            let regions: Vec<_> = gaps(&joined(all)).into_iter().map(|gap| vec![(0, gap)]).collect();
            if regions.is_empty() { None } else { rest(Takes::Numbers(regions), false) }
        }
    }
}

/// What lies between ascending intervals, before the first and after the last.
fn gaps(intervals: &[Interval]) -> Vec<Interval> {
    let turned = |limit: Limit| Limit { inclusive: !limit.inclusive, ..limit };
    let mut gaps = Vec::new();
    let mut low = None;
    let mut is_open = true;
    for interval in intervals {
        if let Some(start) = interval.low {
            gaps.push(Interval { low, high: Some(turned(start)) });
        }
        low = interval.high.map(turned);
        is_open = low.is_some();
    }
    if is_open {
        gaps.push(Interval { low, high: None });
    }
    gaps
}

/// As [`gaps`], for numbers of items.
fn count_gaps(ranges: &[CountRange]) -> Vec<CountRange> {
    let mut gaps = Vec::new();
    let mut from = Some(0);
    for range in ranges {
        if let Some(least) = from.filter(|&least| least < range.least) {
            gaps.push(CountRange { least, most: Some(range.least - 1) });
        }
        from = range.most.map(|most| most + 1);
    }
    gaps.extend(from.map(|least| CountRange { least, most: None }));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_lies_in_an_interval_or_in_a_gap() {
        let limit = |value, inclusive| Some(Limit { value, inclusive });
        let inner = [
            Interval { low: limit(-0.5, true), high: limit(0.0, false) },
            Interval { low: limit(0.25, false), high: None },
        ];
        let outer = [Interval { low: None, high: limit(0.0, false) }, Interval { low: limit(0.5, true), high: None }];
        for intervals in [&inner[..], &outer[..], &[]] {
            let gaps = gaps(intervals);
            for value in [-1.0, -0.5, -0.25, 0.0, 0.1, 0.25, 0.3, 0.5, 2.0] {
                let inside = |all: &[Interval]| all.iter().filter(|interval| interval.holds(value)).count();
                assert_eq!(inside(intervals) + inside(&gaps), 1, "{value} in {intervals:?} and {gaps:?}");
            }
        }
    }

    #[test]
    fn a_count_lies_in_a_range_or_in_a_gap() {
        let range = |least, most| CountRange { least, most };
        assert_eq!(count_gaps(&[range(1, Some(2)), range(4, None)]), [range(0, Some(0)), range(3, Some(3))]);
        assert_eq!(count_gaps(&[range(0, Some(1))]), [range(2, None)]);
    }
}
