//! COCO instances: an image carries the categories of its annotations, each as often as it is annotated; one without
//! annotations carries none.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;
use serde::Deserialize;
use serde_json::Value as Json;

use super::collect::{Collector, Item};
use super::folders::{file_name, image_folders};
use super::{DataError, ImageSource};

/// What is read of a file to see whether it is in this format.
const START: u64 = 1 << 20;
/// Name of the files, among those of COCO, that annotate instances of categories.
const INSTANCES: &str = "instances";

#[derive(Deserialize)]
struct Coco {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: Id,
    file_name: String,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: Id,
    category_id: Id,
    /// Whether it is of a group: in COCO's own files 0 or 1; some tools write other numbers, truth values or null.
    #[serde(default)]
    iscrowd: Json,
}

impl Annotation {
    fn is_group(&self) -> bool {
        match &self.iscrowd {
            Json::Bool(is_group) => *is_group,
            Json::Number(number) => number.as_f64() != Some(0.0),
            Json::String(text) => !matches!(text.as_str(), "" | "0" | "false"),
            Json::Null | Json::Array(_) | Json::Object(_) => false,
        }
    }
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
}

/// COCO's own files have numbers; some tools write text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// Whether a file begins like one in this format.
pub(super) fn is_list(file: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(file).and_then(|source| source.take(START).read_to_end(&mut start));
    let start = String::from_utf8_lossy(&start);
    read.is_ok() && [r#""images""#, r#""annotations""#].iter().any(|key| start.contains(key))
}

/// Whether a file is named as COCO names annotations of instances.
pub(super) fn is_instances(file: &Path) -> bool {
    file_name(file).is_some_and(|name| name.contains(INSTANCES))
}

/// Reads a list.
///
/// # Errors
/// The file cannot be read, is in another format, or an annotation is of an image or category that is not there.
pub(super) fn read(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let source = File::open(file).map_err(DataError::io(file))?;
    let coco: Coco = serde_json::from_reader(BufReader::new(source)).map_err(|error| {
        let hint = "expected COCO's `images`, `annotations` with `category_id`, and `categories`";
        DataError::format(file.display(), format_args!("{hint}; {error}"))
    })?;
    let categories: HashMap<&Id, usize> = coco.categories.iter().enumerate().map(|(i, c)| (&c.id, i)).collect();
    let images: HashMap<&Id, usize> = coco.images.iter().enumerate().map(|(i, image)| (&image.id, i)).collect();
    let mut carried: Vec<Vec<(usize, bool)>> = vec![Vec::new(); coco.images.len()];
    for (i, annotation) in coco.annotations.iter().enumerate() {
        let missing = |what, id| {
            DataError::format(
                file.display(),
                format_args!("annotation {} is of {what} {id}, which is not there", i + 1),
            )
        };
        let image = images.get(&annotation.image_id).ok_or_else(|| missing("image", &annotation.image_id))?;
        let category = categories.get(&annotation.category_id);
        let category = *category.ok_or_else(|| missing("category", &annotation.category_id))?;
        carried[*image].push((category, annotation.is_group()));
    }
    let folder = folder_of_images(file, &coco.images);
    for (image, carried) in coco.images.iter().zip(&carried) {
        let place = format!("{}, image {}", file.display(), image.id);
        let source = ImageSource::File(folder.join(&image.file_name));
        let objects = carried.iter().map(|&(category, is_group)| (coco.categories[category].name.as_str(), is_group));
        collector.add_objects(Item { image: source, split, place }, objects)?;
    }
    Ok(())
}

/// The first folder that has one of the first images.
fn folder_of_images(file: &Path, images: &[Image]) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.rsplit('_').next().unwrap_or_default();
    let folders = image_folders(file, name);
    let has_one = |folder: &&PathBuf| images.iter().take(100).any(|image| folder.join(&image.file_name).is_file());
    folders.iter().find(has_one).unwrap_or(&folders[0]).clone()
}
