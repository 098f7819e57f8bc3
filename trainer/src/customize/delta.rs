//! What a model for one application changes.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::{Context, Result};
use chameleon_models::weights::Weights;

use super::head::Head;
use super::pool::Pool;
use crate::evaluation::panel::Panel;

/// Rows of the head, and what is changed before it.
#[derive(Clone)]
pub struct Delta {
    /// The application's rows.
    pub head: Head,
    /// Parameters of changed layers, if there are any.
    pub layers: Option<Arc<Weights>>,
}

impl From<Head> for Delta {
    fn from(head: Head) -> Self {
        Self { head, layers: None }
    }
}

impl Delta {
    /// What the application sees of the panel's images: its labels' logits (N, n), row-major, and the panel with the other
    /// labels that come with them.
    ///
    /// # Errors
    /// The layers are not for the network of these images, or libtorch cannot hand out the logits.
    pub fn seen<'p>(&self, pool: &Pool, panel: &'p Panel) -> Result<(Vec<f32>, Cow<'p, Panel>)> {
        let Some(layers) = &self.layers else {
            return Ok((self.head.logits(&pool.examples.select(&panel.images))?, Cow::Borrowed(panel)));
        };
        let body = pool.body.as_ref().context("changed layers need the images, not only their features")?;
        let features = body.features(layers, &panel.images)?;
        let panel = panel.with_others(&pool.head.logits(&features)?);
        Ok((self.head.logits(&features)?, Cow::Owned(panel)))
    }
}
