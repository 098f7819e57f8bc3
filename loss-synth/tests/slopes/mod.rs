//! Whether a gradient is that of its value.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Half the distance between the two points of a central difference.
const STEP: f32 = 1.0 / 256.0;
/// Of the difference, per unit of step sharpness.
const TOLERANCE: f64 = 0.02;

/// Whether a function of about this slope jumps between two places: the half that departs more from the slope keeps the
/// jump however small it gets.
fn jumps(value: &dyn Fn(f32) -> f64, slope: f64, mut low: f32, mut high: f32) -> bool {
    // Thirteen halvings leave a millionth, over which even the steepest step here departs by less than half of this.
    const JUMP: f64 = 5e-5;
    let departure = |low: f32, high: f32| (value(high) - value(low) - slope * f64::from(high - low)).abs();
    for _ in 0..13 {
        let middle = low + (high - low) / 2.0;
        if departure(low, middle) > departure(middle, high) { high = middle } else { low = middle }
    }
    departure(low, high) > JUMP
}

/// A function with its slopes.
type ValueAndGradient<'a> = dyn Fn(&[f32]) -> (f64, Vec<f32>) + 'a;

/// Compares a gradient with finite differences in these coordinates.
pub(crate) fn check_slopes(
    value_and_gradient: &ValueAndGradient,
    logits: &[f32],
    coordinates: impl IntoIterator<Item = usize>,
) -> Result<(), TestCaseError> {
    let analytic = value_and_gradient(logits).1;
    for i in coordinates {
        let at = |logit: f32| {
            let mut moved = logits.to_vec();
            moved[i] = logit;
            value_and_gradient(&moved)
        };
        let (down, up) = (logits[i] - STEP, logits[i] + STEP);
        // The reference step and an order of labels jump: there no slope is to be had.
        if jumps(&|logit| at(logit).0, f64::from(analytic[i]), down, up) {
            continue;
        }
        // A hard maximum has kinks. Across them, as over any smooth stretch, the difference lies among the slopes.
        let slopes = [down, logits[i], up].map(|logit| f64::from(at(logit).1[i]));
        let numeric = (at(up).0 - at(down).0) / f64::from(up - down);
        let (least, greatest) = slopes.iter().fold((f64::MAX, f64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
        let slack = TOLERANCE * (1.0 + numeric.abs());
        prop_assert!(
            (least - slack..=greatest + slack).contains(&numeric),
            "output {i}: {numeric} and {}",
            analytic[i]
        );
    }
    Ok(())
}
