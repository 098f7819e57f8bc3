//! Text files, line by line.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::Path;

use super::DataError;

/// Hands every line to `take`, with its place for messages.
///
/// # Errors
/// The file cannot be read or is not UTF-8, or what `take` refuses.
pub(super) fn each_line(
    file: &Path,
    mut take: impl FnMut(&str, &str) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let source = File::open(file).map_err(DataError::io(file))?;
    for (i, line) in BufReader::new(source).lines().enumerate() {
        let place = format!("{}, line {}", file.display(), i + 1);
        let line = line.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => DataError::format(&place, "not UTF-8; save the file as UTF-8"),
            _ => DataError::io(file)(error),
        })?;
        take(&line, &place)?;
    }
    Ok(())
}
