//! Images through the backbone.

use std::borrow::Cow;

use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, RgbImage};
use chameleon_models::zoo::{Generic as _, ImageLabels};
use rayon::prelude::*;

use super::{DataError, DataSet, decoded};
use crate::progress::{Progress, ProgressMode};

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
    let records: Vec<usize> = (0..set.records.len()).collect();
    let mut features = vec![Vec::with_capacity(records.len() * model.feature_count()); views.len()];
    decoded(set, &records, Progress::start(mode, "features", records.len() as u64), |images| {
        for (&view, features) in views.iter().zip(&mut features) {
            let input = |image| preprocess::tensor(&looked_at(image, view), labeler.input());
            let inputs: Vec<Vec<f32>> = images.par_iter().map(input).collect();
            features.extend(labeler.features(&inputs).into_iter().flatten());
        }
    })?;
    Ok(features)
}

fn looked_at(image: &RgbImage, view: View) -> Cow<'_, RgbImage> {
    match view {
        View::Plain => Cow::Borrowed(image),
        View::Mirrored => Cow::Owned(image::imageops::flip_horizontal(image)),
    }
}
