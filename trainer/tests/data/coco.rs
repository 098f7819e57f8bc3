//! COCO instances.

use chameleon_models::bank::Split;
use serde_json::{Value, json};

use crate::files::{Folder, assert_records, message, named, read};

fn coco() -> Value {
    json!({
        "info": {"year": 2017},
        "images": [
            {"id": 7, "file_name": "a.png", "width": 8, "height": 8},
            {"id": 8, "file_name": "b.png"},
            {"id": 9, "file_name": "c.png"},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 4, 4], "segmentation": [[0.0, 1.0]], "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 3},
            {"id": 3, "image_id": 8, "category_id": 3},
            {"id": 4, "image_id": 8, "category_id": 5},
        ],
        "categories": [{"id": 3, "name": "apple", "supercategory": "food"}, {"id": 5, "name": "shoe"}],
    })
}

#[test]
fn an_image_carries_the_categories_of_its_annotations() {
    for (list, folder, split) in [
        ("annotations/instances_val2017.json", "val2017/", Some(Split::Tune)),
        ("annotations/instances_train2017.json", "images/train2017/", Some(Split::Train)),
        ("_annotations.coco.json", "", None),
        ("labels.json", "data/", None),
    ] {
        let set = Folder::with(&[(list, &coco().to_string())]);
        let set =
            set.images(&["a.png", "b.png", "c.png"].map(|name| format!("{folder}{name}")).each_ref().map(|n| &**n));
        let names = ["a.png", "b.png", "c.png"].map(|name| format!("{folder}{name}"));
        let expected = [
            (&*names[0], "Apple Food", split),
            (&*names[1], "Apple Shoe Food Clothing", split),
            (&*names[2], "", split),
        ];
        assert_records(&set.read().unwrap_or_else(|error| panic!("{list}: {error}")), &expected);
        assert_eq!(read(&set.path().join(list)).expect("reads").records.len(), 3);
    }
}

#[test]
fn every_annotation_is_an_object_and_a_group_is_several() {
    let mut coco = coco();
    coco["annotations"][3]["iscrowd"] = json!(1);
    let set = Folder::with(&[("x.json", &coco.to_string())]).images(&["a.png", "b.png", "c.png"]);
    let objects: Vec<String> = set.read().expect("reads").shown().iter().map(|shown| named(&shown.objects)).collect();
    let shoes = |what: &str| [what; 6].join(" ");
    let b = format!("Apple {} Food {}", shoes("Shoe"), shoes("Clothing"));
    assert_eq!(objects, ["Apple Apple Food Food", &b, ""]);
}

#[test]
fn a_group_may_be_written_in_other_ways() {
    let shoes = |iscrowd: Value| {
        let mut coco = coco();
        coco["annotations"][3]["iscrowd"] = iscrowd;
        let set = Folder::with(&[("x.json", &coco.to_string())]).images(&["a.png", "b.png", "c.png"]);
        let shown = set.read().expect("reads").shown().swap_remove(1);
        named(&shown.objects).matches("Shoe").count()
    };
    assert_eq!([json!(false), json!(null), json!(0.0), json!("0")].map(shoes), [1; 4]);
    assert_eq!([json!(true), json!(1.0), json!("1")].map(shoes), [6; 3]);
}

#[test]
fn files_of_other_annotations_are_passed_by() {
    let captions = json!({"images": [], "annotations": [{"image_id": 7, "caption": "an apple"}]}).to_string();
    let files = [
        ("annotations/captions_train2017.json", &*captions),
        ("annotations/instances_train2017.json", &coco().to_string()),
    ];
    let set = Folder::with(&files).images(&["train2017/a.png", "train2017/b.png", "train2017/c.png"]);
    assert_eq!(set.read().expect("reads").records.len(), 3);
}

#[test]
fn ids_may_be_text() {
    let text = coco().to_string().replace("\"id\":7", "\"id\":\"7\"").replace("\"image_id\":7", "\"image_id\":\"7\"");
    let set = Folder::with(&[("x.json", &text)]).images(&["a.png", "b.png", "c.png"]).read().expect("reads");
    assert_eq!(set.records.len(), 3);
}

#[test]
fn what_is_wrong_is_said() {
    let mut other_image = coco();
    other_image["annotations"][1]["image_id"] = json!(70);
    let mut other_category = coco();
    other_category["annotations"][2]["category_id"] = json!(70);
    let mut nameless = coco();
    nameless["images"][0] = json!({"id": 1});
    for (value, expected) in [
        (other_image, "x.json: annotation 2 is of image 70, which is not there"),
        (other_category, "x.json: annotation 3 is of category 70, which is not there"),
        (
            nameless,
            "x.json: expected COCO's `images`, `annotations` with `category_id`, and `categories`; missing field `file_name`",
        ),
        (json!({"images": []}), "x.json: expected COCO's `images`"),
    ] {
        let error = Folder::with(&[("x.json", &value.to_string())]).images(&["a.png", "b.png", "c.png"]).error();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = Folder::with(&[("x.json", &coco().to_string())]).images(&["a.png", "elsewhere/b.png"]).error();
    assert!(error.starts_with("2 of 3 images are missing or empty: b.png (x.json, image 8), c.png"), "{error}");
    let file = Folder::new();
    let file = file.write("other.json", "[1, 2]");
    assert!(message(&read(&file).expect_err("is refused")).contains("expected COCO's"));
}
