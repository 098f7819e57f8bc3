//! The trainer's own binary, customizing with one small set of images in every layout.

use std::path::Path;
use std::process::{Command, Output};

use chameleon_decision::Order;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::files::Folder;
use crate::shards::{LabelColumn, write};
use crate::support;

/// Labels of the model that ships, one after the other through the images, and none.
const LABELS: [&str; 3] = ["Bread", "Bottle", ""];
/// Images; of each label five to tune and five to test, as customization needs.
const IMAGES: usize = 60;

fn label(i: usize) -> &'static str {
    LABELS[i % LABELS.len()]
}

fn image(i: usize) -> Vec<u8> {
    let colour = [[200, 160, 90], [40, 90, 200], [90, 200, 90]][i % LABELS.len()];
    let pixel = |x: u32, y: u32| Rgb(colour.map(|c: u8| c.wrapping_add((x * y + 7 * i as u32) as u8 % 40)));
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbImage::from_fn(16, 16, pixel).write_to(&mut bytes, ImageFormat::Png).expect("encodes");
    bytes.into_inner()
}

fn customize(data: &Path, arguments: &[&str]) -> Output {
    let work = Folder::new();
    let process = support::process(Order::ApiOutput, &[("food", vec!["Bread"]), ("recycle", vec!["Bottle"])]);
    let process = work.write("process.json", serde_json::to_vec(&process).expect("serializes"));
    let recipe = work.write("recipe.json", json!({"resamples": 100}).to_string());
    let mut command = Command::new(env!("CARGO_BIN_EXE_chameleon-trainer"));
    command.args(["customize", "--json", "--seeds", "1", "--steps", "5", "--process"]).arg(process);
    command.arg("--recipe").arg(recipe).arg("--out").arg(work.path().join("app")).arg("--data").arg(data);
    command.args(arguments).output().expect("starts")
}

/// Customizes and checks that all images were used.
fn succeeds(data: &Path) {
    let output = customize(data, &[]);
    assert!(output.status.success(), "{}: {}", data.display(), String::from_utf8_lossy(&output.stderr));
    let evaluation: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let images = &evaluation["images"];
    assert_eq!(images["source"], data.display().to_string());
    assert_eq!([&images["train"], &images["tune"], &images["test"]], [30, 15, 15], "{images}");
}

fn with_images(name: impl Fn(usize) -> String) -> Folder {
    let folder = Folder::new();
    for i in 0..IMAGES {
        folder.write(&name(i), image(i));
    }
    folder
}

#[test]
fn sub_folders() {
    let folder = with_images(|i| format!("{}/{i}.png", if label(i).is_empty() { "_none" } else { label(i) }));
    succeeds(folder.path());
}

#[test]
fn a_table_and_json_lines() {
    let folder = with_images(|i| format!("images/{i}.png"));
    let rows: String = (0..IMAGES).map(|i| format!("images/{i}.png,{}\n", label(i))).collect();
    let table = folder.write("list.csv", format!("file,label\n{rows}"));
    succeeds(&table);
    let line = |i: usize| {
        let labels: Vec<&str> = Some(label(i)).filter(|label| !label.is_empty()).into_iter().collect();
        json!({"file_name": format!("images/{i}.png"), "labels": labels})
    };
    let lines: String = (0..IMAGES).map(|i| format!("{}\n", line(i))).collect();
    succeeds(&folder.write("list.jsonl", lines));
}

#[test]
fn coco() {
    let folder = with_images(|i| format!("images/{i}.png"));
    let images: Vec<Value> = (0..IMAGES).map(|i| json!({"id": i, "file_name": format!("{i}.png")})).collect();
    let labelled = (0..IMAGES).filter(|&i| !label(i).is_empty());
    let annotations: Vec<Value> = labelled.map(|i| json!({"image_id": i, "category_id": i % LABELS.len()})).collect();
    let categories = json!([{"id": 0, "name": "bread"}, {"id": 1, "name": "bottle"}]);
    let coco = json!({"images": images, "annotations": annotations, "categories": categories});
    folder.write("annotations/instances_all.json", coco.to_string());
    succeeds(folder.path());
}

#[test]
fn open_images() {
    let folder = with_images(|i| format!("images/{i:04}.png"));
    folder.write("class-descriptions.csv", "LabelName,DisplayName\n/m/09728,Bread\n/m/04dr76w,Bottle\n");
    let row = |i: usize| match label(i) {
        "Bread" => format!("{i:04},verification,/m/09728,1\n"),
        "Bottle" => format!("{i:04},verification,/m/04dr76w,1\n"),
        _ => format!("{i:04},verification,/m/09728,0\n"),
    };
    let rows: String = (0..IMAGES).map(row).collect();
    folder.write("imagelabels.csv", format!("ImageID,Source,LabelName,Confidence\n{rows}"));
    succeeds(folder.path());
}

#[test]
fn parquet() {
    let folder = Folder::new();
    let images: Vec<Option<Vec<u8>>> = (0..IMAGES).map(|i| Some(image(i))).collect();
    let labels = LabelColumn::Numbers(
        (0..IMAGES).map(|i| if label(i).is_empty() { vec![] } else { vec![(i % 3) as i64] }).collect(),
    );
    write(&folder.path().join("data-0-of-1.parquet"), &images, &labels, &["Bread", "Bottle"], 25);
    succeeds(folder.path());
}

#[test]
fn names_are_mapped() {
    let folder = with_images(|i| format!("{}/{i}.png", ["pain", "flasche", "rien"][i % LABELS.len()]));
    let failed = customize(folder.path(), &[]);
    let message = String::from_utf8(failed.stderr).expect("text");
    assert_eq!(failed.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("`flasche` (in 20), `pain` (in 20), `rien` (in 20): not among the"), "{message}");
    let map = Folder::new();
    let map = map.write("map.csv", "pain,Bread\nflasche,Bottle\n*,\n");
    let mapped = customize(folder.path(), &["--labels-map", &map.to_string_lossy()]);
    assert!(mapped.status.success(), "{}", String::from_utf8_lossy(&mapped.stderr));
}

#[test]
fn an_image_that_cannot_be_decoded_is_named() {
    let folder = with_images(|i| format!("{}/{i}.png", if label(i).is_empty() { "_none" } else { label(i) }));
    let whole = image(3);
    folder.write("Bread/3.png", &whole[..whole.len() / 2]);
    let failed = customize(folder.path(), &[]);
    let message = String::from_utf8(failed.stderr).expect("text");
    assert_eq!(failed.status.code(), Some(2), "{message}");
    assert!(
        message.contains("Bread/3.png: this image cannot be used; replace it or leave it out of the data: "),
        "{message}"
    );
}
