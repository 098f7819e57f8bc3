//! Parameters between files and libtorch.

use std::collections::HashMap;

use anyhow::Result;
use chameleon_models::weights::{self, Weights};
use tch::{Device, Tensor};

/// Parameters as libtorch's tensors.
pub(crate) fn tensors(weights: &Weights) -> HashMap<String, Tensor> {
    let tensor = |values: &weights::Tensor| {
        let shape: Vec<i64> = values.shape().iter().map(|&n| n as i64).collect();
        Tensor::from_slice(values.data()).reshape(shape)
    };
    weights.iter().map(|(name, values)| (name.to_owned(), tensor(values))).collect()
}

/// libtorch's tensors as parameters.
///
/// # Errors
/// A value is not finite, by the tensor's name.
pub(crate) fn weights(tensors: &[(String, Tensor)]) -> Result<Weights> {
    let mut weights = Weights::default();
    for (name, tensor) in tensors {
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        let values = Vec::<f32>::try_from(tensor.detach().to_device(Device::Cpu).contiguous().view([-1]))?;
        weights.insert(name, shape, values)?;
    }
    Ok(weights)
}
