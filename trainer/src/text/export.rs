//! From a finished run to the folder that ships: network, weights, labels, feature bank, manifest.
//!
//! Features and measures come from the engine that will serve the model, with the weights as rounded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chameleon_models::bank::{Bank, Split};
use chameleon_models::text::kinds::Kinds;
use chameleon_models::text::{TextNet, TextNetwork};
use chameleon_models::zoo::{self, Manifest};
use serde_json::{Value, json};

use super::names;
use super::pretrain::{SETTINGS, measure};
use super::samples::{self, Sample};
use super::task::Task;

/// What to export and from where.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// What the run has trained
    #[arg(long, value_enum)]
    pub task: Task,
    /// Folder of the run
    #[arg(long)]
    pub run: PathBuf,
    /// Folder with the data sets' folders
    #[arg(long)]
    pub data: PathBuf,
    /// Folder to write
    #[arg(long)]
    pub out: PathBuf,
}

/// Writes the folder: whole or not at all.
///
/// # Errors
/// The run or the data cannot be read, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    let task = options.task;
    let network_json = read(&options.run.join(zoo::NETWORK))?;
    let network: TextNetwork = serde_json::from_slice(&network_json).context(zoo::NETWORK)?;
    let weights = read(&options.run.join(zoo::WEIGHTS))?;
    let net = TextNet::read(network, &weights)?;
    let recipe: Value = serde_json::from_slice(&read(&options.run.join(SETTINGS))?).context(SETTINGS)?;
    let held_out = held_out(&recipe, task, &options.data)?;
    let validation = samples::read(task, &options.data, "validation")?;
    let metrics = measure(task, &net, &validation);
    let (test, tune) = samples::split(validation, 2);
    let counts = [&held_out, &tune, &test].map(Vec::len);
    let labels = task.labels();

    let mut files = vec![
        (zoo::NETWORK, network_json),
        (zoo::WEIGHTS, weights),
        (zoo::LABELS, serde_json::to_vec(&json!({ "labels": labels }))?),
    ];
    let parts = [(held_out, Split::Train), (tune, Split::Tune), (test, Split::Test)];
    let bank = if task == Task::Entities { names_bank(&net, parts)? } else { bank(&net, task, parts)? };
    files.push((zoo::BANK, bank.write()?));
    let manifest = Manifest {
        name: task.model().name().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: BTreeMap::new(),
        recipe,
        data: data(task, counts),
        base: None,
        converted_from: None,
        metrics: json!({ "validation": rounded(metrics) }),
    };
    manifest.write(&options.out, &files).with_context(|| format!("{}", options.out.display()))
}

/// The training texts that the run has not seen.
fn held_out(recipe: &Value, task: Task, data: &Path) -> Result<Vec<Sample>> {
    let settings = &recipe["settings"];
    ensure!(settings["task"] == json!(task), "the run's task is {}", settings["task"]);
    let one_in = settings["held_out"].as_u64().context("the run's settings do not say what it held out")?;
    Ok(samples::split(samples::read(task, data, "train")?, one_in as usize).1)
}

fn bank(net: &TextNet, task: Task, parts: [(Vec<Sample>, Split); 3]) -> Result<Bank> {
    let (mut features, mut classes, mut splits) = (Vec::new(), Vec::new(), Vec::new());
    for (samples, split) in parts {
        for sample in samples {
            features.extend(net.encoder.encode(&sample.bags[0]));
            classes.extend(&sample.classes);
            splits.push(split);
        }
    }
    Ok(Bank::new(net.network.features, features, classes, splits, &task.labels())?)
}

/// The names that the tagger finds, each with its true kind.
fn names_bank(net: &TextNet, parts: [(Vec<Sample>, Split); 3]) -> Result<Bank> {
    let kinds = Kinds::of(&net.head);
    let (mut features, mut classes, mut splits) = (Vec::new(), Vec::new(), Vec::new());
    for (samples, split) in parts {
        for sample in samples {
            let found = names::found(net, &sample);
            splits.resize(splits.len() + found.kinds.len(), split);
            features.extend(found.features);
            classes.extend(found.kinds);
        }
    }
    Ok(Bank::new(kinds.head.features(), features, classes, splits, &kinds.labels)?)
}

fn data(task: Task, [held_out, tune, test]: [usize; 3]) -> Value {
    let sets = match task {
        Task::Sentiment => "tweets (three classes) and movie reviews (two)",
        Task::Topics => "AG News (four topics) and BBC News (five)",
        Task::Entities => "Broad Twitter Corpus, persons, places and organizations; CC BY 4.0",
    };
    json!({
        "sets": sets,
        "network": "the training split but for the texts held out",
        "bank": match task {
            Task::Entities => format!(
                "the names found in {held_out} training texts that the network has not seen (train), and in the \
                 validation split, in half of it to tune ({tune}), in half to test ({test})"
            ),
            _ => format!(
                "{held_out} training texts that the network has not seen (train); the validation split, half of it \
                 to tune ({tune}), half to test ({test})"
            ),
        },
    })
}

fn rounded(metrics: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    metrics.into_iter().map(|(name, value)| (name, (value * 1e4).round() / 1e4)).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{}", path.display()))
}
