//! The user's own labelled images: read, labelled, run through the backbone, and split.
//!
//! A folder holds either `labels.csv` (`file,label;label` a line, relative paths) or one sub-folder for each label.
//! A label brings the broader labels that always come with it. `_none` (or no label in the CSV) marks images without
//! any label of the vocabulary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chameleon_models::bank::Split;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::zoo::{ImageLabels, LabelInfo, sha256};

use super::examples::Examples;
use super::progress::{Progress, ProgressMode};

/// Name of the list of images.
const LIST: &str = "labels.csv";
/// Sub-folder of images without a label.
const NONE: &str = "_none";
/// File name endings of images.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
/// Images that go through the backbone at once.
const BATCH: usize = 32;

/// Reads a folder.
///
/// # Errors
/// The folder or an image cannot be read, or a label is not in the vocabulary.
pub fn read(folder: &Path, model: &ImageLabels, progress: ProgressMode) -> Result<Examples> {
    let list = folder.join(LIST);
    let named = if list.is_file() { listed(&list)? } else { by_sub_folder(folder)? };
    ensure!(!named.is_empty(), "{}: no image in it; expected a sub-folder for each label, or {LIST}", folder.display());
    let resolve = |names: &Vec<String>| resolve(names, &model.labels);
    let targets = named.values().map(resolve).collect::<Result<Vec<_>>>().context(folder.display().to_string())?;
    let files: Vec<&String> = named.keys().collect();
    let features = features(folder, &files, model, progress)?;
    let split = split(&files, &targets);
    Examples::new(folder.display().to_string(), model.feature_count(), features, targets, split)
}

/// Files of the list with their labels, by name.
fn listed(list: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let text = fs::read_to_string(list).with_context(|| format!("{}", list.display()))?;
    let mut images = BTreeMap::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (file, labels) = line.split_once(',').with_context(|| {
            format!("{}, line {}: expected `file,label;label`, got `{line}`", list.display(), i + 1)
        })?;
        if i == 0 && file.trim() == "file" {
            continue;
        }
        let labels = labels.split(';').map(str::trim).filter(|label| !label.is_empty());
        images.insert(file.trim().to_owned(), labels.map(ToOwned::to_owned).collect());
    }
    Ok(images)
}

/// Images of each sub-folder, relative to the folder, with the sub-folder's name as their label.
fn by_sub_folder(folder: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let mut images = BTreeMap::new();
    for sub_folder in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let Some(label) = file_name(&sub_folder) else { continue };
        for file in entries(&sub_folder)?.iter().filter(|path| is_image(path)) {
            let Some(name) = file_name(file) else { continue };
            let labels = if label == NONE { Vec::new() } else { vec![label.clone()] };
            images.insert(format!("{label}/{name}"), labels);
        }
    }
    Ok(images)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')).map(ToOwned::to_owned)
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Indices of the named labels and of all that always come with them: a label whose classes include another's.
fn resolve(names: &[String], labels: &[LabelInfo]) -> Result<Vec<u16>> {
    let mut found = Vec::new();
    for name in names {
        let Some(label) = labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)) else {
            bail!("`{name}` is not one of the {} labels of the model", labels.len());
        };
        let implied = |other: &LabelInfo| label.classes.iter().all(|class| other.classes.contains(class));
        found.extend((0..labels.len()).filter(|&i| implied(&labels[i])).map(|i| i as u16));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn features(folder: &Path, files: &[&String], model: &ImageLabels, mode: ProgressMode) -> Result<Vec<f32>> {
    let labeler = ImageLabeler::new(model)?;
    let mut progress = Progress::start(mode, "features", files.len() as u64);
    let mut features = Vec::with_capacity(files.len() * model.feature_count());
    for batch in files.chunks(BATCH) {
        let images = batch.iter().map(|file| tensor(&folder.join(file), &labeler)).collect::<Result<Vec<_>>>()?;
        features.extend(labeler.features(&images).into_iter().flatten());
        for _ in batch {
            progress.tick();
        }
    }
    Ok(features)
}

fn tensor(file: &Path, labeler: &ImageLabeler) -> Result<Vec<f32>> {
    let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
    let image = preprocess::decode(&bytes, DecodeLimits::default()).with_context(|| format!("{}", file.display()))?;
    Ok(preprocess::tensor(&image, labeler.input()))
}

/// Of the images with the same labels, half to train, a quarter each to tune and to test; by the hash of the name, so
/// that a new image moves no other one.
fn split(files: &[&String], targets: &[Vec<u16>]) -> Vec<Split> {
    let mut by_labels: BTreeMap<&[u16], Vec<(String, usize)>> = BTreeMap::new();
    for (i, (file, labels)) in files.iter().zip(targets).enumerate() {
        by_labels.entry(labels).or_default().push((sha256(file.as_bytes()), i));
    }
    let mut split = vec![Split::Train; files.len()];
    for mut group in by_labels.into_values() {
        group.sort();
        for (rank, (_, i)) in group.into_iter().enumerate() {
            split[i] = [Split::Train, Split::Tune, Split::Train, Split::Test][rank % 4];
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<LabelInfo> {
        let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
        vec![label("Animal", &[0, 1]), label("Dog", &[0]), label("Cat", &[1]), label("Car", &[2])]
    }

    #[test]
    fn a_label_brings_the_broader_ones() {
        assert_eq!(resolve(&["dog".to_owned()], &labels()).expect("known"), [0, 1]);
        assert_eq!(resolve(&["Animal".to_owned(), "Car".to_owned()], &labels()).expect("known"), [0, 3]);
        assert!(resolve(&["Zebra".to_owned()], &labels()).is_err());
    }

    #[test]
    fn images_with_the_same_labels_are_split_half_quarter_quarter() {
        let names: Vec<String> = (0..40).map(|i| format!("dog/{i}.jpg")).collect();
        let files: Vec<&String> = names.iter().collect();
        let split = split(&files, &vec![vec![0, 1]; 40]);
        let count = |wanted| split.iter().filter(|&&s| s == wanted).count();
        assert_eq!((count(Split::Train), count(Split::Tune), count(Split::Test)), (20, 10, 10));
    }
}
