//! f32 tensors to safetensors bytes.

use std::collections::BTreeMap;

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::{Tensor, WeightsError};

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Half precision: half the size, 11 significant bits, magnitudes up to 65,504.
    F16,
    /// Single precision: exactly what is in memory.
    F32,
}

/// A tensor in the form of a file: name, element type, shape, little-endian bytes.
pub(crate) type Encoded<'n> = (&'n str, Dtype, Vec<usize>, Vec<u8>);

pub(super) fn encode(
    tensors: &BTreeMap<String, Tensor>,
    precision: Precision,
) -> Result<Vec<Encoded<'_>>, WeightsError> {
    let mut encoded = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let (dtype, bytes) = match precision {
            Precision::F32 => (Dtype::F32, tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Precision::F16 => (Dtype::F16, half_bytes(name, &tensor.data)?),
        };
        encoded.push((name.as_str(), dtype, tensor.shape.clone(), bytes));
    }
    Ok(encoded)
}

fn half_bytes(name: &str, data: &[f32]) -> Result<Vec<u8>, WeightsError> {
    let mut bytes = Vec::with_capacity(2 * data.len());
    for &value in data {
        let half = f16::from_f32(value);
        if !half.is_finite() {
            return Err(WeightsError::Overflow(name.to_owned()));
        }
        bytes.extend(half.to_le_bytes());
    }
    Ok(bytes)
}

/// Safetensors bytes of already encoded tensors.
pub(crate) fn serialize(tensors: &[Encoded]) -> Result<Vec<u8>, WeightsError> {
    let format = |error: safetensors::SafeTensorError| WeightsError::Format(error.to_string());
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, shape, bytes) in tensors {
        views.push((*name, TensorView::new(*dtype, shape.clone(), bytes).map_err(format)?));
    }
    safetensors::serialize(views, None).map_err(format)
}
