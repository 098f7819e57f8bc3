//! A finished run whose network teaches another (Hinton et al. 2015).
//!
//! Both see the same crop, colours and mixture, which teaches the function and not only its values on the training
//! images (Beyer et al. 2022).

use std::path::Path;

use anyhow::Result;
use chameleon_models::zoo;
use tch::{Device, Tensor, no_grad};

use super::settings::{Shape, labels_of};
use super::{network, read_tensors};
use crate::module::Module;

pub(super) struct Teacher {
    module: Module,
}

impl Teacher {
    /// The network that the run in `folder` has trained for the labels of `data`.
    pub(super) fn read(folder: &Path, data: &Path, outputs: usize, device: Device) -> Result<Self> {
        let shape = Shape::read(folder)?;
        shape.check_labels(folder, &labels_of(data)?)?;
        let weights = read_tensors(&folder.join(zoo::WEIGHTS))?;
        Ok(Self { module: Module::from_tensors(network(outputs, shape.width), &weights, device)? })
    }

    /// Its logits (N, outputs) for normalised images.
    pub(super) fn logits(&self, images: &Tensor) -> Tensor {
        no_grad(|| self.module.forward(images, false))
    }
}
