//! Which files are lists of texts, and their rows.

use std::path::{Path, PathBuf};

use chameleon_models::bank::Split;

use super::collect::Collector;
use super::rows;
use crate::data::folders::{entries, file_name};
use crate::data::layout::split_of_file;
use crate::data::lines::each_line;
use crate::data::{DataError, columns, table};

/// The kinds of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    JsonLines,
    Parquet,
}

impl Kind {
    fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_lowercase().as_str() {
            "csv" | "tsv" => Some(Self::Table),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Reads a file or folder.
///
/// # Errors
/// It cannot be read, or is in no known layout.
pub(super) fn read(path: &Path, collector: &mut Collector<'_>) -> Result<(), DataError> {
    if path.metadata().map_err(DataError::io(path))?.is_dir() {
        collector.codes.read(path)?;
        for (file, kind) in lists(path)? {
            read_list(&file, kind, collector)?;
        }
        return Ok(());
    }
    // A bare file name has the empty path as its parent.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    collector.codes.read(folder)?;
    let kind = Kind::of(path).ok_or_else(|| {
        let reason = "not a list of texts; expected a .csv, .tsv, .jsonl or .parquet file, or a folder of these";
        DataError::format(path.display(), reason)
    })?;
    read_list(path, kind, collector)
}

fn read_list(file: &Path, kind: Kind, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let split = split_of_file(file);
    match kind {
        Kind::Table => read_table(file, split, collector),
        Kind::JsonLines => read_lines(file, split, collector),
        Kind::Parquet => rows::read_parquet(file, split, collector),
    }
}

/// The lists of a folder.
///
/// # Errors
/// There are several, and which is meant cannot be told.
fn lists(folder: &Path) -> Result<Vec<(PathBuf, Kind)>, DataError> {
    let known = |file: PathBuf| Kind::of(&file).map(|kind| (file, kind));
    let files = entries(folder)?.into_iter().filter(|file| file.is_file());
    let lists: Vec<(PathBuf, Kind)> = files.filter_map(known).filter(|(file, kind)| is_list(file, *kind)).collect();
    let clear = match lists.first() {
        None | Some(_) if lists.len() < 2 => true,
        Some((_, Kind::Parquet)) => lists.iter().all(|(_, kind)| *kind == Kind::Parquet),
        _ => lists.iter().all(|(file, _)| split_of_file(file).is_some()),
    };
    if clear {
        return Ok(lists);
    }
    let names: Vec<String> = lists.iter().filter_map(|(file, _)| file_name(file)).collect();
    let reason = format!("several lists of texts: {}; name the one to read", names.join(", "));
    Err(DataError::format(folder.display(), reason))
}

/// Whether a table names a column of texts. Files of the other kinds are lists by their ending.
fn is_list(file: &Path, kind: Kind) -> bool {
    let first = || table::open(file).and_then(|mut reader| table::first_row(file, &mut reader));
    kind != Kind::Table || first().is_ok_and(|row| columns::find(columns::TEXT, &table::cells(&row)).is_some())
}

fn read_table(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let mut reader = table::open(file)?;
    let first = table::first_row(file, &mut reader)?;
    let places = rows::Places::find(&table::cells(&first))
        .ok_or_else(|| DataError::csv_row(file, &first, columns::missing_text(&table::cells(&first))))?;
    for row in reader.records() {
        let row = row.map_err(|error| DataError::csv(file, &error))?;
        let line = row.position().map_or(0, csv::Position::line);
        let place = format!("{}, line {line}", file.display());
        collector.add(rows::of_table(&row, &places), split, place)?;
    }
    Ok(())
}

fn read_lines(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    each_line(file, |line, place| {
        if line.trim().is_empty() {
            return Ok(());
        }
        let row = rows::of_line(line).map_err(|reason| DataError::format(place, reason))?;
        collector.add(row, split, place.to_owned())
    })
}
