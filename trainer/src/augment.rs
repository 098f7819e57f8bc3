//! Training-time image augmentation, on whatever device the images are.
//!
//! What is random is drawn on the CPU, so a seed means the same on every device; what is done to pixels are tensor
//! operations on a whole batch.

use rand::Rng;
use tch::{Kind, Tensor};

/// `grid_sampler`'s code of bilinear interpolation.
const BILINEAR: i64 = 0;
/// `grid_sampler`'s code of repeating the border beyond it.
const BORDER: i64 = 1;

/// Random resized crop (Szegedy et al. 2014), horizontal flip and colour jitter.
#[derive(Clone, Copy, Debug)]
pub struct Augment {
    /// Smallest part of the image's area a crop may keep, in 0..1.
    pub min_area: f64,
    /// Largest change of brightness, contrast and saturation: each is multiplied by 1 ± it.
    pub jitter: f64,
}

/// How one image is seen. Lengths are shares of the image's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    mirrored: bool,
    /// Factors of brightness, contrast and saturation, if they change.
    colour: Option<[f64; 3]>,
}

impl Augment {
    /// A random view of an image.
    pub fn draw(&self, rng: &mut impl Rng) -> View {
        let area: f64 = rng.random_range(self.min_area..=1.0);
        let aspect = rng.random_range((0.75f64).ln()..=(4.0f64 / 3.0).ln()).exp();
        let (width, height) = ((area * aspect).sqrt().min(1.0), (area / aspect).sqrt().min(1.0));
        View {
            left: rng.random_range(0.0..=1.0 - width),
            top: rng.random_range(0.0..=1.0 - height),
            width,
            height,
            mirrored: rng.random_bool(0.5),
            colour: (self.jitter > 0.0).then(|| self.colour(rng)),
        }
    }

    fn colour(&self, rng: &mut impl Rng) -> [f64; 3] {
        std::array::from_fn(|_| rng.random_range(1.0 - self.jitter..=1.0 + self.jitter))
    }
}

/// The views of images (N, 3, H, W), scaled to (N, 3, rows, columns). Colours change in 0..255.
pub fn view(images: &Tensor, views: &[View], [rows, columns]: [i64; 2]) -> Tensor {
    let (n, device) = (views.len() as i64, images.device());
    let maps: Vec<f32> = views.iter().flat_map(View::map).collect();
    let maps = Tensor::from_slice(&maps).view([n, 2, 3]).to_device(device);
    let grid = Tensor::affine_grid_generator(&maps, [n, 3, rows, columns], false);
    let seen = images.to_kind(Kind::Float).grid_sampler(&grid, BILINEAR, BORDER, false);
    if views.iter().all(|view| view.colour.is_none()) { seen } else { recolour(&seen, views) }
}

impl View {
    /// The affine map from the view's coordinates to the image's, both in -1..1: two rows of three.
    fn map(&self) -> [f32; 6] {
        let centre = |start: f64, length: f64| (2.0 * start + length - 1.0) as f32;
        let across = if self.mirrored { -self.width } else { self.width } as f32;
        [across, 0.0, centre(self.left, self.width), 0.0, self.height as f32, centre(self.top, self.height)]
    }
}

/// Scales all values, then their distance from the image's mean, then each pixel's distance from its own grey.
fn recolour(images: &Tensor, views: &[View]) -> Tensor {
    let factor = |i: usize| {
        let factors: Vec<f32> = views.iter().map(|view| view.colour.map_or(1.0, |colour| colour[i]) as f32).collect();
        Tensor::from_slice(&factors).view([-1, 1, 1, 1]).to_device(images.device())
    };
    let bright = images * factor(0);
    let mean = bright.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float);
    let contrasted = &mean + (bright - &mean) * factor(1);
    let grey = contrasted.mean_dim([1i64].as_slice(), true, Kind::Float);
    (&grey + (contrasted - &grey) * factor(2)).clamp(0.0, 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use tch::Device;

    const WHOLE: View = View { left: 0.0, top: 0.0, width: 1.0, height: 1.0, mirrored: false, colour: None };

    fn images(n: i64, side: i64) -> Tensor {
        Tensor::arange(n * 3 * side * side, (Kind::Float, Device::Cpu)).remainder(256.0).view([n, 3, side, side])
    }

    fn distance(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn whole_image_at_its_own_size_is_unchanged() {
        let images = images(2, 4);
        assert!(distance(&view(&images, &[WHOLE; 2], [4, 4]), &images) < 1e-3);
    }

    #[test]
    fn mirrored_view_runs_from_right_to_left() {
        let images = images(1, 4);
        let mirrored = view(&images, &[View { mirrored: true, ..WHOLE }], [4, 4]);
        assert!(distance(&mirrored, &images.flip([3])) < 1e-3);
    }

    #[test]
    fn crop_of_a_quarter_is_that_quarter() {
        let images = images(1, 8);
        let quarter = view(&images, &[View { left: 0.5, width: 0.5, height: 0.5, ..WHOLE }], [4, 4]);
        assert!(distance(&quarter, &images.narrow(3, 4, 4).narrow(2, 0, 4)) < 1e-3);
    }

    #[test]
    fn views_stay_within_the_image_and_its_range() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let augment = Augment { min_area: 0.2, jitter: 0.0 };
        let views: Vec<View> = (0..50).map(|_| augment.draw(&mut rng)).collect();
        for seen in &views {
            assert!(seen.left + seen.width <= 1.0 + 1e-9 && seen.top + seen.height <= 1.0 + 1e-9);
        }
        let images = Tensor::randint_low(10, 200, [50, 3, 16, 16], (Kind::Float, Device::Cpu));
        let seen = view(&images, &views, [12, 12]);
        assert_eq!(seen.size(), [50, 3, 12, 12]);
        assert!(seen.min().double_value(&[]) >= 10.0 && seen.max().double_value(&[]) <= 199.01);
    }

    #[test]
    fn no_contrast_is_the_mean_and_no_saturation_is_grey() {
        let images = images(1, 4);
        let flat = view(&images, &[View { colour: Some([1.0, 0.0, 1.0]), ..WHOLE }], [4, 4]);
        assert!(distance(&flat, &images.mean(Kind::Float).expand_as(&flat)) < 1e-3);
        let grey = view(&images, &[View { colour: Some([1.0, 1.0, 0.0]), ..WHOLE }], [4, 4]);
        let channels = images.mean_dim([1i64].as_slice(), true, Kind::Float);
        assert!(distance(&grey, &channels.expand_as(&grey)) < 1e-3);
    }
}
