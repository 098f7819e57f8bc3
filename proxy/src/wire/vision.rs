//! Google Cloud Vision v1, image annotation.
//!
//! Both framings meet in the messages of [`proto`]: gRPC decodes them as they are, REST through [`json`]. [`Batch`]
//! checks a request and says what is done here, what the real API is asked ([`split`]), and what is refused with the
//! API's own per-image error; then it makes the answer.

mod batch;
pub mod json;
pub mod proto;
pub mod split;

pub use batch::{Batch, Offer, Remote};

/// Most images in one call. Source: <https://cloud.google.com/vision/quotas>.
pub const MAX_IMAGES: usize = 16;

/// Most features asked of one image. The API has thirteen kinds; the bound keeps a hostile request, two bytes per
/// feature, from growing in memory.
pub const MAX_FEATURES: usize = 256;

/// Labels sent when the caller does not say how many.
pub const DEFAULT_MAX_RESULTS: usize = 10;
