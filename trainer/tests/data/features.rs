//! From labelled images to features.

use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_trainer::data::{View, features};
use chameleon_trainer::progress::ProgressMode;
use image::ImageFormat;

use crate::files::{Folder, message, png};
use crate::shards::{LabelColumn, write};
use crate::support::{FEATURES, model};

/// Left and right of an image exchanged.
fn mirrored(png: &[u8]) -> Vec<u8> {
    let image = image::load_from_memory(png).expect("decodes").fliph();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("encodes");
    bytes.into_inner()
}

#[test]
fn features_are_those_of_the_images_in_their_order_and_means_over_views() {
    let model = model();
    let labeler = ImageLabeler::new(&model).expect("the small network");
    let expected = |png: &[u8]| {
        let image = preprocess::decode(png, DecodeLimits::default()).expect("decodes");
        labeler.features(&[preprocess::tensor(&image, labeler.input())]).concat()
    };
    // More than one batch, from files and from a row group that ends within a batch.
    let images: Vec<Vec<u8>> = (0..40).map(png).collect();
    let in_files = Folder::new();
    for (i, image) in images.iter().enumerate() {
        in_files.write(&format!("Apple/{i:02}.png"), image);
    }
    let in_parquet = Folder::new();
    let rows: Vec<Option<Vec<u8>>> = images.iter().cloned().map(Some).collect();
    let labels = LabelColumn::Text(vec![Some("Apple"); images.len()]);
    write(&in_parquet.path().join("data.parquet"), &rows, &labels, &[], 13);
    for folder in [in_files, in_parquet] {
        let set = folder.read().expect("reads");
        let seen = |views: &[View]| features(&set, &model, views, ProgressMode::None).expect("features");
        let (plain, both) = (seen(&[View::Plain]), seen(&[View::Plain, View::Mirrored]));
        assert_eq!([plain.len(), both.len()], [40 * FEATURES; 2]);
        for (i, image) in images.iter().enumerate() {
            let row = i * FEATURES..(i + 1) * FEATURES;
            assert_eq!(plain[row.clone()], expected(image), "image {i}");
            let pairs = expected(image).into_iter().zip(expected(&mirrored(image)));
            let mean: Vec<f32> = pairs.map(|(plain, mirrored)| 0.5 * plain + 0.5 * mirrored).collect();
            assert_eq!(both[row], mean, "image {i}, and mirrored");
        }
    }
}

#[test]
fn all_images_that_cannot_be_used_are_told_at_once() {
    let listed = Folder::with(&[("list.csv", "file,label\na.png,Apple\nb.png,Shoe\nc.png,Shoe\n")]).images(&["a.png"]);
    listed.write("b.png", "GIF89a");
    listed.write("c.png", "GIF89a");
    let set = listed.read().expect("reads");
    let error = features(&set, &model(), &[View::Plain], ProgressMode::None).expect_err("is refused").to_string();
    let why = "the bytes are no JPEG, PNG or WebP image";
    let named = format!("2 images cannot be used: b.png (list.csv, line 3) ({why}), c.png (list.csv, line 4) ({why});");
    assert!(error.replace(&format!("{}/", listed.path().display()), "").starts_with(&named), "{error}");
}

#[test]
fn an_image_that_cannot_be_used_is_named_with_its_place() {
    let listed = Folder::with(&[("list.csv", "file,label\na.png,Apple\nb.png,Shoe\n")]).images(&["a.png"]);
    listed.write("b.png", "GIF89a");
    let stored = Folder::new();
    let labels = LabelColumn::Text(vec![Some("Apple"); 2]);
    write(&stored.path().join("data.parquet"), &[Some(png(0)), None], &labels, &[], 1);
    for (folder, expected) in [
        (
            listed,
            "b.png (list.csv, line 3): this image cannot be used; replace it or leave it out of the data: the bytes are no JPEG, PNG or WebP image",
        ),
        (
            stored,
            "data.parquet, row 2: this image cannot be used; replace it or leave it out of the data: the image is empty",
        ),
    ] {
        let set = folder.read().expect("reads");
        let error = features(&set, &model(), &[View::Plain], ProgressMode::None).expect_err("is refused");
        assert_eq!(message(&error).replace(&format!("{}/", folder.path().display()), ""), expected);
    }
}
