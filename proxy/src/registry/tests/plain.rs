use std::fs;
use std::sync::Barrier;
use std::thread;

use super::Bench;
use crate::registry::{Registry, RegistryError, Version};

#[test]
fn a_published_model_comes_back_byte_for_byte_with_its_metrics() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.publish("sorter", &bench.model("one")).unwrap(), Version(1));
    let model = registry.load("sorter").unwrap();
    assert_eq!(model.version, Version(1));
    assert_eq!(model.files["head.safetensors"], b"one");
    let current = registry.list().unwrap();
    assert_eq!(current.apps["sorter"].metrics["of"], "one");
    assert_eq!(current.apps["sorter"].bytes, model.files.values().map(|file| file.len() as u64).sum::<u64>());
}

#[test]
fn publishing_the_same_content_again_makes_no_new_version() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("sorter", &bench.model("one")).unwrap();
    let generation = registry.list().unwrap().generation;
    assert_eq!(registry.publish("sorter", &bench.model("one")).unwrap(), Version(1));
    assert_eq!(registry.list().unwrap().generation, generation);
}

#[test]
fn a_rollback_without_a_version_steps_back_and_then_refuses() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    for content in ["one", "two"] {
        registry.publish("sorter", &bench.model(content)).unwrap();
    }
    assert_eq!(registry.rollback("sorter", None).unwrap(), Version(1));
    assert_eq!(registry.load("sorter").unwrap().files["head.safetensors"], b"one");
    assert!(matches!(registry.rollback("sorter", None), Err(RegistryError::NoPrevious { .. })));
    let unknown = registry.rollback("sorter", Some(Version(7)));
    assert!(matches!(unknown, Err(RegistryError::UnknownVersion { version: Version(7), .. })));
    assert_eq!(registry.rollback("sorter", Some(Version(2))).unwrap(), Version(2));
}

#[test]
fn removal_takes_the_files_that_no_other_application_uses() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("a", &bench.model("shared")).unwrap();
    registry.publish("b", &bench.model("shared")).unwrap();
    registry.publish("b", &bench.model("own")).unwrap();
    assert_eq!(registry.remove("b").unwrap(), 2);
    assert!(matches!(registry.load("b"), Err(RegistryError::UnknownApp { .. })));
    assert_eq!(registry.load("a").unwrap().files["head.safetensors"], b"shared");
    assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
    // A number once given is not given again: a server may still serve the removed model under it.
    assert_eq!(registry.publish("b", &bench.model("new")).unwrap(), Version(3));
}

#[test]
fn folders_that_are_no_app_model_are_refused_and_leave_nothing_behind() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    let folder = bench.model("one");
    for manifest in ["", "{", "[]", "7"] {
        fs::write(folder.join("app.json"), manifest).unwrap();
        assert!(matches!(registry.publish("sorter", &folder), Err(RegistryError::Model { .. })), "{manifest:?}");
    }
    let folder = bench.model("one");
    fs::create_dir(folder.join("sub")).unwrap();
    assert!(matches!(registry.publish("sorter", &folder), Err(RegistryError::Model { .. })));
    assert!(matches!(registry.publish("../x", &bench.model("one")), Err(RegistryError::Name { .. })));
    assert!(registry.list().unwrap().apps.is_empty());
}

#[test]
fn writers_at_the_same_time_take_turns() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for writer in 0..4 {
            let (registry, start, folder) = (&registry, &start, bench.temp.path().join(format!("model-{writer}")));
            scope.spawn(move || {
                start.wait();
                for n in 0..3 {
                    super::write_model(&folder, &format!("{writer}-{n}"));
                    registry.publish("shared", &folder).unwrap();
                }
            });
        }
    });
    let history = registry.history("shared").unwrap();
    assert_eq!(history.versions.iter().map(|one| one.version.0).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_watching_reader_sees_each_change_once_while_others_write() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    let mut watch = registry.reader().watch();
    assert!(watch.poll().unwrap().is_some_and(|current| current.apps.is_empty()));
    assert_eq!(watch.poll().unwrap(), None);
    registry.publish("sorter", &bench.model("one")).unwrap();
    let seen = watch.poll().unwrap().expect("a change");
    assert_eq!(watch.reader().read(&seen.apps["sorter"]).unwrap().files["head.safetensors"], b"one");
    assert_eq!(watch.poll().unwrap(), None);
}

#[test]
fn a_reader_of_a_registry_that_does_not_exist_yet_finds_it_when_it_does() {
    let bench = Bench::new();
    let mut watch = crate::registry::Reader::new(bench.dir()).watch();
    assert!(watch.poll().unwrap().is_some_and(|current| current.apps.is_empty()));
    Registry::open(bench.dir()).unwrap().publish("sorter", &bench.model("one")).unwrap();
    assert!(watch.poll().unwrap().is_some_and(|current| current.apps.contains_key("sorter")));
}
