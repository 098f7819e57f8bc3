//! Where along one label's logit a program can change its mind.

use super::row::Row;
use crate::scores::logit;

/// A point on the axis of logits, and the label whose logit it is, if it is one that learns and has not been moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) logit: f64,
    pub(super) label: Option<usize>,
}

/// A stretch of the axis without places, from its nearer end on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) near: Place,
    pub(super) far: f64,
}

/// Beyond the last place a program that does not calculate changes no more; one that does is followed as far as a score
/// of 0.9999.
const BEYOND: f64 = 1.0;
const FAR: f64 = 9.2;

impl Row<'_> {
    /// The places of labels that move together among these logits, ascending.
    fn places(&self, moving: &[usize], logits: &[f64]) -> Vec<Place> {
        let constants = self.probe.constants.iter().map(|&score| logit(score)).filter(|&z| z > self.floor);
        let mut places: Vec<Place> = constants.chain([self.floor]).map(|logit| Place { logit, label: None }).collect();
        // Of the others only those that are seen have a rank; the last of them is the first that the label may cut off.
        let others = self.seen(logits, moving);
        places.extend(others.into_iter().map(|other| {
            let learns = self.probe.labels.binary_search(&other).is_ok() && is_same(logits[other], self.logits[other]);
            Place { logit: logits[other], label: learns.then_some(other) }
        }));
        places.sort_by(|a, b| a.logit.total_cmp(&b.logit));
        places.dedup_by(|a, b| is_same(a.logit, b.logit));
        places
    }

    /// The stretches from `from` upwards or downwards, the first of them beginning there.
    pub(super) fn stretches(&self, moving: &[usize], logits: &[f64], from: f64, upwards: bool) -> Vec<Stretch> {
        let mut places = self.places(moving, logits);
        if upwards {
            places.retain(|place| place.logit >= from);
        } else {
            places.retain(|place| place.logit <= from);
            places.reverse();
        }
        let starts = std::iter::once(Place { logit: from, label: None }).chain(places);
        let starts: Vec<Place> = starts.collect();
        let last = starts.last().map_or(from, |place| place.logit);
        let end = if upwards { FAR.max(last + BEYOND) } else { last - BEYOND };
        let ends = starts[1..].iter().map(|place| place.logit).chain([end]);
        starts.iter().zip(ends).map(|(&near, far)| Stretch { near, far }).collect()
    }
}

/// The very same number.
fn is_same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}
