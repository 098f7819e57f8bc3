//! The smallest changes of one label's score, or of those of one kind, that turn a decision from right to wrong, or from
//! wrong to right.

use super::IsRight;
use super::places::{Place, Stretch};
use super::row::Row;
use crate::dual::Dual;
use crate::pooling::Pooling;

/// Halvings to find where a program that calculates with scores changes its mind.
const HALVINGS: u32 = 40;
/// How far from the ends of a stretch a program that calculates is run, in shares of it.
const EDGE: f64 = 1e-9;
/// A soft minimum feels what is farther than the nearest by up to so many temperatures.
const SOFT_REACH: f64 = 8.0;

/// The distances at which the decision is no longer `now`: of each label upwards and downwards, and of each kind that
/// sinks together. Those that are too far to count in the pooled result are left out, and not looked for.
pub(super) fn of(row: &Row, pooling: Pooling, now: bool, right: &mut IsRight) -> Vec<Dual> {
    let reach = match pooling {
        Pooling::Max => 0.0,
        Pooling::LogSumExp { temperature } => SOFT_REACH * temperature,
    };
    let mut search = Search { row, now, limit: f64::INFINITY, reach, flips: Vec::new() };
    for &label in &row.labels {
        for upwards in [true, false] {
            search.along(label, &[label], upwards, right);
        }
    }
    for kind in &row.probe.kinds {
        let seen: Vec<usize> = kind.iter().copied().filter(|&label| row.logits[label] >= row.floor).collect();
        let top = seen.iter().copied().max_by(|&a, &b| row.logits[a].total_cmp(&row.logits[b]));
        if let (Some(top), 2..) = (top, seen.len()) {
            search.along(top, &seen, false, right);
        }
    }
    search.flips.retain(|flip| flip.value <= search.limit);
    search.flips
}

struct Search<'a> {
    row: &'a Row<'a>,
    now: bool,
    /// Distances beyond which nothing counts.
    limit: f64,
    reach: f64,
    flips: Vec<Dual>,
}

impl Search<'_> {
    /// Moves `label`; on its way down it takes along those of `company` that it meets.
    fn along(&mut self, label: usize, company: &[usize], upwards: bool, right: &mut IsRight) {
        let row = self.row;
        let mut logits = row.logits.clone();
        let stretches = row.stretches(company, &logits, logits[label], upwards).into_iter();
        let within_reach: Vec<Stretch> =
            stretches.take_while(|stretch| row.distance(label, stretch.near).value <= self.limit).collect();
        let flip = first_change(&within_reach, self.now, row.probe.calculates, &mut |z| {
            for &other in company {
                logits[other] = if other == label { z } else { row.logits[other].min(z) };
            }
            right(&row.output(&logits))
        });
        if let Some(place) = flip {
            let distance = row.distance(label, place);
            self.limit = self.limit.min(distance.value + self.reach);
            self.flips.push(distance);
        }
    }
}

/// The first point along these stretches from which on the decision is not `now`; at the beginning it is.
pub(super) fn first_change(
    stretches: &[Stretch],
    now: bool,
    calculates: bool,
    moved: &mut dyn FnMut(f64) -> bool,
) -> Option<Place> {
    for (at, stretch) in stretches.iter().enumerate() {
        let point = |share: f64| stretch.near.logit + share * (stretch.far - stretch.near.logit);
        let first = if calculates { EDGE } else { 0.5 };
        if at > 0 && moved(point(first)) != now {
            return Some(stretch.near);
        }
        if calculates && moved(point(1.0 - EDGE)) != now {
            let (mut low, mut high) = (if at > 0 { EDGE } else { 0.0 }, 1.0 - EDGE);
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(low, high);
                if moved(point(middle)) == now { low = middle } else { high = middle }
            }
            return Some(Place { logit: point(high), label: None });
        }
    }
    None
}
