//! Names that the model does not have.

use std::path::Path;

use chameleon_trainer::data::{DataError, Labels};

use crate::files::{Folder, labels, message};

fn mapped(text: &str) -> Result<Labels, DataError> {
    labels().with_map(&Folder::new().write("map.csv", text), &[])
}

#[test]
fn a_map_gives_names_their_labels() {
    let labels = mapped("name,label\npomme,Apple\n\"loaf, white\",bread\nmess,Bottle;Can\ngrass,\n").expect("reads");
    assert_eq!(labels.resolve("Pomme"), Some(vec![0, 8]));
    assert_eq!(labels.resolve("loaf, white"), Some(vec![1, 8]));
    assert_eq!(labels.resolve("mess"), Some(vec![2, 3]));
    assert_eq!(labels.resolve("grass"), Some(vec![]));
    assert_eq!(labels.resolve("shoe"), Some(vec![5, 9]));
    assert_eq!(labels.resolve("zebra"), None);
}

#[test]
fn a_star_stands_for_all_other_names() {
    let labels = mapped("pomme,Apple\n*,\n").expect("reads");
    assert_eq!(labels.resolve("zebra"), Some(vec![]));
    assert_eq!(labels.resolve("shoe"), Some(vec![5, 9]));
}

#[test]
fn what_is_wrong_with_a_map_is_said_with_its_line() {
    for (text, expected) in [
        ("name,label\npomme,Aple\n", "line 2: `Aple` is not one of the 11 labels of the model"),
        ("pomme\n", "line 1: expected `name,label`"),
        ("a,Apple\nb,Can,3\n", "line 2: 3 columns, the rows before have 2"),
    ] {
        let error = message(&mapped(text).expect_err("is refused"));
        assert!(error.contains(expected), "{error}");
    }
    let error = labels().with_map(Path::new("nowhere.csv"), &[]).expect_err("is not there");
    assert!(message(&error).starts_with("nowhere.csv: No such file"), "{error}");
}
