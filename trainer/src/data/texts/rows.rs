//! From a row of a list to a text with what is written of it.

use std::path::Path;

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::FileReader as _;
use ::parquet::record::{Field, Row as ParquetRow};
use chameleon_models::bank::Split;
use csv::StringRecord;
use serde_json::{Map, Value};

use super::collect::Collector;
use crate::data::labels::SEPARATORS;
use crate::data::{DataError, columns, parquet};

/// A text as its list has it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Row {
    /// The text.
    pub text: String,
    /// Names or codes of its labels; `None` where they are not known.
    pub labels: Option<Vec<String>>,
    /// A number, as it is written.
    pub score: Option<String>,
    /// The name of a split.
    pub split: Option<String>,
}

/// Places of the columns.
pub(super) struct Places {
    text: usize,
    label: Option<usize>,
    score: Option<usize>,
    split: Option<usize>,
}

impl Places {
    /// `None` without a column for the text, or without both of what can be true of it.
    pub(super) fn find(names: &[&str]) -> Option<Self> {
        let find = |wanted| columns::find(wanted, names);
        let (label, score) = (find(columns::TEXT_LABEL), find(columns::SCORE));
        label.or(score)?;
        Some(Self { text: find(columns::TEXT)?, label, score, split: find(columns::SPLIT) })
    }
}

pub(super) fn of_table(row: &StringRecord, places: &Places) -> Row {
    let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).filter(|cell| !cell.is_empty());
    let labels = |cell: &str| {
        let names = cell.split(SEPARATORS).map(str::trim).filter(|label| !label.is_empty());
        names.map(str::to_owned).collect()
    };
    Row {
        text: row.get(places.text).unwrap_or_default().to_owned(),
        labels: cell(places.label).map(labels),
        score: cell(places.score).map(str::to_owned),
        split: cell(places.split).map(str::to_owned),
    }
}

/// One line of JSON.
///
/// # Errors
/// What is wrong with it.
pub(super) fn of_line(line: &str) -> Result<Row, String> {
    let object: Map<String, Value> =
        serde_json::from_str(line).map_err(|cause| format!("expected a JSON object on each line; {cause}"))?;
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    let places = Places::find(&keys).ok_or_else(|| columns::missing_text(&keys))?;
    let value = |place: usize| object.values().nth(place).filter(|value| !value.is_null());
    let written = |place: Option<usize>| place.and_then(value).and_then(written);
    let text = value(places.text).and_then(Value::as_str).ok_or("the text is no string")?;
    let labels = match places.label.and_then(value) {
        None => None,
        Some(Value::Array(labels)) => Some(labels.iter().map(self::written).collect::<Option<Vec<_>>>()),
        Some(label) => Some(self::written(label).map(|label| vec![label])),
    };
    let labels = labels.map(|labels| labels.ok_or("the label is no text, no number and no list of these"));
    Ok(Row {
        text: text.to_owned(),
        labels: labels.transpose()?,
        score: written(places.score),
        split: written(places.split),
    })
}

/// A name or a number.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a Parquet file.
///
/// # Errors
/// It is damaged, or has no such columns.
pub(super) fn read_parquet(file: &Path, split: Option<Split>, collector: &mut Collector<'_>) -> Result<(), DataError> {
    let reader = parquet::open(file)?;
    let metadata = reader.metadata().file_metadata();
    let fields = metadata.schema_descr().root_schema().get_fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    let places =
        Places::find(&names).ok_or_else(|| DataError::format(file.display(), columns::missing_text(&names)))?;
    let classes = places.label.map(|label| parquet::class_names(metadata, names[label])).unwrap_or_default();
    let rows = || reader.get_row_iter(None)?.map(|row| of_parquet(&row?, &places)).collect::<Result<Vec<Row>, _>>();
    let rows = parquet::guarded(rows).map_err(|error| parquet::damaged(file, &error))?;
    for (i, mut row) in rows.into_iter().enumerate() {
        for label in row.labels.iter_mut().flatten().filter(|label| !collector.codes.has(label)) {
            if let Some(name) = label.parse::<usize>().ok().and_then(|number| classes.get(number)) {
                label.clone_from(name);
            }
        }
        collector.add(row, split, format!("{}, row {}", file.display(), i + 1))?;
    }
    Ok(())
}

fn of_parquet(row: &ParquetRow, places: &Places) -> Result<Row, ParquetError> {
    let field = |place: Option<usize>| place.and_then(|place| row.get_column_iter().nth(place)).map(|column| column.1);
    let labels = field(places.label).map(parquet::written).transpose()?.flatten();
    let text = match field(Some(places.text)) {
        Some(Field::Str(text)) => text.clone(),
        _ => return Err(ParquetError::General("the column of texts holds no strings".to_owned())),
    };
    let split = match field(places.split) {
        Some(Field::Str(split)) => Some(split.clone()),
        _ => None,
    };
    let score = match field(places.score) {
        None | Some(Field::Null) => None,
        Some(score) => Some(score.to_string()),
    };
    let known = |labels: &Vec<String>| !labels.iter().any(|label| label == parquet::UNKNOWN);
    Ok(Row { text, labels: labels.filter(known), score, split })
}
