//! Parquet in the hub's layout.

use chameleon_models::bank::Split;
use chameleon_trainer::data::{Content, DataSet, ImageLoader};

use crate::files::{Folder, assert_records, message, png, read};
use crate::shards::{LabelColumn, write};

fn images(count: u8) -> Vec<Option<Vec<u8>>> {
    (0..count).map(|i| Some(png(i))).collect()
}

/// The labels of the records, as text.
fn labels(set: &DataSet) -> Vec<String> {
    crate::files::summary(set).into_iter().map(|(_, labels, _)| labels).collect()
}

fn one_file(column: &LabelColumn, names: &[&str], beside: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(beside);
    write(&folder.path().join("data.parquet"), &images(3), column, names, 2);
    folder
}

#[test]
fn labels_are_numbers_names_or_lists_of_either() {
    let single = ["Apple Food", "Shoe Clothing", "Apple Food"];
    let number = LabelColumn::Number(vec![Some(1), Some(0), Some(1)]);
    let text = LabelColumn::Text(vec![Some("apple"), Some("Shoe"), Some("Apple")]);
    assert_eq!(labels(&one_file(&number, &["Shoe", "Apple"], &[]).read().expect("reads")), single);
    assert_eq!(labels(&one_file(&text, &[], &[]).read().expect("reads")), single);
    let several = ["Apple Shoe Food Clothing", "", "Shoe Clothing"];
    let numbers = LabelColumn::Numbers(vec![vec![1, 0], vec![], vec![0]]);
    let texts = LabelColumn::Texts(vec![vec!["Apple", "Shoe"], vec![], vec!["Shoe"]]);
    assert_eq!(labels(&one_file(&numbers, &["Shoe", "Apple"], &[]).read().expect("reads")), several);
    assert_eq!(labels(&one_file(&texts, &[], &[]).read().expect("reads")), several);
}

#[test]
fn tables_beside_the_file_name_its_classes() {
    let number = LabelColumn::Number(vec![Some(1), Some(0), Some(1)]);
    let classes = ("classes.txt", "0\tn02946921\ta tin\n1\tn07739125\tan apple\n");
    let names = (
        "labels.json",
        r#"{"labels": [{"name": "Can", "classes": ["n02946921"]}, {"name": "Apple", "classes": ["n07739125"]}]}"#,
    );
    let folder = one_file(&number, &["Shirt", "Shoe"], &[classes, names]);
    assert_eq!(labels(&folder.read().expect("reads")), ["Apple Food", "Can", "Apple Food"]);
    let code = LabelColumn::Text(vec![Some("n07739125"), Some("n02946921"), Some("n07739125")]);
    let folder = one_file(&code, &[], &[classes, names]);
    assert_eq!(labels(&folder.read().expect("reads")), ["Apple Food", "Can", "Apple Food"]);
}

#[test]
fn shards_say_their_split() {
    for under in ["", "data/"] {
        let folder = Folder::with(&[("data/readme.md", "")]);
        for (name, label) in [("train-0-of-2", "Apple"), ("train-1-of-2", "Shoe"), ("validation-0-of-1", "Can")] {
            let label = LabelColumn::Text(vec![Some(label)]);
            write(&folder.path().join(format!("{under}{name}.parquet")), &images(1), &label, &[], 1);
        }
        let name = |shard: &str| format!("{under}{shard}.parquet, row 1");
        assert_records(
            &folder.read().expect("reads"),
            &[
                (&name("train-0-of-2"), "Apple Food", Some(Split::Train)),
                (&name("train-1-of-2"), "Shoe Clothing", Some(Split::Train)),
                (&name("validation-0-of-1"), "Can", Some(Split::Tune)),
            ],
        );
    }
}

#[test]
fn images_are_read_in_any_order() {
    let folder = Folder::new();
    let label = LabelColumn::Text(vec![Some("Apple"); 11]);
    let mut images = images(11);
    images[4] = None;
    for file in ["a.parquet", "b.parquet"] {
        write(&folder.path().join(file), &images, &label, &[], 3);
    }
    let set = folder.read().expect("reads");
    let mut loader = ImageLoader::default();
    for i in (0..22).chain([21, 3, 0, 0, 10, 11, 7, 8, 6, 2, 14, 15, 16]) {
        let Content::Image(source) = &set.records[i].content;
        let expected = images[i % 11].clone().unwrap_or_default();
        assert!(loader.bytes(source).expect("reads") == expected, "image {i}");
    }
}

#[test]
fn rows_without_a_known_label_are_left_out_and_counted() {
    let number = LabelColumn::Number(vec![Some(-1), Some(0), None]);
    let set = one_file(&number, &["Apple"], &[]).read().expect("reads");
    assert_records(&set, &[("data.parquet, row 2", "Apple Food", None)]);
    assert!(set.notes[0].contains("2 rows have no known label"), "{:?}", set.notes);
}

#[test]
fn what_is_wrong_is_said() {
    let number = LabelColumn::Number(vec![Some(1), Some(5), Some(1)]);
    let error = one_file(&number, &["Shoe", "Apple"], &[]).error();
    assert!(
        error.starts_with(
            "data.parquet, row 2: class 5 has no name, and the file's `huggingface` metadata name 2; put a classes.txt"
        ),
        "{error}"
    );
    let text = LabelColumn::Text(vec![Some("Zebra"), Some("Apple"), Some("Apple")]);
    let error = one_file(&text, &[], &[]).error();
    assert!(error.starts_with("data.parquet, row 1: `Zebra` (once): not among"), "{error}");
    let file = Folder::new();
    let file = file.write("x.parquet", "PAR1 and then nothing of the kind");
    assert!(message(&read(&file).expect_err("is refused")).contains("x.parquet: not a whole Parquet file: "));
}
