//! CSV, TSV and JSON Lines.

use chameleon_models::bank::Split;

use crate::files::{Folder, assert_records, message, read};

const IMAGES: [&str; 3] = ["a.png", "b.png", "in/c.png"];
const EXPECTED: [(&str, &str, Option<Split>); 3] =
    [("a.png", "Apple Food", None), ("b.png", "Apple Shoe Food Clothing", None), ("in/c.png", "", None)];

#[test]
fn tables_are_read_however_they_are_written() {
    for (name, text) in [
        ("labels.csv", "file,label\na.png,Apple\nb.png,apple;shoe\nin/c.png,\n"),
        ("labels.csv", "a.png,Apple\nb.png,apple;shoe\n\nin/c.png,\n"),
        ("labels.csv", "\u{feff}file,label\r\na.png,Apple\r\nb.png, apple ; shoe \r\nin/c.png,_none\r\n"),
        ("anything.csv", "id,Labels,Filename\n1,Apple,a.png\n2,Apple|Shoe,b.png\n3,,./in/c.png\n"),
        ("anything.csv", "\"image_path\";\"category\"\na.png;\"Apple\"\nb.png;\"Apple|Shoe\"\nin/c.png;\n"),
        ("labels.tsv", "path\tclass\na.png\tApple\nb.png\tApple;Shoe\nin/c.png\t\n"),
        ("one-label-a-row.csv", "image,label\na.png,Apple\nb.png,Apple\nb.png,Shoe\nin/c.png,\n"),
        (
            "metadata.jsonl",
            "{\"file_name\": \"a.png\", \"label\": \"Apple\"}\n\n{\"labels\": [\"Apple\", \"Shoe\"], \"file_name\": \"b.png\"}\n{\"file_name\": \"in/c.png\", \"labels\": []}\n",
        ),
    ] {
        let folder = Folder::with(&[(name, text)]).images(&IMAGES);
        assert_records(&folder.read().unwrap_or_else(|error| panic!("{text}: {error}")), &EXPECTED);
        let file = read(&folder.path().join(name)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(file.records.iter().map(|record| &record.labels).collect::<Vec<_>>().len(), 3);
    }
}

#[test]
fn a_row_or_the_name_of_the_list_says_the_split() {
    let folder =
        Folder::with(&[("labels.csv", "file,label,split\na.png,Apple,train\nb.png,Shoe,VALID\nc.png,Can,test\n")]);
    let by_row = folder.images(&["a.png", "b.png", "c.png"]).read().expect("reads");
    let by_name = Folder::with(&[
        ("train.csv", "file,label\na.png,Apple\n"),
        ("val.csv", "file,label\nb.png,Shoe\n"),
        ("test.csv", "file,label\nc.png,Can\n"),
    ]);
    let mut by_name = by_name.images(&["a.png", "b.png", "c.png"]).read().expect("reads");
    by_name.records.sort_by(|a, b| a.name.cmp(&b.name));
    let in_folders = Folder::with(&[("train/metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": \"Apple\"}")]);
    let in_folders = in_folders.images(&["train/a.png", "test/Can/c.png"]).read().expect("reads");
    for set in [by_row, by_name] {
        assert_records(
            &set,
            &[
                ("a.png", "Apple Food", Some(Split::Train)),
                ("b.png", "Shoe Clothing", Some(Split::Tune)),
                ("c.png", "Can", Some(Split::Test)),
            ],
        );
    }
    let expected = [("test/Can/c.png", "Can", Some(Split::Test)), ("train/a.png", "Apple Food", Some(Split::Train))];
    assert_records(&in_folders, &expected);
}

#[test]
fn numbers_of_classes_have_names_beside_them() {
    for (name, text) in [
        ("labels.csv", "file,label\na.png,0\nb.png,0;2\nin/c.png,\n"),
        (
            "labels.jsonl",
            "{\"image\": \"a.png\", \"label\": 0}\n{\"image\": \"b.png\", \"label\": [0, \"2\"]}\n{\"image\": \"in/c.png\", \"label\": []}\n",
        ),
    ] {
        let folder = Folder::with(&[(name, text), ("classes.txt", "Apple\nCan\nShoe\n")]).images(&IMAGES);
        assert_records(&folder.read().expect("reads"), &EXPECTED);
    }
}

#[test]
fn what_is_wrong_with_a_list_is_said_with_its_line_and_what_would_be_right() {
    for (name, text, expected) in [
        (
            "labels.csv",
            "picture,tag\na.png,Apple\n",
            "labels.csv, line 1: the columns are `picture`, `tag`; expected one for the image (`file`, ",
        ),
        ("labels.csv", "", "labels.csv: the file is empty"),
        (
            "labels.csv",
            "file,label\na.png,Apple\nb.png,Bread, white\n",
            "labels.csv, line 3: 3 columns, the rows before have 2; put cells with a comma in quotes",
        ),
        ("labels.csv", "file,label\na.png,Apple\n,Bread\n", "labels.csv, line 3: no image file"),
        (
            "labels.csv",
            "file,label,split\na.png,Apple,later\n",
            "labels.csv, line 2: `later` is no split; expected train, validation or test",
        ),
        (
            "labels.csv",
            "file,label,split\na.png,Apple,train\na.png,Apple,test\n",
            "labels.csv, line 3: `a.png` is also in ",
        ),
        (
            "labels.csv",
            "file,label\na.png,Apple\nz.png,Bread\n",
            "1 of 2 images are missing or empty: z.png (labels.csv, line 3); put them there or leave them out of the data",
        ),
        (
            "labels.csv",
            "file,label\na.png,Zebra\nb.png,Zebra;Gnu\n",
            "labels.csv, line 2: `Zebra` (2 times), `Gnu` (once): not among the 11 labels of the model; --labels-map FILE ",
        ),
        (
            "labels.jsonl",
            "{\"file\": \"a.png\", \"label\": \"Apple\"}\n{\"file\": \"b.png\",\n",
            "labels.jsonl, line 2: expected a JSON object on each line; EOF",
        ),
        ("labels.jsonl", "[1]\n", "labels.jsonl, line 1: expected a JSON object on each line; "),
        (
            "labels.jsonl",
            "{\"file\": \"a.png\", \"tag\": 1}\n",
            "labels.jsonl, line 1: the columns are `file`, `tag`; expected",
        ),
        ("labels.jsonl", "{\"file\": 1, \"label\": 1}\n", "labels.jsonl, line 1: no image file"),
        (
            "labels.jsonl",
            "{\"file\": \"a.png\", \"label\": {}}\n",
            "labels.jsonl, line 1: the label is no text, no number and no list of these",
        ),
    ] {
        let error = Folder::with(&[(name, text)]).images(&IMAGES).error();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
    let folder = Folder::new().images(&IMAGES);
    folder.write("labels.csv", b"file,label\na.png,Caf\xe9\n");
    assert_eq!(folder.error(), "labels.csv, line 2: not UTF-8; save the file as UTF-8");
    folder.write("labels.csv", "a.png,Apple\n");
    let metadata = folder.write("metadata.csv", "file,caption\na.png,an apple\n");
    let error = message(&read(&metadata).expect_err("has no labels"));
    assert!(error.contains("the columns are `file`, `caption`; expected"), "{error}");
}

#[test]
fn unknown_labels_are_counted_and_the_first_named() {
    let rows: Vec<String> = (0..7).map(|i| format!("a.png,name {i}")).collect();
    let error = Folder::with(&[("labels.csv", &format!("file,label\n{}", rows.join("\n")))]).images(&IMAGES).error();
    assert!(error.contains("`name 4` (once) and 2 more: not among"), "{error}");
}

#[test]
fn which_of_several_lists_is_meant_has_to_be_said() {
    let list = "file,label\na.png,Apple\n";
    let json = "{\"file\": \"a.png\", \"label\": \"Apple\"}";
    for lists in [[("one.csv", list), ("two.csv", list)], [("train.csv", list), ("test.jsonl", json)]] {
        let folder = Folder::with(&lists).images(&IMAGES);
        let error = folder.error();
        assert!(error.contains("several lists of images: ") && error.contains("name the one to read"), "{error}");
        assert_eq!(read(&folder.path().join(lists[0].0)).expect("reads").records.len(), 1);
    }
    let folder = Folder::with(&[("labels.csv", list), ("old.csv", "file,label\nz.png,Zebra\n")]).images(&IMAGES);
    assert_eq!(folder.read().expect("labels.csv goes before others").records.len(), 1);
}

#[test]
fn rows_without_a_known_label_are_left_out_and_counted() {
    let text = "{\"file\": \"a.png\", \"label\": \"Apple\"}\n{\"file\": \"b.png\", \"label\": null}\n";
    let set = Folder::with(&[("metadata.jsonl", text)]).images(&IMAGES).read().expect("reads");
    assert_eq!(set.records.len(), 1);
    assert!(set.notes[0].contains("1 rows have no known label"), "{:?}", set.notes);
}
