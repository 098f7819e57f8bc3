//! Pictures with objects, made of images with one box each: parts of one image, or mosaics of four.
//!
//! A mosaic (`YOLOv4`, Bochkovskiy et al. 2020) shows its images beside each other, each in a tile of a 2x2 grid. It is
//! twice as wide and high as its images, so that these keep their size.

use chameleon_decision::BoundingBox;
use chameleon_models::objects::boxes::area;
use chameleon_models::preprocess::{RgbImage, resize};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::boxed::BoxedImages;

/// Images of a mosaic.
pub(super) const TILES: usize = 4;
/// Smallest part of a box that a crop may leave.
const MIN_VISIBLE: f64 = 0.6;
/// Crops tried before the whole image is taken.
const TRIES: usize = 8;
/// Largest ratio of a crop's width to its height, and of its height to its width.
const MAX_ASPECT: f64 = 4.0 / 3.0;

/// A picture and what is in it.
pub(super) struct Scene {
    /// The pixels.
    pub(super) image: RgbImage,
    /// Its objects.
    pub(super) objects: Vec<Shown>,
}

/// One object of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    /// The data set's class.
    pub(super) class: u16,
    /// Where it is in the scene.
    pub(super) bounds: BoundingBox,
}

impl Scene {
    /// A whole image.
    pub(super) fn whole(images: &BoxedImages, i: usize) -> Self {
        let shown = Shown { class: images.set.classes[i], bounds: images.boxes[i] };
        Self { image: images.image(i), objects: vec![shown] }
    }

    /// A random part of an image, of at least `min_area` of it, mirrored every other time. It shows most of the object.
    pub(super) fn part(images: &BoxedImages, i: usize, min_area: f64, rng: &mut ChaCha8Rng) -> Self {
        let whole = Self::whole(images, i);
        let side = images.set.side as u32;
        let region = (0..TRIES)
            .map(|_| random_region(side, min_area, rng))
            .find(|region| visible(&whole.objects[0].bounds, *region, side) >= MIN_VISIBLE)
            .unwrap_or([0, 0, side, side]);
        let [left, top, width, height] = region;
        let mut image = image::imageops::crop_imm(&whole.image, left, top, width, height).to_image();
        let mut shown = Shown { bounds: cut(&whole.objects[0].bounds, region, side), ..whole.objects[0] };
        if rng.random() {
            image = image::imageops::flip_horizontal(&image);
            (shown.bounds.left, shown.bounds.right) = (1.0 - shown.bounds.right, 1.0 - shown.bounds.left);
        }
        Self { image, objects: vec![shown] }
    }

    /// Four scenes beside each other; `split` is where the tiles meet, in shares of the sides.
    pub(super) fn mosaic(scenes: &[Self; TILES], side: usize, split: (f64, f64)) -> Self {
        let mut image = RgbImage::new(side as u32, side as u32);
        let at = |share: f64| (share * side as f64).round() as u32;
        let (x, y, end) = (at(split.0), at(split.1), side as u32);
        let tiles = [[0, 0, x, y], [x, 0, end, y], [0, y, x, end], [x, y, end, end]];
        let mut objects = Vec::new();
        for (scene, [left, top, right, bottom]) in scenes.iter().zip(tiles) {
            let tile = resize(&scene.image, right - left, bottom - top);
            image::imageops::replace(&mut image, &tile, i64::from(left), i64::from(top));
            let place = |share: f64, from: u32, to: u32| (f64::from(from) + share * f64::from(to - from)) / side as f64;
            objects.extend(scene.objects.iter().map(|shown| Shown {
                class: shown.class,
                bounds: BoundingBox {
                    left: place(shown.bounds.left, left, right),
                    top: place(shown.bounds.top, top, bottom),
                    right: place(shown.bounds.right, left, right),
                    bottom: place(shown.bounds.bottom, top, bottom),
                },
            }));
        }
        Self { image, objects }
    }
}

/// Left, top, width, height in pixels.
type Region = [u32; 4];

fn random_region(side: u32, min_area: f64, rng: &mut ChaCha8Rng) -> Region {
    let share: f64 = rng.random_range(min_area..=1.0);
    let aspect = rng.random_range(-1.0..=1.0f64) * MAX_ASPECT.ln() / 2.0;
    let length = |log: f64| ((share.sqrt() * log.exp() * f64::from(side)).round() as u32).clamp(1, side);
    let (width, height) = (length(aspect), length(-aspect));
    [rng.random_range(0..=side - width), rng.random_range(0..=side - height), width, height]
}

/// A box as a share of a region, cut to it.
fn cut(bounds: &BoundingBox, [left, top, width, height]: Region, side: u32) -> BoundingBox {
    let share = |value: f64, from: u32, length: u32| {
        ((value * f64::from(side) - f64::from(from)) / f64::from(length)).clamp(0.0, 1.0)
    };
    BoundingBox {
        left: share(bounds.left, left, width),
        top: share(bounds.top, top, height),
        right: share(bounds.right, left, width),
        bottom: share(bounds.bottom, top, height),
    }
}

/// The part of a box that a region shows.
fn visible(bounds: &BoundingBox, region: Region, side: u32) -> f64 {
    let [_, _, width, height] = region.map(f64::from);
    area(&cut(bounds, region, side)) * width * height / f64::from(side).powi(2) / area(bounds)
}
