//! What all generic models have: names for their outputs, and a linear head that app models change.

use chameleon_decision::Vocabulary;

use super::{ImageLabels, LabelInfo, Manifest, TextModel, WEIGHTS, vocabulary};
use crate::head::Head;
use crate::layers::{LayersError, join};
use crate::resnet::HEAD;
use crate::weights::{Weights, WeightsError};

/// A generic model, whatever its input.
pub trait Generic: Sync {
    /// Where it comes from.
    fn manifest(&self) -> &Manifest;

    /// Its outputs, in order.
    fn labels(&self) -> &[LabelInfo];

    /// Its head.
    ///
    /// # Errors
    /// The parts of the model, which are public, no longer fit each other.
    fn head(&self) -> Result<Head, WeightsError>;

    /// Number of features that the head reads.
    fn feature_count(&self) -> usize;

    /// Checks that changed layers are of its network. Only networks that label images can have any.
    ///
    /// # Errors
    /// They are not.
    fn check_layers(&self, _layers: &Weights) -> Result<(), LayersError> {
        Err(LayersError::NoLayers)
    }

    /// The outputs' names as the words of an API.
    fn vocabulary(&self) -> Vocabulary {
        vocabulary(self.manifest(), self.labels())
    }

    /// SHA-256 of the weights file, or of that which it was converted from: the identity of the backbone that app
    /// models are made for.
    fn weights_sha256(&self) -> &str {
        let manifest = self.manifest();
        manifest.converted_from.as_ref().or(manifest.files.get(WEIGHTS)).map_or("", String::as_str)
    }
}

impl Generic for ImageLabels {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn labels(&self) -> &[LabelInfo] {
        &self.labels
    }

    fn head(&self) -> Result<Head, WeightsError> {
        let parameter = |suffix: &str| Ok(self.weights.get(&format!("{HEAD}.{suffix}"))?.data().to_vec());
        Ok(Head { weight: parameter("weight")?, bias: parameter("bias")? })
    }

    fn feature_count(&self) -> usize {
        let head = self.weights.get(&format!("{HEAD}.weight"));
        head.ok().and_then(|weight| weight.shape().get(1).copied()).unwrap_or(0)
    }

    fn check_layers(&self, layers: &Weights) -> Result<(), LayersError> {
        join(&self.network, &self.weights, layers).map(drop)
    }
}

/// Of a tagger, the outputs that app models change are the kinds of names.
impl Generic for TextModel {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn labels(&self) -> &[LabelInfo] {
        self.kinds.as_ref().map_or(&self.labels, |kinds| &kinds.labels)
    }

    fn head(&self) -> Result<Head, WeightsError> {
        Ok(self.kinds.as_ref().map_or(&self.net.head, |kinds| &kinds.head).clone())
    }

    fn feature_count(&self) -> usize {
        self.kinds.as_ref().map_or(self.net.network.features, |kinds| kinds.head.features())
    }
}
