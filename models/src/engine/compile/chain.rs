//! Which convolutions become chains.

use super::super::chain::{Chain, Link};
use super::super::codes::Layout;
use super::super::ops::Kernel;
use super::{Model, Step};

/// Puts convolutions into chains where the values between them take more memory than their weights: the values are not
/// stored then, but the weights are read again for every image and every band.
pub(super) fn join(steps: Vec<Step>, model: Model, kept: &[&str]) -> Vec<Step> {
    let goes_on = |pair: &[Step]| {
        let [step, next] = pair else { return false };
        let value = step.value.as_str();
        let is_read_once = steps.iter().flat_map(Step::reads).filter(|read| *read == value).count() == 1;
        is_read_once && !kept.contains(&value) && goes_on(step, next, model)
    };
    let goes_on: Vec<bool> = steps.windows(2).map(goes_on).chain([false]).collect();
    let (mut joined, mut links) = (Vec::with_capacity(steps.len()), Vec::new());
    for (step, goes_on) in steps.into_iter().zip(goes_on) {
        links.push(step);
        if !goes_on {
            joined.extend(chain(std::mem::take(&mut links), model));
        }
    }
    joined
}

/// Whether a step's value can be handed on to the next step, and is worth it.
fn goes_on(step: &Step, next: &Step, model: Model) -> bool {
    let (Kernel::Conv(conv), Kernel::Conv(reader)) = (&step.kernel, &next.kernel) else { return false };
    let layout = model.layouts.get(&step.value);
    let pixel = layout.map_or(step.channels() * size_of::<f32>(), Layout::record);
    next.operands.contains(&step.value)
        && step.residual.is_none()
        && layout.is_some() == reader.reads_codes()
        && conv.has_bands()
        && reader.has_bands()
        && step.pixels() * pixel > conv.bytes() + reader.bytes()
}

/// One step of several.
fn chain(mut steps: Vec<Step>, model: Model) -> Option<Step> {
    let last = steps.pop()?;
    let Kernel::Conv(conv) = last.kernel.clone() else { return Some(last) };
    if steps.is_empty() {
        return Some(last);
    }
    let operands = steps[0].operands.clone();
    let sources = steps.iter().flat_map(|step| &step.sources).chain(&last.sources).cloned().collect();
    let link = |step: Step| match step.kernel {
        Kernel::Conv(conv) => {
            Some(Link { conv, activation: step.activation, layout: model.layouts.get(&step.value).cloned() })
        }
        _ => None,
    };
    let kernel = Kernel::Chain(Chain::new(steps.into_iter().filter_map(link).collect(), conv));
    Some(Step { kernel, sources, operands, ..last })
}
