//! What a network makes of images, up to its last stage and behind it.

use anyhow::Result;
use chameleon_models::engine::Engine;
use chameleon_models::preprocess;
use chameleon_models::resnet::FEATURES;
use chameleon_models::zoo::ImageLabels;
use half::f16;
use rayon::prelude::*;

use super::Tail;
use crate::data::{DataSet, decoded};
use crate::progress::{Progress, ProgressMode};

/// Two values of some images.
pub(crate) struct Seen {
    /// At the cut, (N, C, H, W).
    pub(crate) values: Vec<f16>,
    /// The generic features, (N, D).
    pub(crate) features: Vec<f32>,
}

/// Looks at some records, in one pass.
///
/// # Errors
/// An image cannot be read or decoded.
pub(crate) fn seen(
    set: &DataSet,
    records: &[usize],
    model: &ImageLabels,
    tail: &Tail,
    mode: ProgressMode,
) -> Result<Seen> {
    let wanted = [tail.cut.as_str(), FEATURES];
    let engine = Engine::keeping(&model.network, &model.weights, &wanted)?;
    let values = Vec::with_capacity(records.len() * tail.network.input.elements());
    let mut seen = Seen { values, features: Vec::new() };
    decoded(set, records, Progress::start(mode, "features", records.len() as u64), |images| {
        let input = |image| preprocess::tensor(image, &model.network.input);
        let inputs: Vec<Vec<f32>> = images.par_iter().map(input).collect();
        let mut of_batch = engine.run_all(&inputs.concat(), inputs.len(), &wanted).into_iter();
        seen.values.extend(of_batch.next().into_iter().flatten().map(f16::from_f32));
        seen.features.extend(of_batch.next().into_iter().flatten());
    })?;
    Ok(seen)
}
