//! Customization: a model for one application, trained with the loss of its decision.
//!
//! Only the head's rows of the application's labels train, on cached features; so it takes seconds. The comparison
//! that decides whether the result is served trains its control arms alongside (see [`arms::Arm`]).

pub mod arms;
pub mod examples;
pub mod head;
pub mod measure;
pub mod objective;
pub mod offsets;
pub mod output;
pub mod pool;
pub mod recipe;
pub mod report;
mod rows;
mod serve;
pub mod stage;
mod table;
pub mod task;
mod texts;
pub mod train_set;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use chameleon_decision::DecisionProcess;
use chameleon_models::app::AppModel;
use chameleon_models::zoo::{Generic, ImageLabels};

use rayon::prelude::*;

use arms::{Arm, Candidate, averaged, trained, untrained};
use examples::Examples;
use head::Head;
use measure::Measured;
use pool::Pool;
use recipe::Recipe;
use report::Evaluation;
use task::Task;

use crate::data::{self, Labels, View};
use crate::evaluation::judge::Judge;
use crate::progress::{Progress, ProgressMode};
use crate::service::{Model, Service};

/// What to customize, and with what.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// JSON file of the application's decision process, as `chameleon analyze --json` writes it
    #[arg(long, value_name = "FILE")]
    pub process: PathBuf,
    /// Folder to write: app.json, head.safetensors, evaluation.json
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Name of the application [default: the name of --out]
    #[arg(long)]
    pub app: Option<String>,
    /// Where the model, the images and the settings come from
    #[command(flatten)]
    pub inputs: Inputs,
    /// Print the evaluation as JSON
    #[arg(long)]
    pub json: bool,
}

/// The model, the images and the settings.
#[derive(Clone, Debug, clap::Args)]
pub struct Inputs {
    /// Your own labelled images or texts: a folder or file in one of the layouts that README lists [default: the
    /// model's bank]
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// CSV file of rows `name,label`: what the names in --data are called in the model's vocabulary
    #[arg(long, value_name = "FILE", requires = "data")]
    pub labels_map: Option<PathBuf>,
    /// Folder of the base model [default: the one that ships with this program]
    #[arg(long, value_name = "FOLDER")]
    pub base: Option<PathBuf>,
    /// JSON file with training settings that differ from the defaults
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// First seed of the order of the training images
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many seeds to train with
    #[arg(long, default_value_t = 3, value_name = "NUM", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub seeds: u64,
    /// Steps of each training stage [default: the recipe's]
    #[arg(long, value_name = "NUM", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub steps: Option<u64>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
    /// How to show progress on stderr
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
}

/// What models are customized with.
pub struct Material {
    /// What the model answers.
    pub service: Service,
    /// The generic model.
    pub model: Model,
    /// Images with their features.
    pub examples: Examples,
    /// Training settings.
    pub recipe: Recipe,
    /// Seeds to train with.
    pub seeds: Vec<u64>,
}

impl Inputs {
    /// Reads everything for a service.
    ///
    /// # Errors
    /// A file cannot be read or used; the message says which.
    pub fn read(&self, service: Service) -> Result<Material> {
        let base = self.base.as_deref().filter(|base| service.answers_with(base));
        let model = service.model(base)?;
        let examples = match &self.data {
            Some(path) => self.read_data(path, service, &model)?,
            None => service.bank(&model, base, bank_name(model.generic()))?,
        };
        let seeds = (self.seed..).take(self.seeds as usize).collect();
        Ok(Material { service, model, examples, recipe: self.recipe(service)?, seeds })
    }

    fn read_data(&self, path: &Path, service: Service, model: &Model) -> Result<Examples> {
        let mut labels = Labels::new(model.generic().labels());
        if let Some(map) = &self.labels_map {
            labels = labels.with_map(map)?;
        }
        match model {
            Model::Images(model) => self.read_images(path, &labels, model),
            Model::Texts(model) if service == Service::TextEntities => texts::names(data::conll::read(path)?, model),
            Model::Texts(model) => {
                let set = data::texts::read(path, &labels)?;
                self.show(&set.notes);
                texts::examples(set, service, model)
            }
            Model::Objects(_) => {
                bail!("{}: images with boxes are not read yet; leave --data away for what ships", path.display())
            }
        }
    }

    fn show(&self, notes: &[String]) {
        for note in notes.iter().filter(|_| !self.quiet) {
            eprintln!("{note}");
        }
    }

    fn read_images(&self, path: &Path, labels: &Labels, model: &ImageLabels) -> Result<Examples> {
        let set = data::read(path, labels)?;
        self.show(&set.notes);
        let features = data::features(&set, model, &[View::Plain], self.progress_mode())?.concat();
        let (split, targets) = (set.splits(), set.targets());
        Examples::new(set.source, model.feature_count(), features, targets, split)
    }

    /// How to show progress.
    pub fn progress_mode(&self) -> ProgressMode {
        if self.quiet { ProgressMode::None } else { self.progress }
    }

    fn recipe(&self, service: Service) -> Result<Recipe> {
        let mut recipe = match &self.recipe {
            None => service.recipe(),
            Some(file) => {
                let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
                serde_json::from_slice(&bytes).with_context(|| format!("{}", file.display()))?
            }
        };
        for stage in [&mut recipe.first, &mut recipe.second] {
            stage.steps = self.steps.map_or(stage.steps, |steps| steps as usize);
        }
        recipe.check()?;
        Ok(recipe)
    }
}

/// Customizes, writes the folder and prints the result.
///
/// # Errors
/// An input cannot be read or used, or the folder cannot be written; the message says which.
pub fn run(options: &Options) -> Result<()> {
    let process = read_process(&options.process)?;
    let material = options.inputs.read(Service::of(&process.api)?)?;
    let app = options.app.clone().or_else(|| Some(options.out.file_name()?.to_str()?.to_owned()));
    let app = app.context("the application needs a name: give --app")?;
    let mode = options.inputs.progress_mode();
    let (app_model, evaluation) = customize(&app, &process, material, mode)?;
    output::write(&options.out, &app_model, &evaluation)?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{evaluation}");
    }
    Ok(())
}

/// Trains and measures all arms; returns the model of the best and the result.
///
/// # Errors
/// The application cannot be customized with these images.
pub fn customize(
    app: &str,
    process: &DecisionProcess,
    material: Material,
    mode: ProgressMode,
) -> Result<(AppModel, Evaluation)> {
    let Material { service, model, examples, recipe, seeds } = material;
    let pool = Pool::new(service, &model, examples)?;
    let steps = seeds.len() * recipe.steps();
    let progress = Mutex::new(Progress::start(mode, "training", steps as u64));
    // A thread that panicked while it counted leaves a count that is still good enough.
    let tick = || progress.lock().unwrap_or_else(PoisonError::into_inner).tick();
    let compared = compare(app, process, &pool, &recipe, &seeds, &[], &tick)?;
    drop(progress);
    let app_model = output::app_model(process, model.generic(), &compared)?;
    Ok((app_model, compared.measured.evaluation))
}

/// All arms of one application, trained and measured.
pub struct Compared<'p> {
    /// The application with its images.
    pub task: Task<'p>,
    /// The models.
    pub candidates: Vec<Candidate>,
    /// The result.
    pub measured: Measured,
}

/// Trains and measures all arms, one thread a seed. `specialists` are heads of all labels with their seeds; without
/// them that arm is left out.
///
/// # Errors
/// The application cannot be customized with these images.
pub fn compare<'p>(
    app: &str,
    process: &DecisionProcess,
    pool: &'p Pool,
    recipe: &Recipe,
    seeds: &[u64],
    specialists: &[(u64, Head)],
    tick: &(dyn Fn() + Sync),
) -> Result<Compared<'p>> {
    let mut judge = Judge::new(process, pool.form(), &pool.vocabulary.labels)?;
    let task = Task::new(process, pool, recipe, &mut judge)?;
    let mut candidates = Vec::from(untrained(&task, recipe, &mut judge)?);
    for specialist in specialists {
        candidates.push(arms::specialist(&task, recipe, specialist, &mut judge)?);
    }
    let by_seed: Vec<[Candidate; 3]> =
        seeds.par_iter().map(|&seed| trained(&task, recipe, seed, &mut judge.clone(), tick)).collect::<Result<_>>()?;
    candidates.extend(by_seed.into_iter().flatten());
    for arm in Arm::OWN {
        candidates.extend(averaged(&task, recipe, arm, &candidates, &mut judge)?);
    }
    let measured = measure::measure(app, &task, recipe, seeds, &candidates, &mut judge)?;
    Ok(Compared { task, candidates, measured })
}

fn bank_name(model: &dyn Generic) -> String {
    format!("feature bank of {} {}", model.manifest().name, model.manifest().version)
}

fn read_process(file: &Path) -> Result<DecisionProcess> {
    let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    DecisionProcess::from_json(&text).with_context(|| format!("{}", file.display()))
}
