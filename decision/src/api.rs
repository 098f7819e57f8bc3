//! Which API an application calls.

use serde::{Deserialize, Serialize};

use crate::program::ResponseForm;
use crate::shape::Shape;

/// One operation of one service, e.g. Google Cloud Vision's label detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// Who serves it, e.g. `google`, `aws`.
    pub provider: String,
    /// The service, e.g. `vision`, `language`, `rekognition`, `comprehend`.
    pub service: String,
    /// The operation in the client's words, e.g. `label_detection`.
    pub operation: String,
    /// What comes back.
    pub answer: Shape,
    /// How many items come back when the caller does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_top_k: Option<u32>,
    /// The score, in 0..1, below which no item comes back when the caller does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_least: Option<f64>,
    /// Whether several items of one answer can have the same name, as objects and lines of text do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    /// Whether items come in the order in which they stand in a text, a picture or a film, and not the surest first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_order: bool,
    /// Name of the vocabulary that the answer's names are from; absent where any text can come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
}

impl Api {
    /// Google Cloud Vision `LABEL_DETECTION`.
    pub fn google_label_detection() -> Self {
        let label = Shape::record([
            ("description", Shape::Name),
            ("mid", Shape::Other),
            ("score", Shape::Score),
            ("topicality", Shape::Score),
        ]);
        Self {
            provider: "google".to_owned(),
            service: "vision".to_owned(),
            operation: "label_detection".to_owned(),
            answer: Shape::record([("label_annotations", Shape::list(label))]),
            default_top_k: Some(10),
            default_least: None,
            repeats: false,
            in_order: false,
            vocabulary: Some("image-labels".to_owned()),
        }
    }

    /// Whether it is this operation, whatever the shape says.
    pub fn is(&self, provider: &str, service: &str, operation: &str) -> bool {
        self.provider == provider && self.service == service && self.operation == operation
    }

    /// `google/vision/label_detection`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.provider, self.service, self.operation)
    }

    /// Whether its answers are messages of protobuf.
    pub(crate) fn is_protobuf(&self) -> bool {
        self.provider == "google"
    }

    /// Whether answers that its JSON is read from leave out what is empty, as protobuf's do by default. Those that Natural
    /// Language sends itself do not: they have `"score": 0` and `"sentences": []`.
    pub(crate) fn omits_empty(&self, form: ResponseForm) -> bool {
        self.is_protobuf() && !(form == ResponseForm::Json && self.service == "language")
    }
}
