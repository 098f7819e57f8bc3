//! The smallest network with labels one can predict: its features are an image's mean red, green and blue in -1..1.

use std::collections::BTreeMap;
use std::path::Path;

use chameleon_models::app::{AppManifest, AppModel, BaseRef, FORMAT_VERSION};
use chameleon_models::net::{INPUT, ImageInput, Network, Node, Op};
use chameleon_models::resnet::{FEATURES, HEAD};
use chameleon_models::weights::Weights;
use chameleon_models::zoo::{Generic, ImageLabels, LabelInfo, Manifest, WEIGHTS};

const SIDE: usize = 8;
/// Labels that every image has, with falling scores.
pub(crate) const THINGS: usize = 12;

/// Labels: `Red` and `Blue` for images that are mostly so, and `Thing 0`, `Thing 1`, … for every image.
pub(crate) fn tiny() -> ImageLabels {
    let names = ["Red".to_owned(), "Blue".to_owned()].into_iter().chain((0..THINGS).map(|i| format!("Thing {i}")));
    let labels: Vec<_> = names.map(|name| LabelInfo { name, classes: vec![0] }).collect();
    let mut weight = vec![6.0, -3.0, -3.0, -3.0, -3.0, 6.0];
    weight.resize(3 * labels.len(), 0.0);
    let bias = [0.0, 0.0].into_iter().chain((0..THINGS).map(|i| 3.0 - 0.1 * i as f32)).collect();
    let mut weights = Weights::default();
    weights.insert(&format!("{HEAD}.weight"), vec![labels.len(), 3], weight).unwrap();
    weights.insert(&format!("{HEAD}.bias"), vec![labels.len()], bias).unwrap();
    let head = Op::Linear { d_in: 3, d_out: labels.len() };
    let node = |name: &str, op, input: &str| Node { name: name.to_owned(), op, inputs: vec![input.to_owned()] };
    let input = ImageInput { channels: 3, height: SIDE, width: SIDE, mean: vec![0.5; 3], std: vec![0.5; 3] };
    let network = Network {
        name: "tiny".to_owned(),
        input,
        nodes: vec![node(FEATURES, Op::GlobalAvgPool, INPUT), node(HEAD, head, FEATURES)],
        quantization: None,
    };
    let files = BTreeMap::from([(WEIGHTS.to_owned(), "0".repeat(64))]);
    let manifest = Manifest {
        name: "tiny".to_owned(),
        version: "1".to_owned(),
        base: None,
        files,
        recipe: serde_json::Value::Null,
        data: serde_json::Value::Null,
        metrics: serde_json::Value::Null,
        converted_from: None,
    };
    ImageLabels { manifest, network, weights, labels }
}

/// Writes an app model that gives every image the label `always` first.
pub(crate) fn write_app(folder: &Path, app: &str, always: &str) {
    write_app_of(folder, app, always, &tiny());
}

/// The same of another network: its output `always` is the greatest of all, whatever it sees.
pub(crate) fn write_app_of(folder: &Path, app: &str, always: &str, base: &impl Generic) {
    let manifest = AppManifest {
        version: FORMAT_VERSION,
        app: app.to_owned(),
        base: BaseRef::of(base),
        labels: vec![always.to_owned()],
        layers: None,
        others: 0.0,
        process: serde_json::Value::Null,
        evaluation: serde_json::Value::Null,
        recipe: serde_json::Value::Null,
    };
    let row = vec![0.0; base.feature_count()];
    AppModel::new(manifest, row, vec![20.0], base).unwrap().write(folder, &[]).unwrap();
}

/// A PNG of one colour.
pub(crate) fn png(rgb: [u8; 3]) -> Vec<u8> {
    let image = image::RgbImage::from_pixel(16, 16, image::Rgb(rgb));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A red PNG.
pub(crate) fn red() -> Vec<u8> {
    png([255, 0, 0])
}

/// A blue PNG.
pub(crate) fn blue() -> Vec<u8> {
    png([0, 0, 255])
}
