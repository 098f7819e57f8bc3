//! One image's logits as a program sees them.

use super::places::Place;
use super::{MAX_LABELS, Probe};
use crate::config::Space;
use crate::dual::Dual;
use crate::scores::logit;
use crate::step::sigmoid;

/// One image's logits.
pub(super) struct Row<'a> {
    pub(super) probe: &'a Probe,
    pub(super) logits: Vec<f64>,
    /// The logit from which on a label is seen.
    pub(super) floor: f64,
    /// The labels to move, highest first.
    pub(super) labels: Vec<usize>,
    /// The labels that an output can show: those that move, and of the others as many as it has places for.
    visible: Vec<usize>,
}

impl<'a> Row<'a> {
    pub(super) fn new(probe: &'a Probe, logits: &[f32], truth: &[u16]) -> Self {
        let logits: Vec<f64> = logits.iter().map(|&z| f64::from(z)).collect();
        let mut labels = probe.labels.clone();
        labels.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        labels.truncate(MAX_LABELS);
        let floor = logit(probe.config.min_score);
        let moves = |label: &usize| {
            probe.labels.binary_search(label).is_ok() || truth.iter().any(|&other| usize::from(other) == *label)
        };
        let (mut visible, others): (Vec<usize>, Vec<usize>) = (0..logits.len()).partition(moves);
        visible.extend(seen(&logits, others, floor, probe.top_k));
        visible.sort_unstable();
        Self { probe, logits, floor, labels, visible }
    }

    /// The labels that an output of these logits shows, in its order.
    pub(super) fn seen(&self, logits: &[f64], but: &[usize]) -> Vec<usize> {
        let labels = self.visible.iter().copied().filter(|label| !but.contains(label));
        seen(logits, labels, self.floor, self.probe.top_k)
    }

    /// What the program sees of these logits.
    pub(super) fn output(&self, logits: &[f64]) -> Vec<(usize, f64)> {
        self.seen(logits, &[]).into_iter().map(|label| (label, sigmoid(logits[label]))).collect()
    }

    /// By how much a label must change to come to a place.
    pub(super) fn distance(&self, label: usize, place: Place) -> Dual {
        let own = self.score(self.logits[label], Some(label));
        let there = self.score(place.logit, place.label);
        if own.value >= there.value { own.minus(there) } else { there.minus(own) }
    }

    fn score(&self, z: f64, label: Option<usize>) -> Dual {
        let (value, slope) = match self.probe.config.space {
            Space::Logit => (z, 1.0),
            Space::Probability => (sigmoid(z), sigmoid(z) * sigmoid(-z)),
        };
        label.map_or_else(|| Dual::constant(value), |label| Dual::of_logit(label, value, slope))
    }
}

/// Those of the labels that reach the floor, highest first, cut to k.
fn seen(logits: &[f64], labels: impl IntoIterator<Item = usize>, floor: f64, top_k: Option<usize>) -> Vec<usize> {
    let mut seen: Vec<usize> = labels.into_iter().filter(|&label| logits[label] >= floor).collect();
    seen.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    seen.truncate(top_k.unwrap_or(usize::MAX));
    seen
}
