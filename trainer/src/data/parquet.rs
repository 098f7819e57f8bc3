//! Parquet as the Hugging Face hub writes it: a column of encoded images, and one of labels.
//!
//! The image is a group with the leaf `bytes`, or a column of bytes. The labels are numbers of classes, which the
//! schema's `huggingface` metadata or a table beside the file names, or names, or lists of either. Only the labels are
//! read here; images stay in the file until [`ImageLoader`](super::ImageLoader) is asked for them.

mod guard;
mod images;
mod schema;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::record::reader::RowIter;
use chameleon_models::bank::Split;

use super::collect::{Collector, Item};
use super::{DataError, ImageSource};
pub(super) use guard::guarded;
pub(super) use images::Cursor;
pub use images::ParquetImage;
use schema::Columns;
pub(super) use schema::class_names;

/// The number that stands for a label that is not known.
pub(super) const UNKNOWN: &str = "-1";

/// Reads the labels of a file.
///
/// # Errors
/// The file is damaged, has no such columns, or a label is neither a name nor a number with one.
pub(super) fn read(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let reader = open(file)?;
    let columns =
        Columns::find(reader.metadata().file_metadata()).map_err(|error| DataError::format(file.display(), error))?;
    let shared: Arc<Path> = file.into();
    let (mut number, mut unlabelled) = (0, 0);
    for row_group in 0..reader.num_row_groups() {
        let labels = guarded(|| labels(&reader, row_group, &columns)).map_err(|error| damaged(file, &error))?;
        for (row, labels) in labels.into_iter().enumerate() {
            number += 1;
            let place = format!("{}, row {number}", file.display());
            let Some(labels) = labels else {
                unlabelled += 1;
                continue;
            };
            let names = names(&labels, &columns, collector).map_err(|reason| DataError::format(&place, reason))?;
            let image = ParquetImage { file: Arc::clone(&shared), column: columns.image, row_group, row, number };
            let item = Item { image: ImageSource::Parquet(image), split, place };
            collector.add(item, names.iter().map(String::as_str))?;
        }
    }
    collector.note_unlabelled(file, unlabelled);
    Ok(())
}

pub(super) fn open(file: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let source = File::open(file).map_err(DataError::io(file))?;
    guarded(|| SerializedFileReader::new(source)).map_err(|error| damaged(file, &error))
}

pub(super) fn damaged(file: &Path, error: &ParquetError) -> DataError {
    DataError::format(file.display(), format_args!("not a whole Parquet file: {error}"))
}

/// The labels of each row, as they are written; `None` where they are not known.
fn labels(
    reader: &SerializedFileReader<File>,
    row_group: usize,
    columns: &Columns,
) -> Result<Vec<Option<Vec<String>>>, ParquetError> {
    let group = reader.get_row_group(row_group)?;
    let mut labels = Vec::new();
    for row in RowIter::from_row_group(Some(columns.projection()?), group.as_ref())? {
        let row = row?;
        let value = row.get_column_iter().next().map_or(&Field::Null, |(_, value)| value);
        labels.push(written(value)?.filter(|labels| !labels.iter().any(|label| label == UNKNOWN)));
    }
    Ok(labels)
}

/// A label or list of labels as text; `None` for null.
pub(super) fn written(value: &Field) -> Result<Option<Vec<String>>, ParquetError> {
    let text = match value {
        Field::Null => return Ok(None),
        Field::Str(name) => name.clone(),
        Field::Bytes(name) => String::from_utf8_lossy(name.data()).into_owned(),
        Field::Byte(_)
        | Field::Short(_)
        | Field::Int(_)
        | Field::Long(_)
        | Field::UByte(_)
        | Field::UShort(_)
        | Field::UInt(_)
        | Field::ULong(_) => value.to_string(),
        Field::ListInternal(list) => {
            let elements = list.elements().iter().map(written).collect::<Result<Option<Vec<_>>, _>>()?;
            return Ok(elements.map(|elements| elements.concat()));
        }
        _ => return Err(ParquetError::General(format!("a label is {value}; expected a name, a number or a list"))),
    };
    Ok(Some(vec![text]))
}

/// The names of labels: a table beside the file goes before the schema's names.
fn names(labels: &[String], columns: &Columns, collector: &Collector<'_>) -> Result<Vec<String>, String> {
    let name = |label: &String| {
        if columns.is_text || collector.codes.has(label) {
            return Ok(label.clone());
        }
        let named = label.parse::<usize>().ok().and_then(|number| columns.names.get(number));
        named.cloned().ok_or_else(|| {
            format!(
                "class {label} has no name, and the file's `huggingface` metadata name {}; put a classes.txt beside \
                 it, with the name of a class a line",
                columns.names.len()
            )
        })
    };
    labels.iter().map(name).collect()
}
