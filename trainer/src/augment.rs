//! Training-time image augmentation on decoded pixels.

use rand::Rng;

/// Random resized crop (Szegedy et al. 2014), horizontal flip and colour jitter.
#[derive(Clone, Copy, Debug)]
pub struct Augment {
    /// Smallest part of the image's area a crop may keep, in 0..1.
    pub min_area: f64,
    /// Largest change of brightness, contrast and saturation: each is multiplied by 1 ± it.
    pub jitter: f64,
    /// Rows and columns of the result.
    pub side: usize,
}

impl Augment {
    /// Crops, scales and perhaps mirrors an image (side, side, 3) into `out` (`self.side`, `self.side`, 3).
    pub fn apply(&self, image: &[u8], side: usize, rng: &mut impl Rng, out: &mut [f32]) {
        let area = rng.random_range(self.min_area..=1.0);
        let aspect = rng.random_range((0.75f64).ln()..=(4.0f64 / 3.0).ln()).exp();
        let width = ((area * aspect).sqrt() * side as f64).min(side as f64);
        let height = ((area / aspect).sqrt() * side as f64).min(side as f64);
        let left = rng.random_range(0.0..=side as f64 - width);
        let top = rng.random_range(0.0..=side as f64 - height);
        let mirrored = rng.random_bool(0.5);
        resample(image, side, [left, top, width, height], mirrored, out, self.side);
        if self.jitter > 0.0 {
            let mut factor = || rng.random_range(1.0 - self.jitter..=1.0 + self.jitter) as f32;
            recolour(out, factor(), factor(), factor());
        }
    }
}

/// Scales all values, then their distance from the image's mean, then each pixel's distance from its own grey.
fn recolour(pixels: &mut [f32], brightness: f32, contrast: f32, saturation: f32) {
    let mean = brightness * pixels.iter().sum::<f32>() / pixels.len() as f32;
    for pixel in pixels.chunks_exact_mut(3) {
        let value = |v: f32| mean + contrast * (brightness * v - mean);
        let grey = value(pixel.iter().sum::<f32>() / 3.0);
        for v in pixel {
            *v = (grey + saturation * (value(*v) - grey)).clamp(0.0, 255.0);
        }
    }
}

/// Bilinear sampling of the box `[left, top, width, height]` (pixels) into `side_out` x `side_out`.
fn resample(image: &[u8], side: usize, region: [f64; 4], mirrored: bool, out: &mut [f32], side_out: usize) {
    let [left, top, width, height] = region;
    let columns = taps(left, width, side, side_out);
    let rows = taps(top, height, side, side_out);
    for (y, &(y0, y1, fy)) in rows.iter().enumerate() {
        for x in 0..side_out {
            let (x0, x1, fx) = columns[if mirrored { side_out - 1 - x } else { x }];
            let at = |yy: usize, xx: usize, c: usize| f32::from(image[(yy * side + xx) * 3 + c]);
            for c in 0..3 {
                let upper = at(y0, x0, c) + fx * (at(y0, x1, c) - at(y0, x0, c));
                let lower = at(y1, x0, c) + fx * (at(y1, x1, c) - at(y1, x0, c));
                out[(y * side_out + x) * 3 + c] = upper + fy * (lower - upper);
            }
        }
    }
}

/// For each output pixel: the two input pixels around its centre and the second one's weight.
fn taps(start: f64, length: f64, side: usize, side_out: usize) -> Vec<(usize, usize, f32)> {
    let tap = |i: usize| {
        let centre = start + (i as f64 + 0.5) * length / side_out as f64 - 0.5;
        let centre = centre.clamp(0.0, (side - 1) as f64);
        let first = centre as usize;
        (first, (first + 1).min(side - 1), (centre - first as f64) as f32)
    };
    (0..side_out).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn whole_image_at_its_own_size_is_unchanged() {
        let image: Vec<u8> = (0..4 * 4 * 3).map(|i| (i * 5) as u8).collect();
        let mut out = vec![0.0; image.len()];
        resample(&image, 4, [0.0, 0.0, 4.0, 4.0], false, &mut out, 4);
        assert_eq!(out, image.iter().map(|&v| f32::from(v)).collect::<Vec<_>>());
    }

    #[test]
    fn augmented_values_stay_within_the_image_range() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
        let image: Vec<u8> = (0..16 * 16 * 3).map(|_| rng.random_range(10..200)).collect();
        let augment = Augment { min_area: 0.2, jitter: 0.0, side: 12 };
        for _ in 0..50 {
            let mut out = vec![-1.0; 12 * 12 * 3];
            augment.apply(&image, 16, &mut rng, &mut out);
            assert!(out.iter().all(|v| (10.0..200.0).contains(v)));
        }
    }
}
