//! The trainer's own binary, adapting the model that ships to small coloured images.

use std::path::Path;
use std::process::{Command, Output};

use chameleon_models::zoo::{self, Generic as _};
use serde_json::Value;

use crate::customize::image;
use crate::files::Folder;

/// Sub-folders, one after the other through the images; the last is of images without a label.
const FOLDERS: [&str; 3] = ["bread", "bottle", "_none"];

fn images(count: usize) -> Folder {
    let folder = Folder::new();
    for i in 0..count {
        folder.write(&format!("{}/{i}.png", FOLDERS[i % FOLDERS.len()]), image(i));
    }
    folder
}

fn adapt(data: &Path, out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chameleon-trainer"));
    command.args(["adapt", "--json", "--epochs", "3", "--batch", "10", "--data"]).arg(data).arg("--out").arg(out);
    command.args(arguments).output().expect("starts")
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a run printed that made the model better.
fn improved(output: &Output) -> Value {
    assert!(output.status.success(), "{}", message(output));
    let adapted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let number = |name: &str| adapted[name].as_f64().expect("a number");
    assert!(number("epoch") >= 1.0 && number("after") > number("before"), "{adapted}");
    adapted
}

#[test]
fn a_model_adapted_to_images_orders_them_better_and_keeps_what_it_shares() {
    let (data, work) = (images(240), Folder::new());
    let out = work.path().join("base");
    let adapted = improved(&adapt(data.path(), &out, &["--learning-rate", "0.01"]));
    assert_eq!([&adapted["training_images"], &adapted["tuning_images"]], [120, 60], "{adapted}");
    // Bread, Bottle, and the broader labels that go with them.
    assert!((3..20).contains(&adapted["labels"].as_u64().expect("a number")), "{adapted}");

    let (shipped, own) = (zoo::image_labels().expect("ships"), zoo::read(&out).expect("reads back"));
    assert_eq!(own.manifest.base.as_deref(), Some(shipped.weights_sha256()));
    assert_eq!((&own.labels, &own.network), (&shipped.labels, &shipped.network));
    let differ =
        |name: &str| own.weights.get(name).expect("it is there") != shipped.weights.get(name).expect("it is there");
    let changed: Vec<&str> = shipped.weights.iter().map(|(name, _)| name).filter(|name| differ(name)).collect();
    assert!(changed.iter().all(|name| name.starts_with("stage3.") || name.starts_with("head.")), "{changed:?}");
    assert!(changed.contains(&"head.weight") && changed.contains(&"stage3.0.a.conv.weight"), "{changed:?}");

    // A folder of the adapted model is replaced, one of something else is not.
    assert!(adapt(data.path(), &out, &["--learning-rate", "0.01"]).status.success());
    let refused = adapt(data.path(), data.path(), &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message(&refused).contains("exists and holds no manifest.json"), "{}", message(&refused));
}

#[test]
fn all_layers_can_be_adapted() {
    let (data, work) = (images(240), Folder::new());
    let out = work.path().join("base");
    improved(&adapt(data.path(), &out, &["--part", "all"]));
    let (shipped, own) = (zoo::image_labels().expect("ships"), zoo::read(&out).expect("reads back"));
    let differ = |name: &&str| own.weights.get(name).expect("it is there") != shipped.weights.get(name).expect("too");
    let all: Vec<&str> = shipped.weights.iter().map(|(name, _)| name).filter(|name| name.ends_with("weight")).collect();
    let same: Vec<&&str> = all.iter().filter(|name| !differ(name)).collect();
    assert!(same.is_empty(), "{same:?}");
    // What was used is written down, the defaults of the part too.
    assert_eq!(own.manifest.recipe["adapt"]["part"], "all");
    assert_eq!(own.manifest.recipe["adapt"]["learning_rate"], 0.015);
}

#[test]
fn without_an_improvement_nothing_is_written() {
    let (data, work) = (images(240), Folder::new());
    let out = work.path().join("base");
    let output = adapt(data.path(), &out, &["--learning-rate", "1000"]);
    assert!(output.status.success(), "{}", message(&output));
    let adapted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&adapted["epoch"], &adapted["before"]), (&Value::from(0), &adapted["after"]), "{adapted}");
    assert!(!out.exists());
}

#[test]
fn too_few_images_and_unknown_labels_are_refused() {
    let work = Folder::new();
    let refused = |data: &Folder| {
        let output = adapt(data.path(), &work.path().join("base"), &[]);
        assert_eq!(output.status.code(), Some(2), "{}", message(&output));
        message(&output)
    };
    let few = refused(&images(60));
    assert!(few.contains("15 tuning images; at least 50 are needed"), "{few}");
    let unlabelled = Folder::new();
    for i in 0..240 {
        unlabelled.write(&format!("_none/{i}.png"), image(i));
    }
    let none = refused(&unlabelled);
    assert!(none.contains("the training images carry no label of the model"), "{none}");
}
