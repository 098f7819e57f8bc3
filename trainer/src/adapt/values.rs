//! What the shared part of a network makes of images, and what they show.

use anyhow::Result;
use chameleon_models::engine::Engine;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::zoo::ImageLabels;
use rayon::prelude::*;
use tch::{Kind, Tensor};

use super::tail::Tail;
use crate::data::{Content, DataError, DataSet, ImageLoader, Record};
use crate::progress::{Progress, ProgressMode};

/// Images that go through the network at once.
const BATCH: usize = 32;

/// The value at the cut, (N, C, H, W) in f16, of some records.
///
/// # Errors
/// An image cannot be read or decoded.
pub(super) fn values(
    set: &DataSet,
    records: &[usize],
    model: &ImageLabels,
    tail: &Tail,
    mode: ProgressMode,
) -> Result<Tensor> {
    let engine = Engine::keeping(&model.network, &model.weights, &[&tail.cut])?;
    let mut loader = ImageLoader::default();
    let mut progress = Progress::start(mode, "shared layers", records.len() as u64);
    let mut parts = Vec::new();
    for batch in records.chunks(BATCH) {
        let bytes = batch.iter().map(|&i| bytes(&set.records[i], &mut loader)).collect::<Result<Vec<_>, _>>()?;
        let inputs = batch.par_iter().zip(bytes).map(|(&i, bytes)| input(&set.records[i], &bytes, model));
        let inputs = inputs.collect::<Result<Vec<_>, DataError>>()?;
        let value = engine.run(&inputs.concat(), inputs.len(), &tail.cut);
        parts.push(Tensor::from_slice(&value).to_kind(Kind::Half));
        for _ in batch {
            progress.tick();
        }
    }
    let [channels, rows, columns] = tail.shape();
    Ok(Tensor::cat(&parts, 0).view([-1, channels, rows, columns]))
}

/// Which labels each record carries, (N, labels).
pub(super) fn targets(set: &DataSet, records: &[usize], labels: usize) -> Tensor {
    let mut rows = vec![0.0f32; records.len() * labels];
    for (row, &i) in rows.chunks_exact_mut(labels.max(1)).zip(records) {
        for &label in &set.records[i].labels {
            row[usize::from(label)] = 1.0;
        }
    }
    Tensor::from_slice(&rows).view([records.len() as i64, labels as i64])
}

fn bytes(record: &Record, loader: &mut ImageLoader) -> Result<Vec<u8>, DataError> {
    let Content::Image(source) = &record.content;
    loader.bytes(source)
}

fn input(record: &Record, bytes: &[u8], model: &ImageLabels) -> Result<Vec<f32>, DataError> {
    let image = preprocess::decode(bytes, DecodeLimits::default())
        .map_err(|source| DataError::Image { place: record.to_string(), source })?;
    Ok(preprocess::tensor(&image, &model.network.input))
}
