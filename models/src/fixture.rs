//! A small model for tests: real parts, random parameters, six labels over four classes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::app::{AppManifest, AppModel, BaseRef, FORMAT_VERSION};
use crate::bank::{Bank, Split};
use crate::head::Head;
use crate::net::{ImageInput, Network};
use crate::objects::network::{self, HeadConfig, PREFIX};
use crate::resnet::{ResNetConfig, resnet};
use crate::weights::{Precision, Weights};
use crate::zoo::objects::{DETECTOR, Detector, ImageObjects, PassConfig};
use crate::zoo::{self, ImageLabels, LabelInfo, Manifest, sha256};

/// Features of the small model.
pub(crate) const FEATURES: usize = 12;

pub(crate) fn network() -> Network {
    resnet(&ResNetConfig {
        name: "small".to_owned(),
        input: ImageInput { channels: 3, height: 16, width: 16, mean: vec![0.5; 3], std: vec![0.25; 3] },
        stem: (8, 2),
        stages: vec![(FEATURES, 1, 2)],
        outputs: labels().len(),
    })
}

pub(crate) fn labels() -> Vec<LabelInfo> {
    let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
    let table: [(&str, &[u16]); 6] =
        [("Goldfish", &[0]), ("Fish", &[0, 1]), ("Shark", &[1]), ("Dog", &[2]), ("Animal", &[0, 1, 2]), ("Sofa", &[3])];
    table.map(|(name, classes)| label(name, classes)).to_vec()
}

/// Parameters of a size that keeps values near one; variances positive.
pub(crate) fn random_weights(network: &Network, rng: &mut ChaCha8Rng) -> Weights {
    let mut weights = Weights::default();
    for (name, shape) in network.parameters() {
        let fan_in: usize = shape[1..].iter().product::<usize>().max(1);
        let scale = (3.0 / fan_in as f32).sqrt();
        let mut value = || match name.rsplit('.').next() {
            Some("running_var") => rng.random_range(0.1..2.0),
            _ => rng.random_range(-scale..scale),
        };
        let data = (0..shape.iter().product::<usize>()).map(|_| value()).collect();
        weights.insert(&name, shape, data).unwrap();
    }
    weights
}

pub(crate) fn bank() -> Bank {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let features = (0..4 * FEATURES).map(|_| rng.random_range(0.0..3.0)).collect();
    let split = vec![Split::Train, Split::Tune, Split::Test, Split::Train];
    Bank::new(FEATURES, features, vec![3, 0, 1, 2], split, &labels()).unwrap()
}

/// Writes the model's folder.
pub(crate) fn write_zoo(folder: &Path) {
    let network = network();
    let weights = random_weights(&network, &mut ChaCha8Rng::seed_from_u64(1));
    let files = [
        (zoo::NETWORK, serde_json::to_vec(&network).unwrap()),
        (zoo::WEIGHTS, weights.write_safetensors(Precision::F16).unwrap()),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": labels() })).unwrap()),
        (zoo::BANK, bank().write().unwrap()),
    ];
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    write_manifest(folder);
}

/// Writes the manifest of whatever files are there.
pub(crate) fn write_manifest(folder: &Path) {
    let hash = |name: &str| (name.to_owned(), sha256(&fs::read(folder.join(name)).unwrap()).into());
    let files: serde_json::Map<String, serde_json::Value> =
        [zoo::NETWORK, zoo::WEIGHTS, zoo::LABELS, zoo::BANK].map(hash).into_iter().collect();
    let manifest = json!({ "name": "small", "version": "1", "files": files, "data": "none", "later": "unknown field" });
    fs::write(folder.join(zoo::MANIFEST), manifest.to_string()).unwrap();
}

pub(crate) fn model() -> ImageLabels {
    let folder = tempfile::tempdir().unwrap();
    write_zoo(folder.path());
    zoo::read(folder.path()).unwrap()
}

/// An app model of the generic rows of `names`.
pub(crate) fn app_model(base: &ImageLabels, names: &[&str]) -> AppModel {
    let head = base.weights.get("head.weight").unwrap().data();
    let generic_bias = base.weights.get("head.bias").unwrap().data();
    let (mut weight, mut bias) = (Vec::new(), Vec::new());
    for name in names {
        let row = base.labels.iter().position(|label| label.name == *name).unwrap();
        weight.extend(&head[row * FEATURES..(row + 1) * FEATURES]);
        bias.push(generic_bias[row]);
    }
    AppModel::new(app_manifest(base, names), weight, bias, base).unwrap()
}

pub(crate) fn app_manifest(base: &ImageLabels, names: &[&str]) -> AppManifest {
    AppManifest {
        version: FORMAT_VERSION,
        app: "aquarium".to_owned(),
        base: BaseRef::of(base),
        labels: names.iter().map(|&name| name.to_owned()).collect(),
        layers: None,
        others: 0.0,
        process: json!({ "format": 1 }),
        evaluation: json!({ "after": 0.9 }),
        recipe: serde_json::Value::Null,
    }
}

/// An error with its causes, as people are told it.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Flips one bit, cuts the end off, or both.
pub(crate) fn damage(bytes: &[u8], bit: usize, cut: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let bits = bytes.len() * 8;
    if bits > 0 {
        bytes[bit % bits / 8] ^= 1 << (bit % 8);
    }
    let kept = bytes.len() - cut.min(bytes.len());
    bytes.truncate(kept);
    bytes
}

/// A detector on the small model, with random parameters and the small model's names.
pub(crate) fn objects(base: &ImageLabels) -> ImageObjects {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let nodes = network::head(&base.network, HeadConfig { joined: 8, embedding: 6, boxes: 5 }).unwrap();
    let of_both = network::joined(&base.network, &nodes, 16);
    let mut weights = Weights::default();
    for (name, tensor) in random_weights(&of_both, &mut rng).iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        weights.insert(name, tensor.shape().to_vec(), tensor.data().to_vec()).unwrap();
    }
    let mut random = |n: usize, scale: f32| (0..n).map(|_| rng.random_range(-scale..scale)).collect();
    let labels = labels();
    let names = Head { weight: random(labels.len() * 7, 2.0), bias: random(labels.len(), 0.5) };
    let pass = |side, smallest, largest| PassConfig { side, smallest, largest };
    let detector = Detector {
        base: BaseRef::of(base),
        passes: vec![pass(16, 0.5, 0.9), pass(32, 0.3, 0.6)],
        overlap: 0.5,
        candidates: 9,
        doubt: 20.0,
        nodes,
    };
    let manifest = Manifest {
        name: "small objects".to_owned(),
        version: "1".to_owned(),
        base: None,
        converted_from: None,
        files: BTreeMap::new(),
        recipe: json!(null),
        data: json!(null),
        metrics: json!(null),
    };
    let objects = ImageObjects { manifest, detector, weights, names, labels };
    objects.rounded(Precision::F16).unwrap().checked(base).unwrap()
}

/// Writes the detector's folder.
pub(crate) fn write_objects(folder: &Path, objects: &ImageObjects) {
    let mut manifest = objects.manifest.clone();
    let files = [
        (DETECTOR, serde_json::to_vec(&objects.detector).unwrap()),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": objects.labels })).unwrap()),
        (zoo::WEIGHTS, objects.all_weights().unwrap().write_safetensors(Precision::F16).unwrap()),
    ];
    for (name, bytes) in &files {
        manifest.files.insert((*name).to_owned(), sha256(bytes));
        fs::write(folder.join(name), bytes).unwrap();
    }
    fs::write(folder.join(zoo::MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
}
