//! CSV and TSV: a row for each image, or for each of its labels.
//!
//! The first row names the columns; see [`columns`]. Without names, the first column is the file and the second its
//! labels. Several labels in a cell are separated by `;` or `|`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use chameleon_models::bank::Split;
use csv::StringRecord;

use super::collect::{Collector, Item};
use super::labels::SEPARATORS;
use super::layout::split_named;
use super::{DataError, ImageSource, columns, folders};

/// What is read of the first line to find the delimiter.
const FIRST_LINE: u64 = 1 << 16;

/// Places of the columns.
struct Columns {
    file: usize,
    label: usize,
    split: Option<usize>,
    /// Whether the first row is their names.
    named: bool,
}

/// Whether a file names a column for images and one for labels.
pub(super) fn is_list(file: &Path) -> bool {
    let first = open(file).and_then(|mut reader| first_row(file, &mut reader));
    first.is_ok_and(|row| Columns::named(&row).is_some())
}

/// Reads a list.
///
/// # Errors
/// The file cannot be read, a column is missing, or a row is damaged.
pub(super) fn read(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let mut reader = open(file)?;
    let first = first_row(file, &mut reader)?;
    let columns = Columns::named(&first).or_else(|| Columns::by_place(&first));
    let columns =
        columns.ok_or_else(|| DataError::csv_row(file, &first, columns::missing(&cells(&first), columns::FILE)))?;
    if !columns.named {
        add(file, &first, &columns, split, collector)?;
    }
    for row in reader.records() {
        add(file, &row.map_err(|error| DataError::csv(file, &error))?, &columns, split, collector)?;
    }
    Ok(())
}

fn add(
    file: &Path,
    row: &StringRecord,
    columns: &Columns,
    split: Option<Split>,
    collector: &mut Collector<'_>,
) -> Result<(), DataError> {
    let cell = |column: usize| row.get(column).unwrap_or_default();
    let image = cell(columns.file);
    if image.is_empty() {
        return Err(DataError::csv_row(file, row, "no image file"));
    }
    let split = match columns.split.map(cell).filter(|split| !split.is_empty()) {
        None => split,
        Some(word) => Some(split_named(word).ok_or_else(|| {
            DataError::csv_row(file, row, format!("`{word}` is no split; expected train, validation or test"))
        })?),
    };
    let path = file.parent().unwrap_or(Path::new("")).join(image);
    let place = format!("{}, line {}", file.display(), row.position().map_or(0, csv::Position::line));
    let labels = cell(columns.label).split(SEPARATORS).map(str::trim).filter(|label| !label.is_empty());
    collector.add(Item { image: ImageSource::File(path), split, place }, labels)
}

impl Columns {
    fn named(row: &StringRecord) -> Option<Self> {
        let cells = cells(row);
        let find = |names| columns::find(names, &cells);
        Some(Self {
            file: find(columns::FILE)?,
            label: find(columns::LABEL)?,
            split: find(columns::SPLIT),
            named: true,
        })
    }

    fn by_place(row: &StringRecord) -> Option<Self> {
        let is_image = row.len() > 1 && folders::is_image(Path::new(&row[0]));
        is_image.then_some(Self { file: 0, label: 1, split: None, named: false })
    }
}

/// The cells of a row.
pub(super) fn cells(row: &StringRecord) -> Vec<&str> {
    row.iter().collect()
}

/// Opens a table, whatever separates its columns.
///
/// # Errors
/// The file cannot be read.
pub(super) fn open(file: &Path) -> Result<csv::Reader<File>, DataError> {
    let source = File::open(file).map_err(DataError::io(file))?;
    let mut line = Vec::new();
    BufReader::new(source).take(FIRST_LINE).read_until(b'\n', &mut line).map_err(DataError::io(file))?;
    let delimiter = [b'\t', b',', b';'].into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b',');
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).delimiter(delimiter).trim(csv::Trim::All);
    builder.from_path(file).map_err(|error| DataError::csv(file, &error))
}

/// The first row.
///
/// # Errors
/// The file cannot be read or has none, or the row is damaged.
pub(super) fn first_row(file: &Path, reader: &mut csv::Reader<File>) -> Result<StringRecord, DataError> {
    let mut row = StringRecord::new();
    let is_there = reader.read_record(&mut row).map_err(|error| DataError::csv(file, &error))?;
    is_there.then_some(row).ok_or_else(|| DataError::format(file.display(), "the file is empty"))
}
