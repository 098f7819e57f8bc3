use std::fs;

use super::*;
use crate::fixture::{FEATURES, bank, labels, model, told, write_manifest, write_zoo};

/// The error of reading a folder that `change` was done to, the manifest's hashes made to fit again.
fn refused(change: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_zoo(folder.path());
    change(folder.path());
    write_manifest(folder.path());
    told(&read(folder.path()).unwrap_err())
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(folder.join(file), text.replace(from, to)).unwrap();
}

#[test]
fn the_model_that_ships_is_whole_and_labels_images() {
    let model = image_labels().unwrap();
    assert_eq!(model.manifest.name, "image-labels");
    assert_eq!(model.vocabulary(), image_label_vocabulary().unwrap());
    let labeler = crate::labeler::ImageLabeler::new(&model).unwrap();
    let features = labeler.features(&[vec![0.0; labeler.input().elements()]]).remove(0);
    assert_eq!(features.len(), model.feature_count());
    assert_eq!(labeler.logits(&features).len(), model.labels.len());
}

#[cfg(feature = "bank")]
#[test]
fn the_bank_that_ships_has_images_of_every_split_for_every_label() {
    use crate::bank::Split;
    let (bank, labels) = (super::bank().unwrap(), image_labels().unwrap().labels);
    for split in [Split::Train, Split::Tune, Split::Test] {
        let mut seen = vec![false; labels.len()];
        for (targets, _) in bank.targets.iter().zip(&bank.split).filter(|(_, of)| **of == split) {
            for &label in targets {
                seen[usize::from(label)] = true;
            }
        }
        assert!(seen.iter().all(|&seen| seen), "{split:?}");
    }
}

/// What each was measured to be when it was written, on texts that it was not trained on; the least that is good enough.
#[test]
fn the_text_models_that_ship_were_measured_to_be_good_enough() {
    let floors = [
        (TextTask::Sentiment, "movie-reviews accuracy", 0.76),
        (TextTask::Sentiment, "tweet-sentiment macro-F1", 0.58),
        (TextTask::Topics, "ag-news accuracy", 0.88),
        (TextTask::Topics, "bbc-news accuracy", 0.96),
        (TextTask::Entities, "btc-entities span F1", 0.55),
    ];
    for (task, measure, least) in floors {
        let measured = text(task).unwrap().manifest.metrics["validation"][measure].as_f64();
        assert!(measured >= Some(least), "{measure}: {measured:?}");
    }
}

#[test]
fn a_folder_is_read_with_its_bank() {
    let folder = tempfile::tempdir().unwrap();
    write_zoo(folder.path());
    let model = read(folder.path()).unwrap();
    assert_eq!(model.manifest.name, "small");
    assert_eq!(model.feature_count(), FEATURES);
    assert_eq!(model.weights_sha256(), sha256(&fs::read(folder.path().join(WEIGHTS)).unwrap()));
    let words = model.vocabulary().labels;
    assert_eq!(words, ["Goldfish", "Fish", "Shark", "Dog", "Animal", "Sofa"]);
    assert_eq!(read_bank(folder.path(), &model).unwrap().targets, bank().targets);
}

#[test]
fn a_file_that_is_not_the_manifests_is_refused() {
    for file in [NETWORK, WEIGHTS, LABELS, BANK] {
        let folder = tempfile::tempdir().unwrap();
        write_zoo(folder.path());
        let mut bytes = fs::read(folder.path().join(file)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(folder.path().join(file), bytes).unwrap();
        let error = match read(folder.path()) {
            Ok(model) => read_bank(folder.path(), &model).unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(&error, ZooError::Hash { file: named, .. } if named == file), "{file}: {error}");
    }
}

#[test]
fn missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = told(&read(folder.path()).unwrap_err());
    assert!(error.contains("manifest.json"), "{error}");
    write_zoo(folder.path());
    edit(folder.path(), MANIFEST, "labels.json", "lables.json");
    assert_eq!(told(&read(folder.path()).unwrap_err()), "manifest.json lists no labels.json");
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    let label = r#"{"name":"Sofa","classes":[3]}"#;
    assert_eq!(refused(|folder| edit(folder, LABELS, &format!(",{label}"), "")), "labels.json: 5 labels for 6 outputs");
    assert_eq!(refused(|folder| edit(folder, LABELS, "Sofa", "Dog")), "labels.json: label `Dog` twice");
    let error = refused(|folder| edit(folder, NETWORK, r#""std":[0.25,0.25,0.25]"#, r#""std":[0.25,0.0,0.25]"#));
    assert!(error.starts_with("network.json: the input's mean and std"), "{error}");
    let error = refused(|folder| edit(folder, NETWORK, r#""d_out":6"#, r#""d_out":7"#));
    assert_eq!(error, "weights.safetensors: tensor `head.weight`: expected shape [7, 12], got [6, 12]");
    let error = refused(|folder| edit(folder, NETWORK, r#""height":16"#, r#""height":18446744073709551615"#));
    assert!(error.starts_with("network.json: value `input`"), "{error}");
    let error = refused(|folder| edit(folder, NETWORK, r#""padding":1"#, r#""padding":9223372036854775808"#));
    assert!(error.starts_with("network.json: node `stem.conv`"), "{error}");
}

#[test]
fn a_bank_comes_back_rounded_to_its_levels() {
    let back = Bank::read(&bank().write().unwrap(), &labels()).unwrap();
    assert_eq!((&back.classes, &back.split), (&bank().classes, &bank().split));
    assert_eq!(back.targets, [vec![5], vec![0, 1, 4], vec![1, 2, 4], vec![3, 4]]);
    for (i, (value, rounded)) in bank().features.iter().zip(&back.features).enumerate() {
        let largest = (0..4).map(|n| bank().feature(n)[i % FEATURES]).fold(0.0, f32::max);
        assert!((value - rounded).abs() <= largest / 255.0 * 0.501, "{value} became {rounded}");
    }
    assert_eq!(back.write().unwrap(), bank().write().unwrap(), "rounding again changes nothing");
}

#[test]
fn banks_that_mean_nothing_are_refused() {
    let split = vec![crate::bank::Split::Train];
    let new = |features: Vec<f32>, class| Bank::new(2, features, vec![class], split.clone(), &labels());
    assert!(matches!(new(vec![0.0, -1.0], 0), Err(BankError::Value)));
    assert!(matches!(new(vec![0.0, f32::NAN], 0), Err(BankError::Value)));
    assert!(matches!(new(vec![0.0], 0), Err(BankError::Length { .. })));
    assert!(matches!(new(vec![0.0, 1.0], 9), Err(BankError::Class(9))));
    let mut longer = model().labels;
    longer[0].classes = vec![7];
    longer[1].classes = vec![7];
    longer[4].classes = vec![7];
    assert!(matches!(Bank::read(&bank().write().unwrap(), &longer), Err(BankError::Class(0))));
}

proptest::proptest! {
    #[test]
    fn damaged_banks_never_panic(bit in proptest::prelude::any::<usize>(), cut in 0_usize..3) {
        let bytes = crate::fixture::damage(&bank().write().unwrap(), bit, cut);
        if let Ok(bank) = Bank::read(&bytes, &labels()) {
            proptest::prop_assert_eq!(bank.features.len(), bank.len() * bank.dim);
            proptest::prop_assert_eq!(bank.targets.len(), bank.split.len());
        }
    }
}

#[test]
fn an_error_says_once_what_is_wrong() {
    let error = refused(|folder| fs::write(folder.join(WEIGHTS), [0; 9]).unwrap());
    assert_eq!(error.matches("not a whole safetensors file").count(), 1, "{error}");
    let error = refused(|folder| edit(folder, NETWORK, r#""op":"relu""#, r#""op":"frobnicate""#));
    assert_eq!(error.matches("unknown variant `frobnicate`").count(), 1, "{error}");
}
