//! Mixing of a batch's images: `CutMix` (Yun et al. 2019) and mixup (Zhang et al. 2018).
//!
//! A network that sees each image only whole learns few images by heart; mixed ones never come twice.

use rand::Rng;

/// Of the mixed images, those that are blended whole and not cut.
const BLENDED: f64 = 0.25;

/// Mixes about `share` of the images (N, side, side, 3), each with the one that stands opposite it in the batch, and gives
/// the classes that each image then shows with their shares.
pub(super) fn mix(
    pixels: &mut [f32],
    side: usize,
    classes: &[u16],
    share: f64,
    rng: &mut impl Rng,
) -> Vec<[(u16, f32); 2]> {
    let n = classes.len();
    if share <= 0.0 {
        return classes.iter().map(|&class| [(class, 1.0), (class, 0.0)]).collect();
    }
    let size = side * side * 3;
    let whole = pixels.to_vec();
    let images = pixels.chunks_exact_mut(size).zip(whole.chunks_exact(size).rev());
    let mut shown = Vec::with_capacity(n);
    for ((image, other), (&class, &partner)) in images.zip(classes.iter().zip(classes.iter().rev())) {
        let taken = if !rng.random_bool(share) {
            0.0
        } else if rng.random_bool(BLENDED) {
            blend(image, other, rng)
        } else {
            cut(image, other, side, rng)
        };
        shown.push([(class, 1.0 - taken), (partner, taken)]);
    }
    shown
}

/// Adds up to half of `other`, and gives its share.
fn blend(image: &mut [f32], other: &[f32], rng: &mut impl Rng) -> f32 {
    let share = rng.random_range(0.0..0.5f32);
    for (v, o) in image.iter_mut().zip(other) {
        *v += share * (o - *v);
    }
    share
}

/// Pastes a box of `other`, of an area uniform in 0..1 before the image's edge cuts it off, and gives its share.
fn cut(image: &mut [f32], other: &[f32], side: usize, rng: &mut impl Rng) -> f32 {
    let half = rng.random_range(0.0..1.0f64).sqrt() * side as f64 / 2.0;
    let (rows, columns) = (span(half, side, rng), span(half, side, rng));
    for y in rows.clone() {
        let row = (y * side + columns.start) * 3..(y * side + columns.end) * 3;
        image[row.clone()].copy_from_slice(&other[row]);
    }
    (rows.len() * columns.len()) as f32 / (side * side) as f32
}

fn span(half: f64, side: usize, rng: &mut impl Rng) -> std::ops::Range<usize> {
    let centre = rng.random_range(0.0..side as f64);
    (centre - half).max(0.0).round() as usize..(centre + half).min(side as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const SIDE: usize = 8;

    /// Every image has its class as the value of all pixels.
    fn batch(classes: &[u16]) -> Vec<f32> {
        classes.iter().flat_map(|&class| [f32::from(class); SIDE * SIDE * 3]).collect()
    }

    #[test]
    fn shares_are_what_the_pixels_show() {
        let classes: Vec<u16> = (0..64).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut pixels = batch(&classes);
        let shown = mix(&mut pixels, SIDE, &classes, 0.8, &mut rng);
        for (image, [(class, own), (partner, taken)]) in pixels.chunks_exact(SIDE * SIDE * 3).zip(&shown) {
            let mean = image.iter().sum::<f32>() / image.len() as f32;
            assert!((own + taken - 1.0).abs() < 1e-6);
            assert!((mean - (own * f32::from(*class) + taken * f32::from(*partner))).abs() < 1e-2);
        }
        let mixed = shown.iter().filter(|[_, (_, taken)]| *taken > 0.0).count();
        assert!((40..64).contains(&mixed), "{mixed} of 64");
    }

    #[test]
    fn nothing_is_mixed_unless_asked() {
        let classes = [4, 7, 9];
        let mut pixels = batch(&classes);
        let shown = mix(&mut pixels, SIDE, &classes, 0.0, &mut ChaCha8Rng::seed_from_u64(0));
        assert_eq!(pixels, batch(&classes));
        assert!(shown.iter().zip(classes).all(|([own, _], class)| *own == (class, 1.0)));
    }
}
