//! Encoded images inside a Parquet file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::ByteArrayType;
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};

use super::guard::guarded;
use super::{damaged, open};
use crate::data::DataError;

/// The place of an encoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParquetImage {
    /// The file.
    pub file: Arc<Path>,
    /// The leaf column.
    pub column: usize,
    /// The row group.
    pub row_group: usize,
    /// The row in its group, from 0.
    pub row: usize,
    /// The row in the file, from 1, for messages.
    pub number: usize,
}

/// A file that is being read, from the last image on.
pub(in crate::data) struct Cursor {
    file: Arc<Path>,
    reader: SerializedFileReader<File>,
    column: Option<Column>,
}

/// A column of one row group.
struct Column {
    leaf: usize,
    row_group: usize,
    values: ColumnReaderImpl<ByteArrayType>,
    /// Whether a value may be null.
    nullable: bool,
    /// The row that comes next.
    next: usize,
}

impl Cursor {
    /// Opens the file of an image.
    ///
    /// # Errors
    /// It cannot be read.
    pub(in crate::data) fn open(image: &ParquetImage) -> Result<Self, DataError> {
        Ok(Self { file: Arc::clone(&image.file), reader: open(&image.file)?, column: None })
    }

    /// Whether it is at the image's file.
    pub(in crate::data) fn is_at(&self, image: &ParquetImage) -> bool {
        self.file == image.file
    }

    /// The bytes of an image; none if the file has none for it.
    ///
    /// # Errors
    /// The file is damaged.
    pub(in crate::data) fn bytes(&mut self, image: &ParquetImage) -> Result<Vec<u8>, DataError> {
        let column = self.column.take();
        let read = guarded(|| {
            let mut column = match column.filter(|column| column.comes_to(image)) {
                Some(column) => column,
                None => Column::start(&self.reader, image)?,
            };
            let bytes = column.bytes(image.row)?;
            Ok((column, bytes))
        });
        // After an error, the next image starts anew.
        let (column, bytes) = read.map_err(|error| damaged(&image.file, &error))?;
        self.column = Some(column);
        Ok(bytes)
    }
}

impl Column {
    fn start(reader: &SerializedFileReader<File>, image: &ParquetImage) -> Result<Self, ParquetError> {
        let group = reader.get_row_group(image.row_group)?;
        let nullable = group.metadata().column(image.column).column_descr().max_def_level() > 0;
        let ColumnReader::ByteArrayColumnReader(values) = group.get_column_reader(image.column)? else {
            return Err(ParquetError::General("the images are no byte arrays".to_owned()));
        };
        Ok(Self { leaf: image.column, row_group: image.row_group, values, nullable, next: 0 })
    }

    fn comes_to(&self, image: &ParquetImage) -> bool {
        self.leaf == image.column && self.row_group == image.row_group && self.next <= image.row
    }

    fn bytes(&mut self, row: usize) -> Result<Vec<u8>, ParquetError> {
        let skipped = self.values.skip_records(row - self.next)?;
        let (mut defined, mut values) = (Vec::new(), Vec::new());
        let (records, _, _) = self.values.read_records(1, self.nullable.then_some(&mut defined), None, &mut values)?;
        if skipped != row - self.next || records != 1 {
            return Err(ParquetError::EOF(format!("row {row} of a row group is not there")));
        }
        self.next = row + 1;
        Ok(values.first().map(|value| value.data().to_vec()).unwrap_or_default())
    }
}
