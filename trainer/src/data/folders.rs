//! One sub-folder for each label.

use std::fs;
use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;

use super::collect::{Collector, Item};
use super::{DataError, ImageSource};

/// File name endings of images that are read.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
/// How deep images may lie below the sub-folder of their label.
const DEPTH: usize = 16;

/// Reads a folder.
///
/// # Errors
/// A folder cannot be read.
pub(super) fn read(folder: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let mut others = 0;
    for sub_folder in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let Some(name) = file_name(&sub_folder) else { continue };
        let mut images = Vec::new();
        others += find_images(&sub_folder, DEPTH, &mut images)?;
        for path in images {
            let place = path.display().to_string();
            collector.add(Item { image: ImageSource::File(path), split, place }, [name.as_str()])?;
        }
    }
    if others > 0 {
        collector.note(format!("{}: {others} files are no JPEG, PNG or WebP and left out", folder.display()));
    }
    Ok(())
}

/// Images in a folder and below it; returns the number of other files. Links to folders are not followed: they may
/// lead round in circles.
fn find_images(folder: &Path, depth: usize, images: &mut Vec<PathBuf>) -> Result<usize, DataError> {
    let mut others = 0;
    for path in entries(folder)? {
        if is_image(&path) {
            images.push(path);
        } else if depth > 0 && path.is_dir() && !path.is_symlink() {
            others += find_images(&path, depth - 1, images)?;
        } else {
            others += usize::from(path.is_file());
        }
    }
    Ok(others)
}

/// What is in a folder and not hidden, by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = fs::read_dir(folder).map_err(DataError::io(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(DataError::io(folder))?.path();
        paths.extend(file_name(&path).map(|_| path));
    }
    paths.sort();
    Ok(paths)
}

/// The last part of a path, unless it is hidden or no text.
pub(super) fn file_name(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')).map(ToOwned::to_owned)
}

/// Whether a file is named like an image that can be read.
pub(super) fn is_image(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Where the images of a list may be: beside it, or beside its folder; there, or in a sub-folder `images`, `data` or of
/// the given name.
pub(super) fn image_folders(list: &Path, name: &str) -> Vec<PathBuf> {
    let beside = list.parent().unwrap_or(Path::new(""));
    let mut folders = Vec::new();
    for base in [Some(beside), beside.parent()].into_iter().flatten() {
        let sub_folders = ["", name, "images", "data"].map(|sub_folder| base.join(sub_folder));
        folders.extend(sub_folders);
        folders.push(base.join("images").join(name));
    }
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}
