//! Safetensors bytes to f32 tensors.

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::{Weights, WeightsError};

pub(super) fn safetensors(bytes: &[u8]) -> Result<Weights, WeightsError> {
    // `deserialize` checks that the tensors' ranges tile the file exactly and agree with shapes and element sizes.
    let file = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Format(error.to_string()))?;
    let mut weights = Weights::default();
    for (name, view) in file.iter() {
        weights.insert(name, view.shape().to_vec(), values(name, &view)?)?;
    }
    Ok(weights)
}

/// The values of one tensor.
pub(crate) fn values(name: &str, view: &TensorView) -> Result<Vec<f32>, WeightsError> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(decode(bytes, f32::from_le_bytes)),
        Dtype::F16 => Ok(decode(bytes, |b| f16::from_le_bytes(b).to_f32())),
        Dtype::BF16 => Ok(decode(bytes, |b| bf16::from_le_bytes(b).to_f32())),
        // The packed rows of quantized weights.
        Dtype::U8 => Ok(bytes.iter().map(|&byte| f32::from(byte)).collect()),
        other => Err(WeightsError::Dtype { name: name.to_owned(), dtype: format!("{other:?}") }),
    }
}

/// Little-endian elements of `SIZE` bytes to values.
pub(crate) fn decode<const SIZE: usize, T>(bytes: &[u8], element: impl Fn([u8; SIZE]) -> T) -> Vec<T> {
    let (elements, _) = bytes.as_chunks::<SIZE>();
    elements.iter().map(|&bytes| element(bytes)).collect()
}
