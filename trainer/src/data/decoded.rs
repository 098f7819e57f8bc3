//! Images of a set, decoded a batch at a time.

use chameleon_models::preprocess::{self, DecodeLimits, RgbImage};
use rayon::prelude::*;

use super::{Content, DataError, DataSet, ImageLoader, Record};
use crate::progress::Progress;

/// Images that are held at once.
const BATCH: usize = 32;

/// Decodes some records, in their order, and hands them to `take` a batch at a time.
///
/// # Errors
/// An image cannot be read or decoded.
pub fn decoded(
    set: &DataSet,
    records: &[usize],
    mut progress: Progress,
    mut take: impl FnMut(&[RgbImage]),
) -> Result<(), DataError> {
    let mut loader = ImageLoader::default();
    for batch in records.chunks(BATCH) {
        let bytes = batch.iter().map(|&i| bytes(&set.records[i], &mut loader)).collect::<Result<Vec<_>, _>>()?;
        let images = batch.par_iter().zip(bytes).map(|(&i, bytes)| image(&set.records[i], &bytes));
        take(&images.collect::<Result<Vec<_>, _>>()?);
        for _ in batch {
            progress.tick();
        }
    }
    Ok(())
}

fn bytes(record: &Record, loader: &mut ImageLoader) -> Result<Vec<u8>, DataError> {
    let Content::Image(source) = &record.content;
    loader.bytes(source)
}

fn image(record: &Record, bytes: &[u8]) -> Result<RgbImage, DataError> {
    preprocess::decode(bytes, DecodeLimits::default())
        .map_err(|source| DataError::Image { place: record.to_string(), source })
}
