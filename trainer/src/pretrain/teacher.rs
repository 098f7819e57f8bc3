//! A finished run whose network teaches another (Hinton et al. 2015).
//!
//! Both see the same crop, colours and mixture, which teaches the function and not only its values on the training
//! images (Beyer et al. 2022).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_models::zoo;
use serde::Deserialize;
use tch::{Device, Tensor, no_grad};

use super::{SETTINGS, network, read_tensors};
use crate::module::Module;

pub(super) struct Teacher {
    module: Module,
}

/// What of a run's settings says which network it has.
#[derive(Deserialize)]
struct Shape {
    #[serde(default = "narrow")]
    width: usize,
}

fn narrow() -> usize {
    1
}

impl Teacher {
    /// The network that the run in `folder` has trained.
    pub(super) fn read(folder: &Path, outputs: usize, device: Device) -> Result<Self> {
        let path = folder.join(SETTINGS);
        let text = fs::read_to_string(&path).with_context(|| format!("--teacher: {}", path.display()))?;
        let shape: Shape = serde_json::from_str(&text).with_context(|| format!("--teacher: {}", path.display()))?;
        let weights = read_tensors(&folder.join(zoo::WEIGHTS)).context("--teacher")?;
        let module = Module::from_tensors(network(outputs, shape.width), &weights, device).context("--teacher")?;
        Ok(Self { module })
    }

    /// Its logits (N, outputs) for normalised images.
    pub(super) fn logits(&self, images: &Tensor) -> Tensor {
        no_grad(|| self.module.forward(images, false))
    }
}
