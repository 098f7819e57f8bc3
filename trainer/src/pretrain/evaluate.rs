//! Scores and features of a module over an image set.

use chameleon_models::resnet::{FEATURES, HEAD};
use tch::{Kind, Tensor, no_grad};

use super::batches::normalise;
use crate::dataset::ImageSet;
use crate::module::Module;

const BATCH: usize = 250;

/// Logits of every image at full size, (N, outputs), row after row.
pub fn logits(module: &Module, set: &ImageSet) -> Vec<f32> {
    values(module, set, HEAD)
}

/// Penultimate features of every image at full size, (N, features), row after row.
pub fn features(module: &Module, set: &ImageSet) -> Vec<f32> {
    values(module, set, FEATURES)
}

fn values(module: &Module, set: &ImageSet, wanted: &str) -> Vec<f32> {
    let side = set.side as i64;
    let mut all = Vec::new();
    no_grad(|| {
        for start in (0..set.len()).step_by(BATCH) {
            let end = (start + BATCH).min(set.len());
            let mut pixels: Vec<f32> = (start..end).flat_map(|i| set.image(i)).map(|&v| f32::from(v)).collect();
            normalise(&mut pixels, &module.network().input);
            let images = Tensor::from_slice(&pixels).view([(end - start) as i64, side, side, 3]).permute([0, 3, 1, 2]);
            let value = module.value(wanted, &images, false).to_kind(Kind::Float).contiguous().view([-1]);
            let mut rows = vec![0.0f32; value.numel()];
            value.copy_data(&mut rows, value.numel());
            all.extend(rows);
        }
    });
    all
}
