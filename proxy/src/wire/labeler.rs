//! What the wire needs from a model: labels for encoded images.

use bytes::Bytes;
use chameleon_decision::Label;

/// The labels of one image, highest score first and not cut to a number; or why there are none.
pub type Labelled = Result<Vec<Label>, ImageFault>;

/// Why one image of a call has no labels. The other images of the call are unaffected.
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

/// Labels images. The calls block for as long as decoding and inference take.
pub trait ImageLabeler: Send + Sync + 'static {
    /// Whether `app` has a model of its own.
    fn knows(&self, app: &str) -> bool;

    /// Labels each image with the model of `app`, or with the generic model for `None`. The answer has one entry per
    /// image, in the same order. All images of a call are labelled by one version of the model, even if another is
    /// published meanwhile.
    fn label(&self, images: &[Bytes], app: Option<&str>) -> Vec<Labelled>;
}
