//! What the wire needs from models: answers about encoded images and texts.
//!
//! All calls block for as long as the model takes; the server makes them on threads of their own.

use std::sync::Arc;

use bytes::Bytes;
use chameleon_decision::{Category, DetectedObject, Entity, Label, Sentiment};

/// The labels of one image, highest score first and not cut to a number; or why there are none.
pub type Labelled = Result<Vec<Label>, ImageFault>;

/// The objects of one image, highest score first and not cut to a number; or why there are none.
pub type Detected = Result<Vec<DetectedObject>, ImageFault>;

/// Why one image of a call has no answer. The other images of the call are unaffected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    /// The bytes are no image in a format that can be read.
    #[error("the bytes cannot be decoded as an image: {0}")]
    Undecodable(String),
    /// The image is well formed, but has more pixels than the decoder accepts.
    #[error("the image is too large: {0}")]
    TooLarge(String),
    /// The application was withdrawn after the call had been routed to it.
    #[error("application `{0}` is no longer registered")]
    AppWithdrawn(String),
    /// The model failed. The text is for the log, not for the caller.
    #[error("the model failed: {0}")]
    Model(String),
}

/// Models of which applications can have their own.
pub trait AppModels: Send + Sync + 'static {
    /// Whether `app` has a model of its own.
    fn knows(&self, app: &str) -> bool;
}

/// The images of one call.
#[derive(Clone, Copy, Debug)]
pub struct Images<'c> {
    /// The encoded images.
    pub images: &'c [Bytes],
    /// Whose model answers; without it the generic one.
    pub app: Option<&'c str>,
}

/// Labels images.
pub trait ImageLabeler: AppModels {
    /// Labels the images of several calls. The answer has one entry per call, and in it one per image, in the same
    /// order. All images of a call are labelled by one version of the model, even if another is published meanwhile.
    fn label(&self, calls: &[Images<'_>]) -> Vec<Vec<Labelled>>;

    /// The more general labels that go with a label, e.g. `Animal` with `Dog`; the nearest first.
    fn parents(&self, _label: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Finds objects in images.
pub trait ObjectDetector: AppModels {
    /// The objects of each image, found by the model of `app`, or by the generic model for `None`; otherwise as
    /// [`ImageLabeler::label`].
    fn detect(&self, images: &[Bytes], app: Option<&str>) -> Vec<Detected>;
}

/// What to find out about a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each aspect is asked for by itself")]
pub struct Aspects {
    /// The mood of the text and of each sentence.
    pub sentiment: bool,
    /// What the text speaks of.
    pub entities: bool,
    /// The mood towards each entity; needs `entities`.
    pub entity_sentiment: bool,
    /// The topics.
    pub categories: bool,
}

impl Aspects {
    /// Whether there is anything to find out.
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            sentiment: self.sentiment && other.sentiment,
            entities: self.entities && other.entities,
            entity_sentiment: self.entity_sentiment && other.entity_sentiment,
            categories: self.categories && other.categories,
        }
    }
}

/// What was found out about a text: what was asked for is there, the rest is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The mood.
    pub sentiment: Option<Sentiment>,
    /// The entities, those that matter most first.
    pub entities: Option<Vec<Entity>>,
    /// The topics, surest first.
    pub categories: Option<Vec<Category>>,
}

/// Why a text has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// The application was withdrawn after the call had been routed to it.
    #[error("application `{0}` is no longer registered")]
    AppWithdrawn(String),
    /// The model failed. The text is for the log, not for the caller.
    #[error("the model failed: {0}")]
    Model(String),
}

/// Analyzes texts.
pub trait TextAnalyzer: AppModels {
    /// What can be found out about texts in a language, given as its BCP-47 code.
    fn covers(&self, language: &str) -> Aspects;

    /// Finds out about one text with the model of `app`, or with the generic model for `None`. Spans in the answer are
    /// on character boundaries of `text`.
    ///
    /// # Errors
    /// There is no answer.
    fn analyze(&self, text: &str, aspects: Aspects, app: Option<&str>) -> Result<Analysis, TextFault>;
}

/// All that can be answered here.
#[derive(Clone)]
pub struct Engines {
    /// Label detection.
    pub labels: Arc<dyn ImageLabeler>,
    /// Object detection, if there is a model.
    pub objects: Option<Arc<dyn ObjectDetector>>,
    /// Text analysis, if there is a model.
    pub texts: Option<Arc<dyn TextAnalyzer>>,
}

impl Engines {
    /// Whether `app` has a model of any kind.
    pub fn know(&self, app: &str) -> bool {
        self.labels.knows(app)
            || self.objects.as_ref().is_some_and(|objects| objects.knows(app))
            || self.texts.as_ref().is_some_and(|texts| texts.knows(app))
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines")
            .field("objects", &self.objects.is_some())
            .field("texts", &self.texts.is_some())
            .finish_non_exhaustive()
    }
}
