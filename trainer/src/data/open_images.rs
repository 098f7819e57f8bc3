//! Open Images: CSV files with a row for each image and label, of image labels (`ImageID,Source,LabelName,Confidence`)
//! or of boxes.
//!
//! An image carries the labels of its rows with a confidence of at least a half. Rows with less say that people looked
//! and did not see it; so an image with only such rows carries no label. A row with a box is one object, or a group.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;
use csv::StringRecord;

use super::collect::{Collector, Item};
use super::folders::{entries, image_folders, is_image};
use super::{DataError, ImageSource, columns, table};

/// From which confidence on a label counts. Labels that people verified have 0 or 1.
const CONFIDENT: f64 = 0.5;

/// Places of the columns.
struct Columns {
    image: usize,
    label: usize,
    confidence: Option<usize>,
    /// A side of the box: rows without are not of single objects.
    left: Option<usize>,
    group: Option<usize>,
}

impl Columns {
    fn of(row: &StringRecord) -> Option<Self> {
        let cells = table::cells(row);
        let find = |name| columns::find(&[name], &cells);
        let (image, label, confidence) = (find("ImageID")?, find("LabelName")?, find("Confidence"));
        Some(Self { image, label, confidence, left: find("XMin"), group: find("IsGroupOf") })
    }
}

/// Whether a file has the columns of this format.
pub(super) fn is_list(file: &Path) -> bool {
    let first = table::open(file).and_then(|mut reader| table::first_row(file, &mut reader));
    first.is_ok_and(|row| Columns::of(&row).is_some())
}

/// Reads a list. Images that are not there are left out: the lists are of millions, and nobody has them all.
///
/// # Errors
/// The file cannot be read, a row is damaged, no image of it is there, or ids have no names.
pub(super) fn read(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let word = name.split('-').find(|word| super::layout::split_named(word).is_some()).unwrap_or_default();
    let folders = image_folders(file, word);
    let images = images(&folders)?;
    let mut reader = table::open(file)?;
    let header = table::first_row(file, &mut reader)?;
    let columns =
        Columns::of(&header).ok_or_else(|| DataError::csv_row(file, &header, "no `ImageID` or `LabelName`"))?;
    let (mut found, mut absent) = (0, 0);
    for row in reader.records() {
        let row = row.map_err(|error| DataError::csv(file, &error))?;
        let Some(image) = images.get(&row[columns.image]) else {
            absent += 1;
            continue;
        };
        found += 1;
        add(file, &row, image, &columns, split, collector)?;
    }
    if found == 0 {
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let reason = format!("none of its images is there as ImageID.jpg; looked in {}", folders.join(", "));
        return Err(DataError::format(file.display(), reason));
    }
    if absent > 0 {
        collector.note(format!("{}: {absent} rows are of images that are not there and left out", file.display()));
    }
    Ok(())
}

fn add(
    file: &Path,
    row: &StringRecord,
    image: &Path,
    columns: &Columns,
    split: Option<Split>,
    collector: &mut Collector<'_>,
) -> Result<(), DataError> {
    let code = &row[columns.label];
    if code.starts_with("/m/") && !collector.codes.has(code) {
        let reason = format!("`{code}` has no name; put Open Images' class-descriptions.csv beside the list");
        return Err(DataError::csv_row(file, row, reason));
    }
    let confident = match columns.confidence.map(|column| &row[column]).filter(|cell| !cell.is_empty()) {
        None => true,
        Some(cell) => {
            let confidence: Option<f64> = cell.parse().ok();
            let error = || DataError::csv_row(file, row, format!("`{cell}` is no confidence from 0 to 1"));
            confidence.filter(|confidence| (0.0..=1.0).contains(confidence)).ok_or_else(error)? >= CONFIDENT
        }
    };
    let place = format!("{}, line {}", file.display(), row.position().map_or(0, csv::Position::line));
    let item = Item { image: ImageSource::File(image.to_owned()), split, place };
    if columns.left.is_none() {
        return collector.add(item, confident.then_some(code));
    }
    let is_group = columns.group.is_some_and(|column| &row[column] == "1");
    collector.add_objects(item, confident.then_some((code, is_group)))
}

/// The images in some folders by their id, which is their name without ending.
fn images(folders: &[PathBuf]) -> Result<HashMap<String, PathBuf>, DataError> {
    let mut images = HashMap::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        for path in entries(folder)?.into_iter().filter(|path| is_image(path)) {
            if let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) {
                images.entry(id.to_owned()).or_insert(path);
            }
        }
    }
    Ok(images)
}
