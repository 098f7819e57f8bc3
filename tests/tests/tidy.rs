//! Invariants of ARCHITECTURE.md that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chameleon_tests::{binary, repository};
use serde_json::Value;

const NETWORK: [&str; 6] = ["hyper", "tokio", "rustls", "h2", "reqwest", "socket2"];
const LIBTORCH: [&str; 2] = ["tch", "torch-sys"];
const MACHINE_LEARNING: [&str; 9] =
    ["tch", "torch-sys", "candle-core", "burn-core", "tract-core", "ort", "linfa", "ndarray", "safetensors"];

/// What this is built for. What only other platforms need is not on a machine that has just built.
fn platform() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// What Cargo knows of the workspace and of all that it builds with.
fn metadata() -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &platform()?])
        .current_dir(repository())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// For every package of the workspace: the names of everything it builds with, development dependencies apart.
fn closures() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let metadata = metadata()?;
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
fn rooms_before_the_models_know_no_machine_learning() -> Result<()> {
    let closures = closures()?;
    for package in ["chameleon-decision", "chameleon-analyzer", "chameleon-loss"] {
        let found: Vec<&&str> = MACHINE_LEARNING.iter().filter(|name| closures[package].contains(**name)).collect();
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

/// The first files of all libraries and programs of the workspace, by package.
fn roots() -> Result<Vec<(String, PathBuf)>> {
    let metadata = metadata()?;
    let members: BTreeSet<&str> = array(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
    let packages =
        array(&metadata["packages"]).filter(|package| package["id"].as_str().is_some_and(|id| members.contains(id)));
    let mut roots = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        for target in array(&package["targets"]).filter(|target| is_product(target)) {
            roots.push((name.to_owned(), target["src_path"].as_str().context("a target without a file")?.into()));
        }
    }
    Ok(roots)
}

/// Whether a target is neither a test nor a benchmark, an example or a build script.
fn is_product(target: &Value) -> bool {
    array(&target["kind"]).any(|kind| kind == "lib" || kind == "bin")
}

#[test]
fn crates_without_kernels_forbid_unsafe_code() -> Result<()> {
    let roots = roots()?;
    assert!(roots.len() >= 10, "the workspace's libraries and programs: {roots:?}");
    for (package, root) in roots {
        let text = std::fs::read_to_string(&root).with_context(|| root.display().to_string())?;
        let level = if package == "chameleon-models" { "deny" } else { "forbid" };
        assert!(text.contains(&format!("#![{level}(unsafe_code)]")), "{}", root.display());
    }
    Ok(())
}

#[test]
fn only_the_kernels_of_the_models_allow_unsafe_code() -> Result<()> {
    let mut folders = vec![repository().join("models/src")];
    let mut allowed = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            let allowing =
                lines.windows(2).filter(|pair| pair[0].contains("(unsafe_code") && !pair[0].contains("deny"));
            allowed.extend(allowing.map(|pair| pair[1].to_owned()));
        }
    }
    assert_eq!(allowed, ["mod kernels;"]);
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
