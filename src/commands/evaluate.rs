//! `chameleon evaluate`

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chameleon_models::files::replace;
use serde::Deserialize;

use crate::cli::Global;
use crate::evaluate::{Plan, Results, csv, page, table};
use crate::exit::ExitStatus;
use crate::process::NoDecision;
use crate::published::Published;
use crate::trainer::{number, options, switches};
use crate::{printer, process, trainer};

/// What to evaluate, and with what.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A corpus of applications, an application's folder, or a Python file
    #[arg(required_unless_present = "app")]
    path: Option<PathBuf>,
    /// Instead: compare the model published under this name (NAME.objects and so on where an application has several) with
    /// the generic one, on your images or texts in --data
    #[arg(long, value_name = "NAME", requires = "data",
        conflicts_with_all = ["path", "out", "only", "recipe", "seed", "seeds", "steps", "jobs", "depth", "mirrored"])]
    app: Option<String>,
    /// Folder for the results: results.json, results.csv, report.html. A run that was interrupted goes on from there
    #[arg(long, value_name = "FOLDER", default_value = "evaluation")]
    out: PathBuf,
    /// Evaluate only the decision of this name; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    #[command(flatten)]
    data: trainer::Inputs,
    /// How much of the network to customize; more than the head needs --data
    #[arg(long, value_enum, default_value_t = trainer::Depth::Head)]
    depth: trainer::Depth,
    /// JSON file with training settings that differ from the defaults
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// First seed of the order of the training images
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds to train and compare with
    #[arg(long, default_value_t = 3, value_name = "N")]
    seeds: u64,
    /// Steps of each training stage [default: the recipe's]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Look at each image twice, the second time mirrored, and take the mean of what is seen: for every arm alike. Serving
    /// looks once
    #[arg(long, requires = "data")]
    mirrored: bool,
    /// How many decisions to work on at once [default: the number of processors]
    #[arg(long, value_name = "N")]
    jobs: Option<u16>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// The part of the trainer's result that is the answer.
#[derive(Deserialize)]
struct Measured {
    better: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    match (&arguments.app, &arguments.path) {
        (Some(app), _) => measure(app, arguments, global),
        (None, Some(path)) => evaluate(path, arguments, global),
        (None, None) => bail!("nothing to evaluate"),
    }
}

/// A published model on the user's own images or texts.
fn measure(app: &str, arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let models = Published::all_of(app, global)?;
    let Some((model, others)) = models.split_first() else { bail!("{app}: no model") };
    if !others.is_empty() && !global.quiet {
        let others: Vec<&str> = others.iter().map(Published::name).collect();
        printer::note(format!(
            "this measures {}; {app} has further models, to be measured by their own names: {}",
            model.name(),
            others.join(", ")
        ));
    }
    let work = tempfile::tempdir().context("no temporary folder can be made")?;
    let (folder, json) = (work.path().join("model"), work.path().join("measured.json"));
    model.write(&folder)?;
    let mut words: Vec<OsString> = vec!["measure".into()];
    words.extend(options([("--model", Some(folder.into())), ("--out", Some(json.clone().into()))]));
    words.extend(arguments.data.words());
    words.extend(Published::beside(model.name(), &process::of_model(&model.manifest()?)?, work.path(), global)?);
    words.extend(global.base_words());
    words.extend(switches([("--json", arguments.json), ("--quiet", global.quiet)]));
    printer::data(&trainer::run(&words)?)?;
    let Measured { better } = serde_json::from_str(&std::fs::read_to_string(json)?).context("the trainer's result")?;
    Ok(if better { ExitStatus::Success } else { ExitStatus::Negative })
}

fn evaluate(path: &Path, arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let plan = Plan::new(path, &arguments.only, &process::model_catalog()?)?;
    if plan.len() == 0 {
        return Err(NoDecision(format!("{}: no decision to evaluate", path.display())).into());
    }
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("{}", arguments.out.display()))?;
    let work = tempfile::tempdir().context("no temporary folder can be made")?;
    let planned = work.path().join("plan.json");
    std::fs::write(&planned, serde_json::to_vec(&plan)?)?;
    trainer::run(&trainer_arguments(arguments, global, &planned))?;

    let made = arguments.out.join("results.json");
    let text = std::fs::read_to_string(&made).with_context(|| format!("{}", made.display()))?;
    let results: Results = serde_json::from_str(&text).with_context(|| format!("{}", made.display()))?;
    write(&arguments.out.join("results.csv"), &csv(&results))?;
    write(&arguments.out.join("report.html"), &page(&results))?;
    printer::data(&if arguments.json { text } else { table(&results) })?;
    if !global.quiet {
        printer::note(format!("wrote results.json, results.csv and report.html into {}", arguments.out.display()));
        note_left_out(path, arguments)?;
    }
    Ok(if results.decisions.is_empty() { ExitStatus::Negative } else { ExitStatus::Success })
}

/// Names the folders of a corpus that say nothing of what is to be evaluated.
fn note_left_out(path: &Path, arguments: &Arguments) -> Result<()> {
    let left_out = Plan::left_out(path)?;
    if !left_out.is_empty() && arguments.only.is_empty() {
        let names = left_out.join(", ");
        printer::note(format!(
            "without an app.json, and so left out: {names}; each can be evaluated by its own folder"
        ));
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    replace(path, text.as_bytes()).with_context(|| format!("{}", path.display()))
}

fn trainer_arguments(arguments: &Arguments, global: &Global, plan: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["evaluate".into()];
    words.extend(options([
        ("--plan", Some(plan.into())),
        ("--out", Some(arguments.out.clone().into())),
        ("--seed", Some(number(arguments.seed))),
        ("--seeds", Some(number(arguments.seeds))),
        ("--recipe", arguments.recipe.clone().map(OsString::from)),
        ("--steps", arguments.steps.map(number)),
        ("--jobs", arguments.jobs.map(number)),
    ]));
    words.extend(arguments.data.words());
    words.extend(arguments.depth.words());
    words.extend(global.base_words());
    words.extend(switches([("--mirrored", arguments.mirrored), ("--quiet", global.quiet)]));
    words
}
