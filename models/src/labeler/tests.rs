use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::*;
use crate::fixture::{FEATURES, app_model, model};
use crate::preprocess::{DecodeLimits, decode, tensor};
use crate::resnet::HEAD;
use crate::weights::Weights;

/// A PNG of a blue disc on yellow.
fn drawing() -> Vec<u8> {
    let inside = |x: u32, y: u32| x.abs_diff(40).pow(2) + y.abs_diff(30).pow(2) < 400;
    let image = RgbImage::from_fn(80, 60, |x, y| if inside(x, y) { Rgb([20, 40, 220]) } else { Rgb([250, 220, 40]) });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn features(labeler: &ImageLabeler) -> Vec<f32> {
    let image = decode(&drawing(), DecodeLimits::default()).unwrap();
    labeler.features(&[tensor(&image, labeler.input())]).remove(0)
}

#[test]
fn an_image_gets_the_same_labels_every_time() {
    let (first, second) = (ImageLabeler::new(&model()).unwrap(), ImageLabeler::new(&model()).unwrap());
    let labels = first.labels(&features(&first));
    assert!(!labels.is_empty(), "the small model returns some label for the drawing");
    assert_eq!(labels, first.labels(&features(&first)));
    assert_eq!(labels, second.labels(&features(&second)));
}

#[test]
fn labels_come_with_falling_scores_of_at_least_the_minimum() {
    let labeler = ImageLabeler::new(&model()).unwrap();
    let logits = labeler.logits(&features(&labeler));
    let labels = labeler.labels(&features(&labeler));
    assert_eq!(labels.len(), logits.iter().filter(|&&logit| logit >= 0.0).count());
    assert!(labels.iter().all(|label| label.score >= MIN_SCORE && label.score <= 1.0));
    assert!(labels.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn the_engines_head_gives_the_labelers_logits() {
    let model = model();
    let labeler = ImageLabeler::new(&model).unwrap();
    let image = decode(&drawing(), DecodeLimits::default()).unwrap();
    let head = labeler.engine.run(&tensor(&image, labeler.input()), 1, HEAD);
    for (a, b) in head.iter().zip(labeler.logits(&features(&labeler))) {
        assert!((a - b).abs() < 1e-5, "{a} and {b}");
    }
}

#[test]
fn many_images_get_the_features_that_each_gets_alone() {
    let labeler = ImageLabeler::new(&model()).unwrap();
    let images: Vec<Vec<f32>> =
        (0..9).map(|i| (0..768).map(|k| ((i * 31 + k) % 17) as f32 / 8.0 - 1.0).collect()).collect();
    let together = labeler.features(&images);
    assert_eq!(together.len(), 9);
    for (image, features) in images.iter().zip(together) {
        assert_eq!(features.len(), FEATURES);
        assert_eq!(labeler.features(std::slice::from_ref(image)), [features]);
    }
    assert!(labeler.features(&[]).is_empty());
}

#[test]
fn an_app_model_with_the_generic_rows_changes_nothing() {
    let model = model();
    let labeler = ImageLabeler::new(&model).unwrap();
    let app = app_model(&model, &["Sofa", "Fish"]);
    let features = features(&labeler);
    let own = labeler.for_app(&model, Arc::new(app)).unwrap();
    assert_eq!(own.labels(&features), labeler.labels(&features));
}

#[test]
fn an_app_models_bias_changes_its_labels_and_no_others() {
    let model = model();
    let labeler = ImageLabeler::new(&model).unwrap();
    let features = features(&labeler);
    let mut app = app_model(&model, &["Sofa", "Fish"]);
    app.bias[0] += 100.0;
    app.bias[1] -= 100.0;
    let with_app = labeler.for_app(&model, Arc::new(app)).unwrap();
    let (generic, own) = (labeler.logits(&features), with_app.logits(&features));
    for (i, (generic, own)) in generic.iter().zip(&own).enumerate() {
        match model.labels[i].name.as_str() {
            "Sofa" => assert!(own - generic > 99.0),
            "Fish" => assert!(own - generic < -99.0),
            _ => assert_eq!(own.to_bits(), generic.to_bits()),
        }
    }
    let labels = with_app.labels(&features);
    assert_eq!(labels[0].description, "Sofa");
    assert!(labels.iter().all(|label| label.description != "Fish"));
}

/// A labeler whose features are its logits.
fn identity() -> ImageLabeler {
    let mut labeler = ImageLabeler::new(&model()).unwrap();
    let weight = (0..36).map(|i| if i % 7 == 0 { 1.0 } else { 0.0 }).collect();
    labeler.head = Arc::new(Head { weight, bias: vec![0.0; 6] });
    labeler
}

#[test]
fn equal_scores_keep_the_vocabularys_order() {
    let labels = identity().labels(&[1.0, 3.0, 1.0, -0.1, 3.0, 0.0]);
    let names: Vec<&str> = labels.iter().map(|label| label.description.as_str()).collect();
    assert_eq!(names, ["Fish", "Animal", "Goldfish", "Shark", "Sofa"]);
    assert!((labels[4].score - 0.5).abs() < f64::EPSILON, "a logit of zero is just enough");
}

#[test]
fn features_that_are_not_numbers_give_no_labels() {
    assert!(identity().labels(&[f32::NAN; 6]).is_empty());
}

#[test]
fn an_application_may_shift_the_labels_that_it_does_not_bring() {
    let model = model();
    let labeler = ImageLabeler::new(&model).unwrap();
    let features = features(&labeler);
    let mut app = app_model(&model, &["Fish"]);
    app.manifest.others = -1000.0;
    let logits = |app: &AppModel| labeler.for_app(&model, Arc::new(app.clone())).unwrap().logits(&features);
    let (generic, shifted) = (labeler.logits(&features), logits(&app));
    for (i, (before, after)) in generic.iter().zip(&shifted).enumerate() {
        assert!(app.rows.contains(&i) || *after < before - 900.0, "{i}: {before} and {after}");
    }
    app.manifest.others = 0.0;
    let unshifted = logits(&app);
    assert!(app.rows.iter().all(|&i| unshifted[i].to_bits() == shifted[i].to_bits()));
}

#[test]
fn adapters_change_features_and_share_the_layers_that_they_leave_alone() {
    let model = model();
    let labeler = ImageLabeler::new(&model).unwrap();
    let input = vec![tensor(&decode(&drawing(), DecodeLimits::default()).unwrap(), labeler.input())];
    let beside = ["stage0.0.b.conv"];
    let network = crate::adapters::adapted(&model.network, &beside, 2).unwrap();
    let make = |value: f32| {
        let mut adapters = Weights::default();
        for (name, shape) in network.parameters().into_iter().filter(|(name, _)| name.starts_with("stage0.0.b.conv.")) {
            let values = vec![value; shape.iter().product()];
            adapters.insert(&name, shape, values).unwrap();
        }
        adapters.remove("stage0.0.b.conv");
        app_model(&model, &["Fish"]).with_layers(&adapters, &model).unwrap()
    };
    let with = |value: f32| labeler.for_app(&model, Arc::new(make(value))).unwrap();
    assert_eq!(with(0.0).features(&input), labeler.features(&input), "an adapter of zeros changes nothing");
    assert_ne!(with(0.5).features(&input), labeler.features(&input));
    assert_eq!(with(0.5).engine.layers_beyond(&labeler.engine), beside.len() * 2, "only the adapters are its own");
}

#[test]
fn a_batch_of_several_applications_gives_each_image_the_labels_of_its_own() {
    let model = model();
    let generic = ImageLabeler::new(&model).unwrap();
    let mut head = app_model(&model, &["Sofa", "Fish"]);
    head.bias[0] += 100.0;
    let mut adapters = Weights::default();
    adapters.insert("stage0.0.b.conv.down.weight", vec![2, 12, 3, 3], vec![0.5; 216]).unwrap();
    adapters.insert("stage0.0.b.conv.up.weight", vec![12, 2, 1, 1], vec![0.5; 24]).unwrap();
    let deep = app_model(&model, &["Dog"]).with_layers(&adapters, &model).unwrap();
    let [head, deep] = [head, deep].map(|app| generic.for_app(&model, Arc::new(app)).unwrap());
    let images: Vec<Vec<f32>> =
        (0..10).map(|i| (0..768).map(|k| ((i * 31 + k) % 17) as f32 / 8.0 - 1.0).collect()).collect();
    let labelers = [&generic, &head, &deep];
    let batch: Vec<(&ImageLabeler, &[f32])> =
        images.iter().enumerate().map(|(i, image)| (labelers[i % 3], image.as_slice())).collect();
    let expected: Vec<Vec<Label>> =
        batch.iter().map(|(labeler, image)| labeler.labels(&labeler.features(&[image.to_vec()])[0])).collect();
    assert_eq!(ImageLabeler::label_batch(&batch), expected);
    assert!(expected[1].iter().any(|label| label.description == "Sofa" && label.score > 0.99));
    assert_ne!(deep.features(&images[..1]), generic.features(&images[..1]));
    assert!(ImageLabeler::label_batch(&[]).is_empty());
}
