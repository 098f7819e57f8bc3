//! Small Parquet files in the hub's layout.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

const NUMBER: &str = "optional int64 label;";
const TEXT: &str = "optional binary label (STRING);";
const TEXTS: &str = "optional group labels (LIST) { repeated group list { optional binary element (STRING); } }";
const NUMBERS: &str = "optional group labels (LIST) { repeated group list { optional int64 element; } }";

/// The labels of all rows.
#[derive(Clone)]
pub(crate) enum LabelColumn {
    Number(Vec<Option<i64>>),
    Text(Vec<Option<&'static str>>),
    Texts(Vec<Vec<&'static str>>),
    Numbers(Vec<Vec<i64>>),
}

impl LabelColumn {
    fn schema(&self) -> &'static str {
        match self {
            Self::Number(_) => NUMBER,
            Self::Text(_) => TEXT,
            Self::Texts(_) => TEXTS,
            Self::Numbers(_) => NUMBERS,
        }
    }

    fn write(&self, rows: std::ops::Range<usize>, group: &mut SerializedRowGroupWriter<'_, File>) {
        match self {
            Self::Number(all) => numbers(&levels(&all[rows], |n| *n), group),
            Self::Text(all) => texts(&levels(&all[rows], |text| text.map(ByteArray::from)), group),
            Self::Texts(all) => texts(&list_levels(&all[rows], |text| ByteArray::from(*text)), group),
            Self::Numbers(all) => numbers(&list_levels(&all[rows], |n| *n), group),
        }
    }
}

/// Values with their definition and repetition levels.
struct Levels<T> {
    values: Vec<T>,
    definition: Vec<i16>,
    repetition: Option<Vec<i16>>,
}

fn levels<V, T>(all: &[Option<V>], value: impl Fn(&Option<V>) -> Option<T>) -> Levels<T> {
    let values = all.iter().filter_map(value).collect();
    Levels { values, definition: all.iter().map(|one| i16::from(one.is_some())).collect(), repetition: None }
}

fn list_levels<V, T>(all: &[Vec<V>], value: impl Fn(&V) -> T) -> Levels<T> {
    let definition = all.iter().flat_map(|list| if list.is_empty() { vec![1] } else { vec![3; list.len()] });
    let repetition = all.iter().flat_map(|list| (0..list.len().max(1)).map(|i| i16::from(i > 0)));
    Levels {
        values: all.iter().flatten().map(value).collect(),
        definition: definition.collect(),
        repetition: Some(repetition.collect()),
    }
}

fn texts(levels: &Levels<ByteArray>, group: &mut SerializedRowGroupWriter<'_, File>) {
    let mut column = group.next_column().expect("a column").expect("one more");
    let typed = column.typed::<ByteArrayType>();
    typed.write_batch(&levels.values, Some(&levels.definition), levels.repetition.as_deref()).expect("writes");
    column.close().expect("closes");
}

fn numbers(levels: &Levels<i64>, group: &mut SerializedRowGroupWriter<'_, File>) {
    let mut column = group.next_column().expect("a column").expect("one more");
    let typed = column.typed::<Int64Type>();
    typed.write_batch(&levels.values, Some(&levels.definition), levels.repetition.as_deref()).expect("writes");
    column.close().expect("closes");
}

/// Writes a file, a few rows a group.
pub(crate) fn write(
    path: &Path,
    images: &[Option<Vec<u8>>],
    labels: &LabelColumn,
    names: &[&str],
    rows_a_group: usize,
) {
    let image = "optional group image { optional binary bytes; optional binary path (STRING); }";
    let schema = format!("message schema {{ {image} {} }}", labels.schema());
    let schema = Arc::new(parse_message_type(&schema).expect("a schema"));
    let hub = serde_json::json!({"info": {"features": {
        "image": {"_type": "Image"},
        "label": {"names": names, "_type": "ClassLabel"},
        "labels": {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"},
    }}});
    let hub = vec![KeyValue::new("huggingface".to_owned(), hub.to_string())];
    let metadata = (!names.is_empty()).then_some(hub);
    let properties = Arc::new(WriterProperties::builder().set_key_value_metadata(metadata).build());
    let file = File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, properties).expect("a writer");
    for start in (0..images.len()).step_by(rows_a_group) {
        let rows = start..(start + rows_a_group).min(images.len());
        let mut group = writer.next_row_group().expect("a group");
        let mut bytes = levels(&images[rows.clone()], |image| image.clone().map(ByteArray::from));
        // An image that is there is a group whose path is null.
        let paths = Levels { values: Vec::new(), definition: bytes.definition.clone(), repetition: None };
        bytes.definition.iter_mut().for_each(|level| *level *= 2);
        texts(&bytes, &mut group);
        texts(&paths, &mut group);
        labels.write(rows, &mut group);
        group.close().expect("closes");
    }
    writer.close().expect("closes");
}
