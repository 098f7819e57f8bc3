//! The trainer's own binary, customizing with one small set of images in every layout.

use std::path::Path;
use std::process::{Command, Output};

use chameleon_decision::Order;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::files::Folder;
use crate::layouts::Layout;
use crate::support;

/// Labels of the model that ships, one after the other through the images, and none.
const LABELS: [Option<&str>; 3] = [Some("Bread"), Some("Bottle"), None];
/// Images; of each label five to tune and five to test, as customization needs.
const IMAGES: usize = 60;

/// A small image in the colour of its label, no two alike.
pub(crate) fn image(i: usize) -> Vec<u8> {
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
fn succeeds(data: &Path, arguments: &[&str]) {
    let output = customize(data, arguments);
    assert!(output.status.success(), "{}: {}", data.display(), String::from_utf8_lossy(&output.stderr));
    let evaluation: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let images = &evaluation["images"];
    assert_eq!(images["source"], data.display().to_string());
    assert_eq!([&images["train"], &images["tune"], &images["test"]], [30, 15, 15], "{images}");
}

/// One line on stderr.
fn fails(data: &Path) -> String {
    let output = customize(data, &[]);
    let message = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

/// A sub-folder for each label.
fn in_sub_folders(names: [&str; 3]) -> Folder {
    let folder = Folder::new();
    for i in 0..IMAGES {
        folder.write(&format!("{}/{i}.png", names[i % LABELS.len()]), image(i));
    }
    folder
}

#[test]
fn every_layout_of_data_can_be_customized_with() {
    let images: Vec<Vec<u8>> = (0..IMAGES).map(image).collect();
    let labels: Vec<Vec<&str>> = (0..IMAGES).map(|i| LABELS[i % LABELS.len()].into_iter().collect()).collect();
    for layout in Layout::ALL {
        let folder = Folder::new();
        layout.write(&folder, &images, &labels);
        succeeds(folder.path(), &[]);
    }
    succeeds(in_sub_folders(["bread", "bottle", "_none"]).path(), &[]);
}

#[test]
fn names_are_mapped() {
    let folder = in_sub_folders(["pain", "flasche", "rien"]);
    let message = fails(folder.path());
    assert!(message.contains("`flasche` (20 times), `pain` (20 times), `rien` (20 times): not among the"), "{message}");
    let map = Folder::new();
    let map = map.write("map.csv", "pain,Bread\nflasche,Bottle\n*,\n");
    succeeds(folder.path(), &["--labels-map", &map.to_string_lossy()]);
}

#[test]
fn an_image_that_cannot_be_decoded_is_named() {
    let folder = in_sub_folders(["bread", "bottle", "_none"]);
    let whole = image(3);
    folder.write("bread/3.png", &whole[..whole.len() / 2]);
    let message = fails(folder.path());
    assert!(
        message.contains("bread/3.png: this image cannot be used; replace it or leave it out of the data: "),
        "{message}"
    );
}
