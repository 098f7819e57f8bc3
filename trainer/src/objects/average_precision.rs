//! Average precision of a detector at an overlap of one half (AP50).
//!
//! As PASCAL VOC 2010 and COCO define it: detections of a name in all scenes, most certain first, each take the object
//! of that name in their scene, of those not yet taken, that they overlap most with, if by at least one half. AP is
//! the area under the precision, made monotone from the right, over the recall.

use std::collections::HashMap;

use chameleon_decision::BoundingBox;
use chameleon_models::objects::boxes::overlap;

/// The least overlap of a detection with an object.
pub(super) const OVERLAP: f64 = 0.5;

/// A box in one of several scenes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct InScene {
    /// Which scene.
    pub(super) scene: usize,
    /// Where.
    pub(super) bounds: BoundingBox,
}

/// Which of the detections, most certain first, find an object; each object is found once.
pub(super) fn matches(detections: &[InScene], objects: &[InScene]) -> Vec<bool> {
    let mut taken = vec![false; objects.len()];
    let mut of_scene: HashMap<usize, Vec<usize>> = HashMap::new();
    for (i, object) in objects.iter().enumerate() {
        of_scene.entry(object.scene).or_default().push(i);
    }
    let found = |detection: &InScene| {
        let here = of_scene.get(&detection.scene).map(Vec::as_slice).unwrap_or_default();
        let overlap_with = |i: usize| overlap(&detection.bounds, &objects[i].bounds);
        let free = here.iter().copied().filter(|&i| !taken[i]);
        let best = free.max_by(|&a, &b| overlap_with(a).total_cmp(&overlap_with(b)));
        match best {
            Some(i) if overlap_with(i) >= OVERLAP => {
                taken[i] = true;
                true
            }
            _ => false,
        }
    };
    detections.iter().map(found).collect()
}

/// AP50 of one name; `None` if no scene has an object of that name. The detections are most certain first.
pub(super) fn average_precision(detections: &[InScene], objects: &[InScene]) -> Option<f64> {
    let (mut found, mut curve) = (0_usize, Vec::new());
    for (rank, right) in matches(detections, objects).into_iter().enumerate() {
        if right {
            found += 1;
            curve.push(found as f64 / (rank + 1) as f64);
        }
    }
    let (mut best, mut sum) = (0.0f64, 0.0);
    for precision in curve.into_iter().rev() {
        best = best.max(precision);
        sum += best;
    }
    (!objects.is_empty()).then(|| sum / objects.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scene: usize, left: f64, right: f64) -> InScene {
        InScene { scene, bounds: BoundingBox { left, top: 0.0, right, bottom: 1.0 } }
    }

    #[test]
    fn an_object_is_found_once_and_only_in_its_scene() {
        let objects = [at(0, 0.0, 0.4), at(0, 0.5, 0.9), at(1, 0.0, 0.4)];
        let detections = [at(0, 0.0, 0.4), at(0, 0.0, 0.39), at(2, 0.0, 0.4), at(0, 0.5, 0.95), at(1, 0.3, 0.8)];
        assert_eq!(matches(&detections, &objects), [true, false, false, true, false]);
    }

    #[test]
    fn precision_is_averaged_over_all_objects() {
        let objects = [at(0, 0.0, 0.4), at(1, 0.0, 0.4)];
        let detections = [at(0, 0.0, 0.4), at(2, 0.0, 0.4), at(3, 0.0, 0.4), at(1, 0.0, 0.4)];
        let precision = average_precision(&detections, &objects).expect("has objects");
        assert!((precision - f64::midpoint(1.0, 0.5)).abs() < 1e-12);
        assert_eq!(average_precision(&detections[..1], &objects), Some(0.5));
        assert_eq!(average_precision(&detections, &[]), None);
        // Precision is made monotone: a find after a miss counts as good as the better one behind it.
        let late = [at(2, 0.0, 0.4), at(0, 0.0, 0.4), at(1, 0.0, 0.4)];
        let precision = average_precision(&late, &objects).expect("has objects");
        assert!((precision - 2.0 / 3.0).abs() < 1e-12);
    }
}
