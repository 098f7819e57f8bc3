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

/// Features of all records, (N, D) row-major: the mean over the views.
///
/// # Errors
/// An image cannot be read or decoded.
pub fn features(set: &DataSet, model: &ImageLabels, views: &[View], mode: ProgressMode) -> Result<Vec<f32>, DataError> {
    let labeler = ImageLabeler::new(model)?;
    let records: Vec<usize> = (0..set.records.len()).collect();
    let mut features = Vec::with_capacity(records.len() * model.feature_count());
    let share = 1.0 / views.len().max(1) as f32;
    decoded(set, &records, Progress::start(mode, "features", records.len() as u64), |images| {
        let start = features.len();
        for &view in views {
            let input = |image| preprocess::tensor(&looked_at(image, view), labeler.input());
            let inputs: Vec<Vec<f32>> = images.par_iter().map(input).collect();
            let seen = labeler.features(&inputs).into_iter().flatten().map(|value| share * value);
            if features.len() == start {
                features.extend(seen);
            } else {
                features[start..].iter_mut().zip(seen).for_each(|(sum, value)| *sum += value);
            }
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
