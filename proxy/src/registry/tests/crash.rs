//! Death at every step.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::{env, fs};

use super::Bench;
use crate::registry::session::Session;
use crate::registry::state::{Event, Publication};
use crate::registry::{Registry, Version};

/// Tells this test program that it is the child of [`a_killed_writer_loses_nothing_it_announced`].
const CHILD: &str = "CHAMELEON_TEST_REGISTRY_CHILD";

#[test]
fn objects_without_a_record_change_nothing() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("a", &bench.model("one")).unwrap();
    let session = Session::open(&bench.dir()).unwrap();
    registry.objects.put(&bench.model("two").join("head.safetensors")).unwrap();
    drop(session);
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.history("a").unwrap().versions.len(), 1);
    // The next removal sweeps them away.
    registry.publish("b", &bench.model("three")).unwrap();
    assert_eq!(registry.remove("b").unwrap(), 3);
}

#[test]
fn a_record_that_the_index_never_learned_of_counts() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("a", &bench.model("one")).unwrap();
    let session = Session::open(&bench.dir()).unwrap();
    let mut files = std::collections::BTreeMap::new();
    for name in ["app.json", "head.safetensors"] {
        files.insert(name.to_owned(), registry.objects.put(&bench.model("two").join(name)).unwrap().0);
    }
    let publication =
        Publication { version: Version(2), published_at: 0, files, bytes: 0, metrics: serde_json::Value::Null };
    session.log("a", Event::Publish { publication }).unwrap();
    drop(session);
    assert_eq!(registry.load("a").unwrap().version, Version(1));
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.load("a").unwrap().files["head.safetensors"], b"two");
}

#[test]
fn an_index_that_is_ahead_of_the_view_is_shown_by_the_next_turn() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("a", &bench.model("one")).unwrap();
    registry.publish("a", &bench.model("two")).unwrap();
    let mut session = Session::open(&bench.dir()).unwrap();
    session.commit("a", Event::Activate { version: Version(1) }).unwrap();
    drop(session);
    assert_eq!(registry.load("a").unwrap().version, Version(2));
    Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.load("a").unwrap().version, Version(1));
}

#[test]
fn half_written_temporary_files_are_no_obstacle() {
    let bench = Bench::new();
    let registry = Registry::open(bench.dir()).unwrap();
    registry.publish("a", &bench.model("one")).unwrap();
    for place in ["objects/.tmpAbCdEf", "records/.tmpAbCdEf", ".tmpAbCdEf"] {
        fs::write(bench.dir().join(place), "{").unwrap();
    }
    let registry = Registry::open(bench.dir()).unwrap();
    assert_eq!(registry.load("a").unwrap().files["head.safetensors"], b"one");
    assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
    assert_eq!(Registry::rebuild(bench.dir()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_killed_writer_loses_nothing_it_announced() {
    if let Some(dir) = env::var_os(CHILD) {
        return publish_for_ever(dir.as_ref());
    }
    let bench = Bench::new();
    let mut announced = 0;
    for round in 1..=4 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "registry::tests::crash::a_killed_writer_loses_nothing_it_announced", "--nocapture"])
            .env(CHILD, bench.temp.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut versions =
            lines.filter_map(|line| line.unwrap().strip_prefix("published ").map(|n| n.parse().unwrap()));
        // The child is somewhere in its next publication when it dies.
        announced = versions.nth(round).expect("the child publishes until it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        let registry = Registry::open(bench.dir()).unwrap();
        let current = registry.load("a").unwrap();
        assert!(current.version >= Version(announced), "{} before {announced}", current.version);
        let history = registry.history("a").unwrap();
        assert_eq!(history.versions.len() as u32, current.version.0);
        assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
    }
    assert!(announced > 0);
}

fn publish_for_ever(temp: &std::path::Path) {
    let registry = Registry::open(temp.join("registry")).unwrap();
    let next = registry.history("a").map_or(1, |history| history.versions.len() + 1);
    // Ends by itself should the parent die first.
    for n in next..next + 200 {
        super::write_model(&temp.join("model"), &n.to_string());
        let version = registry.publish("a", &temp.join("model")).unwrap();
        println!("published {version}");
    }
}
