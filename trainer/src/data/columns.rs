//! What lists of images and texts call the columns that matter.

/// A column with the image's file, relative to the list.
pub(super) const FILE: &[&str] =
    &["file", "image", "path", "filename", "file_name", "filepath", "file_path", "image_path", "img"];
/// A column with the labels.
pub(super) const LABEL: &[&str] = &["label", "labels", "class", "category"];
/// A column with a text.
pub(super) const TEXT: &[&str] =
    &["text", "content", "sentence", "review", "tweet", "document", "comment", "message", "body"];
/// A column with the labels of a text.
pub(super) const TEXT_LABEL: &[&str] = &["label", "labels", "class", "category", "categories", "sentiment", "topic"];
/// A column with the score of a text's sentiment.
pub(super) const SCORE: &[&str] = &["score", "sentiment_score"];
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
    let there = quoted(&columns[..columns.len().min(NAMED)]);
    let (image, label) = (quoted(image), quoted(LABEL));
    format!("the columns are {there}; expected one for the image ({image}) and one for its labels ({label})")
}

/// As [`missing`], of texts.
pub(super) fn missing_text(columns: &[&str]) -> String {
    let there = quoted(&columns[..columns.len().min(NAMED)]);
    let (text, label, score) = (quoted(TEXT), quoted(TEXT_LABEL), quoted(SCORE));
    format!(
        "the columns are {there}; expected one for the text ({text}) and one for its labels ({label}) or for the score of its sentiment ({score})"
    )
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
