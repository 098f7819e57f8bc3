//! Files cut, overwritten or gone.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::Bench;
use crate::registry::{Current, Reader, Registry, RegistryError, Version};

/// A registry with two applications, one of them rolled back.
fn filled() -> (Bench, Current) {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    for content in ["one", "two"] {
        registry.publish("a", &bench.model(content)).unwrap();
    }
    registry.rollback("a", None).unwrap();
    registry.publish("b", &bench.model("three")).unwrap();
    let current = registry.list().unwrap();
    (bench, current)
}

fn assert_reported_and_rebuilt(bench: &Bench, before: &Current) {
    let error = Registry::open(bench.dir()).expect_err("damage");
    assert!(matches!(error, RegistryError::IndexDamaged { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&bench.dir().display().to_string()), "{message}");
    assert!(message.contains("chameleon registry rebuild"), "{message}");
    // The server goes on meanwhile.
    assert_eq!(&Reader::new(bench.dir()).current().unwrap(), before);

    let rebuilt = Registry::rebuild(bench.dir()).unwrap();
    assert_eq!((rebuilt.apps, rebuilt.versions, rebuilt.problems), (2, 3, Vec::new()));
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(&registry.list().unwrap(), before);
    assert_eq!(registry.history("a").unwrap().versions.len(), 2);
    assert_eq!(registry.publish("a", &bench.model("four")).unwrap(), Version(3));
}

fn index_file(bench: &Bench, name: &str) -> PathBuf {
    bench.dir().join("index").join(name)
}

fn cut_in_half(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    fs::File::options().write(true).open(path).unwrap().set_len(length / 2).unwrap();
}

#[test]
fn an_index_cut_in_half_is_reported_and_rebuilt() {
    let (bench, before) = filled();
    cut_in_half(&index_file(&bench, "db"));
    assert_reported_and_rebuilt(&bench, &before);
}

#[test]
fn an_index_overwritten_with_garbage_is_reported_and_rebuilt() {
    for name in ["db", "conf"] {
        let (bench, before) = filled();
        fs::write(index_file(&bench, name), [0xA5; 4096]).unwrap();
        assert_reported_and_rebuilt(&bench, &before);
    }
}

#[test]
fn a_missing_index_is_reported_and_rebuilt() {
    let (bench, before) = filled();
    fs::remove_dir_all(bench.dir().join("index")).unwrap();
    fs::remove_file(bench.dir().join("index.seal")).unwrap();
    assert_reported_and_rebuilt(&bench, &before);
}

#[test]
fn an_empty_index_in_place_of_a_full_one_is_completed_from_the_log() {
    let (bench, before) = filled();
    fs::remove_dir_all(bench.dir().join("index")).unwrap();
    fs::remove_file(bench.dir().join("index.seal")).unwrap();
    fs::create_dir(bench.dir().join("index")).unwrap();
    assert_eq!(Registry::open(bench.dir()).unwrap().list().unwrap(), before);
}

#[test]
fn a_damaged_view_is_made_anew_by_the_next_writer() {
    let (bench, before) = filled();
    fs::write(bench.dir().join("current.json"), "{").unwrap();
    let error = Reader::new(bench.dir()).current().expect_err("damage");
    assert!(matches!(error, RegistryError::IndexDamaged { .. }), "{error:?}");
    assert_eq!(Registry::open(bench.dir()).unwrap().list().unwrap(), before);
}

#[test]
fn a_damaged_object_is_never_served_and_publishing_again_mends_it() {
    let (bench, before) = filled();
    let registry = Registry::open(bench.dir()).unwrap();
    let digits = before.apps["b"].files["head.safetensors"].to_string();
    cut_in_half(&bench.dir().join("objects").join(&digits[..2]).join(&digits[2..]));
    assert!(matches!(registry.load("b"), Err(RegistryError::ObjectDamaged { .. })));
    assert_eq!(registry.verify().unwrap().len(), 1);
    registry.publish("b", &bench.model("three")).unwrap();
    assert_eq!(registry.load("b").unwrap().files["head.safetensors"], b"three");
    assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_rebuild_passes_over_a_damaged_record_and_says_so() {
    let (bench, _) = filled();
    let mut records: Vec<_> =
        fs::read_dir(bench.dir().join("records")).unwrap().map(|file| file.unwrap().path()).collect();
    records.sort();
    // The publication of version 2 of "a".
    fs::write(&records[1], "{}").unwrap();
    let rebuilt = Registry::rebuild(bench.dir()).unwrap();
    assert_eq!((rebuilt.apps, rebuilt.versions, rebuilt.problems.len()), (2, 2, 1), "{rebuilt:?}");
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.load("a").unwrap().files["head.safetensors"], b"one");
}

#[test]
fn deleted_records_are_found_where_they_were_and_at_the_end() {
    let (bench, _) = filled();
    let mut records: Vec<_> =
        fs::read_dir(bench.dir().join("records")).unwrap().map(|file| file.unwrap().path()).collect();
    records.sort();
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!((records.len(), registry.verify().unwrap()), (4, Vec::new()));
    let content = fs::read(&records[3]).unwrap();
    fs::remove_file(&records[3]).unwrap();
    assert_eq!(registry.verify().unwrap(), ["record 4 is missing"]);
    fs::write(&records[3], content).unwrap();
    // The publication of version 2 of "a", and the way back from it to version 1.
    for record in &records[1..3] {
        fs::remove_file(record).unwrap();
    }
    assert_eq!(registry.verify().unwrap(), ["records 2 to 3 are missing"]);
    assert_eq!(Registry::rebuild(bench.dir()).unwrap().problems, ["records 2 to 3 are missing"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Without a seal, as after a crash, sled itself meets the damage. Whatever it makes of it: the registry is either
    /// as it was, or the damage is reported, never a panic and never less than was published.
    #[test]
    fn no_damage_to_an_unsealed_index_goes_unnoticed(
        at in any::<prop::sample::Index>(), cut in any::<bool>(), byte in any::<u8>(),
    ) {
        let (bench, before) = filled();
        fs::remove_file(bench.dir().join("index.seal")).unwrap();
        let path = index_file(&bench, "db");
        let mut content = fs::read(&path).unwrap();
        // Most of the file is padding; the head of it holds the entries.
        let used = content.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
        let at = at.index(used);
        if cut {
            content.truncate(at);
        } else {
            content[at] ^= byte | 1;
        }
        fs::write(&path, content).unwrap();
        match Registry::open(bench.dir()) {
            Ok(registry) => prop_assert_eq!(registry.list().unwrap(), before),
            Err(error) => {
                prop_assert!(matches!(error, RegistryError::IndexDamaged { .. }), "{:?}", error);
                Registry::rebuild(bench.dir()).unwrap();
                prop_assert_eq!(Registry::open(bench.dir()).unwrap().list().unwrap(), before);
            }
        }
    }
}
