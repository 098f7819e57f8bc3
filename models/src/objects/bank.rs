//! Feature banks of scenes: the candidates' features of many images with what the images show.
//!
//! As [`Bank`](crate::bank::Bank), but an image has several rows, one for each of its candidates, and shows several
//! classes or, if it is a background, none.
//!
//! The file is safetensors: `features` U8 (R, D), `scale` F32 (D), `rows` U16 (N), how many of the R rows are of each
//! image in turn, `classes` U16 (N, M), one for each object, each row ascending and filled up with 65535, `split` U8 (N).

use safetensors::{Dtype, SafeTensors};

use crate::bank::{BankError, Split, data, dequantize, misfit, quantize, tensor};
use crate::weights::{WeightsError, decode, serialize};
use crate::zoo::LabelInfo;

/// Fills up lists of classes.
const NONE: u16 = u16::MAX;

/// One image of a bank.
#[derive(Clone, Debug, PartialEq)]
pub struct BankScene {
    /// Features of its candidates, (K, D), K at least 1.
    pub features: Vec<f32>,
    /// Classes of its objects, ascending, one for each object.
    pub classes: Vec<u16>,
    /// What it is for.
    pub split: Split,
}

/// Features of the candidates of N images.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectBank {
    /// Features of one candidate, D.
    pub dim: usize,
    /// The images.
    pub scenes: Vec<BankScene>,
    /// Indices of the names of each image's objects, ascending: a name is there as often as there are objects of it.
    pub objects: Vec<Vec<u16>>,
}

impl ObjectBank {
    /// A bank of scenes whose classes are those of `labels`.
    ///
    /// # Errors
    /// A scene has no candidate or one of another size, a feature is negative or not finite, or a class has no label.
    pub fn new(dim: usize, scenes: Vec<BankScene>, labels: &[LabelInfo]) -> Result<Self, BankError> {
        for scene in &scenes {
            let features = scene.features.len();
            if dim == 0 || features == 0 || features % dim != 0 || features / dim > usize::from(u16::MAX) {
                return Err(BankError::Length { features, classes: scene.classes.len(), splits: 1, dim });
            }
            if !scene.features.iter().all(|&value| value.is_finite() && value >= 0.0) {
                return Err(BankError::Value);
            }
        }
        let objects = scenes.iter().map(|scene| named(&scene.classes, labels)).collect::<Result<_, _>>()?;
        Ok(Self { dim, scenes, objects })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.scenes.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.scenes.is_empty()
    }

    /// Reads a bank whose classes are those of `labels`.
    ///
    /// # Errors
    /// The bytes are no bank.
    pub fn read(bytes: &[u8], labels: &[LabelInfo]) -> Result<Self, BankError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| BankError::Format(error.to_string()))?;
        let (features, classes) = (tensor(&file, "features")?, tensor(&file, "classes")?);
        let &[rows, dim] = features.shape() else {
            return Err(misfit("features", "U8 (R, D)", &features));
        };
        let &[n, most] = classes.shape() else {
            return Err(misfit("classes", "U16 (N, M)", &classes));
        };
        let levels = data(&features, "features", Dtype::U8, &[rows, dim])?;
        let scale = decode(data(&tensor(&file, "scale")?, "scale", Dtype::F32, &[dim])?, f32::from_le_bytes);
        let counts = decode(data(&tensor(&file, "rows")?, "rows", Dtype::U16, &[n])?, u16::from_le_bytes);
        let classes = decode(data(&classes, "classes", Dtype::U16, &[n, most])?, u16::from_le_bytes);
        let split = data(&tensor(&file, "split")?, "split", Dtype::U8, &[n])?;
        let values = dequantize(levels, &scale)?;
        let mut rest = values.as_slice();
        let mut scenes = Vec::with_capacity(n);
        for (i, (&count, &code)) in counts.iter().zip(split).enumerate() {
            let length = || BankError::Length { features: levels.len(), classes: n, splits: split.len(), dim };
            let (features, others) = rest.split_at_checked(usize::from(count) * dim).ok_or_else(length)?;
            rest = others;
            let of_scene = classes[i * most..(i + 1) * most].iter().copied().filter(|&class| class != NONE);
            let split = Split::from_code(code)?;
            scenes.push(BankScene { features: features.to_vec(), classes: of_scene.collect(), split });
        }
        if !rest.is_empty() {
            return Err(BankError::Length { features: levels.len(), classes: n, splits: split.len(), dim });
        }
        Self::new(dim, scenes, labels)
    }

    /// The bytes of the bank, features rounded to 255 levels of each dimension's largest.
    ///
    /// # Errors
    /// The fields, which are public, no longer fit together.
    pub fn write(&self) -> Result<Vec<u8>, BankError> {
        let (n, dim) = (self.len(), self.dim);
        let features = self.scenes.iter().map(|scene| scene.features.as_slice()).collect::<Vec<_>>().concat();
        let (scale, levels) = quantize(&features, dim);
        let most = self.scenes.iter().map(|scene| scene.classes.len()).max().unwrap_or(0).max(1);
        let mut classes = Vec::with_capacity(n * most);
        for scene in &self.scenes {
            let filled = scene.classes.iter().copied().chain(std::iter::repeat(NONE)).take(most);
            classes.extend(filled.flat_map(u16::to_le_bytes));
        }
        let counts = self.scenes.iter().flat_map(|scene| ((scene.features.len() / dim.max(1)) as u16).to_le_bytes());
        let tensors = [
            ("features", Dtype::U8, vec![levels.len() / dim.max(1), dim], levels),
            ("scale", Dtype::F32, vec![dim], scale.iter().flat_map(|scale| scale.to_le_bytes()).collect()),
            ("rows", Dtype::U16, vec![n], counts.collect()),
            ("classes", Dtype::U16, vec![n, most], classes),
            ("split", Dtype::U8, vec![n], self.scenes.iter().map(|scene| scene.split as u8).collect()),
        ];
        serialize(&tensors).map_err(|error: WeightsError| BankError::Format(error.to_string()))
    }
}

/// The names that objects of these classes have, ascending.
fn named(classes: &[u16], labels: &[LabelInfo]) -> Result<Vec<u16>, BankError> {
    let has = |label: &LabelInfo, class: u16| label.classes.contains(&class);
    if let Some(&class) = classes.iter().find(|&&class| !labels.iter().any(|label| has(label, class))) {
        return Err(BankError::Class(class));
    }
    let times = |label: &LabelInfo| classes.iter().filter(|&&class| has(label, class)).count();
    Ok((0u16..).zip(labels).flat_map(|(i, label)| std::iter::repeat_n(i, times(label))).collect())
}
