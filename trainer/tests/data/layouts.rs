//! The same labelled images, written in every layout.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::files::Folder;
use crate::shards::{LabelColumn, write};

/// A layout in which an image can have any number of labels.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    Table,
    TableOfLabels,
    Tabs,
    JsonLines,
    Coco,
    OpenImages,
    Parquet,
}

impl Layout {
    pub(crate) const ALL: [Self; 7] =
        [Self::Table, Self::TableOfLabels, Self::Tabs, Self::JsonLines, Self::Coco, Self::OpenImages, Self::Parquet];

    /// Writes images with the names of their labels; returns what is to be read.
    pub(crate) fn write(self, folder: &Folder, images: &[Vec<u8>], labels: &[Vec<&'static str>]) -> PathBuf {
        if !matches!(self, Self::Parquet) {
            for (i, image) in images.iter().enumerate() {
                folder.write(&format!("images/{i:04}.png"), image);
            }
        }
        let rows = || labels.iter().enumerate();
        match self {
            Self::Table => {
                let rows = rows().map(|(i, labels)| format!("images/{i:04}.png,\"{}\"\n", labels.join(";")));
                folder.write("list.csv", format!("file,label\n{}", rows.collect::<String>()))
            }
            Self::TableOfLabels => {
                let row = |(i, label): (usize, &str)| format!("{label},images/{i:04}.png\n");
                let rows = rows().flat_map(|(i, labels)| labels.iter().map(move |label| (i, *label)).chain([(i, "")]));
                folder.write("list.csv", format!("label,file\n{}", rows.map(row).collect::<String>()))
            }
            Self::Tabs => {
                let rows = rows().map(|(i, labels)| format!("{i}\timages/{i:04}.png\t{}\n", labels.join("|")));
                folder.write("list.tsv", format!("id\tpath\tlabels\n{}", rows.collect::<String>()))
            }
            Self::JsonLines => {
                let line = |(i, labels)| json!({"file_name": format!("images/{i:04}.png"), "labels": labels});
                folder.write("metadata.jsonl", rows().map(|row| line(row).to_string()).collect::<Vec<_>>().join("\n"))
            }
            Self::Coco => folder.write("annotations/instances_all.json", coco(labels).to_string()),
            Self::OpenImages => open_images(folder, labels),
            Self::Parquet => {
                let images: Vec<Option<Vec<u8>>> = images.iter().cloned().map(Some).collect();
                let path = folder.path().join("data-00000-of-00001.parquet");
                write(&path, &images, &LabelColumn::Texts(labels.to_vec()), &[], 25);
                path
            }
        }
    }
}

/// All names, each once.
fn names(labels: &[Vec<&'static str>]) -> Vec<&'static str> {
    let mut names: Vec<&str> = labels.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn coco(labels: &[Vec<&'static str>]) -> Value {
    let names = names(labels);
    let id = |name: &str| names.iter().position(|other| *other == name);
    let annotations = labels.iter().enumerate().flat_map(|(i, labels)| labels.iter().map(move |label| (i, *label)));
    json!({
        "images": (0..labels.len()).map(|i| json!({"id": i, "file_name": format!("{i:04}.png")})).collect::<Value>(),
        "annotations": annotations.map(|(i, label)| json!({"image_id": i, "category_id": id(label)})).collect::<Value>(),
        "categories": names.iter().enumerate().map(|(id, name)| json!({"id": id, "name": name})).collect::<Value>(),
    })
}

/// A row for each image and name, which says whether it is there.
fn open_images(folder: &Folder, labels: &[Vec<&'static str>]) -> PathBuf {
    let mut names = names(labels);
    if names.is_empty() {
        names.push("Apple");
    }
    let codes: Vec<String> = names.iter().enumerate().map(|(k, name)| format!("/m/0{k},{name}")).collect();
    folder.write("class-descriptions.csv", codes.join("\n"));
    let mut rows = vec!["ImageID,Source,LabelName,Confidence".to_owned()];
    for (i, labels) in labels.iter().enumerate() {
        for (k, name) in names.iter().enumerate() {
            rows.push(format!("{i:04},verification,/m/0{k},{}", u8::from(labels.contains(name))));
        }
    }
    folder.write("imagelabels.csv", rows.join("\n"))
}
