//! What the models say of the images of calls, those of several calls together.

use bytes::Bytes;

use super::batch::Batched;
use super::service::Shared;
use crate::wire::status::Status;
use crate::wire::{Detected, Engines, ImageFault, Images, Labelled};

/// The images of one call.
#[derive(Debug)]
pub(super) struct ImageCall {
    /// Those that are to be labelled.
    pub(super) labelling: Vec<Bytes>,
    /// Those in which objects are to be found.
    pub(super) detecting: Vec<Bytes>,
    /// Whose models answer.
    pub(super) app: Option<String>,
}

/// An entry for each image of a call.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) labelled: Vec<Labelled>,
    pub(super) detected: Vec<Detected>,
}

impl Batched for ImageCall {
    type Answer = Found;

    fn items(&self) -> usize {
        self.labelling.len() + self.detecting.len()
    }
}

impl ImageCall {
    fn app(&self, knows: impl Fn(&str) -> bool) -> Option<&str> {
        self.app.as_deref().filter(|app| knows(app))
    }
}

/// Runs the models; gives an entry for each call.
pub(super) fn answer(engines: &Engines, calls: &[ImageCall]) -> Vec<Found> {
    let labels = &engines.labels;
    let labelling: Vec<Images> =
        calls.iter().map(|call| Images { images: &call.labelling, app: call.app(|app| labels.knows(app)) }).collect();
    let detect = |call: &ImageCall| {
        let objects = engines.objects.as_ref().filter(|_| !call.detecting.is_empty());
        objects.map(|objects| objects.detect(&call.detecting, call.app(|app| objects.knows(app)))).unwrap_or_default()
    };
    let labelled = labels.label(&labelling);
    calls.iter().zip(labelled).map(|(call, labelled)| Found { labelled, detected: detect(call) }).collect()
}

impl Shared {
    /// Has the models look at the images of a call.
    pub(super) async fn look(&self, call: ImageCall) -> Result<Found, Status> {
        if call.items() == 0 {
            return Ok(Found::default());
        }
        let found = self.images.run(call).await?;
        let faults = found.labelled.iter().filter_map(|one| one.as_ref().err());
        faults.chain(found.detected.iter().filter_map(|one| one.as_ref().err())).for_each(log);
        Ok(found)
    }
}

/// Notes why an image has no answer.
fn log(fault: &ImageFault) {
    if let ImageFault::Model(_) = fault {
        tracing::error!(%fault, "An image was not answered");
    } else {
        tracing::debug!(%fault, "An image was not answered");
    }
}
