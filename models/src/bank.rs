//! Feature banks: the backbone's features of many images with what the images show, small enough to ship.
//!
//! Customizing a head needs features and labels only, so a bank replaces a data set. Features are stored in 8 bits
//! with a scale for each dimension; they come from an average after `ReLU` and are never negative.
//!
//! The file is safetensors: `features` U8 (N, D), `scale` F32 (D), `class` U16 (N), `split` U8 (N).

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::weights::{WeightsError, decode, serialize};
use crate::zoo::LabelInfo;

/// What an image of the bank is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// To learn from.
    Train = 0,
    /// To choose settings and thresholds by.
    Tune = 1,
    /// To measure with, never seen in training of backbone or head.
    Test = 2,
}

/// Features of N images.
#[derive(Clone, Debug, PartialEq)]
pub struct Bank {
    /// Features of one image, D.
    pub dim: usize,
    /// (N, D), row-major.
    pub features: Vec<f32>,
    /// Class of each image.
    pub classes: Vec<u16>,
    /// Indices of the labels of each image, ascending.
    pub targets: Vec<Vec<u16>>,
    /// What each image is for.
    pub split: Vec<Split>,
}

/// Why bytes or values are not a bank.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BankError {
    /// The bytes are no safetensors file, or only a part of one.
    #[error("not a whole safetensors file: {0}")]
    Format(String),
    /// A tensor is not there.
    #[error("no tensor `{0}`")]
    Missing(&'static str),
    /// A tensor is of another type or shape than a bank's.
    #[error("tensor `{name}` is {got}; expected {expected}")]
    Form {
        /// The tensor.
        name: &'static str,
        /// Type and shape needed.
        expected: String,
        /// Type and shape found.
        got: String,
    },
    /// An image is of no known split.
    #[error("split {0}; expected 0, 1 or 2")]
    Split(u8),
    /// An image is of a class that has no label.
    #[error("class {0} has no label")]
    Class(u16),
    /// A feature or scale is negative or not finite.
    #[error("a feature or scale is negative or not finite")]
    Value,
    /// Lengths do not agree.
    #[error("{features} features, {classes} classes and {splits} splits for dimension {dim}")]
    Length {
        /// Features of all images.
        features: usize,
        /// Classes.
        classes: usize,
        /// Splits.
        splits: usize,
        /// Features of one image.
        dim: usize,
    },
    /// The bank is of another network.
    #[error("{got} features an image; the network has {expected}")]
    Dim {
        /// The network's.
        expected: usize,
        /// The bank's.
        got: usize,
    },
}

impl Bank {
    /// A bank of (N, D) features with the class and split of every image.
    ///
    /// # Errors
    /// Lengths do not agree, a feature is negative or not finite, or a class carries no label.
    pub fn new(
        dim: usize,
        features: Vec<f32>,
        classes: Vec<u16>,
        split: Vec<Split>,
        labels: &[LabelInfo],
    ) -> Result<Self, BankError> {
        let n = classes.len();
        if dim == 0 || n.checked_mul(dim) != Some(features.len()) || split.len() != n {
            return Err(BankError::Length { features: features.len(), classes: n, splits: split.len(), dim });
        }
        if !features.iter().all(|&value| value.is_finite() && value >= 0.0) {
            return Err(BankError::Value);
        }
        let targets = classes.iter().map(|&class| targets(class, labels)).collect::<Result<_, _>>()?;
        Ok(Self { dim, features, classes, targets, split })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Features of image `i`.
    ///
    /// # Panics
    /// There is no image `i`.
    pub fn feature(&self, i: usize) -> &[f32] {
        &self.features[i * self.dim..(i + 1) * self.dim]
    }

    /// Reads a bank whose classes are those of `labels`.
    ///
    /// # Errors
    /// The bytes are no bank.
    pub fn read(bytes: &[u8], labels: &[LabelInfo]) -> Result<Self, BankError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| BankError::Format(error.to_string()))?;
        let features = tensor(&file, "features")?;
        let &[n, dim] = features.shape() else {
            return Err(misfit("features", "U8 (N, D)", &features));
        };
        let levels = data(&features, "features", Dtype::U8, &[n, dim])?;
        let scale = decode(data(&tensor(&file, "scale")?, "scale", Dtype::F32, &[dim])?, f32::from_le_bytes);
        let classes = decode(data(&tensor(&file, "class")?, "class", Dtype::U16, &[n])?, u16::from_le_bytes);
        let split = data(&tensor(&file, "split")?, "split", Dtype::U8, &[n])?;
        let values = dequantize(levels, &scale)?;
        let split = split.iter().map(|&code| Split::from_code(code)).collect::<Result<_, _>>()?;
        Self::new(dim, values, classes, split, labels)
    }

    /// The bytes of the bank, features rounded to 255 levels of each dimension's largest.
    ///
    /// # Errors
    /// The fields, which are public, no longer agree in length.
    pub fn write(&self) -> Result<Vec<u8>, BankError> {
        let (n, dim) = (self.len(), self.dim);
        if dim == 0 || n * dim != self.features.len() || self.split.len() != n {
            let (features, splits) = (self.features.len(), self.split.len());
            return Err(BankError::Length { features, classes: n, splits, dim });
        }
        let (scale, levels) = quantize(&self.features, dim);
        let bytes = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let tensors = [
            ("features", Dtype::U8, vec![n, dim], levels),
            ("scale", Dtype::F32, vec![dim], scale.iter().flat_map(|scale| scale.to_le_bytes()).collect()),
            ("class", Dtype::U16, vec![n], bytes(&self.classes)),
            ("split", Dtype::U8, vec![n], self.split.iter().map(|&split| split as u8).collect()),
        ];
        serialize(&tensors).map_err(|error: WeightsError| BankError::Format(error.to_string()))
    }
}

impl Split {
    pub(crate) fn from_code(code: u8) -> Result<Self, BankError> {
        [Self::Train, Self::Tune, Self::Test]
            .into_iter()
            .find(|&split| split as u8 == code)
            .ok_or(BankError::Split(code))
    }
}

/// Rows of `dim` features as 255 levels of each dimension's largest: the scales (D) and the levels.
pub(crate) fn quantize(features: &[f32], dim: usize) -> (Vec<f32>, Vec<u8>) {
    let mut scale = vec![0.0_f32; dim];
    for row in features.chunks_exact(dim.max(1)) {
        scale.iter_mut().zip(row).for_each(|(scale, value)| *scale = scale.max(value / 255.0));
    }
    let mut levels = Vec::with_capacity(features.len());
    for row in features.chunks_exact(dim.max(1)) {
        levels.extend(row.iter().zip(&scale).map(|(value, scale)| level(*value, *scale)));
    }
    (scale, levels)
}

/// What [`quantize`] made levels of, rounded.
///
/// # Errors
/// A scale is negative or not finite.
pub(crate) fn dequantize(levels: &[u8], scale: &[f32]) -> Result<Vec<f32>, BankError> {
    if !scale.iter().all(|&scale| scale.is_finite() && scale >= 0.0) {
        return Err(BankError::Value);
    }
    let mut values = Vec::with_capacity(levels.len());
    for row in levels.chunks_exact(scale.len().max(1)) {
        values.extend(row.iter().zip(scale).map(|(&level, scale)| f32::from(level) * scale));
    }
    Ok(values)
}

fn level(value: f32, scale: f32) -> u8 {
    if scale > 0.0 { (value / scale).round().clamp(0.0, 255.0) as u8 } else { 0 }
}

fn targets(class: u16, labels: &[LabelInfo]) -> Result<Vec<u16>, BankError> {
    let carried = labels.iter().enumerate().filter(|(_, label)| label.classes.contains(&class));
    let targets: Vec<u16> = carried.map(|(i, _)| i as u16).collect();
    if targets.is_empty() { Err(BankError::Class(class)) } else { Ok(targets) }
}

pub(crate) fn tensor<'f>(file: &SafeTensors<'f>, name: &'static str) -> Result<TensorView<'f>, BankError> {
    file.tensor(name).map_err(|_| BankError::Missing(name))
}

pub(crate) fn data<'f>(
    view: &TensorView<'f>,
    name: &'static str,
    dtype: Dtype,
    shape: &[usize],
) -> Result<&'f [u8], BankError> {
    if view.dtype() == dtype && view.shape() == shape {
        Ok(view.data())
    } else {
        Err(misfit(name, &format!("{dtype:?} {shape:?}"), view))
    }
}

pub(crate) fn misfit(name: &'static str, expected: &str, view: &TensorView) -> BankError {
    BankError::Form { name, expected: expected.to_owned(), got: format!("{:?} {:?}", view.dtype(), view.shape()) }
}
