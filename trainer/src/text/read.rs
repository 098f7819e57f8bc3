//! Labelled texts from Parquet files as the Hugging Face hub writes them.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::dataset::shards;

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// Its class in the data set.
    pub class: u16,
}

/// A text in tokens, each with a tag (BIO).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The tokens.
    pub tokens: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
}

/// Reads the columns `text` and `label` of a split's files.
///
/// # Errors
/// The folder has no such files, or a row lacks a column.
pub fn labelled(folder: &Path, split: &str) -> Result<Vec<Labelled>> {
    rows(folder, split, |row| match (field(row, "text"), field(row, "label").and_then(class)) {
        (Some(Field::Str(text)), Some(class)) => Ok(Labelled { text: text.clone(), class }),
        _ => bail!("a row has no `text`, or no `label` in 0..65536"),
    })
}

/// Reads the columns `tokens` and `tags` of a split's files.
///
/// # Errors
/// The folder has no such files, or a row lacks a column or has another number of tags than of tokens.
pub fn tagged(folder: &Path, split: &str) -> Result<Vec<Tagged>> {
    rows(folder, split, |row| match (field(row, "tokens").and_then(words), field(row, "tags").and_then(words)) {
        (Some(tokens), Some(tags)) if tokens.len() == tags.len() => Ok(Tagged { tokens, tags }),
        _ => bail!("a row has no lists `tokens` and `tags` of the same length"),
    })
}

fn rows<T>(folder: &Path, split: &str, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for file in shards(folder, split)? {
        let context = || format!("{}", file.display());
        let reader = SerializedFileReader::new(File::open(&file).with_context(context)?).with_context(context)?;
        for row in reader.get_row_iter(None)? {
            all.push(read(&row?).with_context(context)?);
        }
    }
    Ok(all)
}

fn field<'r>(row: &'r Row, name: &str) -> Option<&'r Field> {
    row.get_column_iter().find(|column| column.0 == name).map(|column| column.1)
}

fn class(field: &Field) -> Option<u16> {
    match field {
        Field::Long(class) => u16::try_from(*class).ok(),
        Field::Int(class) => u16::try_from(*class).ok(),
        _ => None,
    }
}

fn words(field: &Field) -> Option<Vec<String>> {
    let Field::ListInternal(list) = field else { return None };
    let word = |element: &Field| match element {
        Field::Str(word) => Some(word.clone()),
        _ => None,
    };
    list.elements().iter().map(word).collect()
}
