//! The shipped folder as a part of the binary.

use std::borrow::Cow;
use std::io;

use super::files::Files;
use super::{LABELS, MANIFEST, NETWORK, WEIGHTS, ZooError};

/// `models/zoo/image-labels` as it was when the program was built.
pub(super) struct ImageLabelsFolder;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/zoo/image-labels/", $name)).as_slice()
    };
}

impl Files for ImageLabelsFolder {
    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, ZooError> {
        let bytes = match name {
            MANIFEST => file!("manifest.json"),
            NETWORK => file!("network.json"),
            WEIGHTS => file!("weights.safetensors"),
            LABELS => file!("labels.json"),
            // Several megabytes that only training needs.
            #[cfg(feature = "bank")]
            super::BANK => file!("bank.safetensors"),
            _ => return Err(ZooError::Io { file: name.to_owned(), source: io::ErrorKind::NotFound.into() }),
        };
        Ok(Cow::Borrowed(bytes))
    }
}
