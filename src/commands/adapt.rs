//! `chameleon adapt`

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::trainer::{number, options, switches};
use crate::{printer, trainer};

/// What to adapt to, and how.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Your labelled images: a folder or file in one of the layouts that README lists
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Folder for the adapted model; give it as --base from then on
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// CSV file of rows `name,label`: what the names in DATA are called in the model's vocabulary
    #[arg(long, value_name = "FILE")]
    labels_map: Option<PathBuf>,
    /// Train all layers, not only the last stage and the head: minutes on a GPU, hours without one
    #[arg(long)]
    all_layers: bool,
    /// Where to train: `cpu`, or `cuda` with a libtorch that has it [default: cpu]
    #[arg(long)]
    device: Option<String>,
    /// Passes over the training images [default: the trainer's]
    #[arg(long, value_name = "N")]
    epochs: Option<u64>,
    /// Seed of the order of the training images
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// The part of the trainer's result that is the answer.
#[derive(Deserialize)]
struct Adapted {
    epoch: u64,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let work = tempfile::tempdir().context("no temporary folder can be made")?;
    let result = work.path().join("adapted.json");
    printer::data(&trainer::run(&trainer_arguments(arguments, global, &result))?)?;
    let Adapted { epoch } = serde_json::from_str(&std::fs::read_to_string(result)?).context("the trainer's result")?;
    if epoch == 0 {
        return Ok(ExitStatus::Negative);
    }
    if !global.quiet {
        let folder = arguments.out.display();
        printer::note(format!("wrote the adapted model into {folder}; use it with --base {folder} or CHAMELEON_BASE"));
    }
    Ok(ExitStatus::Success)
}

fn trainer_arguments(arguments: &Arguments, global: &Global, result: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["adapt".into()];
    words.extend(options([
        ("--data", Some(arguments.data.clone().into())),
        ("--out", Some(arguments.out.clone().into())),
        ("--result", Some(result.into())),
        ("--seed", Some(number(arguments.seed))),
        ("--labels-map", arguments.labels_map.clone().map(OsString::from)),
        ("--part", arguments.all_layers.then(|| "all".into())),
        ("--device", arguments.device.clone().map(OsString::from)),
        ("--epochs", arguments.epochs.map(number)),
    ]));
    words.extend(switches([("--json", arguments.json), ("--quiet", global.quiet)]));
    words
}
