//! Which columns hold images and labels, and what the classes are called.

use std::sync::Arc;

use ::parquet::basic::Type as Physical;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::FileMetaData;
use ::parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};
use serde_json::Value;

use crate::data::columns;

/// What the hub calls columns of images.
const IMAGE: &[&str] = &["image", "img", "images", "picture", "photo", "bytes", "jpg", "jpeg", "png", "webp"];
/// A column of `WordNet` ids, if there is no label.
const CODE: &[&str] = &["wnid"];
/// The leaf of an image's group that holds the encoded image.
const BYTES: &str = "bytes";
/// The key of the hub's metadata.
const HUB: &str = "huggingface";

/// The columns that are read.
pub(super) struct Columns {
    /// Place of the leaf with the encoded images.
    pub image: usize,
    /// Whether labels are written as text.
    pub is_text: bool,
    /// Names of the classes by number, if the metadata have them.
    pub names: Vec<String>,
    root: String,
    label: Arc<Type>,
}

impl Columns {
    /// Finds the columns of a file.
    ///
    /// # Errors
    /// What is missing, and what is there.
    pub(super) fn find(metadata: &FileMetaData) -> Result<Self, String> {
        let schema = metadata.schema_descr();
        let fields = schema.root_schema().get_fields();
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let label = columns::find(columns::LABEL, &names);
        let label = label.or_else(|| columns::find(CODE, &names));
        let (Some(image), Some(label)) = (image(schema), label) else {
            return Err(columns::missing(&names, IMAGE));
        };
        let label = Arc::clone(&fields[label]);
        let leaf = schema.columns().iter().find(|column| root_name(column) == label.name());
        let is_text = leaf.is_some_and(|leaf| leaf.physical_type() == Physical::BYTE_ARRAY);
        let names = class_names(metadata, label.name());
        Ok(Self { image, is_text, names, root: schema.root_schema().name().to_owned(), label })
    }

    /// The schema without all columns but the labels.
    ///
    /// # Errors
    /// Parquet's message.
    pub(super) fn projection(&self) -> Result<Type, ParquetError> {
        Type::group_type_builder(&self.root).with_fields(vec![Arc::clone(&self.label)]).build()
    }
}

/// Place of the leaf with encoded images: one value a row, in a column that is called so, or in a group with such a
/// leaf whatever it is called.
fn image(schema: &SchemaDescriptor) -> Option<usize> {
    let is_bytes = |leaf: &ColumnDescriptor| leaf.physical_type() == Physical::BYTE_ARRAY && leaf.max_rep_level() == 0;
    let in_group = |leaf: &ColumnDescriptor| matches!(leaf.path().parts(), [_, last] if last == BYTES);
    let alone = |leaf: &ColumnDescriptor| leaf.path().parts().len() == 1;
    let leaves = || schema.columns().iter().enumerate().filter(|(_, leaf)| is_bytes(leaf));
    let called = |name: &str| {
        leaves().find(|(_, leaf)| root_name(leaf).eq_ignore_ascii_case(name) && (in_group(leaf) || alone(leaf)))
    };
    let found = IMAGE.iter().find_map(|name| called(name)).or_else(|| leaves().find(|(_, leaf)| in_group(leaf)));
    found.map(|(i, _)| i)
}

fn root_name(leaf: &ColumnDescriptor) -> &str {
    leaf.path().parts().first().map_or("", String::as_str)
}

/// The names in `info.features.COLUMN` of the hub's metadata, in the feature or in that of its elements.
pub(in crate::data) fn class_names(metadata: &FileMetaData, column: &str) -> Vec<String> {
    let pairs = metadata.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let text = pairs.iter().find(|pair| pair.key == HUB).and_then(|pair| pair.value.as_deref());
    let hub: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut feature = &hub["info"]["features"][column];
    while let Some(inner) = feature.get("feature").or_else(|| feature.get(0)) {
        feature = inner;
    }
    let names = feature["names"].as_array().map_or(&[][..], Vec::as_slice);
    names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
}
