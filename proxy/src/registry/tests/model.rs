//! Random sequences of operations against a few lines that say what they mean.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Bench;
use crate::registry::{Registry, Version};

const APPS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Operation {
    Publish(usize, u8),
    Rollback(usize, Option<u32>),
    Remove(usize),
    Reopen,
    Rebuild,
}

fn operation() -> impl Strategy<Value = Operation> {
    let app = 0..APPS.len();
    prop_oneof![
        5 => (app.clone(), 0..4_u8).prop_map(|(app, content)| Operation::Publish(app, content)),
        3 => (app.clone(), prop::option::of(0..5_u32)).prop_map(|(app, to)| Operation::Rollback(app, to)),
        1 => app.prop_map(Operation::Remove),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Rebuild),
    ]
}

/// What one application should be: the contents by version, the current version, the last number given.
#[derive(Default)]
struct Expected {
    versions: BTreeMap<u32, u8>,
    current: Option<u32>,
    last: u32,
}

impl Expected {
    fn publish(&mut self, content: u8) -> u32 {
        let same = self.versions.iter().find(|(_, known)| **known == content).map(|(version, _)| *version);
        let version = same.unwrap_or(self.last + 1);
        self.last = self.last.max(version);
        self.versions.insert(version, content);
        self.current = Some(version);
        version
    }

    fn rollback(&mut self, to: Option<u32>) -> Option<u32> {
        let current = self.current?;
        let target = match to {
            Some(version) => self.versions.contains_key(&version).then_some(version)?,
            None => *self.versions.range(..current).next_back()?.0,
        };
        self.current = Some(target);
        Some(target)
    }

    fn remove(&mut self) -> bool {
        self.versions.clear();
        self.current.take().is_some()
    }
}

proptest! {
    // Each case opens sled some twenty times.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_sequence_of_operations_means_what_the_model_says(
        operations in prop::collection::vec(operation(), 1..20),
    ) {
        let bench = Bench::new();
        let mut registry = Registry::open(bench.dir()).unwrap();
        let mut expected: [Expected; 3] = Default::default();
        for operation in operations {
            match operation {
                Operation::Publish(app, content) => {
                    let version = registry.publish(APPS[app], &bench.model(&content.to_string())).unwrap();
                    prop_assert_eq!(version.0, expected[app].publish(content));
                }
                Operation::Rollback(app, to) => {
                    let got = registry.rollback(APPS[app], to.map(Version)).ok().map(|version| version.0);
                    prop_assert_eq!(got, expected[app].rollback(to));
                }
                Operation::Remove(app) => prop_assert_eq!(registry.remove(APPS[app]).is_ok(), expected[app].remove()),
                Operation::Reopen => registry = Registry::open(bench.dir()).unwrap(),
                Operation::Rebuild => {
                    prop_assert_eq!(Registry::rebuild(bench.dir()).unwrap().problems, Vec::<String>::new());
                }
            }
            check(&registry, &expected)?;
        }
        prop_assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
    }
}

fn check(registry: &Registry, expected: &[Expected; 3]) -> Result<(), TestCaseError> {
    let listed = registry.list().unwrap();
    for (name, app) in APPS.iter().zip(expected) {
        prop_assert_eq!(listed.apps.get(*name).map(|one| one.version.0), app.current);
        let content = registry.load(name).ok().map(|model| model.files["head.safetensors"].clone());
        prop_assert_eq!(content, app.current.map(|version| app.versions[&version].to_string().into_bytes()));
    }
    Ok(())
}
