//! The range that few levels are best spent on.

use crate::quantization::{CodeSegment, WeightSegment};

/// Parts of the whole range that are tried.
const TRIES: usize = 40;

/// The range of 8-bit codes for numbers like `samples`, at the least squared error.
pub(super) fn of_codes(samples: &[f32]) -> (f32, f32) {
    let (low, high) = samples.iter().fold((0.0_f32, 0.0_f32), |(low, high), v| (low.min(*v), high.max(*v)));
    let error = |part: f32| {
        let segment = CodeSegment::for_range(1, 8, low * part, high * part);
        let (inverse, top) = (1.0 / segment.step, f32::from(segment.max()));
        let one = |v: &f32| {
            let code = ((v - segment.base) * inverse).round().clamp(0.0, top);
            f64::from(v - segment.base - segment.step * code).powi(2)
        };
        samples.iter().map(one).sum()
    };
    let part = best(error);
    (low * part, high * part)
}

/// The scale of one output's integers, at the least squared error.
pub(super) fn of_weights(filter: &[f32], segment: &WeightSegment) -> f32 {
    let largest = filter.iter().fold(0.0_f32, |a, w| a.max(w.abs()));
    let whole = largest / segment.range().1 as f32;
    if whole < f32::MIN_POSITIVE {
        return 1.0;
    }
    let error = |part: f32| {
        let scale = whole * part;
        filter.iter().map(|w| f64::from(w - scale * segment.nearest(w / scale) as f32).powi(2)).sum()
    };
    whole * best(error)
}

/// The part of the whole range with the least error; the largest of equals.
fn best(error: impl Fn(f32) -> f64) -> f32 {
    let part = |i: usize| 1.0 - 0.7 * i as f32 / TRIES as f32;
    let mut best = (error(1.0), 1.0);
    for part in (1..TRIES).map(part) {
        let error = error(part);
        if error < best.0 {
            best = (error, part);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_what_is_there() {
        let samples: Vec<f32> = (0..10_000).map(|i| (i % 100) as f32 / 100.0).collect();
        let (low, high) = of_codes(&samples);
        assert!(low.abs() < f32::EPSILON && (high - 0.99).abs() < f32::EPSILON, "{low} {high}");
    }

    #[test]
    fn a_lone_extreme_does_not_cost_all_others_their_precision() {
        let segment = WeightSegment { channels: 1000, bits: 4, odd: false };
        let mut filter: Vec<f32> = (0..1000).map(|i| i as f32 / 500.0 - 1.0).collect();
        let even = of_weights(&filter, &segment);
        filter[500] = 2.0;
        let scale = of_weights(&filter, &segment);
        assert!(scale < 1.2 * even, "{scale} {even}: 2 / 7 for the whole range");
    }

    #[test]
    fn filters_of_zeros_have_a_scale() {
        let segment = WeightSegment { channels: 3, bits: 4, odd: false };
        assert!((of_weights(&[0.0; 3], &segment) - 1.0).abs() < f32::EPSILON);
    }
}
