//! Which API an application calls.

use serde::{Deserialize, Serialize};

/// A cloud provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Google Cloud.
    Google,
    /// Amazon Web Services.
    Aws,
}

/// One operation of one service, e.g. Google Cloud Vision's label detection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Api {
    /// Who serves it.
    pub provider: Provider,
    /// The service, e.g. `vision`, `language`, `rekognition`, `comprehend`.
    pub service: String,
    /// The operation in the client's words, e.g. `label_detection`.
    pub operation: String,
    /// What comes back.
    pub shape: OutputShape,
    /// How many items come back when the caller does not say.
    pub default_top_k: Option<u32>,
}

/// The kind of answer an API gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutputShape {
    /// Labels of an image with scores in 0..1, highest first.
    Labels,
}

impl Api {
    /// Google Cloud Vision `LABEL_DETECTION`.
    pub fn google_label_detection() -> Self {
        Self {
            provider: Provider::Google,
            service: "vision".to_owned(),
            operation: "label_detection".to_owned(),
            shape: OutputShape::Labels,
            default_top_k: Some(10),
        }
    }
}
