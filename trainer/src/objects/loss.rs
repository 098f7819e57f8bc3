//! The detector's loss.
//!
//! The sum of four means over the cells that are to find an object: of their boxes, of their names, of the data set's
//! class (which is not served; it teaches the embedding to tell apart what names do not), and, over all cells, of
//! whether there is an object. The last one's target is the overlap of the cell's box with the object's (IoU-aware
//! objectness: Wu et al. 2020), so that of several cells the one with the best box is the most certain.

use tch::{Kind, Reduction, Tensor};

/// Added where a division by zero could be.
const EPSILON: f64 = 1e-7;
/// Logarithms of sides beyond this are not believed.
const MAX_LOG_SIDE: f64 = 4.0;

/// What the network says of a batch.
pub(super) struct Outputs {
    /// (cells, 5): each cell's box and the logit of there being an object.
    pub(super) boxes: Tensor,
    /// Logits of the names at the cells that are to find an object, (found, names).
    pub(super) names: Tensor,
    /// Logits of the names at cells of the background, (background, names).
    pub(super) background: Tensor,
    /// Logits of the classes at the cells that are to find an object, (found, classes).
    pub(super) classes: Tensor,
}

/// What it should say.
pub(super) struct Wanted {
    /// Indices of the cells that are to find an object, (found).
    pub(super) found: Tensor,
    /// Their boxes as the cells write them, (found, 4).
    pub(super) codes: Tensor,
    /// Indices of the cells of which nothing is asked, (ignored).
    pub(super) ignored: Tensor,
    /// Which names their objects have, (found, names).
    pub(super) names: Tensor,
    /// Their objects' classes, (found).
    pub(super) classes: Tensor,
}

/// Weights of the parts.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct LossWeights {
    pub(super) boxes: f64,
    pub(super) objects: f64,
    pub(super) names: f64,
    pub(super) background: f64,
    pub(super) classes: f64,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self { boxes: 3.0, objects: 1.0, names: 1.0, background: 0.5, classes: 0.5 }
    }
}

/// The loss of a batch, a scalar.
pub(super) fn loss(outputs: &Outputs, wanted: &Wanted, weights: LossWeights) -> Tensor {
    let found = wanted.found.size()[0].max(1) as f64;
    let sum = Reduction::Sum;
    let codes = outputs.boxes.index_select(0, &wanted.found).narrow(1, 0, 4);
    let (overlap, generalized) = overlaps(&codes, &wanted.codes);
    let boxes = (generalized.ones_like() - generalized).sum(Kind::Float);
    let targets = outputs.boxes.select(1, 4).zeros_like().index_put(&[Some(&wanted.found)], &overlap.detach(), false);
    let binary =
        |logits: &Tensor, targets: &Tensor| logits.binary_cross_entropy_with_logits::<Tensor>(targets, None, None, sum);
    let zeros = wanted.ignored.zeros_like().to_kind(Kind::Float);
    let asked = targets.ones_like().index_put(&[Some(&wanted.ignored)], &zeros, false);
    let logits = outputs.boxes.select(1, 4);
    let objects = logits.binary_cross_entropy_with_logits::<Tensor>(&targets, Some(asked), None, sum);
    let names = binary(&outputs.names, &wanted.names);
    let background = binary(&outputs.background, &outputs.background.zeros_like());
    let classes = outputs.classes.cross_entropy_loss::<Tensor>(&wanted.classes, None, sum, -100, 0.1);
    (boxes * weights.boxes
        + objects * weights.objects
        + names * weights.names
        + background * weights.background
        + classes * weights.classes)
        / found
}

/// Intersection over union of boxes that the same cells write, (n, 4) and (n, 4), and the generalized one, which also
/// falls with the distance of boxes that do not meet (Rezatofighi et al. 2019); each (n).
fn overlaps(a: &Tensor, b: &Tensor) -> (Tensor, Tensor) {
    let corners = |codes: &Tensor| {
        let half = codes.narrow(1, 2, 2).clamp_max(MAX_LOG_SIDE).exp() * 0.5;
        let centre = codes.narrow(1, 0, 2);
        (&centre - &half, &centre + &half)
    };
    let ((a0, a1), (b0, b1)) = (corners(a), corners(b));
    let area = |low: &Tensor, high: &Tensor| {
        let sides = (high - low).clamp_min(0.0);
        sides.select(1, 0) * sides.select(1, 1)
    };
    let both = area(&a0.maximum(&b0), &a1.minimum(&b1));
    let union = area(&a0, &a1) + area(&b0, &b1) - &both + EPSILON;
    let hull = area(&a0.minimum(&b0), &a1.maximum(&b1)) + EPSILON;
    let overlap = both / &union;
    let generalized = &overlap - (&hull - union) / hull;
    (overlap, generalized)
}

#[cfg(test)]
mod tests {
    use chameleon_decision::BoundingBox;
    use chameleon_models::objects::boxes::{Cell, overlap};
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn overlaps_of_codes_are_those_of_the_boxes() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let cell = Cell { row: 1, column: 2, rows: 4, columns: 4 };
        for _ in 0..200 {
            let mut random = || {
                let (left, top) = (rng.random_range(0.0..0.8), rng.random_range(0.0..0.8));
                let (right, bottom) = (left + rng.random_range(0.05..0.2), top + rng.random_range(0.05..0.2));
                BoundingBox { left, top, right, bottom }
            };
            let (a, b) = (random(), random());
            let code = |bounds| Tensor::from_slice(&cell.encode(bounds).map(|v| v as f32)).view([1, 4]);
            let (iou, generalized) = overlaps(&code(&a), &code(&b));
            let (iou, generalized) = (iou.double_value(&[0]), generalized.double_value(&[0]));
            assert!((iou - overlap(&a, &b)).abs() < 1e-4);
            assert!(generalized <= iou + 1e-6 && generalized > -1.0);
            assert!((overlaps(&code(&a), &code(&a)).1.double_value(&[0]) - 1.0).abs() < 1e-4);
        }
    }
}
