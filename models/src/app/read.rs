//! Reading app models. Nothing in the bytes is trusted.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{APP_JSON, AppError, AppFiles, AppManifest, AppModel, BaseRef, FORMAT_VERSION, HEAD_FILE, LAYERS_FILE};
use crate::layers::LayersError;
use crate::weights::Weights;
use crate::zoo::{Generic, sha256};

/// Descriptions are a few kilobytes, heads at most a few megabytes: anything larger is no app model.
const MAX_BYTES: u64 = 64 << 20;
pub(super) const WEIGHT: &str = "head.weight";
pub(super) const BIAS: &str = "head.bias";

impl AppModel {
    /// Reads a folder.
    ///
    /// # Errors
    /// A file is missing or damaged, or the model does not fit `base`.
    pub fn read(folder: &Path, base: &dyn Generic) -> Result<Self, AppError> {
        let app_json = bytes(&folder.join(APP_JSON))?;
        let head = bytes(&folder.join(HEAD_FILE))?;
        let layers = match manifest(&app_json)?.layers {
            Some(_) => Some(bytes(&folder.join(LAYERS_FILE))?),
            None => None,
        };
        Self::from_bytes(AppFiles { app_json: &app_json, head: &head, layers: layers.as_deref() }, base)
    }

    /// Reads the bytes of its files.
    ///
    /// # Errors
    /// As [`AppModel::read`].
    pub fn from_bytes(files: AppFiles, base: &dyn Generic) -> Result<Self, AppError> {
        let manifest = manifest(files.app_json)?;
        check_base(&manifest, base)?;
        if manifest.layers != files.layers.map(sha256) {
            return Err(AppError::OtherLayers);
        }
        let mut head = Weights::read_safetensors(files.head)?;
        let n = manifest.labels.len();
        head.check_shapes(&[(WEIGHT.to_owned(), vec![n, base.feature_count()]), (BIAS.to_owned(), vec![n])])?;
        let mut model = assemble(manifest, head.take(WEIGHT)?, head.take(BIAS)?, base)?;
        if let Some(bytes) = files.layers {
            model.layers = layers(bytes, base)?;
        }
        Ok(model)
    }
}

/// Layers that fit the network of `base`.
pub(super) fn layers(bytes: &[u8], base: &dyn Generic) -> Result<Weights, AppError> {
    let layers = Weights::read_safetensors(bytes).map_err(LayersError::from)?;
    base.check_layers(&layers)?;
    Ok(layers)
}

impl AppManifest {
    /// Reads the bytes of an `app.json`: its `base` tells which network to give to [`AppModel::from_bytes`].
    ///
    /// # Errors
    /// The description is not valid.
    pub fn read(app_json: &[u8]) -> Result<Self, AppError> {
        manifest(app_json)
    }
}

/// Whether a model was made for this network.
pub(super) fn check_base(manifest: &AppManifest, base: &dyn Generic) -> Result<(), AppError> {
    let (made_for, here) = (manifest.base.clone(), BaseRef::of(base));
    if made_for.name != here.name {
        return Err(AppError::OtherNetwork { made_for: made_for.name, here: here.name });
    }
    if made_for.weights_sha256 != here.weights_sha256 {
        let BaseRef { name, weights_sha256: expected } = made_for;
        return Err(AppError::Base { name, expected, got: here.weights_sha256 });
    }
    Ok(())
}

/// Reads the version first: another version may have other fields.
fn manifest(bytes: &[u8]) -> Result<AppManifest, AppError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u32,
    }
    let Versioned { version } = serde_json::from_slice(bytes)?;
    if version == FORMAT_VERSION { Ok(serde_json::from_slice(bytes)?) } else { Err(AppError::Version(version)) }
}

pub(super) fn assemble(
    manifest: AppManifest,
    weight: Vec<f32>,
    bias: Vec<f32>,
    base: &dyn Generic,
) -> Result<AppModel, AppError> {
    if manifest.version != FORMAT_VERSION {
        return Err(AppError::Version(manifest.version));
    }
    if manifest.labels.is_empty() {
        return Err(AppError::NoLabels);
    }
    if !manifest.others.is_finite() {
        return Err(AppError::Others(manifest.others));
    }
    let rows = rows(&manifest.labels, base)?;
    let model = AppModel { manifest, rows, weight, bias, layers: Weights::default() };
    model.check(base.feature_count())?;
    Ok(model)
}

fn rows(labels: &[String], base: &dyn Generic) -> Result<Vec<usize>, AppError> {
    let known: HashMap<&str, usize> =
        base.labels().iter().enumerate().map(|(i, label)| (label.name.as_str(), i)).collect();
    let mut seen = HashSet::new();
    let row = |name: &String| {
        let row = *known.get(name.as_str()).ok_or_else(|| AppError::UnknownLabel(name.clone()))?;
        if seen.insert(row) { Ok(row) } else { Err(AppError::DuplicateLabel(name.clone())) }
    };
    labels.iter().map(row).collect()
}

impl AppModel {
    /// The parameters as tensors, if their lengths fit the labels and `features`.
    pub(super) fn tensors(&self, features: usize) -> Result<Weights, AppError> {
        let n = self.rows.len();
        let mut tensors = Weights::default();
        tensors.insert(WEIGHT, vec![n, features], self.weight.clone())?;
        tensors.insert(BIAS, vec![n], self.bias.clone())?;
        Ok(tensors)
    }

    fn check(&self, features: usize) -> Result<(), AppError> {
        self.tensors(features).map(drop)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, AppError> {
    let io = |source| AppError::Io { path: path.display().to_string(), source };
    let file = File::open(path).map_err(io)?;
    let bytes = file.metadata().map_err(io)?.len();
    if bytes > MAX_BYTES {
        return Err(AppError::TooLarge { path: path.display().to_string(), bytes, limit: MAX_BYTES });
    }
    let mut contents = Vec::new();
    // The size may grow meanwhile, and special files have none.
    file.take(MAX_BYTES).read_to_end(&mut contents).map_err(io)?;
    Ok(contents)
}
