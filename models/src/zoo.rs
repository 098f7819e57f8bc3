//! The models that ship with the program, and folders laid out like them.
//!
//! A folder holds `manifest.json`, which names the SHA-256 of the others: `network.json` ([`Network`]),
//! `weights.safetensors`, `labels.json` and, for training, `bank.safetensors` ([`Bank`](crate::bank::Bank)). The
//! shipped folder is part of the binary, so that it works wherever it is installed.

mod convert;
mod embedded;
mod files;
mod generic;
mod kind;
pub mod objects;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use chameleon_decision::Vocabulary;
use serde::{Deserialize, Serialize};

pub use convert::ConvertError;
pub use files::sha256;
pub use generic::Generic;
pub use kind::Kind;
pub use objects::{ImageObjects, read_object_bank, read_objects};
#[cfg(feature = "bank")]
pub use text::text_bank;
pub use text::{TextModel, TextTask, read_text, read_text_bank, text, topic_vocabulary};

use crate::bank::{Bank, BankError};
use crate::net::{Network, NetworkError, Op};
use crate::resnet::{FEATURES, HEAD};
use crate::text::TextNetError;
use crate::weights::{Weights, WeightsError};
use files::{Files, Folder};
use objects::DETECTOR;

/// The list of a folder's files and what they are.
pub const MANIFEST: &str = "manifest.json";
/// The network's description.
pub const NETWORK: &str = "network.json";
/// The network's parameters.
pub const WEIGHTS: &str = "weights.safetensors";
/// The outputs' names.
pub const LABELS: &str = "labels.json";
/// Features of images with their labels.
pub const BANK: &str = "bank.safetensors";

/// What `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the model, e.g. `image-labels`.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// SHA-256 of the weights that this model changes, those that ship: the folder then holds only the tensors that
    /// differ, and everything else is the shipped model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// SHA-256 of each file, in lower-case hexadecimal.
    pub files: BTreeMap<String, String>,
    /// How it was trained.
    #[serde(default)]
    pub recipe: serde_json::Value,
    /// What it was trained on.
    #[serde(default)]
    pub data: serde_json::Value,
    /// How good it is.
    #[serde(default)]
    pub metrics: serde_json::Value,
    /// SHA-256 of the weights that this model's were made from, if it is a conversion: app models made for the one
    /// fit the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<String>,
}

/// One output of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelInfo {
    /// As the API spells it.
    pub name: String,
    /// The data set's classes whose images carry the label.
    pub classes: Vec<u16>,
}

/// The form of `labels.json`.
#[derive(Serialize, Deserialize)]
struct LabelsFile {
    labels: Vec<LabelInfo>,
}

/// A network that labels images, with its parameters and its outputs' names.
#[derive(Clone, Debug)]
pub struct ImageLabels {
    /// Where it comes from.
    pub manifest: Manifest,
    /// The network. It has the values [`FEATURES`] and [`HEAD`].
    pub network: Network,
    /// Its parameters.
    pub weights: Weights,
    /// Its outputs, in order.
    pub labels: Vec<LabelInfo>,
}

/// Why a model of the zoo cannot be used: often just where, with what is wrong there as the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZooError {
    /// A file is not there or cannot be read.
    #[error("{file}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not valid JSON of its form.
    #[error("{file}")]
    Json {
        /// The file.
        file: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The manifest does not list a file.
    #[error("{MANIFEST} lists no {0}")]
    Unlisted(String),
    /// A file is not the one the manifest lists.
    #[error("{file}: SHA-256 is {got}, {MANIFEST} says {expected}")]
    Hash {
        /// The file.
        file: String,
        /// From the manifest, in hexadecimal.
        expected: String,
        /// Of the file, in hexadecimal.
        got: String,
    },
    /// The file is larger than any model of this program.
    #[error("{file}: {bytes} bytes; at most {limit}")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The description is no network.
    #[error("{NETWORK}")]
    Network(#[from] NetworkError),
    /// The description or the weights are no network of texts.
    #[error("{NETWORK}, {WEIGHTS}")]
    Text(#[from] TextNetError),
    /// The network is not one that labels images.
    #[error("{NETWORK}: {0}")]
    Unsuitable(String),
    /// The weights are not the network's.
    #[error("{WEIGHTS}")]
    Weights(#[from] WeightsError),
    /// The labels are not the network's.
    #[error("{LABELS}: {0}")]
    Labels(String),
    /// The folder changes a model that is not the one that ships.
    #[error("{MANIFEST}: made from the model with weights {expected}; this program ships {got}: adapt it anew")]
    Base {
        /// SHA-256 of the weights it was made from.
        expected: String,
        /// Of those that ship.
        got: String,
    },
    /// The detector does not fit its network or itself.
    #[error("{DETECTOR}: {0}")]
    Detector(String),
    /// The bank is damaged or another model's.
    #[error("{BANK}")]
    Bank(#[from] BankError),
}

/// The image-label model that ships with the program.
///
/// # Errors
/// The program was built with files that do not fit each other.
pub fn image_labels() -> Result<ImageLabels, ZooError> {
    ImageLabels::from_files(&embedded::IMAGE_LABELS)
}

/// The object detector that ships with the program, on the image-label model that does.
///
/// # Errors
/// The program was built with files that do not fit each other.
pub fn image_objects(backbone: &ImageLabels) -> Result<ImageObjects, ZooError> {
    ImageObjects::from_files(&embedded::IMAGE_OBJECTS, backbone)
}

/// The names of the object detector that ships with the program, without unpacking its weights.
///
/// # Errors
/// As [`image_objects`].
pub fn image_object_vocabulary() -> Result<Vocabulary, ZooError> {
    vocabulary_of(&embedded::IMAGE_OBJECTS)
}

/// The words of the image-label model that ships with the program, without unpacking its weights.
///
/// # Errors
/// As [`image_labels`].
pub fn image_label_vocabulary() -> Result<Vocabulary, ZooError> {
    vocabulary_of(&embedded::IMAGE_LABELS)
}

fn vocabulary_of(files: &dyn Files) -> Result<Vocabulary, ZooError> {
    let manifest: Manifest = files::json(MANIFEST, &files.bytes(MANIFEST)?)?;
    let labels: LabelsFile = files::json(LABELS, &files::listed(files, &manifest, LABELS)?)?;
    Ok(vocabulary(&manifest, &labels.labels))
}

/// The feature bank of the model that ships with the program. Only with the cargo feature `bank`, which adds its
/// megabytes to the binary.
///
/// # Errors
/// As [`image_labels`].
#[cfg(feature = "bank")]
pub fn bank() -> Result<Bank, ZooError> {
    bank_from(&embedded::IMAGE_LABELS, &image_labels()?)
}

/// Reads the manifest of a folder on disk.
///
/// # Errors
/// It is missing or no manifest.
pub fn read_manifest(folder: &Path) -> Result<Manifest, ZooError> {
    files::json(MANIFEST, &Folder(folder).bytes(MANIFEST)?)
}

/// The feature bank of the object detector that ships with the program. Only with the cargo feature `bank`.
///
/// # Errors
/// As [`image_objects`].
#[cfg(feature = "bank")]
pub fn object_bank(objects: &ImageObjects) -> Result<crate::objects::bank::ObjectBank, ZooError> {
    objects::bank_from(&embedded::IMAGE_OBJECTS, objects)
}

/// Reads a model from a folder on disk.
///
/// # Errors
/// A file is missing, is not the one in the manifest, or does not fit the others.
pub fn read(folder: &Path) -> Result<ImageLabels, ZooError> {
    ImageLabels::from_files(&Folder(folder))
}

/// Reads the feature bank of a model from a folder on disk.
///
/// # Errors
/// As [`read`]; the bank is damaged or another model's.
pub fn read_bank(folder: &Path, model: &ImageLabels) -> Result<Bank, ZooError> {
    bank_from(&Folder(folder), model)
}

impl ImageLabels {
    fn from_files(files: &dyn Files) -> Result<Self, ZooError> {
        let manifest: Manifest = files::json(MANIFEST, &files.bytes(MANIFEST)?)?;
        if manifest.base.is_some() {
            return image_labels()?.changed(files, manifest);
        }
        let network: Network = files::json(NETWORK, &files::listed(files, &manifest, NETWORK)?)?;
        let labels: LabelsFile = files::json(LABELS, &files::listed(files, &manifest, LABELS)?)?;
        network.shapes()?;
        if let Some(quantization) = &network.quantization {
            quantization.check(&network)?;
        }
        let weights = Weights::read_for(&files::listed(files, &manifest, WEIGHTS)?, &network)?;
        Self { manifest, network, weights, labels: labels.labels }.checked()
    }

    /// This model with the tensors of a folder that was made from it.
    fn changed(self, files: &dyn Files, manifest: Manifest) -> Result<Self, ZooError> {
        let got = self.weights_sha256().to_owned();
        match &manifest.base {
            Some(expected) if *expected != got => return Err(ZooError::Base { expected: expected.clone(), got }),
            _ => {}
        }
        let mut weights = self.weights;
        weights.replace_by(Weights::read_safetensors(&files::listed(files, &manifest, WEIGHTS)?)?);
        Self { manifest, weights, ..self }.checked()
    }

    /// Checks that network, weights and labels fit each other.
    fn checked(self) -> Result<Self, ZooError> {
        let shapes = self.network.shapes()?;
        self.network.input.check()?;
        self.weights.check(&self.network)?;
        if self.network.input.channels != 3 {
            return Err(ZooError::Unsuitable(format!("{} input channels; expected 3", self.network.input.channels)));
        }
        let head = self.network.nodes.iter().find(|node| node.name == HEAD);
        let outputs = match head.map(|node| (&node.op, node.inputs.as_slice())) {
            Some((Op::Linear { d_out, .. }, [input])) if input == FEATURES && shapes.contains_key(FEATURES) => *d_out,
            _ => return Err(ZooError::Unsuitable(format!("no linear layer `{HEAD}` that reads `{FEATURES}`"))),
        };
        check_labels(&self.labels, outputs)?;
        Ok(self)
    }
}

fn vocabulary(manifest: &Manifest, labels: &[LabelInfo]) -> Vocabulary {
    let labels = labels.iter().map(|label| label.name.clone()).collect();
    Vocabulary { name: manifest.name.clone(), labels }
}

fn check_labels(labels: &[LabelInfo], outputs: usize) -> Result<(), ZooError> {
    if labels.len() != outputs || outputs > usize::from(u16::MAX) {
        return Err(ZooError::Labels(format!("{} labels for {outputs} outputs", labels.len())));
    }
    let mut names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ZooError::Labels(format!("label `{}` twice", pair[0]))),
        None => Ok(()),
    }
}

fn bank_from(files: &dyn Files, model: &ImageLabels) -> Result<Bank, ZooError> {
    let bank = Bank::read(&files::listed(files, &model.manifest, BANK)?, &model.labels)?;
    if bank.dim != model.feature_count() {
        return Err(BankError::Dim { expected: model.feature_count(), got: bank.dim }.into());
    }
    Ok(bank)
}
