//! Finds out in which layout data are.

use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;

use super::collect::Collector;
use super::folders::{entries, file_name};
use super::{DataError, coco, folders, jsonl, open_images, parquet, table};

/// Sub-folders in which lists are looked for, too.
const LIST_FOLDERS: [&str; 2] = ["data", "annotations"];
/// Lists that are read alone if they are there.
const LABEL_LISTS: [&str; 3] = ["labels.csv", "labels.tsv", "labels.jsonl"];

/// The kinds of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    JsonLines,
    Coco,
    OpenImages,
    Parquet,
}

/// Reads a file or folder.
///
/// # Errors
/// It cannot be read, or is in no known layout.
pub(super) fn read(path: &Path, collector: &mut Collector<'_>) -> Result<(), DataError> {
    if path.is_dir() {
        return read_folder(path, None, collector);
    }
    // A bare file name has the empty path as its parent.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    collector.codes.read(folder)?;
    match kind_by_ending(path) {
        Some(Kind::Table) if open_images::is_list(path) => read_list(path, Kind::OpenImages, None, collector),
        Some(kind) => read_list(path, kind, None, collector),
        None => Err(DataError::format(
            path.display(),
            "not a list of images; expected a .csv, .tsv, .jsonl, .json (COCO) or .parquet file, or a folder",
        )),
    }
}

fn read_folder(folder: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    collector.codes.read(folder)?;
    let lists = lists(folder)?;
    if !lists.is_empty() {
        return lists.iter().try_for_each(|(file, kind)| read_list(file, *kind, split, collector));
    }
    if split.is_none()
        && let Some(splits) = split_folders(folder)?
    {
        return splits.iter().try_for_each(|(folder, split)| read_folder(folder, Some(*split), collector));
    }
    folders::read(folder, split, collector)
}

fn read_list(file: &Path, kind: Kind, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let split = split.or_else(|| split_of_file(file));
    match kind {
        Kind::Table => table::read(file, split, collector),
        Kind::JsonLines => jsonl::read(file, split, collector),
        Kind::Coco => coco::read(file, split, collector),
        Kind::OpenImages => open_images::read(file, split, collector),
        Kind::Parquet => parquet::read(file, split, collector),
    }
}

/// The lists of a folder.
///
/// # Errors
/// There are several, and which is meant cannot be told.
fn lists(folder: &Path) -> Result<Vec<(PathBuf, Kind)>, DataError> {
    let mut files = entries(folder)?;
    if let Some(labels) = LABEL_LISTS.iter().map(|name| folder.join(name)).find(|file| file.is_file()) {
        files = vec![labels];
    } else {
        for sub_folder in LIST_FOLDERS.iter().map(|name| folder.join(name)).filter(|path| path.is_dir()) {
            files.extend(entries(&sub_folder)?);
        }
    }
    let known = |file: PathBuf| kind(&file).map(|kind| (file, kind));
    let files = files.into_iter().filter(|file| kind_by_ending(file).is_some() && file.is_file());
    let mut lists: Vec<(PathBuf, Kind)> = files.filter_map(known).collect();
    if lists.iter().any(|(file, kind)| *kind == Kind::Coco && coco::is_instances(file)) {
        lists.retain(|(file, kind)| *kind != Kind::Coco || coco::is_instances(file));
    }
    check_unambiguous(folder, &lists)?;
    Ok(lists)
}

fn check_unambiguous(folder: &Path, lists: &[(PathBuf, Kind)]) -> Result<(), DataError> {
    let Some((_, kind)) = lists.first() else { return Ok(()) };
    let in_parts = matches!(kind, Kind::Parquet | Kind::OpenImages);
    let all_of_one_kind = lists.iter().all(|(_, other)| other == kind);
    if all_of_one_kind && (lists.len() == 1 || in_parts || lists.iter().all(|(file, _)| split_of_file(file).is_some()))
    {
        return Ok(());
    }
    let names: Vec<String> = lists.iter().filter_map(|(file, _)| file_name(file)).collect();
    let reason = format!("several lists of images: {}; name the one to read", names.join(", "));
    Err(DataError::format(folder.display(), reason))
}

/// What kind of list a file is, by its name and first line; `None` if it is no list of labelled images.
fn kind(file: &Path) -> Option<Kind> {
    let is_named = file_name(file).is_some_and(|name| LABEL_LISTS.contains(&name.as_str()));
    match kind_by_ending(file)? {
        Kind::Table if open_images::is_list(file) => Some(Kind::OpenImages),
        Kind::Table => (is_named || table::is_list(file)).then_some(Kind::Table),
        Kind::JsonLines => (is_named || jsonl::is_list(file)).then_some(Kind::JsonLines),
        Kind::Coco => coco::is_list(file).then_some(Kind::Coco),
        kind => Some(kind),
    }
}

fn kind_by_ending(file: &Path) -> Option<Kind> {
    match file.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" | "tsv" => Some(Kind::Table),
        "jsonl" | "ndjson" => Some(Kind::JsonLines),
        "json" => Some(Kind::Coco),
        "parquet" => Some(Kind::Parquet),
        _ => None,
    }
}

/// The sub-folders, if each is named like a split.
fn split_folders(folder: &Path) -> Result<Option<Vec<(PathBuf, Split)>>, DataError> {
    let sub_folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let split = |path: PathBuf| split_named(&file_name(&path)?).map(|split| (path, split));
    let splits: Option<Vec<_>> = sub_folders.map(split).collect();
    Ok(splits.filter(|splits| !splits.is_empty()))
}

/// The split that a word names.
pub(super) fn split_named(word: &str) -> Option<Split> {
    match word.trim().to_lowercase().as_str() {
        "train" | "training" => Some(Split::Train),
        "val" | "valid" | "validation" | "dev" | "tune" => Some(Split::Tune),
        "test" | "testing" => Some(Split::Test),
        _ => None,
    }
}

/// The split that a file's name says.
pub(super) fn split_of_file(file: &Path) -> Option<Split> {
    split_in_name(file.file_stem()?.to_str()?)
}

/// The split that a word of a file's name names, unless two name different ones.
fn split_in_name(name: &str) -> Option<Split> {
    let mut splits = name.split(|c: char| !c.is_alphabetic()).filter_map(split_named);
    let first = splits.next()?;
    splits.all(|split| split == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_a_whole_word_of_a_name() {
        for (name, split) in [
            ("train-00000-of-00005", Some(Split::Train)),
            ("instances_val2017", Some(Split::Tune)),
            ("oidv6-test-annotations-bbox", Some(Split::Test)),
            ("Validation", Some(Split::Tune)),
            ("trains", None),
            ("train-or-test", None),
            ("labels", None),
        ] {
            assert_eq!(split_in_name(name), split, "{name}");
        }
    }
}
