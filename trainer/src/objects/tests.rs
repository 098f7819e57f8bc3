//! Scenes, and the whole way from images with boxes to the folder that ships, on a few small drawings.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use chameleon_decision::BoundingBox;
use chameleon_models::bank::Split;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::objects::boxes::area;
use chameleon_models::preprocess::RgbImage;
use chameleon_models::zoo;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::bank::BankOptions;
use super::boxed::BoxedImages;
use super::scenes::Scene;
use super::{ExportOptions, Options, Settings, export, run};
use crate::dataset::ImageSet;
use crate::pretrain::SIDE;

/// Real classes: a goldfish, a cash machine, an alp (background) and an altar (left out).
const CLASSES: &str = "0\tn01443537\tgoldfish\n1\tn02977058\tcash machine\n2\tn09193705\talp\n3\tn02699494\taltar\n";
const IMAGES: usize = 16;

/// A square of 16 pixels whose place and colour depend on `i`, on gray. Its corners are those of a cell.
fn drawing(i: usize) -> (RgbImage, [i64; 4]) {
    let (left, top) = (16 * (i % 4) as u32, 16 * (i / 4 % 4) as u32);
    let inside = |x: u32, y: u32| (left..left + 16).contains(&x) && (top..top + 16).contains(&y);
    let colour = |x, y| if inside(x, y) { [220, (i * 60) as u8, 30] } else { [(100 + x) as u8, 110, (90 + y) as u8] };
    let image = RgbImage::from_fn(SIDE as u32, SIDE as u32, |x, y| image::Rgb(colour(x, y)));
    (image, [left, top, left + 15, top + 15].map(i64::from))
}

fn shard(path: &Path) {
    let schema = "message schema { optional group image { optional binary bytes; } required int64 label; \
                  optional group bbox (LIST) { repeated group list { optional int64 element; } } }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer =
        SerializedFileWriter::new(File::create(path).expect("a file"), schema, properties).expect("writes");
    let (images, boxes): (Vec<RgbImage>, Vec<[i64; 4]>) = (0..IMAGES).map(drawing).unzip();
    let png = |image: RgbImage| {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
        ByteArray::from(bytes.into_inner())
    };
    let images: Vec<ByteArray> = images.into_iter().map(png).collect();
    let classes: Vec<i64> = (0..IMAGES as i64).map(|i| i % 4).collect();
    let repetition: Vec<i16> = [0, 1, 1, 1].repeat(IMAGES);
    let mut group = writer.next_row_group().expect("a group");
    let mut column = group.next_column().expect("writes").expect("images");
    column.typed::<ByteArrayType>().write_batch(&images, Some(&[2; IMAGES]), None).expect("writes");
    column.close().expect("closes");
    let mut column = group.next_column().expect("writes").expect("labels");
    column.typed::<Int64Type>().write_batch(&classes, None, None).expect("writes");
    column.close().expect("closes");
    let mut column = group.next_column().expect("writes").expect("boxes");
    let numbers = boxes.as_flattened();
    column.typed::<Int64Type>().write_batch(numbers, Some(&[3; 4 * IMAGES]), Some(&repetition)).expect("writes");
    column.close().expect("closes");
    group.close().expect("closes");
    writer.close().expect("closes");
}

fn options(data: &Path, out: &Path) -> Options {
    let settings = Settings {
        shards: 1,
        tuning: 2,
        steps: 15,
        batch: 8,
        sides: vec![64, 128],
        smallest: vec![0.2, 0.0],
        largest: vec![1.0, 0.6],
        mosaics: 0.75,
        min_area: 0.5,
        learning_rate: 0.01,
        weight_decay: 1e-4,
        ema: 0.9,
        bf16: false,
        seed: 1,
    };
    Options { data: data.to_owned(), out: out.to_owned(), backbone: None, settings, device: tch::Device::Cpu }
}

fn export_options(trained: &Options, out: &Path) -> ExportOptions {
    ExportOptions {
        run: trained.out.clone(),
        data: trained.data.clone(),
        out: out.to_owned(),
        backbone: None,
        overlap: 0.5,
        candidates: 80,
        // Whatever a few steps have taught, every cell is a candidate.
        doubt: 100.0,
        bank: BankOptions { pool: 2, pool_tuning: 1, bank_tuning: 1 },
        no_validation: false,
    }
}

#[test]
fn images_with_boxes_become_a_detector_that_can_be_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, out) = (folder.path(), folder.path().join("out"));
    let training = options(data, &folder.path().join("run"));
    std::fs::write(data.join("classes.txt"), CLASSES).expect("writes");
    shard(&data.join("train-0.parquet"));
    shard(&data.join("train-1.parquet"));
    shard(&data.join("validation-0.parquet"));
    run(&training).expect("trains");
    export(&export_options(&training, &out)).expect("calibrates and measures");

    let backbone = zoo::image_labels().expect("ships");
    let objects = zoo::read_objects(&out, &backbone).expect("reads back");
    let names: Vec<&str> = objects.labels.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(names, ["Goldfish", "Fish", "Animal", "Cash machine"]);
    let validation = &objects.manifest.metrics["validation"];
    assert_eq!(validation["single"]["scenes"], 12, "the altars are left out");
    assert_eq!(validation["single"]["objects"], 8, "the alps are background");
    assert_eq!(validation["mosaics"]["scenes"], 3);
    for kind in ["single", "mosaics"] {
        let ap50 = validation[kind]["ap50"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&ap50));
    }
    let bank = zoo::read_object_bank(&out, &objects).expect("reads back");
    assert_eq!(bank.dim, objects.names.features());
    // Of three classes: two images each to learn from, one and one to tune by, the others to test with; two thirds of
    // them in mosaics of four.
    let of = |split: Split| bank.scenes.iter().filter(|scene| scene.split == split).count();
    assert_eq!([Split::Train, Split::Tune, Split::Test].map(of), [2 + 1, 1 + 1, 3 + 1]);
    let detector = ObjectDetector::new(&backbone, &objects).expect("compiles");
    assert!(!detector.look(&drawing(0).0).candidates.is_empty());

    // Parameters that another training left there are not taken for those of this one.
    std::fs::write(training.out.join("trained.safetensors"), "another").expect("writes");
    let refused = export(&export_options(&training, &out)).expect_err("refused").to_string();
    assert!(refused.ends_with("not the parameters that trained.json is about"), "{refused}");
    assert!(zoo::read_objects(&out, &backbone).is_ok(), "what was there is there still");
}

#[test]
fn a_detector_needs_images_to_learn_from_and_others_to_calibrate_on() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("classes.txt"), CLASSES).expect("writes");
    shard(&folder.path().join("train-0.parquet"));
    for (tuning, problem) in [(1000, "no image is left to train on"), (0, "no image is held out to calibrate on")] {
        let mut options = options(folder.path(), &folder.path().join("run"));
        options.settings.tuning = tuning;
        let refused = run(&options).expect_err("refused").to_string();
        assert_eq!(refused, format!("--tuning {tuning}: {problem}"));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |change: &dyn Fn(&mut Options)| {
        let mut options = options(folder.path(), &folder.path().join("out"));
        change(&mut options);
        run(&options).expect_err("refused").to_string()
    };
    assert!(
        refused(&|options| options.settings.sides = vec![60])
            .starts_with("a side of 60 pixels; expected multiples of 16")
    );
    assert!(refused(&|options| options.settings.mosaics = 1.5).starts_with("--mosaics 1.5"));
    assert!(refused(&|options| options.settings.batch = 0).starts_with("--batch 0"));
}

fn boxed(bounds: BoundingBox) -> BoxedImages {
    let (image, _) = drawing(0);
    let set = ImageSet { side: SIDE, pixels: image.into_raw(), classes: vec![5] };
    BoxedImages { set, boxes: vec![bounds] }
}

proptest! {
    #[test]
    fn parts_and_mosaics_show_the_objects_where_they_say(
        left in 0.0..0.8, top in 0.0..0.8, width in 0.05..0.2, height in 0.05..0.2, seed in any::<u64>()
    ) {
        let bounds = BoundingBox { left, top, right: left + width, bottom: top + height };
        let images = boxed(bounds);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let parts = [(); 4].map(|()| Scene::part(&images, 0, 0.4, &mut rng));
        for part in &parts {
            let [shown] = part.objects[..] else { panic!("one object") };
            // A part is of at least 0.4 of the image and shows at least 0.6 of the box.
            prop_assert!(area(&shown.bounds) >= 0.6 * area(&bounds) - 1e-9);
            prop_assert!(area(&shown.bounds) <= area(&bounds) / 0.37);
        }
        let mosaic = Scene::mosaic(&parts, 128, (0.5, 0.25));
        prop_assert_eq!((mosaic.image.width(), mosaic.image.height()), (128, 128));
        let tiles = [(0.0, 0.0, 0.5, 0.25), (0.5, 0.0, 1.0, 0.25), (0.0, 0.25, 0.5, 1.0), (0.5, 0.25, 1.0, 1.0)];
        for ((part, shown), (x, y, right, bottom)) in parts.iter().zip(&mosaic.objects).zip(tiles) {
            prop_assert_eq!(shown.class, 5);
            let inner = &part.objects[0].bounds;
            prop_assert!((shown.bounds.left - (x + inner.left * (right - x))).abs() < 1e-9);
            prop_assert!((shown.bounds.bottom - (y + inner.bottom * (bottom - y))).abs() < 1e-9);
        }
    }
}
