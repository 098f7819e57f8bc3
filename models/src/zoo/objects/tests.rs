use std::fs;

use proptest::prelude::*;

use super::*;
use crate::fixture::{damage, model, objects, told, write_objects};

#[test]
fn the_detector_that_ships_is_whole_and_knows_what_applications_ask_for() {
    let backbone = crate::zoo::image_labels().unwrap();
    let objects = crate::zoo::image_objects(&backbone).unwrap();
    assert_eq!(objects.manifest.name, NAME);
    let vocabulary = crate::zoo::image_object_vocabulary().unwrap().labels;
    assert!(objects.labels.iter().map(|label| &label.name).eq(&vocabulary));
    let detector = crate::objects::ObjectDetector::new(&backbone, &objects).unwrap();
    let gray = crate::preprocess::RgbImage::from_pixel(200, 100, image::Rgb([128, 128, 128]));
    let sight = detector.look(&gray);
    assert_eq!(sight.labels.unwrap().len(), crate::zoo::Generic::feature_count(&backbone));
    let certain = |candidate: &crate::objects::Candidate| candidate.doubt() < 0.7;
    assert!(!sight.candidates.iter().any(certain), "on an empty picture nothing is rather an object than not");
    for name in [
        "Person",
        "Chair",
        "Table",
        "Dress",
        "Top",
        "Car",
        "Van",
        "Truck",
        "Boat",
        "Pizza",
        "Food",
        "Baked goods",
        "Snack",
        "Dessert",
        "Dog",
        "Cat",
        "Bear",
        "Packaged goods",
        "Bottle",
        "Tableware",
        "Home appliance",
        "Spoon",
    ] {
        assert!(vocabulary.iter().any(|known| known == name), "{name}");
    }
}

/// The error of a detector that was changed.
fn refused(change: impl Fn(&mut ImageObjects)) -> String {
    let base = model();
    let mut changed = objects(&base);
    change(&mut changed);
    told(&changed.checked(&base).unwrap_err())
}

#[test]
fn what_is_written_is_read_back() {
    let (base, folder) = (model(), tempfile::tempdir().unwrap());
    let written = objects(&base);
    write_objects(folder.path(), &written);
    let read = read_objects(folder.path(), &base).unwrap();
    assert_eq!((&read.detector, &read.names, &read.labels), (&written.detector, &written.names, &written.labels));
    assert_eq!(read.weights, written.weights);
}

#[test]
fn a_detector_of_another_network_is_refused() {
    let error = refused(|objects| objects.detector.base.weights_sha256 = "00".to_owned());
    assert!(error.starts_with("detector.json: made for weights 00 of `small`; this program has "), "{error}");
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    assert_eq!(refused(|objects| drop(objects.labels.pop())), "labels.json: 5 labels for 6 outputs");
    assert_eq!(
        refused(|objects| objects.detector.passes.clear()),
        "detector.json: passes []; expected some of 1 to 1024 pixels"
    );
    assert!(refused(|objects| objects.detector.passes[0].side = 1 << 40).starts_with("detector.json: passes"));
    assert!(refused(|objects| objects.detector.passes[1].smallest = f64::NAN).starts_with("detector.json: passes"));
    assert!(refused(|objects| objects.detector.overlap = f64::NAN).starts_with("detector.json: overlap NaN"));
    assert!(refused(|objects| objects.detector.candidates = 0).starts_with("detector.json: overlap 0.5, 0 can"));
    assert!(refused(|objects| drop(objects.detector.nodes.pop())).starts_with("weights.safetensors: tensor"));
    assert!(refused(|objects| objects.names.weight.truncate(7)).starts_with("detector.json: `objects.name.relu`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_never_panic(file in 0_usize..3, bit in any::<usize>(), cut in 0_usize..3) {
        let (base, folder) = (model(), tempfile::tempdir().unwrap());
        let whole = objects(&base);
        write_objects(folder.path(), &whole);
        let path = folder.path().join([DETECTOR, LABELS, WEIGHTS][file]);
        let bytes = damage(&fs::read(&path).unwrap(), bit, cut);
        let manifest = fs::read_to_string(folder.path().join(MANIFEST)).unwrap();
        let (old, new) = (files::sha256(&fs::read(&path).unwrap()), files::sha256(&bytes));
        fs::write(&path, bytes).unwrap();
        prop_assert!(read_objects(folder.path(), &base).is_err(), "the manifest lists another file");
        fs::write(folder.path().join(MANIFEST), manifest.replace(&old, &new)).unwrap();
        if let Ok(read) = read_objects(folder.path(), &base) {
            prop_assert_eq!(read.names.bias.len(), read.labels.len());
            crate::objects::ObjectDetector::new(&base, &read).ok();
        }
    }
}
