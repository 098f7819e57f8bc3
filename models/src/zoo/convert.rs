//! A model with its convolutions quantized, as a folder of its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::{Generic, ImageLabels, LABELS, LabelInfo, LabelsFile, Manifest, NETWORK, WEIGHTS, ZooError};
use crate::net::{Network, Op};
use crate::quantize::{Options, QuantizeError, quantize};
use crate::resnet::{FEATURES, HEAD};
use crate::weights::{Weights, WeightsError};

/// Why a model cannot be converted or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// It cannot be quantized.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// Its weights cannot be written.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// It cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The folder cannot be written.
    #[error("{folder}")]
    Io {
        /// The folder.
        folder: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl ImageLabels {
    /// A model of a network that ends with a linear map to one score a label.
    ///
    /// The linear map and the value it reads get the names [`HEAD`] and [`FEATURES`]; a softmax behind it is dropped,
    /// since a label's score is the sigmoid of its own logit.
    ///
    /// # Errors
    /// The network ends otherwise, or its parts do not fit each other.
    pub fn from_network(
        name: &str,
        mut network: Network,
        mut weights: Weights,
        labels: Vec<String>,
    ) -> Result<Self, ZooError> {
        if network.nodes.last().is_some_and(|node| matches!(node.op, Op::Softmax | Op::Sigmoid)) {
            network.nodes.pop();
        }
        let last = network.nodes.last().filter(|node| matches!(node.op, Op::Linear { .. })).cloned();
        let last = last.ok_or_else(|| ZooError::Unsuitable("it does not end with a linear map".to_owned()))?;
        for (old, new) in [(last.inputs[0].as_str(), FEATURES), (last.name.as_str(), HEAD)] {
            if old != new && network.nodes.iter().any(|node| node.name == new) {
                return Err(ZooError::Unsuitable(format!("another node is called `{new}`")));
            }
            network.rename(old, new);
            weights.rename(old, new);
        }
        let manifest = Manifest {
            name: name.to_owned(),
            version: "1".to_owned(),
            base: None,
            files: BTreeMap::new(),
            recipe: json!({ "imported": name }),
            data: serde_json::Value::Null,
            metrics: serde_json::Value::Null,
            converted_from: None,
        };
        let labels = labels.into_iter().map(|name| LabelInfo { name, classes: Vec::new() }).collect();
        Self { manifest, network, weights, labels }.checked()
    }

    /// This model with quantized convolutions, its ranges taken from `images`, each normalized (C, H, W). `progress` is
    /// called once an image.
    ///
    /// # Errors
    /// It cannot be quantized.
    pub fn quantized(
        &self,
        images: &[Vec<f32>],
        options: Options,
        progress: impl FnMut(),
    ) -> Result<Self, ConvertError> {
        let (network, weights) = quantize(&self.network, &self.weights, images, options, progress)?;
        let mut manifest = self.manifest.clone();
        manifest.converted_from = Some(self.weights_sha256().to_owned());
        // The folder holds the whole model, even if the original's holds only what it changes.
        manifest.base = None;
        manifest.files.clear();
        manifest.recipe = json!({
            "quantized": { "weight_bits": options.bits, "calibration_images": images.len() },
            "original": manifest.recipe,
        });
        // What was measured was another model.
        manifest.metrics = json!({ "original": manifest.metrics });
        Ok(Self { manifest, network, weights, labels: self.labels.clone() })
    }

    /// Writes the model's folder: whole or not at all.
    ///
    /// # Errors
    /// The folder cannot be written, or something else than a model is in its place.
    pub fn write(&self, folder: &Path) -> Result<(), ConvertError> {
        let files = [
            (NETWORK, serde_json::to_vec_pretty(&self.network)?),
            (WEIGHTS, self.weights.write_for(&self.network)?),
            (LABELS, serde_json::to_vec(&LabelsFile { labels: self.labels.clone() })?),
        ];
        let written = self.manifest.clone().write(folder, &files);
        written.map_err(|source| ConvertError::Io { folder: folder.display().to_string(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::BaseRef;
    use crate::fixture;
    use crate::labeler::ImageLabeler;
    use crate::onnx;
    use crate::zoo;

    fn images(model: &ImageLabels) -> Vec<Vec<f32>> {
        let number = |i: usize, k: usize| ((i * 31 + k * 7919) % 401) as f32 / 100.0 - 2.0;
        (0..12).map(|i| (0..model.network.input.elements()).map(|k| number(i, k)).collect()).collect()
    }

    #[test]
    fn a_quantized_model_is_written_read_and_fits_the_same_applications() {
        let model = fixture::model();
        let images = images(&model);
        let quantized = model.quantized(&images[..8], Options { bits: 8 }, || {}).unwrap();
        let folder = tempfile::tempdir().unwrap();
        quantized.write(folder.path()).unwrap();
        let read = zoo::read(folder.path()).unwrap();
        assert_eq!(read.weights, quantized.weights);
        assert_eq!(BaseRef::of(&read), BaseRef::of(&model));
        let app = Arc::new(fixture::app_model(&model, &["Dog"]));
        let logits = |model: &ImageLabels| -> Vec<f32> {
            let labeler = ImageLabeler::new(model).unwrap().for_app(model, Arc::clone(&app)).unwrap();
            labeler.features(&images[8..]).iter().flat_map(|features| labeler.logits(features)).collect()
        };
        for (a, b) in logits(&model).iter().zip(logits(&read)) {
            assert!((a - b).abs() < 0.05 * a.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn an_imported_network_becomes_a_model() {
        let model = fixture::model();
        let names: Vec<String> = model.labels.iter().map(|label| label.name.clone()).collect();
        let (mut network, weights) = onnx::import(&onnx::export(&model.network, &model.weights).unwrap()).unwrap();
        network.input.mean = vec![0.5; 3];
        let imported = ImageLabels::from_network("mine", network.clone(), weights.clone(), names.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        imported.write(folder.path()).unwrap();
        assert_eq!(zoo::read(folder.path()).unwrap().labels, imported.labels);
        let fewer = ImageLabels::from_network("mine", network.clone(), weights.clone(), names[1..].to_vec());
        assert!(matches!(fewer, Err(ZooError::Labels(_))));
        network.nodes.pop();
        assert!(matches!(ImageLabels::from_network("mine", network, weights, names), Err(ZooError::Unsuitable(_))));
    }
}
