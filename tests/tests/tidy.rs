//! Invariants of ARCHITECTURE.md that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chameleon_tests::{binary, repository};
use serde_json::Value;

const NETWORK: [&str; 6] = ["hyper", "tokio", "rustls", "h2", "reqwest", "socket2"];
const LIBTORCH: [&str; 2] = ["tch", "torch-sys"];

/// What this is built for. What only other platforms need is not on a machine that has just built.
fn platform() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// For every package of the workspace: the names of everything it builds with, development dependencies apart.
fn closures() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &platform()?])
        .current_dir(repository())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let names: BTreeMap<&str, &str> = array(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let edges: BTreeMap<&str, Vec<&str>> = array(&metadata["resolve"]["nodes"])
        .filter_map(|node| Some((node["id"].as_str()?, array(&node["deps"]).filter_map(built_with).collect())))
        .collect();
    let members = array(&metadata["workspace_members"]).filter_map(Value::as_str);
    Ok(members.map(|id| (names[id].to_owned(), closure(id, &edges, &names))).collect())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn built_with(dependency: &Value) -> Option<&str> {
    let built = array(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
    built.then(|| dependency["pkg"].as_str())?
}

fn closure(start: &str, edges: &BTreeMap<&str, Vec<&str>>, names: &BTreeMap<&str, &str>) -> BTreeSet<String> {
    let (mut seen, mut queue) = (BTreeSet::new(), vec![start]);
    while let Some(id) = queue.pop() {
        for &next in &edges[id] {
            if seen.insert(names[next].to_owned()) {
                queue.push(next);
            }
        }
    }
    seen
}

#[test]
fn only_the_trainer_and_the_benchmarks_depend_on_libtorch() -> Result<()> {
    for (package, dependencies) in closures()? {
        let uses = LIBTORCH.iter().any(|name| dependencies.contains(*name));
        assert_eq!(uses, ["chameleon-trainer", "chameleon-bench"].contains(&package.as_str()), "{package}");
    }
    Ok(())
}

#[test]
fn rooms_that_read_and_reason_know_no_network() -> Result<()> {
    let closures = closures()?;
    for package in ["chameleon-decision", "chameleon-analyzer", "chameleon-loss", "chameleon-models"] {
        let found: Vec<&&str> = NETWORK.iter().filter(|name| closures[package].contains(**name)).collect();
        assert!(found.is_empty(), "{package} builds with {found:?}");
    }
    Ok(())
}

#[test]
fn dependencies_between_rooms_point_one_way() -> Result<()> {
    let closures = closures()?;
    let forbidden = [
        ("chameleon-decision", vec!["chameleon-analyzer", "chameleon-loss", "chameleon-models", "chameleon-proxy"]),
        ("chameleon-analyzer", vec!["chameleon-loss", "chameleon-models", "chameleon-proxy"]),
        ("chameleon-loss", vec!["chameleon-analyzer", "chameleon-models", "chameleon-proxy"]),
        ("chameleon-models", vec!["chameleon-analyzer", "chameleon-loss", "chameleon-proxy"]),
        ("chameleon-proxy", vec!["chameleon-analyzer", "chameleon-loss"]),
        ("chameleon-trainer", vec!["chameleon-proxy", "hyper"]),
    ];
    for (package, others) in forbidden {
        let found: Vec<&str> = others.into_iter().filter(|name| closures[package].contains(*name)).collect();
        assert!(found.is_empty(), "{package} builds with {found:?}");
    }
    Ok(())
}

#[test]
fn the_lean_binary_links_no_libtorch() -> Result<()> {
    let output = Command::new("ldd").arg(binary("chameleon")?).output()?;
    let libraries = String::from_utf8(output.stdout)?;
    assert!(libraries.contains("libc.so"), "ldd lists the libraries: {libraries}");
    assert!(!libraries.contains("torch") && !libraries.contains("libc10"), "{libraries}");
    let trainer = Command::new("ldd").arg(binary("chameleon-trainer")?).output()?;
    assert!(String::from_utf8(trainer.stdout)?.contains("libtorch_cpu"), "the trainer does link it");
    Ok(())
}

#[test]
fn crates_without_kernels_forbid_unsafe_code() -> Result<()> {
    for source in [
        "src/main.rs",
        "decision/src/lib.rs",
        "analyzer/src/lib.rs",
        "loss-synth/src/lib.rs",
        "proxy/src/lib.rs",
        "trainer/src/lib.rs",
        "tests/src/lib.rs",
        "bench/src/main.rs",
    ] {
        let text = std::fs::read_to_string(repository().join(source)).with_context(|| source.to_owned())?;
        assert!(text.contains("#![forbid(unsafe_code)]"), "{source}");
    }
    Ok(())
}

#[test]
fn tracked_files_name_no_machine_and_stay_small() -> Result<()> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(repository()).output()?;
    ensure!(output.status.success(), "not a git checkout");
    for name in String::from_utf8(output.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let path = repository().join(name);
        // A file deleted but not yet committed is still listed.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        assert!(bytes.len() <= 16_000_000, "{name} has {} bytes", bytes.len());
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let home = ["/ro", "ot/"].concat();
            assert!(!text.contains(&home), "{name} names a machine's folder");
        }
    }
    Ok(())
}

#[test]
fn every_folder_of_the_code_map_exists() -> Result<()> {
    let text = std::fs::read_to_string(repository().join("ARCHITECTURE.md"))?;
    let folders: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/`")).map(|x| x.0).collect();
    assert!(folders.len() >= 10, "the code map lists the folders: {folders:?}");
    for folder in folders {
        assert!(Path::new(&repository().join(folder)).is_dir(), "{folder}/");
    }
    Ok(())
}
