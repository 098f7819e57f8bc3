//! Whatever bytes a file has, reading it ends with a data set or an error.

use chameleon_trainer::data::{Content, ImageLoader};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::files::{Folder, message, png, read};
use crate::shards::{LabelColumn, write};

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Set(Index, u8),
    Flip(Index, u8),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Set(at, byte) => *at.get_mut(bytes) = *byte,
            Self::Flip(at, bit) => *at.get_mut(bytes) ^= 1 << bit,
            Self::Remove(at, count) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Self::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<Index>;
    let special = prop::sample::select(b"\0\x7f\x80\xff\"\\{}[],;:|\n\r\t".to_vec());
    let one = prop_oneof![
        at().prop_map(Damage::Cut),
        (at(), prop_oneof![any::<u8>(), special]).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (at(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (at(), 1..40usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, new)| Damage::Insert(at, new)),
    ];
    prop::collection::vec(one, 1..4)
}

const CSV: &str = "file,label,split\na.png,Apple,train\nb.png,\"apple;shoe\",test\n";
const JSONL: &str =
    "{\"file_name\": \"a.png\", \"label\": \"Apple\"}\n{\"file_name\": \"b.png\", \"labels\": [\"Shoe\", 1]}\n";
const COCO: &str = r#"{"images": [{"id": 7, "file_name": "a.png"}], "annotations": [{"image_id": 7, "category_id": 3}],
    "categories": [{"id": 3, "name": "apple"}]}"#;
const OPEN_IMAGES: &str =
    "ImageID,Source,LabelName,Confidence\na,verification,/m/014j1m,1\nb,verification,/m/014j1m,0\n";
const DESCRIPTIONS: &str = "/m/014j1m,Apple\n";
const CLASSES: &str = "0\tn02946921\tCan\n1\tn07739125\tApple\n";
const LABELS: &str =
    r#"{"labels": [{"name": "Can", "classes": ["n02946921", 1]}, {"name": "Apple", "classes": ["n07739125"]}]}"#;

/// Reads what is left of a file, and every image of it.
fn survives(folder: &Folder, name: &str, mut bytes: Vec<u8>, damage: &[Damage]) {
    for damage in damage {
        damage.to(&mut bytes);
    }
    let file = folder.write(name, bytes);
    for path in [folder.path(), &file] {
        match read(path) {
            Err(error) => drop(message(&error)),
            Ok(set) => {
                let mut loader = ImageLoader::default();
                for record in &set.records {
                    let Content::Image(source) = &record.content;
                    if let Err(error) = loader.bytes(source) {
                        message(&error);
                    }
                }
            }
        }
    }
}

/// A file of each column type.
fn shard(folder: &Folder, column: usize) -> Vec<u8> {
    let labels = [
        LabelColumn::Number(vec![Some(1), Some(0), None, Some(1), Some(-1)]),
        LabelColumn::Text(vec![Some("Apple"), None, Some("Shoe"), Some("Can"), Some("Can")]),
        LabelColumn::Numbers(vec![vec![1, 0], vec![], vec![0], vec![1], vec![0]]),
        LabelColumn::Texts(vec![vec!["Apple", "Shoe"], vec![], vec!["Can"], vec!["Can"], vec![]]),
    ];
    let path = folder.path().join("data.parquet");
    let images: Vec<Option<Vec<u8>>> = (0..5).map(|i| (i != 2).then(|| png(i))).collect();
    write(&path, &images, &labels[column % labels.len()], &["Shoe", "Apple"], 2);
    std::fs::read(path).expect("was written")
}

proptest! {
    #[test]
    fn lists_of_text(damage in damage()) {
        for (name, text) in [("labels.csv", CSV), ("labels.jsonl", JSONL), ("x.json", COCO), ("x.csv", OPEN_IMAGES)] {
            let folder = Folder::with(&[("class-descriptions.csv", DESCRIPTIONS)]).images(&["a.png", "b.png"]);
            survives(&folder, name, text.as_bytes().to_vec(), &damage);
        }
    }

    #[test]
    fn tables_of_names(damage in damage()) {
        for (name, text) in [("class-descriptions.csv", DESCRIPTIONS), ("classes.txt", CLASSES), ("labels.json", LABELS)] {
            let folder = Folder::with(&[("labels.csv", "file,label\na.png,1\n")]).images(&["a.png"]);
            survives(&folder, name, text.as_bytes().to_vec(), &damage);
        }
    }

    #[test]
    fn parquet_files(column in 0..4usize, damage in damage()) {
        let folder = Folder::new();
        let bytes = shard(&folder, column);
        survives(&folder, "data.parquet", bytes, &damage);
    }

    #[test]
    fn files_of_anything(bytes in prop::collection::vec(any::<u8>(), 0..200), name in 0..7usize) {
        let names = ["labels.csv", "labels.tsv", "labels.jsonl", "x.json", "x.parquet", "classes.txt", "labels.json"];
        survives(&Folder::new().images(&["Apple/a.png"]), names[name], bytes, &[]);
    }
}

#[test]
fn every_cut_of_a_parquet_file() {
    let folder = Folder::new();
    let bytes = shard(&folder, 0);
    for length in 0..bytes.len() {
        survives(&folder, "data.parquet", bytes[..length].to_vec(), &[]);
    }
}
