//! Scores of a module over an image set.

use tch::{Kind, no_grad};

use crate::dataset::ImageSet;
use crate::module::{Module, normalise};

const BATCH: i64 = 250;

/// Logits of every image at full size, (N, outputs), row after row.
pub fn logits(module: &Module, set: &ImageSet) -> Vec<f32> {
    let images = set.tensor();
    let mut all = Vec::new();
    for start in (0..set.len() as i64).step_by(BATCH as usize) {
        let part = images.narrow(0, start, BATCH.min(set.len() as i64 - start)).to_device(module.device());
        let part = normalise(&part.to_kind(Kind::Float), &module.network().input);
        let value = no_grad(|| module.forward(&part, false)).to_kind(Kind::Float).contiguous().view([-1]);
        let mut rows = vec![0.0f32; value.numel()];
        value.to_device(tch::Device::Cpu).copy_data(&mut rows, value.numel());
        all.extend(rows);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pretrain::network;
    use tch::Device;

    #[test]
    fn every_image_gets_its_own_row() {
        let module = Module::new(network(5, 1), Device::Cpu);
        let pixels: Vec<u8> = (0..3 * 64 * 64 * 3u32).map(|i| (i * 7 % 251) as u8).collect();
        let set = ImageSet { side: 64, pixels, classes: vec![0, 1, 2] };
        let rows = logits(&module, &set);
        let alone = logits(&module, &set.select(&[2]));
        assert_eq!(rows.len(), 15);
        assert!(rows[10..].iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
