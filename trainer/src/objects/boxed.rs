//! Images with one box each: the column `bbox` beside those of [`ImageSet`].

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::BoundingBox;
use chameleon_models::preprocess::RgbImage;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, List, Row};

use crate::dataset::ImageSet;

/// Images, their classes, and where the object of that class is.
pub(super) struct BoxedImages {
    /// Images and classes.
    pub(super) set: ImageSet,
    /// One box an image.
    pub(super) boxes: Vec<BoundingBox>,
}

impl BoxedImages {
    /// Reads the images of the files in order.
    ///
    /// # Errors
    /// As [`ImageSet::read`]; a row has no `bbox` of four numbers that enclose a part of the image.
    pub(super) fn read(files: &[PathBuf], side: usize) -> Result<Self> {
        let set = ImageSet::read(files, side)?;
        let mut boxes = Vec::with_capacity(set.len());
        for file in files {
            read_boxes(file, side, &mut boxes).with_context(|| format!("{}", file.display()))?;
        }
        ensure!(boxes.len() == set.len(), "{} images and {} boxes", set.len(), boxes.len());
        Ok(Self { set, boxes })
    }

    /// Number of images.
    pub(super) fn len(&self) -> usize {
        self.boxes.len()
    }

    /// The images at these indices.
    #[must_use]
    pub(super) fn select(&self, indices: &[usize]) -> Self {
        Self { set: self.set.select(indices), boxes: indices.iter().map(|&i| self.boxes[i]).collect() }
    }

    /// One image.
    pub(super) fn image(&self, i: usize) -> RgbImage {
        let side = self.set.side as u32;
        RgbImage::from_raw(side, side, self.set.image(i).to_vec()).expect("a set's images are of its side")
    }
}

fn read_boxes(file: &Path, side: usize, boxes: &mut Vec<BoundingBox>) -> Result<()> {
    let reader = SerializedFileReader::new(File::open(file)?)?;
    for (i, row) in reader.get_row_iter(None)?.enumerate() {
        boxes.push(row_box(&row?, side).with_context(|| format!("row {i}"))?);
    }
    Ok(())
}

fn row_box(row: &Row, side: usize) -> Result<BoundingBox> {
    let list = row.get_column_iter().find_map(|(name, field)| match field {
        Field::ListInternal(list) if name == "bbox" => Some(list),
        _ => None,
    });
    let [left, top, right, bottom] = corners(list.context("no column `bbox` of lists")?)?;
    let side = side as f64;
    // The last row and column belong to the box.
    let share = |pixel: f64| (pixel / side).clamp(0.0, 1.0);
    let bounds =
        BoundingBox { left: share(left), top: share(top), right: share(right + 1.0), bottom: share(bottom + 1.0) };
    ensure!(bounds.left < bounds.right && bounds.top < bounds.bottom, "the box is empty");
    Ok(bounds)
}

fn corners(list: &List) -> Result<[f64; 4]> {
    let number = |field: &Field| match field {
        Field::Int(n) => Ok(f64::from(*n)),
        Field::Long(n) => Ok(*n as f64),
        Field::Float(n) => Ok(f64::from(*n)),
        Field::Double(n) => Ok(*n),
        Field::Short(n) => Ok(f64::from(*n)),
        Field::UShort(n) => Ok(f64::from(*n)),
        Field::UByte(n) => Ok(f64::from(*n)),
        Field::Byte(n) => Ok(f64::from(*n)),
        other => bail!("{other} in `bbox`; expected a number"),
    };
    let numbers: Vec<f64> = list.elements().iter().map(number).collect::<Result<_>>()?;
    <[f64; 4]>::try_from(numbers).map_err(|numbers| anyhow::anyhow!("{} numbers in `bbox`; expected 4", numbers.len()))
}
