//! Attributes of a node and constants of a graph, read with their defaults and limits.

use half::f16;

use super::OnnxError;
use super::proto::{AttributeProto, FLOAT, INT64, NodeProto, TensorProto};
use crate::net::MAX_ELEMENTS;
use crate::weights::decode;

/// A constant: its shape and its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Numbers,
}

/// What a constant holds. Shapes are whole numbers of 64 bits, which f32 does not hold all of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

/// The product of a shape's sides, where one of zero counts as one: what walks a constant walks its sides, and those beside
/// an empty one can be of any length in a file of a few bytes. `None` is more than can be counted.
pub(super) fn extent(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side.max(1)))
}

impl Numbers {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Floats(numbers) => numbers.len(),
            Self::Integers(numbers) => numbers.len(),
        }
    }
}

impl Constant {
    /// Reads f32, f16 and 64-bit integers.
    pub(super) fn read(tensor: &TensorProto) -> Result<Self, OnnxError> {
        const FLOAT16: i32 = 10;
        const BOOL: i32 = 9;
        let fault = |problem: String| OnnxError::Constant { name: tensor.name.clone(), problem };
        if tensor.data_location != 0 {
            return Err(fault("its numbers are in another file; save the model as one file".to_owned()));
        }
        let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
        let shape = dims.ok_or_else(|| fault(format!("shape {:?}", tensor.dims)))?;
        if extent(&shape).is_none_or(|extent| extent > MAX_ELEMENTS) {
            return Err(fault(format!("shape {shape:?}")));
        }
        let elements: usize = shape.iter().product();
        let raw = tensor.raw_data.as_slice();
        let numbers = match tensor.data_type {
            FLOAT if raw.is_empty() => Numbers::Floats(tensor.float_data.clone()),
            FLOAT => Numbers::Floats(decode(raw, f32::from_le_bytes)),
            FLOAT16 => Numbers::Floats(decode(raw, |b| f16::from_le_bytes(b).to_f32())),
            INT64 if raw.is_empty() => Numbers::Integers(tensor.int64_data.clone()),
            INT64 => Numbers::Integers(decode(raw, i64::from_le_bytes)),
            BOOL => Numbers::Integers(raw.iter().map(|&byte| i64::from(byte)).collect()),
            other => return Err(fault(format!("element type {other}; f32, f16 and 64-bit integers are read"))),
        };
        if numbers.len() != elements {
            return Err(fault(format!("{} numbers for shape {shape:?}", numbers.len())));
        }
        Ok(Self { shape, numbers })
    }

    /// The numbers, whole ones rounded to f32.
    pub(super) fn floats(&self) -> Vec<f32> {
        match &self.numbers {
            Numbers::Floats(numbers) => numbers.clone(),
            Numbers::Integers(numbers) => numbers.iter().map(|&n| n as f32).collect(),
        }
    }

    /// The numbers as whole ones.
    pub(super) fn integers(&self) -> Vec<i64> {
        match &self.numbers {
            Numbers::Floats(numbers) => numbers.iter().map(|&n| n as i64).collect(),
            Numbers::Integers(numbers) => numbers.clone(),
        }
    }

    /// The number, if there is only one.
    pub(super) fn scalar(&self) -> Option<f32> {
        if self.numbers.len() == 1 { self.floats().first().copied() } else { None }
    }
}

impl NodeProto {
    /// What to call the node in messages.
    pub(super) fn title(&self) -> &str {
        if self.name.is_empty() { self.output.first().map_or("", String::as_str) } else { &self.name }
    }

    pub(super) fn fault(&self, problem: impl Into<String>) -> OnnxError {
        OnnxError::Node { node: self.title().to_owned(), op: self.op_type.clone(), problem: problem.into() }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.f)
    }

    pub(super) fn ints(&self, name: &str) -> &[i64] {
        self.attribute(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.attribute(name).map_or("", |attribute| std::str::from_utf8(&attribute.s).unwrap_or(""))
    }

    /// A length that is the same in all directions.
    pub(super) fn square(&self, name: &str, default: usize) -> Result<usize, OnnxError> {
        let values = self.ints(name);
        match values.first() {
            None => Ok(default),
            Some(first) if values.iter().all(|value| value == first) => {
                usize::try_from(*first).map_err(|_| self.fault(format!("{name} {values:?}")))
            }
            Some(_) => Err(self.fault(format!("{name} {values:?}; they must be equal"))),
        }
    }

    /// Kernel, stride and padding of a window.
    pub(super) fn window(&self) -> Result<(usize, usize, usize), OnnxError> {
        if !matches!(self.text("auto_pad"), "" | "NOTSET") {
            return Err(self.fault("automatic padding; only given padding is read"));
        }
        if self.square("dilations", 1)? != 1 {
            return Err(self.fault("dilation; only dense kernels are read"));
        }
        Ok((self.square("kernel_shape", 0)?, self.square("strides", 1)?, self.square("pads", 0)?))
    }
}
