//! One box an object: non-maximum suppression.

use chameleon_decision::BoundingBox;

use super::boxes::overlap;

/// Indices of the boxes that stay, in the order given, which is the best first: a box goes if it overlaps one that stays
/// by more than `limit`. At most `most` stay.
pub fn suppress(boxes: &[BoundingBox], limit: f64, most: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (i, bounds) in boxes.iter().enumerate() {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|&k| overlap(&boxes[k], bounds) <= limit) {
            kept.push(i);
        }
    }
    kept
}
