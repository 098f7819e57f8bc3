//! Decisions by the product of two numbers of the answer, such as a sentiment's score times its magnitude.

use serde_json::Value as Json;

use super::Draft;
use super::aggregate::holding;
use super::axes::{Axis, stretches};
use super::constants::Constants;
use super::probe::Probe;
use super::ranges::{MAX_STRETCHES, ladder};
use super::subject::put;
use super::verify::Random;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::Shape;

/// Pairs of numbers that are tried.
const TRIALS: usize = 96;

/// Fills the draft when the decision hangs on the product of the answer's two numbers and on nothing else of them;
/// `false` when it does not.
pub(super) fn fill(
    draft: &mut Draft,
    probe: &mut Probe<'_>,
    shape: &Shape,
    constants: &Constants,
) -> Result<bool, DecideError> {
    let mut axes: Vec<Axis> = Axis::all(shape).into_iter().filter(|axis| !axis.is_in_list()).collect();
    // The narrower one is what the wider one weighs.
    axes.sort_by(|a, b| (a.range().1 - a.range().0).total_cmp(&(b.range().1 - b.range().0)));
    let [one, other] = &axes[..] else { return Ok(false) };
    let product = Axis::product(one, other);
    let answer = |first: f64, second: f64| {
        let mut answer = shape.with(&one.path, Json::from(first));
        put(&mut answer, &other.path, Json::from(second));
        answer
    };
    let greatest = one.range().1;
    let found = stretches(probe, &product.values(constants), &|value| {
        // Times one where that will do, so that the product is exact.
        if value.abs() <= greatest {
            answer(value, 1.0)
        } else {
            answer(greatest.copysign(value), value.abs() / greatest)
        }
    })?;
    if found.len() < 2 || found.len() > MAX_STRETCHES {
        return Ok(false);
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut within = |(low, high): (f64, f64)| low + (high - low) * random.below(1 << 20) as f64 / f64::from(1 << 20);
    for trial in 0..TRIALS {
        let (low, high) = other.range();
        // Most answers have small numbers.
        let (first, second) = (within(one.range()), within((low, if trial % 2 == 0 { high.min(2.0) } else { high })));
        let Some(stretch) = holding(&found, first * second) else { continue };
        if probe.run(&ApiOutput::Answer { answer: answer(first, second) })? != stretch.outcome {
            return Ok(false);
        }
    }
    draft.summary.field = Some(product.show());
    ladder(draft, probe, &product, &found, None);
    Ok(true)
}
