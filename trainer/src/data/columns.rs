//! What lists of images call the columns that matter.

/// A column with the image's file, relative to the list.
pub(super) const FILE: &[&str] =
    &["file", "image", "path", "filename", "file_name", "filepath", "file_path", "image_path", "img"];
/// A column with the labels.
pub(super) const LABEL: &[&str] = &["label", "labels", "class", "category"];
/// A column with the split.
pub(super) const SPLIT: &[&str] = &["split"];

/// The place of the first of some names, whatever the case; the names in the order of preference.
pub(super) fn find(names: &[&str], columns: &[&str]) -> Option<usize> {
    let place = |name: &&str| columns.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    names.iter().find_map(place)
}

/// How many columns a message names.
const NAMED: usize = 20;

/// For a message: the columns that are there, and names of those that should be.
pub(super) fn missing(columns: &[&str], image: &[&str]) -> String {
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!(
        "the columns are {}; expected one for the image ({}) and one for its labels ({})",
        quoted(&columns[..columns.len().min(NAMED)]),
        quoted(image),
        quoted(LABEL),
    )
}
