//! Corrections of a wrong decision that need several labels.

use super::IsRight;
use super::flips::first_change;
use super::places::Place;
use super::row::Row;
use crate::dual::Dual;
use crate::pooling::Pooling;

/// Between the logits of labels that are put on top.
const STEP: f64 = 0.25;

/// Minus the size of a correction of several labels, if one is found.
pub(super) fn of_several_labels(row: &Row, pooling: Pooling, truth: &[u16], right: &mut IsRight) -> Option<Dual> {
    let mut logits = ideal(row, truth, right)?;
    let mut moved: Vec<usize> = (0..logits.len()).filter(|&l| logits[l].total_cmp(&row.logits[l]).is_ne()).collect();
    let change = |logits: &[f64], label: usize| (logits[label] - row.logits[label]).abs();
    moved.sort_by(|&a, &b| change(&logits, b).total_cmp(&change(&logits, a)));
    // What needs no change goes back.
    let mut needed = Vec::new();
    for label in moved {
        let there = std::mem::replace(&mut logits[label], row.logits[label]);
        if !right(&row.output(&logits)) {
            logits[label] = there;
            needed.push(label);
        }
    }
    // What does need one goes back as far as it can.
    let mut changes = Vec::new();
    for label in needed {
        let (place, there) = nearest(row, label, &mut logits, right);
        logits[label] = there;
        changes.push(row.distance(label, place).negated());
    }
    (!changes.is_empty()).then(|| pooling.min(changes))
}

/// Where between a label's own logit and where it is now the decision first becomes right, and a point just beyond.
fn nearest(row: &Row, label: usize, logits: &mut [f64], right: &mut IsRight) -> (Place, f64) {
    let (own, there) = (row.logits[label], logits[label]);
    let stretches = row.stretches(&[label], logits, own, there > own);
    let mut last = there;
    let place = first_change(&stretches, false, row.probe.calculates, &mut |z| {
        logits[label] = z;
        let is_right = right(&row.output(logits));
        if is_right {
            last = z;
        }
        is_right
    });
    logits[label] = last;
    // The way is searched as far as the label went, so an end is always found; else it stays where it is.
    place.map_or((Place { logit: there, label: None }, there), |place| (place, last))
}

/// The logits with the true labels on top and the other labels unseen, if that is right: in the order of their scores, or
/// else with another true label first.
fn ideal(row: &Row, truth: &[u16], right: &mut IsRight) -> Option<Vec<f64>> {
    let mut logits = row.logits.clone();
    let is_true = |label: usize| truth.iter().any(|&other| usize::from(other) == label);
    for &label in &row.probe.labels {
        if !is_true(label) {
            logits[label] = logits[label].min(row.floor - STEP);
        }
    }
    let mut order: Vec<usize> = truth.iter().map(|&label| usize::from(label)).filter(|&l| l < logits.len()).collect();
    order.sort_by(|&a, &b| row.logits[b].total_cmp(&row.logits[a]));
    let others = (0..logits.len()).filter(|label| !order.contains(label)).map(|label| logits[label]);
    let top = others.fold(row.floor, f64::max);
    for _ in 0..order.len().max(1) {
        let mut next = top;
        for &label in order.iter().rev() {
            next = if row.logits[label] > next { row.logits[label] } else { next + STEP };
            logits[label] = next;
        }
        if right(&row.output(&logits)) {
            return Some(logits);
        }
        if let Some(last) = order.pop() {
            order.insert(0, last);
        }
    }
    None
}
