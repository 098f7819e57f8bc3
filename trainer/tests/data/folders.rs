//! A sub-folder for each label.

use chameleon_models::bank::Split;

use crate::files::{Folder, assert_records};

#[test]
fn a_sub_folder_is_a_label() {
    let folder =
        Folder::new().images(&["Apple/1.png", "apple/deeper/2.PNG", "Shoe/3.png", "_none/4.png", ".git/5.png"]);
    let set = folder.read().expect("reads");
    assert_records(
        &set,
        &[
            ("Apple/1.png", "Apple Food", None),
            ("Shoe/3.png", "Shoe Clothing", None),
            ("_none/4.png", "", None),
            ("apple/deeper/2.PNG", "Apple Food", None),
        ],
    );
    assert_eq!(set.notes, [""; 0]);
}

#[test]
fn sub_folders_of_splits_hold_a_data_set_each() {
    let folder = Folder::new().images(&["train/Apple/1.png", "val/Apple/1.png", "test/Shoe/1.png"]);
    assert_records(
        &folder.read().expect("reads"),
        &[
            ("test/Shoe/1.png", "Shoe Clothing", Some(Split::Test)),
            ("train/Apple/1.png", "Apple Food", Some(Split::Train)),
            ("val/Apple/1.png", "Apple Food", Some(Split::Tune)),
        ],
    );
}

#[test]
fn folders_named_by_code_have_names_beside_them() {
    let folder = Folder::new().images(&["n07739125/1.png", "n02946921/2.png"]);
    folder.write("classes.txt", "n07739125 Apple\nn02946921 Can\n");
    assert_records(
        &folder.read().expect("reads"),
        &[("n02946921/2.png", "Can", None), ("n07739125/1.png", "Apple Food", None)],
    );
}

#[test]
fn what_is_no_image_is_left_out_and_counted() {
    let folder = Folder::new().images(&["Apple/1.png"]);
    folder.write("Apple/readme.md", "an apple");
    folder.write("Apple/old.bmp", "BM");
    let set = folder.read().expect("reads");
    assert_eq!(set.records.len(), 1);
    assert!(set.notes[0].contains("2 files are no JPEG, PNG or WebP"), "{:?}", set.notes);
}

#[test]
fn nothing_to_read_is_one_clear_error() {
    assert!(Folder::new().error().contains("no labelled image in it; expected a sub-folder for each label"));
    assert!(Folder::new().images(&["1.png"]).error().contains("no labelled image in it"));
    let folder = Folder::new();
    let error = crate::files::read(&folder.path().join("nowhere")).expect_err("is not there");
    assert!(crate::files::message(&error).contains("nowhere: No such file"), "{error}");
    let text = folder.write("notes.txt", "dear");
    let error = crate::files::read(&text).expect_err("is no list");
    assert!(error.to_string().contains("notes.txt: not a list of images; expected"), "{error}");
}

#[test]
fn an_empty_image_is_named() {
    let folder = Folder::new().images(&["Apple/1.png", "Apple/2.png"]);
    folder.write("Apple/2.png", "");
    let error = folder.error();
    assert!(error.starts_with("1 of 2 images are missing or empty: Apple/2.png"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_are_not_followed() {
    let folder = Folder::new().images(&["Apple/1.png"]);
    std::os::unix::fs::symlink(folder.path().join("Apple"), folder.path().join("Apple/again")).expect("links");
    assert_eq!(folder.read().expect("reads").records.len(), 1);
}
