//! The smallest changes of one label's score that turn a decision from right to wrong, or from wrong to right.

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

/// For each label the distances, upwards and downwards, at which the decision is no longer `now`; those that are too far
/// to count in the pooled result are left out, and not looked for.
pub(super) fn of_single_labels(row: &Row, pooling: Pooling, now: bool, right: &mut IsRight) -> Vec<Dual> {
    let reach = match pooling {
        Pooling::Max => 0.0,
        Pooling::LogSumExp { temperature } => SOFT_REACH * temperature,
    };
    let mut limit = f64::INFINITY;
    let mut flips = Vec::new();
    let mut logits = row.logits.clone();
    for &label in &row.labels {
        for upwards in [true, false] {
            let stretches = row.stretches(label, &row.logits, row.logits[label], upwards);
            let near = |stretch: &Stretch| row.distance(label, stretch.near).value <= limit;
            let within_reach: Vec<Stretch> = stretches.into_iter().take_while(near).collect();
            let flip = first_change(&within_reach, now, row.probe.calculates, &mut |z| {
                logits[label] = z;
                right(&row.output(&logits))
            });
            logits[label] = row.logits[label];
            if let Some(place) = flip {
                let distance = row.distance(label, place);
                limit = limit.min(distance.value + reach);
                flips.push(distance);
            }
        }
    }
    flips.retain(|flip| flip.value <= limit);
    flips
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
