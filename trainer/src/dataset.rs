//! Labelled images from Parquet files as the Hugging Face hub writes them.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use rayon::prelude::*;
use serde::Deserialize;
use tch::Tensor;

/// Images of one size with their classes, decoded.
pub struct ImageSet {
    /// Rows and columns of every image.
    pub side: usize,
    /// Pixels, (N, side, side, 3), RGB.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub classes: Vec<u16>,
}

impl ImageSet {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Pixels of one image, (side, side, 3).
    pub fn image(&self, i: usize) -> &[u8] {
        let n = self.side * self.side * 3;
        &self.pixels[i * n..(i + 1) * n]
    }

    /// All pixels as (N, 3, side, side), u8, channels innermost in memory.
    pub fn tensor(&self) -> Tensor {
        let side = self.side as i64;
        Tensor::from_slice(&self.pixels).view([-1, side, side, 3]).permute([0, 3, 1, 2])
    }

    /// The images at these indices.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let pixels = indices.iter().flat_map(|&i| self.image(i)).copied().collect();
        let classes = indices.iter().map(|&i| self.classes[i]).collect();
        Self { side: self.side, pixels, classes }
    }

    /// Reads the columns `image.bytes` and `label` of the files, in order.
    ///
    /// # Errors
    /// A file that cannot be read, lacks the columns, or holds an image that does not decode or has another size.
    pub fn read(files: &[PathBuf], side: usize) -> Result<Self> {
        let mut set = Self { side, pixels: Vec::new(), classes: Vec::new() };
        for file in files {
            let rows = read_rows(file).with_context(|| format!("{}", file.display()))?;
            let images: Vec<Result<Vec<u8>>> = rows.par_iter().map(|(jpeg, _)| decode(jpeg, side)).collect();
            for (i, (image, (_, class))) in images.into_iter().zip(&rows).enumerate() {
                set.pixels.extend(image.with_context(|| format!("{}, row {i}", file.display()))?);
                set.classes.push(*class);
            }
        }
        Ok(set)
    }
}

/// The files `{split}-*.parquet` of a folder, sorted by name.
///
/// # Errors
/// The folder cannot be read or has none.
pub fn shards(folder: &Path, split: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    let wanted = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            name.starts_with(&format!("{split}-"))
                && Path::new(name).extension().is_some_and(|extension| extension == "parquet")
        })
    };
    files.retain(wanted);
    files.sort();
    ensure!(!files.is_empty(), "{}: no {split}-*.parquet in it", folder.display());
    Ok(files)
}

fn read_rows(file: &Path) -> Result<Vec<(Vec<u8>, u16)>> {
    let reader = SerializedFileReader::new(File::open(file)?)?;
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None)? {
        rows.push(read_row(&row?)?);
    }
    Ok(rows)
}

fn read_row(row: &Row) -> Result<(Vec<u8>, u16)> {
    let (mut bytes, mut class) = (None, None);
    for (name, field) in row.get_column_iter() {
        match (name.as_str(), field) {
            ("image" | "img", Field::Group(image)) => {
                bytes = image.get_column_iter().find_map(|(name, field)| match field {
                    Field::Bytes(data) if name == "bytes" => Some(data.data().to_vec()),
                    _ => None,
                });
            }
            ("label", Field::Long(label)) => class = u16::try_from(*label).ok(),
            ("label", Field::Int(label)) => class = u16::try_from(*label).ok(),
            _ => {}
        }
    }
    match (bytes, class) {
        (Some(bytes), Some(class)) => Ok((bytes, class)),
        _ => bail!("a row has no `image.bytes` or no `label` in 0..65536"),
    }
}

fn decode(bytes: &[u8], side: usize) -> Result<Vec<u8>> {
    let image = image::load_from_memory(bytes)?.into_rgb8();
    let size = (image.width() as usize, image.height() as usize);
    ensure!(size == (side, side), "the image is {} x {} pixels, not {side} x {side}", size.0, size.1);
    Ok(image.into_raw())
}

/// One label of the API and the classes that carry it.
#[derive(Clone, Debug)]
pub struct ClassLabel {
    /// The label as the API spells it.
    pub name: String,
    /// Class indices.
    pub classes: Vec<u16>,
}

/// Reads `classes.txt` (`wnid<TAB>name` a line, in class order) and `labels.json`, which names classes by wnid.
///
/// # Errors
/// A file that cannot be read, or a label with an unknown class.
pub fn read_labels(folder: &Path) -> Result<Vec<ClassLabel>> {
    #[derive(Deserialize)]
    struct RawLabel {
        name: String,
        classes: Vec<String>,
    }
    #[derive(Deserialize)]
    struct RawLabels {
        labels: Vec<RawLabel>,
    }
    let wnids = wnids(folder)?;
    let text = std::fs::read_to_string(folder.join("labels.json")).context("labels.json")?;
    let raw: RawLabels = serde_json::from_str(&text).context("labels.json")?;
    let index = |wnid: &String| -> Result<u16> {
        let i = wnids.iter().position(|w| w == wnid);
        Ok(i.with_context(|| format!("labels.json: class {wnid} is not in classes.txt"))? as u16)
    };
    let resolve = |label: RawLabel| -> Result<ClassLabel> {
        let classes = label.classes.iter().map(index).collect::<Result<_>>()?;
        Ok(ClassLabel { name: label.name, classes })
    };
    raw.labels.into_iter().map(resolve).collect()
}

/// The `WordNet` numbers of the classes, in class order, from `classes.txt`.
///
/// # Errors
/// The file cannot be read.
pub fn wnids(folder: &Path) -> Result<Vec<String>> {
    let classes = std::fs::read_to_string(folder.join("classes.txt")).context("classes.txt")?;
    let wnid = |line: &str| line.split_whitespace().find(|word| is_wnid(word)).map(str::to_owned);
    Ok(classes.lines().filter_map(wnid).collect())
}

fn is_wnid(word: &str) -> bool {
    word.len() == 9 && word.starts_with('n') && word[1..].bytes().all(|b| b.is_ascii_digit())
}
