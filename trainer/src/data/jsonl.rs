//! JSON Lines: an object for each image, as in the `metadata.jsonl` of the hub's image folders.
//!
//! `{"file_name": "1.jpg", "label": "Dog"}` or `{"file_name": "1.jpg", "labels": ["Dog", "Grass"]}`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use chameleon_models::bank::Split;
use serde_json::{Map, Value};

use super::collect::{Collector, Item};
use super::layout::split_named;
use super::lines::each_line;
use super::{DataError, ImageSource, columns};

/// Whether the first line of a file is an image with labels.
pub(super) fn is_list(file: &Path) -> bool {
    let Ok(source) = File::open(file) else { return false };
    let mut line = String::new();
    BufReader::new(source).read_line(&mut line).is_ok_and(|_| {
        let object: Option<Map<String, Value>> = serde_json::from_str(&line).ok();
        object.is_some_and(|object| field(&object, columns::FILE).and(field(&object, columns::LABEL)).is_some())
    })
}

/// Reads a list.
///
/// # Errors
/// The file cannot be read, or a line is damaged.
pub(super) fn read(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let mut unlabelled = 0;
    each_line(file, |line, place| {
        if !line.trim().is_empty() && !add(file, line, place, split, collector)? {
            unlabelled += 1;
        }
        Ok(())
    })?;
    collector.note_unlabelled(file, unlabelled);
    Ok(())
}

/// Takes one line; whether it has labels.
fn add(
    file: &Path,
    line: &str,
    place: &str,
    split: Option<Split>,
    collector: &mut Collector<'_>,
) -> Result<bool, DataError> {
    let error = |reason: &dyn std::fmt::Display| DataError::format(place, reason);
    let object: Map<String, Value> = serde_json::from_str(line)
        .map_err(|cause| error(&format_args!("expected a JSON object on each line; {cause}")))?;
    let (Some(image), Some(labels)) = (field(&object, columns::FILE), field(&object, columns::LABEL)) else {
        return Err(error(&columns::missing(&keys(&object), columns::FILE)));
    };
    let image = image.as_str().filter(|image| !image.is_empty()).ok_or_else(|| error(&"no image file"))?;
    let labels = match labels {
        Value::Null => return Ok(false),
        Value::Array(labels) => labels.iter().map(name).collect::<Option<Vec<_>>>(),
        label => name(label).map(|name| vec![name]),
    };
    let labels = labels.ok_or_else(|| error(&"the label is no text, no number and no list of these"))?;
    let split = match field(&object, columns::SPLIT).and_then(Value::as_str) {
        None => split,
        Some(word) => Some(
            split_named(word)
                .ok_or_else(|| error(&format_args!("`{word}` is no split; expected train, validation or test")))?,
        ),
    };
    let path = file.parent().unwrap_or(Path::new("")).join(image);
    let item = Item { image: ImageSource::File(path), split, place: place.to_owned() };
    collector.add(item, labels.iter().map(String::as_str))?;
    Ok(true)
}

fn field<'o>(object: &'o Map<String, Value>, names: &[&str]) -> Option<&'o Value> {
    let place = columns::find(names, &keys(object))?;
    object.values().nth(place)
}

fn keys(object: &Map<String, Value>) -> Vec<&str> {
    object.keys().map(String::as_str).collect()
}

/// A name, or the number of a class.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
