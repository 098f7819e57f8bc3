//! App models: what customization for one application changes in the shared network.
//!
//! A folder. `app.json` ([`AppManifest`]) says which application, which backbone and which labels; `head.safetensors`
//! holds the head's rows for those labels: `head.weight` F32 (n, D) and `head.bias` F32 (n); `layers.safetensors`, if
//! the application changes layers before the head, holds what it [changes there](crate::layers). Hundreds of app models
//! thus share one backbone in memory.

mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

use crate::layers::LayersError;
use crate::weights::{Precision, Weights, WeightsError};
use crate::zoo::{Generic, sha256};

/// Version of the folder's format.
pub const FORMAT_VERSION: u32 = 3;
/// The description's file name.
pub const APP_JSON: &str = "app.json";
/// The parameters' file name.
pub const HEAD_FILE: &str = "head.safetensors";
/// The file name of the layers' parameters.
pub const LAYERS_FILE: &str = "layers.safetensors";

/// What `app.json` says. Unknown fields are let through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppManifest {
    /// [`FORMAT_VERSION`] when written.
    pub version: u32,
    /// Name of the application.
    pub app: String,
    /// The network it changes.
    pub base: BaseRef,
    /// Labels whose rows it brings, as the network spells them.
    pub labels: Vec<String>,
    /// SHA-256 of [`LAYERS_FILE`], if it changes layers before the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<String>,
    /// Added to the logits of all other labels. Below zero where they would push the application's own labels out of
    /// the few results it looks at.
    #[serde(default)]
    pub others: f32,
    /// What the application decides: a `DecisionProcess`.
    #[serde(default)]
    pub process: serde_json::Value,
    /// How often its decisions are right, before and after.
    #[serde(default)]
    pub evaluation: serde_json::Value,
    /// How it was trained.
    #[serde(default)]
    pub recipe: serde_json::Value,
}

/// A network by name and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseRef {
    /// Name in the zoo.
    pub name: String,
    /// SHA-256 of its weights file, in lower-case hexadecimal.
    pub weights_sha256: String,
}

/// Rows of the head for one application's labels, and what it changes before.
#[derive(Clone, Debug, PartialEq)]
pub struct AppModel {
    /// What it is.
    pub manifest: AppManifest,
    /// Indices of the rows in the network's labels, in the order of the manifest's labels.
    pub rows: Vec<usize>,
    /// (n, D), row-major.
    pub weight: Vec<f32>,
    /// (n).
    pub bias: Vec<f32>,
    /// Parameters of what it [changes](crate::layers) before the head, if anything.
    pub layers: Weights,
}

/// The bytes of an app model's files.
#[derive(Clone, Copy, Debug)]
pub struct AppFiles<'b> {
    /// [`APP_JSON`].
    pub app_json: &'b [u8],
    /// [`HEAD_FILE`].
    pub head: &'b [u8],
    /// [`LAYERS_FILE`], where there is one.
    pub layers: Option<&'b [u8]>,
}

/// Why a folder is no app model, or cannot be written: often just where, with what is wrong there as the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// A file or folder cannot be read or written.
    #[error("{path}")]
    Io {
        /// Which.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is larger than an app model's can be.
    #[error("{path}: {bytes} bytes; at most {limit}")]
    TooLarge {
        /// Which.
        path: String,
        /// Its size.
        bytes: u64,
        /// The largest size read.
        limit: u64,
    },
    /// The description is not valid.
    #[error("{APP_JSON}")]
    Json(#[from] serde_json::Error),
    /// The folder's format is of another version.
    #[error("{APP_JSON}: format version {0}; this program reads version {FORMAT_VERSION}. Customize the app again")]
    Version(u32),
    /// It was made for a network of another name.
    #[error("made for the network `{made_for}`, not for `{here}`")]
    OtherNetwork {
        /// The network it was made for.
        made_for: String,
        /// The network here.
        here: String,
    },
    /// It was made for other weights.
    #[error("{APP_JSON}: made for weights {expected} of `{name}`; this program has {got}. Customize the app again")]
    Base {
        /// Name of the network it was made for.
        name: String,
        /// SHA-256 of the weights it was made for.
        expected: String,
        /// SHA-256 of the weights here.
        got: String,
    },
    /// A file is not there.
    #[error("the model has no file {0}")]
    NoFile(&'static str),
    /// It brings no rows at all.
    #[error("{APP_JSON}: no labels")]
    NoLabels,
    /// It names a label that the network does not have.
    #[error("{APP_JSON}: the network has no label `{0}`")]
    UnknownLabel(String),
    /// It names a label twice.
    #[error("{APP_JSON}: label `{0}` twice")]
    DuplicateLabel(String),
    /// The shift of the other labels is not a number.
    #[error("{APP_JSON}: `others` is {0}; expected a finite number")]
    Others(f32),
    /// The parameters are damaged or do not fit the labels.
    #[error("{HEAD_FILE}")]
    Head(#[from] WeightsError),
    /// The layers are damaged or do not fit the network.
    #[error("{LAYERS_FILE}")]
    Layers(#[from] LayersError),
    /// The layers are not the ones that the description lists.
    #[error("{LAYERS_FILE}: not the one that {APP_JSON} lists")]
    OtherLayers,
    /// The target exists and is no app model: it is not overwritten.
    #[error("{0} exists and is not an app model; choose another folder")]
    Occupied(String),
}

impl<'b> AppFiles<'b> {
    /// The files by name.
    ///
    /// # Errors
    /// One that every app model has is not among them.
    pub fn find(file: impl Fn(&str) -> Option<&'b [u8]>) -> Result<Self, AppError> {
        let needed = |name: &'static str| file(name).ok_or(AppError::NoFile(name));
        Ok(Self { app_json: needed(APP_JSON)?, head: needed(HEAD_FILE)?, layers: file(LAYERS_FILE) })
    }
}

impl AppModel {
    /// An app model with the rows of `labels`.
    ///
    /// # Errors
    /// The manifest is for another network or names unknown labels, or the lengths do not fit.
    pub fn new(manifest: AppManifest, weight: Vec<f32>, bias: Vec<f32>, base: &dyn Generic) -> Result<Self, AppError> {
        read::check_base(&manifest, base)?;
        read::assemble(manifest, weight, bias, base)
    }

    /// This model with layers of its own before the head, as its file will hold them.
    ///
    /// # Errors
    /// They are not for `base`, or a parameter does not fit f16.
    pub fn with_layers(mut self, layers: &Weights, base: &dyn Generic) -> Result<Self, AppError> {
        let bytes = layers.write_safetensors(Precision::F16)?;
        self.layers = read::layers(&bytes, base)?;
        self.manifest.layers = Some(sha256(&bytes));
        Ok(self)
    }
}

impl BaseRef {
    /// A reference to a network of the zoo.
    pub fn of(base: &dyn Generic) -> Self {
        Self { name: base.manifest().name.clone(), weights_sha256: base.weights_sha256().to_owned() }
    }
}
