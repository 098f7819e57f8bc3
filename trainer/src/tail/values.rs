//! What the shared part of a network makes of images.

use anyhow::Result;
use chameleon_models::engine::Engine;
use chameleon_models::preprocess;
use chameleon_models::zoo::ImageLabels;
use half::f16;
use rayon::prelude::*;

use super::Tail;
use crate::data::{DataSet, decoded};
use crate::progress::{Progress, ProgressMode};

/// The value at the cut, (N, C, H, W), of some records.
///
/// # Errors
/// An image cannot be read or decoded.
pub(crate) fn values(
    set: &DataSet,
    records: &[usize],
    model: &ImageLabels,
    tail: &Tail,
    mode: ProgressMode,
) -> Result<Vec<f16>> {
    let engine = Engine::keeping(&model.network, &model.weights, &[&tail.cut])?;
    let mut values = Vec::with_capacity(records.len() * tail.network.input.elements());
    decoded(set, records, Progress::start(mode, "shared layers", records.len() as u64), |images| {
        let input = |image| preprocess::tensor(image, &model.network.input);
        let inputs: Vec<Vec<f32>> = images.par_iter().map(input).collect();
        let of_batch = engine.run(&inputs.concat(), inputs.len(), &tail.cut);
        values.extend(of_batch.into_iter().map(f16::from_f32));
    })?;
    Ok(values)
}
