//! Mixing of a batch's images: `CutMix` (Yun et al. 2019) and mixup (Zhang et al. 2018).
//!
//! A network that sees each image only whole learns few images by heart; mixed ones never come twice.

use std::ops::Range;

use rand::Rng;
use tch::{Kind, Tensor};

/// Of the mixed images, those that are blended whole and not cut.
const BLENDED: f64 = 0.25;

/// What an image takes from its partner, the one that stands opposite it in the batch.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Taken {
    /// This share of every pixel, in 0..0.5.
    Blend(f32),
    /// All pixels of a box: rows and columns.
    Box(Range<usize>, Range<usize>),
}

impl Taken {
    /// For about `share` of the images something, for the others nothing.
    pub(super) fn draw(share: f64, side: usize, rng: &mut impl Rng) -> Self {
        if share <= 0.0 || !rng.random_bool(share) {
            Self::Blend(0.0)
        } else if rng.random_bool(BLENDED) {
            Self::Blend(rng.random_range(0.0..0.5))
        } else {
            // An area uniform in 0..1 before the image's edge cuts it off.
            let half = rng.random_range(0.0..1.0f64).sqrt() * side as f64 / 2.0;
            Self::Box(span(half, side, rng), span(half, side, rng))
        }
    }

    /// The partner's share of the image.
    pub(super) fn share(&self, side: usize) -> f32 {
        match self {
            Self::Blend(share) => *share,
            Self::Box(rows, columns) => (rows.len() * columns.len()) as f32 / (side * side) as f32,
        }
    }

    fn blend(&self) -> f32 {
        if let Self::Blend(share) = self { *share } else { 0.0 }
    }

    /// First row and column, and those behind the last.
    fn edges(&self) -> [i64; 4] {
        match self {
            Self::Blend(_) => [0; 4],
            Self::Box(rows, columns) => [rows.start, columns.start, rows.end, columns.end].map(|edge| edge as i64),
        }
    }
}

fn span(half: f64, side: usize, rng: &mut impl Rng) -> Range<usize> {
    let centre = rng.random_range(0.0..side as f64);
    (centre - half).max(0.0).round() as usize..(centre + half).min(side as f64).round() as usize
}

/// Images (N, 3, side, side), each with what it takes of its partner.
pub(super) fn mix(images: &Tensor, taken: &[Taken]) -> Tensor {
    if taken.iter().all(|taken| *taken == Taken::Blend(0.0)) {
        return images.shallow_clone();
    }
    let (device, side) = (images.device(), images.size()[3]);
    let blend: Vec<f32> = taken.iter().map(Taken::blend).collect();
    let blend = Tensor::from_slice(&blend).view([-1, 1, 1, 1]).to_device(device);
    let edges: Vec<i64> = taken.iter().flat_map(Taken::edges).collect();
    let edges = Tensor::from_slice(&edges).view([-1, 4, 1, 1, 1]).to_device(device);
    let place = Tensor::arange(side, (Kind::Int64, device));
    let (rows, columns) = (place.view([1, 1, side, 1]), place.view([1, 1, 1, side]));
    let [top, left, bottom, right] = [0, 1, 2, 3].map(|i| edges.select(1, i));
    let within = |place: &Tensor, first: &Tensor, end: &Tensor| {
        place.greater_equal_tensor(first).logical_and(&place.less_tensor(end)).to_kind(Kind::Float)
    };
    let weight = blend + within(&rows, &top, &bottom) * within(&columns, &left, &right);
    images + weight * (images.flip([0]) - images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use tch::Device;

    const SIDE: usize = 8;

    /// Every image has its place in the batch as the value of all pixels.
    fn batch(n: usize) -> Tensor {
        let side = SIDE as i64;
        Tensor::arange(n as i64, (Kind::Float, Device::Cpu))
            .view([-1, 1, 1, 1])
            .expand([n as i64, 3, side, side], false)
    }

    #[test]
    fn shares_are_what_the_pixels_show() {
        let n = 64;
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let taken: Vec<Taken> = (0..n).map(|_| Taken::draw(0.8, SIDE, &mut rng)).collect();
        let mixed = mix(&batch(n), &taken);
        for (i, taken) in taken.iter().enumerate() {
            let share = f64::from(taken.share(SIDE));
            let mean = mixed.get(i as i64).mean(Kind::Double).double_value(&[]);
            let expected = (1.0 - share) * i as f64 + share * (n - 1 - i) as f64;
            assert!((mean - expected).abs() < 1e-3, "{mean} {expected}");
        }
        let count = taken.iter().filter(|taken| taken.share(SIDE) > 0.0).count();
        assert!((40..n).contains(&count), "{count} of {n}");
    }

    #[test]
    fn box_is_pasted_where_it_is() {
        let mixed = mix(&batch(2), &[Taken::Box(1..3, 4..8), Taken::Blend(0.0)]);
        let pasted = |y: i64, x: i64| mixed.double_value(&[0, 2, y, x]) > 0.5;
        assert_eq!(
            [(1, 4), (2, 7), (0, 4), (3, 4), (1, 3)].map(|(y, x)| pasted(y, x)),
            [true, true, false, false, false]
        );
    }

    #[test]
    fn nothing_is_mixed_unless_asked() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let taken: Vec<Taken> = (0..3).map(|_| Taken::draw(0.0, SIDE, &mut rng)).collect();
        assert!(mix(&batch(3), &taken).equal(&batch(3)));
    }
}
