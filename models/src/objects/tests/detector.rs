use chameleon_decision::{BoundingBox, DetectedObject};
use proptest::prelude::*;

use crate::app::AppModel;
use crate::fixture::{labels, model, objects};
use crate::labeler::{ImageLabeler, MIN_SCORE};
use crate::objects::boxes::overlap;
use crate::objects::{Candidate, ObjectDetector};
use crate::preprocess::{RgbImage, tensor};

/// An image that is not the same everywhere.
fn image(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 7 + seed) as u8, (y * 11) as u8, ((x / 5) * (y / 3) * 29 + seed * 3) as u8])
    })
}

fn longer(bounds: &BoundingBox) -> f64 {
    (bounds.right - bounds.left).max(bounds.bottom - bounds.top)
}

fn detector() -> ObjectDetector {
    let base = model();
    ObjectDetector::new(&base, &objects(&base)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn images_of_any_size_give_boxes_inside_them(width in 1_u32..90, height in 1_u32..90, seed in 0_u32..1000) {
        let detector = detector();
        let sight = detector.look(&image(width, height, seed));
        prop_assert!(sight.candidates.len() <= 9);
        let fits = |candidate: &Candidate| (0.3..=0.9).contains(&longer(&candidate.bounds));
        prop_assert!(sight.candidates.iter().all(fits), "no pass answers for other sizes");
        prop_assert!(sight.candidates.is_sorted_by(|a, b| a.doubt() <= b.doubt()));
        for (i, a) in sight.candidates.iter().enumerate() {
            prop_assert!(a.features.iter().all(|feature| *feature >= 0.0));
            prop_assert!(sight.candidates[..i].iter().all(|b| overlap(&a.bounds, &b.bounds) <= 0.5));
        }
        let found = detector.detect(&image(width, height, seed), None);
        prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        for DetectedObject { name, score, bounds } in &found {
            prop_assert!(labels().iter().any(|label| label.name == *name));
            prop_assert!((MIN_SCORE..=1.0).contains(score));
            prop_assert!(0.0 <= bounds.left && bounds.left <= bounds.right && bounds.right <= 1.0);
            prop_assert!(0.0 <= bounds.top && bounds.top <= bounds.bottom && bounds.bottom <= 1.0);
        }
        let all = detector.name(&sight.candidates, None, 0.0);
        prop_assert_eq!(all.len(), sight.candidates.len() * labels().len());
        prop_assert_eq!(&all[..found.len()], &found[..]);
    }
}

#[test]
fn one_pass_gives_the_label_networks_features_too() {
    let base = model();
    let labeler = ImageLabeler::new(&base).unwrap();
    let image = image(50, 40, 3);
    let expected = labeler.features(&[tensor(&image, labeler.input())]).remove(0);
    assert_eq!(detector().look(&image).labels, Some(expected));
    let mut elsewhere = objects(&base);
    elsewhere.detector.passes.remove(0);
    let detector = ObjectDetector::new(&base, &elsewhere).unwrap();
    assert_eq!(detector.look(&image).labels, None);
}

#[test]
fn an_application_changes_its_own_names_and_no_others() {
    let detector = detector();
    let candidates = detector.look(&image(50, 40, 3)).candidates;
    let app = AppModel {
        manifest: crate::fixture::app_manifest(&model(), &["Dog"]),
        rows: vec![3],
        weight: vec![0.0; 7],
        bias: vec![2.0],
        layers: crate::weights::Weights::default(),
    };
    let of = |app: Option<&AppModel>, dog: bool| -> Vec<DetectedObject> {
        detector.name(&candidates, app, 0.0).into_iter().filter(|object| (object.name == "Dog") == dog).collect()
    };
    assert_eq!(of(Some(&app), false), of(None, false));
    let score = 1.0 / (1.0 + (-2.0f64).exp());
    assert!(of(Some(&app), true).iter().all(|object| (object.score - score).abs() < 1e-9));
}
