//! The parameters of a network: named tensors, read from and written to safetensors bytes.
//!
//! Names are those of [`Network::parameters`], which are `PyTorch`'s. In memory everything is f32; files hold f16, bf16
//! or f32. Bytes come from outside and are not trusted: whatever they hold, reading ends in [`Weights`] whose lengths
//! agree with their shapes and whose values are finite, or in an error.

mod packed;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

pub(crate) use read::{decode, values};
pub use write::Precision;
pub(crate) use write::{Encoded, serialize};

use crate::net::{Network, Shape};

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    data: Vec<f32>,
}

impl Tensor {
    /// Lengths of the dimensions, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values in row-major order.
    pub fn data(&self) -> &[f32] {
        &self.data
    }
}

/// Named parameters, in name order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

/// Why bytes are not the weights of a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The bytes are no safetensors file, or only a part of one.
    #[error("not a whole safetensors file: {0}")]
    Format(String),
    /// A tensor's elements are of a type that is not read.
    #[error("tensor `{name}` holds {dtype}; expected F16, BF16, F32 or U8")]
    Dtype {
        /// The tensor.
        name: String,
        /// What it holds.
        dtype: String,
    },
    /// A tensor that is needed is not there.
    #[error("no tensor `{0}`")]
    Missing(String),
    /// A tensor is there that the network does not have.
    #[error("tensor `{0}` belongs to no layer of the network")]
    Unknown(String),
    /// A tensor has another shape than the network's.
    #[error("tensor `{name}`: expected shape {expected:?}, got {got:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// The network's shape.
        expected: Shape,
        /// The file's shape.
        got: Shape,
    },
    /// The number of values is not the product of the shape.
    #[error("tensor `{name}`: shape {shape:?} does not hold {values} values")]
    Length {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Shape,
        /// The values given.
        values: usize,
    },
    /// A tensor holds NaN or infinity.
    #[error("tensor `{0}` holds a value that is not finite")]
    NotFinite(String),
    /// A value is too large for the precision asked for.
    #[error("tensor `{0}` holds a value beyond the range of f16")]
    Overflow(String),
}

impl Weights {
    /// Reads safetensors bytes of f16, bf16 or f32 tensors. Whether they fit a network, [`Weights::check`] says.
    ///
    /// # Errors
    /// The bytes are no whole safetensors file, or hold other element types or values that are not finite.
    pub fn read_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        read::safetensors(bytes)
    }

    /// Safetensors bytes of all tensors, in name order.
    ///
    /// # Errors
    /// [`WeightsError::Overflow`] if a value does not fit `precision`.
    pub fn write_safetensors(&self, precision: Precision) -> Result<Vec<u8>, WeightsError> {
        serialize(&self.encode(precision)?)
    }

    /// All tensors as a file holds them, in name order.
    pub(crate) fn encode(&self, precision: Precision) -> Result<Vec<Encoded<'_>>, WeightsError> {
        write::encode(&self.tensors, precision)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// Adds a tensor, or replaces the one of that name.
    ///
    /// # Errors
    /// `data` is not as long as `shape` says, or not finite.
    pub fn insert(&mut self, name: &str, shape: Shape, data: Vec<f32>) -> Result<(), WeightsError> {
        let elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        if elements != Some(data.len()) {
            return Err(WeightsError::Length { name: name.to_owned(), shape, values: data.len() });
        }
        if !data.iter().all(|v| v.is_finite()) {
            return Err(WeightsError::NotFinite(name.to_owned()));
        }
        self.tensors.insert(name.to_owned(), Tensor { shape, data });
        Ok(())
    }

    /// Takes over all tensors of `others`.
    pub fn replace_by(&mut self, others: Self) {
        self.tensors.extend(others.tensors);
    }

    /// The tensor of that name.
    ///
    /// # Errors
    /// [`WeightsError::Missing`] if there is none.
    pub fn get(&self, name: &str) -> Result<&Tensor, WeightsError> {
        self.tensors.get(name).ok_or_else(|| WeightsError::Missing(name.to_owned()))
    }

    /// All tensors, in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Checks that these are the parameters of `network`: all of them, no others, in the right shapes.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, network: &Network) -> Result<(), WeightsError> {
        self.check_shapes(&network.parameters())
    }

    /// Checks that these are exactly the tensors of `expected`.
    pub(crate) fn check_shapes(&self, expected: &[(String, Shape)]) -> Result<(), WeightsError> {
        for (name, shape) in expected {
            let got = self.get(name)?.shape();
            if got != shape.as_slice() {
                return Err(WeightsError::Shape { name: name.clone(), expected: shape.clone(), got: got.to_vec() });
            }
        }
        match self.tensors.keys().find(|name| !expected.iter().any(|(known, _)| known == *name)) {
            Some(name) => Err(WeightsError::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    /// Gives the tensors of a node another owner.
    pub(crate) fn rename(&mut self, node: &str, new: &str) {
        let tensors = std::mem::take(&mut self.tensors).into_iter();
        let renamed = tensors.map(|(name, tensor)| match name.rsplit_once('.') {
            Some((owner, suffix)) if owner == node => (format!("{new}.{suffix}"), tensor),
            _ => (name, tensor),
        });
        self.tensors = renamed.collect();
    }

    /// Drops the tensors of a node.
    pub(crate) fn remove(&mut self, node: &str) {
        self.tensors.retain(|name, _| name.rsplit_once('.').is_none_or(|(owner, _)| owner != node));
    }

    /// Drops a tensor.
    pub(crate) fn remove_one(&mut self, name: &str) {
        self.tensors.remove(name);
    }

    /// Takes a tensor's values out.
    pub(crate) fn take(&mut self, name: &str) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.tensors.remove(name).ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        Ok(tensor.data)
    }
}
