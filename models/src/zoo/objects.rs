//! The object detector that ships, and folders laid out like it.
//!
//! Beside `manifest.json`: `detector.json` ([`Detector`]), `labels.json`, and `weights.safetensors` with the parameters
//! of the detector's own nodes and of the names' rows. Those of the image-label network, on which it stands, are not
//! repeated: `detector.json` says which they are.

#[cfg(test)]
mod tests;

use std::path::Path;

use chameleon_decision::BoundingBox;
use serde::{Deserialize, Serialize};

use super::files::{self, Files, Folder};
use super::{
    BANK, Generic, ImageLabels, LABELS, LabelInfo, LabelsFile, MANIFEST, Manifest, WEIGHTS, ZooError, check_labels,
};
use crate::app::BaseRef;
use crate::bank::BankError;
use crate::head::Head;
use crate::net::{Network, Node};
use crate::objects::bank::ObjectBank;
use crate::objects::network::{BOXES, EMBEDDING, joined};
use crate::weights::{Precision, Weights, WeightsError};

/// Its name, whatever its version.
pub const NAME: &str = "image-objects";
/// What the detector is.
pub const DETECTOR: &str = "detector.json";
/// The names' rows, (names, D + 1): over the embedding and the doubt.
pub const NAMES_WEIGHT: &str = "names.weight";
/// The names' biases, (names).
pub const NAMES_BIAS: &str = "names.bias";
/// Pixels of the largest square that an image is looked at.
const MAX_SIDE: usize = 1024;

/// What `detector.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// The image-label network that it stands on.
    pub base: BaseRef,
    /// The looks it takes at an image.
    pub passes: Vec<PassConfig>,
    /// Boxes that overlap by more than this are of one object.
    pub overlap: f64,
    /// The most candidates of an image.
    pub candidates: usize,
    /// The greatest doubt of a candidate: the negative logarithm of the probability that there is an object.
    pub doubt: f32,
    /// Its nodes; they read the base network's values.
    pub nodes: Vec<Node>,
}

/// One look at an image. Objects are found where they have the size that the network knows; the larger the image, the
/// smaller a share of it they have (SNIP, Singh and Davis 2018).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassConfig {
    /// Rows and columns of the square that the image is stretched to.
    pub side: usize,
    /// The least length, as a share of the image's, of a box's longer side.
    pub smallest: f64,
    /// The greatest length.
    pub largest: f64,
}

impl PassConfig {
    /// Whether an object of this box is to be found in this pass.
    pub fn fits(&self, bounds: &BoundingBox) -> bool {
        let longer = (bounds.right - bounds.left).max(bounds.bottom - bounds.top);
        (self.smallest..=self.largest).contains(&longer)
    }
}

impl Detector {
    /// Checks that its numbers make sense, whatever its nodes are.
    ///
    /// # Errors
    /// [`ZooError::Detector`] if not.
    pub fn check(&self) -> Result<(), ZooError> {
        let Self { passes, overlap, candidates, doubt, .. } = self;
        let sound = |pass: &PassConfig| (1..=MAX_SIDE).contains(&pass.side) && pass.smallest <= pass.largest;
        if passes.is_empty() || !passes.iter().all(sound) {
            let problem = format!("passes {passes:?}; expected some of 1 to {MAX_SIDE} pixels");
            return Err(ZooError::Detector(problem));
        }
        if !(0.0..=1.0).contains(overlap) || *candidates == 0 || doubt.is_nan() {
            let problem = format!("overlap {overlap}, {candidates} candidates, doubt {doubt}: not numbers to go by");
            return Err(ZooError::Detector(problem));
        }
        Ok(())
    }
}

/// An object detector with its parameters and its names.
#[derive(Clone, Debug)]
pub struct ImageObjects {
    /// Where it comes from.
    pub manifest: Manifest,
    /// How it works.
    pub detector: Detector,
    /// The parameters of its nodes.
    pub weights: Weights,
    /// The names' rows.
    pub names: Head,
    /// The names, in the rows' order.
    pub labels: Vec<LabelInfo>,
}

/// Reads a detector from a folder on disk.
///
/// # Errors
/// A file is missing, is not the one in the manifest, does not fit the others, or the detector stands on another network.
pub fn read_objects(folder: &Path, backbone: &ImageLabels) -> Result<ImageObjects, ZooError> {
    ImageObjects::from_files(&Folder(folder), backbone)
}

/// Reads the feature bank of a detector from a folder on disk.
///
/// # Errors
/// A file is missing or is not the one in the manifest; the bank is damaged or another detector's.
pub fn read_object_bank(folder: &Path, objects: &ImageObjects) -> Result<ObjectBank, ZooError> {
    bank_from(&Folder(folder), objects)
}

pub(super) fn bank_from(files: &dyn Files, objects: &ImageObjects) -> Result<ObjectBank, ZooError> {
    let bank = ObjectBank::read(&files::listed(files, &objects.manifest, BANK)?, &objects.labels)?;
    let expected = objects.names.features();
    if bank.dim == expected { Ok(bank) } else { Err(BankError::Dim { expected, got: bank.dim }.into()) }
}

impl Generic for ImageObjects {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn labels(&self) -> &[LabelInfo] {
        &self.labels
    }

    fn head(&self) -> Result<Head, WeightsError> {
        Ok(self.names.clone())
    }

    fn feature_count(&self) -> usize {
        self.names.features()
    }
}

impl ImageObjects {
    pub(super) fn from_files(files: &dyn Files, backbone: &ImageLabels) -> Result<Self, ZooError> {
        let manifest: Manifest = files::json(MANIFEST, &files.bytes(MANIFEST)?)?;
        let detector: Detector = files::json(DETECTOR, &files::listed(files, &manifest, DETECTOR)?)?;
        let labels: LabelsFile = files::json(LABELS, &files::listed(files, &manifest, LABELS)?)?;
        let mut weights = Weights::read_safetensors(&files::listed(files, &manifest, WEIGHTS)?)?;
        let names = names(&mut weights)?;
        Self { manifest, detector, weights, names, labels: labels.labels }.checked(backbone)
    }

    /// Checks that all parts fit each other and the backbone.
    ///
    /// # Errors
    /// What does not fit.
    pub fn checked(self, backbone: &ImageLabels) -> Result<Self, ZooError> {
        let Detector { base, passes, nodes, .. } = &self.detector;
        let unsuitable = |what: String| Err(ZooError::Detector(what));
        self.detector.check()?;
        if base.weights_sha256 != backbone.weights_sha256() {
            let (expected, got) = (&base.weights_sha256, backbone.weights_sha256());
            return unsuitable(format!("made for weights {expected} of `{}`; this program has {got}", base.name));
        }
        if let Some((name, _)) = self.weights.iter().find(|(name, _)| backbone.weights.get(name).is_ok()) {
            return unsuitable(format!("tensor `{name}` is the base network's, which the detector does not change"));
        }
        let weights = self.joined_weights(&backbone.weights)?;
        for pass in passes {
            self.check_network(&joined(&backbone.network, nodes, pass.side), &weights)?;
        }
        check_labels(&self.labels, self.names.bias.len())?;
        Ok(self)
    }

    fn check_network(&self, network: &Network, weights: &Weights) -> Result<(), ZooError> {
        let shapes = network.shapes()?;
        weights.check(network)?;
        match [EMBEDDING, BOXES].map(|value| shapes.get(value).map(Vec::as_slice)) {
            [Some([d, rows, columns]), Some([5, r, c])]
                if (rows, columns) == (r, c) && self.names.weight.len() == self.names.bias.len() * (d + 1) =>
            {
                Ok(())
            }
            shapes => Err(ZooError::Detector(format!("`{EMBEDDING}` and `{BOXES}` have shapes {shapes:?}"))),
        }
    }

    /// The detector with its parameters as a file of `precision` holds them.
    ///
    /// # Errors
    /// A parameter is beyond the precision's range.
    pub fn rounded(mut self, precision: Precision) -> Result<Self, WeightsError> {
        let mut weights = Weights::read_safetensors(&self.all_weights()?.write_safetensors(precision)?)?;
        self.names = names(&mut weights)?;
        self.weights = weights;
        Ok(self)
    }

    /// The parameters of the nodes and of the names' rows: what the weights file holds.
    ///
    /// # Errors
    /// The rows are not of one length.
    pub fn all_weights(&self) -> Result<Weights, WeightsError> {
        let Head { weight, bias } = &self.names;
        let mut all = self.weights.clone();
        all.insert(NAMES_WEIGHT, vec![bias.len(), self.names.features()], weight.clone())?;
        all.insert(NAMES_BIAS, vec![bias.len()], bias.clone())?;
        Ok(all)
    }

    /// The parameters of backbone and detector together.
    ///
    /// # Errors
    /// None in fact: the tensors are whole already.
    pub fn joined_weights(&self, backbone: &Weights) -> Result<Weights, WeightsError> {
        let mut all = backbone.clone();
        for (name, tensor) in self.weights.iter() {
            all.insert(name, tensor.shape().to_vec(), tensor.data().to_vec())?;
        }
        Ok(all)
    }
}

/// Takes the names' rows out of the parameters.
fn names(weights: &mut Weights) -> Result<Head, WeightsError> {
    Ok(Head { weight: weights.take(NAMES_WEIGHT)?, bias: weights.take(NAMES_BIAS)? })
}
