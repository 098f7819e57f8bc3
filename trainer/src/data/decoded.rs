//! Images of a set, decoded a batch at a time.

use chameleon_models::preprocess::{self, DecodeLimits, RgbImage};
use rayon::prelude::*;

use super::error::UnusableImages;
use super::{Content, DataError, DataSet, ImageLoader, Record};
use crate::progress::Progress;

/// Images that are held at once.
const BATCH: usize = 32;

/// Decodes some records, in their order, and hands them to `take` a batch at a time.
///
/// # Errors
/// Images cannot be read or decoded: all are looked at before it is said which.
pub fn decoded(
    set: &DataSet,
    records: &[usize],
    mut progress: Progress,
    mut take: impl FnMut(&[RgbImage]),
) -> Result<(), DataError> {
    let mut loader = ImageLoader::default();
    let mut unusable = Vec::new();
    for batch in records.chunks(BATCH) {
        let bytes = batch.iter().map(|&i| bytes(&set.records[i], &mut loader)).collect::<Vec<_>>();
        let images = batch.par_iter().zip(bytes).map(|(&i, bytes)| image(&set.records[i], &bytes?));
        let mut decoded = Vec::with_capacity(batch.len());
        for image in images.collect::<Vec<_>>() {
            match image {
                Ok(image) => decoded.push(image),
                Err(error @ DataError::Image { .. }) => unusable.push(error),
                Err(error) => return Err(error),
            }
        }
        // What is of no use without the others is not worth the time of the network.
        if unusable.is_empty() {
            take(&decoded);
        }
        for _ in batch {
            progress.tick();
        }
    }
    UnusableImages::error(unusable).map_or(Ok(()), Err)
}

fn bytes(record: &Record, loader: &mut ImageLoader) -> Result<Vec<u8>, DataError> {
    let Content::Image(source) = &record.content;
    loader.bytes(source)
}

fn image(record: &Record, bytes: &[u8]) -> Result<RgbImage, DataError> {
    preprocess::decode(bytes, DecodeLimits::default())
        .map_err(|source| DataError::Image { place: record.to_string(), source })
}
