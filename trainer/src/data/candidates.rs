//! Images through the detector of objects.

use chameleon_models::objects::ObjectDetector;
use rayon::prelude::*;

use super::{DataError, DataSet, decoded};
use crate::progress::{Progress, ProgressMode};

/// Features of each record's candidates, (K, D) row-major, most certain first; K may be 0.
///
/// # Errors
/// An image cannot be read or decoded.
pub fn candidates(set: &DataSet, detector: &ObjectDetector, mode: ProgressMode) -> Result<Vec<Vec<f32>>, DataError> {
    let records: Vec<usize> = (0..set.records.len()).collect();
    let mut features = Vec::with_capacity(records.len());
    decoded(set, &records, Progress::start(mode, "candidates", records.len() as u64), |images| {
        let seen = images.par_iter().map(|image| {
            let candidates = detector.look(image).candidates;
            candidates.into_iter().flat_map(|candidate| candidate.features).collect()
        });
        features.extend(seen.collect::<Vec<Vec<f32>>>());
    })?;
    Ok(features)
}
