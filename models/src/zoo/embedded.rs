//! The shipped folders as parts of the binary.

use std::borrow::Cow;
use std::io;

use super::files::Files;
use super::objects::DETECTOR;
use super::text::TextTask;
use super::{LABELS, MANIFEST, NETWORK, WEIGHTS, ZooError};

/// A folder of `models/zoo` as it was when the program was built: names and contents of its files.
pub(super) struct Embedded(&'static [(&'static str, &'static [u8])]);

macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/zoo/", $path)).as_slice()
    };
}

pub(super) static IMAGE_LABELS: Embedded = Embedded(&[
    (MANIFEST, file!("image-labels/manifest.json")),
    (NETWORK, file!("image-labels/network.json")),
    (WEIGHTS, file!("image-labels/weights.safetensors")),
    (LABELS, file!("image-labels/labels.json")),
    // Several megabytes that only training needs.
    #[cfg(feature = "bank")]
    (super::BANK, file!("image-labels/bank.safetensors")),
]);

static TEXT_SENTIMENT: Embedded = Embedded(&[
    (MANIFEST, file!("text-sentiment/manifest.json")),
    (NETWORK, file!("text-sentiment/network.json")),
    (WEIGHTS, file!("text-sentiment/weights.safetensors")),
    (LABELS, file!("text-sentiment/labels.json")),
    #[cfg(feature = "bank")]
    (super::BANK, file!("text-sentiment/bank.safetensors")),
]);

static TEXT_TOPICS: Embedded = Embedded(&[
    (MANIFEST, file!("text-topics/manifest.json")),
    (NETWORK, file!("text-topics/network.json")),
    (WEIGHTS, file!("text-topics/weights.safetensors")),
    (LABELS, file!("text-topics/labels.json")),
    #[cfg(feature = "bank")]
    (super::BANK, file!("text-topics/bank.safetensors")),
]);

static TEXT_ENTITIES: Embedded = Embedded(&[
    (MANIFEST, file!("text-entities/manifest.json")),
    (NETWORK, file!("text-entities/network.json")),
    (WEIGHTS, file!("text-entities/weights.safetensors")),
    (LABELS, file!("text-entities/labels.json")),
    #[cfg(feature = "bank")]
    (super::BANK, file!("text-entities/bank.safetensors")),
]);

/// The folder of a model of texts.
pub(super) fn text(task: TextTask) -> &'static Embedded {
    match task {
        TextTask::Sentiment => &TEXT_SENTIMENT,
        TextTask::Topics => &TEXT_TOPICS,
        TextTask::Entities => &TEXT_ENTITIES,
    }
}

pub(super) static IMAGE_OBJECTS: Embedded = Embedded(&[
    (MANIFEST, file!("image-objects/manifest.json")),
    (DETECTOR, file!("image-objects/detector.json")),
    (WEIGHTS, file!("image-objects/weights.safetensors")),
    (LABELS, file!("image-objects/labels.json")),
    #[cfg(feature = "bank")]
    (super::BANK, file!("image-objects/bank.safetensors")),
]);

impl Files for Embedded {
    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, ZooError> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        let missing = || ZooError::Io { file: name.to_owned(), source: io::ErrorKind::NotFound.into() };
        found.map(|(_, bytes)| Cow::Borrowed(*bytes)).ok_or_else(missing)
    }
}
