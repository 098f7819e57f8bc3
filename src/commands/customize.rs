//! `chameleon customize`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chameleon_decision::Api;
use chameleon_models::zoo::Kind;
use chameleon_proxy::registry::{Registry, check_name};
use serde::Deserialize;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::published::Published;
use crate::trainer::{number, options, switches};
use crate::{printer, process, trainer};

/// What to customize, and with what.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python file, or a folder of them
    path: PathBuf,
    /// Name to publish the model under [default: the name of PATH]; where it has a model for another API, NAME.labels,
    /// NAME.objects, NAME.sentiment, NAME.topics or NAME.entities, which answers for NAME, too
    #[arg(long)]
    app: Option<String>,
    /// The decision, when there are several: the API call's line, if need be with FILE: before and :FUNCTION or
    /// :OPERATION after it
    #[arg(long, value_name = "PLACE")]
    call: Option<String>,
    #[command(flatten)]
    data: trainer::Inputs,
    /// How much of the network to customize; more than the head needs --data
    #[arg(long, value_enum, default_value_t = trainer::Depth::Head, conflicts_with = "budget")]
    depth: trainer::Depth,
    /// Instead: how long it may take, as `30s` or `10m`. What is left of it after the head goes into layers before it
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "data")]
    budget: Option<Duration>,
    /// First seed of the order of the training images
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds to train and compare with
    #[arg(long, default_value_t = 3, value_name = "N")]
    seeds: u64,
    /// Where the decision asks another API about the same images, too: take it to answer nothing (or what `analyze` says),
    /// and not what its model answers
    #[arg(long, requires = "data")]
    alone: bool,
    /// Also keep the model in this folder: app.json, head.safetensors, evaluation.json
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Publish even if it is not shown to be better than the generic model
    #[arg(long)]
    force: bool,
    /// Print the evaluation as JSON
    #[arg(long)]
    json: bool,
}

/// The part of `evaluation.json` that decides whether to publish.
#[derive(Deserialize)]
struct Evaluation {
    served: Served,
}

#[derive(Deserialize)]
struct Served {
    passes: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let process = process::find(&arguments.path, arguments.call.as_deref())?;
    let app = match &arguments.app {
        Some(app) => app.clone(),
        None => name_of(&arguments.path)?,
    };
    check_name(&app)?;
    // Before the training, not after it: a registry that cannot take the model is found out now.
    let registry = Registry::open(Home::resolve(global.home.as_deref())?.registry())?;
    let name = name_of_model(&app, &process.api, &registry, global)?;

    let work = tempfile::tempdir().context("no temporary folder can be made")?;
    let described = work.path().join("process.json");
    std::fs::write(&described, serde_json::to_vec(&process)?)?;
    let model = arguments.out.clone().unwrap_or_else(|| work.path().join("model"));
    let mut words = trainer_arguments(arguments, global, &app, &described, &model);
    if arguments.data.has_data() && !arguments.alone {
        words.extend(Published::beside(&app, &process, work.path(), global)?);
    }
    let result = trainer::run(&words)?;
    printer::data(&result)?;

    let path = model.join("evaluation.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let evaluation: Evaluation = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    if !evaluation.served.passes && !arguments.force {
        printer::note(format!("{app}: not published; the generic model goes on answering (--force publishes it)"));
        return Ok(ExitStatus::Negative);
    }
    let version = registry.publish(&name, &model)?;
    if !global.quiet {
        printer::note(format!("published {name}, version {version}"));
        if name != app {
            printer::note(format!(
                "{app} has a model for another API: of this one, calls of {app} are answered by {name}"
            ));
        }
    }
    Ok(ExitStatus::Success)
}

/// The name that a model for this API is published under: the application's, or, where that has a model for another API,
/// one of its parts, `NAME.KIND`. What cannot be read is replaced.
///
/// # Errors
/// A model stands there that must not be replaced.
fn name_of_model(app: &str, api: &Api, registry: &Registry, global: &Global) -> Result<String> {
    let Some(kind) = Kind::of_api(api) else { return Ok(app.to_owned()) };
    let Some((own, of)) = standing(app, registry, global)? else { return Ok(app.to_owned()) };
    if own == kind {
        check_same_api(app, &of, api)?;
        return Ok(app.to_owned());
    }
    let part = format!("{app}.{kind}");
    check_name(&part).with_context(|| format!("{app} has a model of {own}; the one of {kind} would be `{part}`"))?;
    match standing(&part, registry, global)? {
        Some((own, _)) if own != kind => {
            bail!("{part} is an application of its own, with a model of {own}: give this one another name with --app")
        }
        Some((_, of)) => check_same_api(&part, &of, api)?,
        None => {}
    }
    Ok(part)
}

/// What the model under a name answers, and for which API it was made; none where there is none that can be read.
fn standing(name: &str, registry: &Registry, global: &Global) -> Result<Option<(Kind, String)>> {
    if !registry.list()?.apps.contains_key(name) {
        return Ok(None);
    }
    let manifest = Published::load(name, global).and_then(|model| model.manifest());
    Ok(manifest.ok().map(|manifest| {
        let api = &manifest.process["api"];
        let part = |field: &str| api[field].as_str().unwrap_or_default().to_owned();
        (Kind::of_base(&manifest.base), ["provider", "service", "operation"].map(part).join("/"))
    }))
}

/// Two APIs of one kind are answered by one model.
fn check_same_api(name: &str, of: &str, api: &Api) -> Result<()> {
    ensure!(
        // Of a model that somebody else wrote it may not be known.
        of == api.path() || of == "//",
        "{name} has a model for {of}, which answers {}, too: give this one a name of its own with --app, or remove that one \
         with `chameleon registry remove {name}`",
        api.path()
    );
    Ok(())
}

fn trainer_arguments(arguments: &Arguments, global: &Global, app: &str, process: &Path, model: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["customize".into()];
    words.extend(options([
        ("--process", Some(process.into())),
        ("--out", Some(model.into())),
        ("--app", Some(app.into())),
        ("--seed", Some(number(arguments.seed))),
        ("--seeds", Some(number(arguments.seeds))),
        ("--budget", arguments.budget.map(|budget| format!("{}ms", budget.as_millis()).into())),
    ]));
    if arguments.budget.is_none() {
        words.extend(arguments.depth.words());
    }
    words.extend(arguments.data.words());
    words.extend(global.base_words());
    words.extend(switches([("--alone", arguments.alone), ("--json", arguments.json), ("--quiet", global.quiet)]));
    words
}

/// The last folder or file name of a path, in the form that names of applications have.
fn name_of(path: &Path) -> Result<String> {
    let path = path.canonicalize().with_context(|| format!("{}", path.display()))?;
    let name = path.file_stem().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    Ok(name.chars().map(allowed).collect())
}
