//! Open Images.

use chameleon_models::bank::Split;

use crate::files::{Folder, assert_records, named};

const NAMES: (&str, &str) = ("class-descriptions.csv", "/m/014j1m,Apple\n/m/06rrc,Shoe\n/m/0h8n5zk,Zebra\n");
const LABELS: &str = "ImageID,Source,LabelName,Confidence
000a,verification,/m/014j1m,1
000a,verification,/m/06rrc,0
000b,verification,/m/06rrc,0
000c,machine,/m/06rrc,0.9
ffff,verification,/m/06rrc,1
";

#[test]
fn rows_that_say_yes_are_labels_and_rows_that_say_no_are_none() {
    let set = Folder::with(&[NAMES, ("train-annotations-human-imagelabels.csv", LABELS)]);
    let set = set.images(&["train/000a.png", "train/000b.png", "train/000c.png", "train/other.png"]);
    let set = set.read().expect("reads");
    let split = Some(Split::Train);
    assert_records(
        &set,
        &[
            ("train/000a.png", "Apple Food", split),
            ("train/000b.png", "", split),
            ("train/000c.png", "Shoe Clothing", split),
        ],
    );
    assert!(set.notes[0].contains("1 rows are of images that are not there"), "{:?}", set.notes);
}

#[test]
fn boxes_and_labels_of_an_image_are_put_together() {
    let boxes = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n000a,xclick,/m/06rrc,1,0.1,0.2,0.3,0.4\n";
    let labels = "ImageID,Source,LabelName,Confidence\n000a,verification,/m/014j1m,1\n";
    let files = [NAMES, ("validation-annotations-bbox.csv", boxes), ("validation-imagelabels.csv", labels)];
    let set = Folder::with(&files).images(&["images/000a.png"]).read().expect("reads");
    assert_records(&set, &[("images/000a.png", "Apple Shoe Food Clothing", Some(Split::Tune))]);
}

#[test]
fn boxes_are_objects_that_can_be_counted_and_labels_are_none() {
    let boxes = "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf
000a,/m/06rrc,1,0.1,0.2,0.3,0.4,0
000a,/m/06rrc,1,0.5,0.6,0.3,0.4,0
000b,/m/06rrc,1,0.5,0.6,0.3,0.4,1
";
    let labels = "ImageID,Source,LabelName,Confidence\n000a,verification,/m/06rrc,1\n000a,verification,/m/014j1m,1\n";
    let files = [NAMES, ("validation-annotations-bbox.csv", boxes), ("validation-imagelabels.csv", labels)];
    let set = Folder::with(&files).images(&["images/000a.png", "images/000b.png"]).read().expect("reads");
    let shown = set.shown();
    assert_eq!(named(&shown[0].objects), "Shoe Shoe Clothing Clothing");
    assert_eq!(named(&shown[1].objects), [["Shoe"; 6].join(" "), ["Clothing"; 6].join(" ")].join(" "));
    let counted: Vec<bool> = shown[0].labels.iter().map(|&label| shown[0].is_counted(label)).collect();
    assert_eq!(
        (named(&shown[0].labels).as_str(), counted),
        ("Apple Shoe Food Clothing", vec![false, true, false, true])
    );
}

#[test]
fn what_is_named_beside_boxes_is_of_the_broader_names_too() {
    let boxes = "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax\n000a,/m/06rrc,1,0.1,0.2,0.3,0.4\n";
    let labels = "ImageID,Source,LabelName,Confidence\n000a,verification,/m/01n4qj,1\n000a,verification,/m/06rrc,1\n";
    let files = [
        ("class-descriptions.csv", "/m/06rrc,Shoe\n/m/01n4qj,Shirt\n"),
        ("validation-annotations-bbox.csv", boxes),
        ("validation-imagelabels.csv", labels),
    ];
    let set = Folder::with(&files).images(&["images/000a.png"]).read().expect("reads");
    let shown = &set.shown()[0];
    let counted: Vec<bool> = shown.labels.iter().map(|&label| shown.is_counted(label)).collect();
    assert_eq!((named(&shown.labels).as_str(), counted), ("Shirt Shoe Clothing", vec![false, true, false]));
}

#[test]
fn what_is_wrong_is_said() {
    let row = |row: &str| format!("ImageID,Source,LabelName,Confidence\n{row}\n");
    for (names, text, expected) in [
        (
            ("other.txt", ""),
            row("000a,x,/m/014j1m,1"),
            "labels.csv, line 2: `/m/014j1m` has no name; put Open Images' class-descriptions.csv beside the list",
        ),
        (NAMES, row("000a,x,/m/014j1m,yes"), "labels.csv, line 2: `yes` is no confidence from 0 to 1"),
        (NAMES, row("000a,x,/m/014j1m,NaN"), "labels.csv, line 2: `NaN` is no confidence from 0 to 1"),
        (NAMES, row("ffff,x,/m/014j1m,1"), "labels.csv: none of its images is there as ImageID.jpg; looked in "),
        (NAMES, row("000a,x,/m/0h8n5zk,1"), "labels.csv, line 2: `Zebra` (once): not among the 11 labels"),
        (NAMES, row("000a,x"), "labels.csv, line 2: 2 columns, the rows before have 4"),
    ] {
        let error = Folder::with(&[names, ("labels.csv", &text)]).images(&["000a.png"]).error();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}
