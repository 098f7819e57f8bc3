//! Images through the backbone, a batch at a time.

use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits, RgbImage};
use chameleon_models::zoo::{Generic as _, ImageLabels};
use rayon::prelude::*;

use super::{Content, DataError, DataSet, ImageLoader, Record};
use crate::progress::{Progress, ProgressMode};

/// Images that go through the backbone at once. Only their encoded bytes and network inputs are held together.
const BATCH: usize = 32;

/// How an image is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As it is.
    Plain,
    /// Left and right exchanged.
    Mirrored,
}

/// Features of all records, (N, D) row-major for each of the views.
///
/// # Errors
/// An image cannot be read or decoded.
pub fn features(
    set: &DataSet,
    model: &ImageLabels,
    views: &[View],
    mode: ProgressMode,
) -> Result<Vec<Vec<f32>>, DataError> {
    let labeler = ImageLabeler::new(model)?;
    let mut loader = ImageLoader::default();
    let mut progress = Progress::start(mode, "features", set.records.len() as u64);
    let mut features = vec![Vec::with_capacity(set.records.len() * model.feature_count()); views.len()];
    for batch in set.records.chunks(BATCH) {
        let bytes = batch.iter().map(|record| bytes(record, &mut loader)).collect::<Result<Vec<_>, _>>()?;
        let inputs = batch.par_iter().zip(bytes).map(|(record, bytes)| inputs(record, &bytes, views, &labeler));
        let mut inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        for (view, features) in features.iter_mut().enumerate() {
            let images: Vec<Vec<f32>> = inputs.iter_mut().map(|inputs| std::mem::take(&mut inputs[view])).collect();
            features.extend(labeler.features(&images).into_iter().flatten());
        }
        for _ in batch {
            progress.tick();
        }
    }
    Ok(features)
}

fn bytes(record: &Record, loader: &mut ImageLoader) -> Result<Vec<u8>, DataError> {
    let Content::Image(source) = &record.content;
    loader.bytes(source)
}

/// The network's input for each view of one image.
fn inputs(record: &Record, bytes: &[u8], views: &[View], labeler: &ImageLabeler) -> Result<Vec<Vec<f32>>, DataError> {
    let image = preprocess::decode(bytes, DecodeLimits::default())
        .map_err(|source| DataError::Image { place: record.to_string(), source })?;
    Ok(views.iter().map(|&view| preprocess::tensor(&looked_at(&image, view), labeler.input())).collect())
}

fn looked_at(image: &RgbImage, view: View) -> std::borrow::Cow<'_, RgbImage> {
    match view {
        View::Plain => std::borrow::Cow::Borrowed(image),
        View::Mirrored => std::borrow::Cow::Owned(image::imageops::flip_horizontal(image)),
    }
}
