//! Customization: a model for one application, trained with the loss of its decision.
//!
//! At first only the head's rows of the application's labels train, on cached features; so it takes seconds. With the
//! images themselves, and more time, layers before it train too ([`body`]), and what does better on the tuning images is
//! kept. The comparison that decides whether the result is served trains its control arms alongside (see
//! [`arms::Arm`]).

mod answer;
pub mod arms;
pub mod beside;
pub mod body;
mod budget;
pub mod delta;
pub mod examples;
pub mod head;
pub mod measure;
pub mod objective;
pub mod offsets;
pub mod output;
pub mod pool;
mod reach;
pub mod recipe;
mod remarks;
mod repeats;
pub mod report;
mod rows;
mod serve;
pub mod stage;
mod table;
pub mod task;
mod texts;
pub mod train_set;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chameleon_decision::DecisionProcess;
use chameleon_models::app::{APP_JSON, AppModel};
use chameleon_models::files::check_replaceable;
use chameleon_models::objects::ObjectDetector;
use chameleon_models::zoo::{self, Generic, ImageLabels, ImageObjects};
use tch::Device;

use beside::{Asked, Other};
use body::Body;
use examples::Examples;
use pool::Pool;
use recipe::{Layers, Recipe};
use report::Evaluation;

pub use trial::{Compared, Trial};

use crate::data::{self, Labels, View};
use crate::device;
use crate::evaluation::strata::Weighting;
use crate::progress::{Progress, ProgressMode};
use crate::service::{Model, Service};
use crate::tail::Part;

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
    /// How long it may take, as `30s` or `10m`: what is left of it after the head goes into layers before it
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    #[arg(requires = "data", conflicts_with = "depth")]
    pub budget: Option<Duration>,
    /// Print the evaluation as JSON
    #[arg(long)]
    pub json: bool,
}

/// How much of the network is customized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Depth {
    /// The head: seconds
    #[default]
    Head,
    /// The head; then adapters of low rank in the last stage too, and what is better on the tuning images is kept:
    /// minutes
    Adapters,
    /// As adapters, but the last stage itself: the application then brings a network's half
    Stage,
    /// As adapters, in all stages
    AllAdapters,
    /// As adapters, but all layers themselves: the application then brings a network of its own
    Full,
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
    /// Folder of the application's own model for another API that its decision asks about the same images, which that one
    /// is then taken to answer with [default: generic models]
    #[arg(long, value_name = "FOLDER", requires = "data")]
    pub beside: Vec<PathBuf>,
    /// Take other APIs that the decision asks to answer as the decision process is given, not as they answer for the images
    #[arg(long, requires = "data", conflicts_with = "beside")]
    pub alone: bool,
    /// Folder of the base model [default: the one that ships with this program]
    #[arg(long, value_name = "FOLDER")]
    pub base: Option<PathBuf>,
    /// How much of the network to customize; more than the head needs --data
    #[arg(long, value_enum, default_value_t)]
    pub depth: Depth,
    /// Where layers before the head are trained and measured: `cpu`, or `cuda` with a libtorch that has it
    #[arg(long, default_value = "cpu", value_parser = device::parse)]
    pub device: Device,
    /// JSON file with training settings that differ from the defaults
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// Which rate of wrong decisions is to be low [default: the recipe's, which is balanced]
    #[arg(long, value_enum)]
    pub weighting: Option<Weighting>,
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
    /// What the layers that may be changed read of them, if there are any.
    pub body: Option<Body>,
    /// Training settings.
    pub recipe: Recipe,
    /// Seeds to train with.
    pub seeds: Vec<u64>,
}

impl Inputs {
    /// Reads everything for a service; what layers before the head read too if they are to be customized: those that the
    /// recipe says, or the `part`. Features are means over the `views` of an image; layers read it plain.
    ///
    /// # Errors
    /// A file cannot be read or used; the message says which.
    pub fn read(&self, service: Service, part: Option<Part>, views: &[View]) -> Result<Material> {
        self.read_beside(service, &[], part, views)
    }

    /// As [`Inputs::read`], for one decision: where it hangs on what other APIs answer for the same images, with that.
    ///
    /// # Errors
    /// As [`Inputs::read`].
    pub fn read_for(&self, process: &DecisionProcess, service: Service, part: Option<Part>) -> Result<Material> {
        let others = match &self.data {
            Some(_) if !self.alone => Other::of(process, self.base.as_deref(), &self.beside)?,
            // The banks that ship are of different images.
            _ => Vec::new(),
        };
        self.read_beside(service, &others, part, &[View::Plain])
    }

    fn read_beside(&self, service: Service, others: &[Other], part: Option<Part>, views: &[View]) -> Result<Material> {
        let base = self.base.as_deref().filter(|base| service.answers_with(base));
        let model = service.model(base)?;
        let recipe = self.recipe(service)?;
        let part = recipe.part().or(part);
        if views != [View::Plain] && (part.is_some() || !matches!(model, Model::Images(_))) {
            bail!("{service}: only photographs can be mirrored, and only where nothing but the head is trained");
        }
        let (examples, body) = match &self.data {
            Some(path) => self.read_data(path, service, others, &model, part, views)?,
            None if part.is_some() => bail!(
                "layers before the head need the images themselves, and the bank that ships holds only features: give your images with --data"
            ),
            None if views != [View::Plain] => {
                bail!("the bank that ships holds features of images as they are: give your images with --data")
            }
            None => (service.bank(&model, base, bank_name(model.generic()))?, None),
        };
        let seeds = (self.seed..).take(self.seeds as usize).collect();
        Ok(Material { service, model, examples, body, recipe, seeds })
    }

    fn read_data(
        &self,
        path: &Path,
        service: Service,
        others: &[Other],
        model: &Model,
        part: Option<Part>,
        views: &[View],
    ) -> Result<(Examples, Option<Body>)> {
        let mut labels = Labels::new(model.generic().labels());
        let (asked, notes) = Asked::read(path, self.labels_map.as_deref(), &labels, others)?;
        self.show(&notes);
        if let Some(map) = &self.labels_map {
            let others: Vec<Labels> = others.iter().map(Other::labels).collect();
            labels = labels.with_map(map, &others.iter().collect::<Vec<_>>())?;
        }
        if part.is_some() && !matches!(model, Model::Images(_)) {
            bail!(
                "{service}: only networks that label images have layers to customize; leave --depth and --budget away"
            );
        }
        match model {
            Model::Images(model) if part.is_some() && model.network.quantization.is_some() => bail!(
                "{}: quantized, and layers before the head are trained and measured on the network that it was made from: give that one with --base, and this one to `serve`",
                self.base.as_deref().unwrap_or_else(|| Path::new("the base model")).display()
            ),
            Model::Images(model) => self.read_images(path, &labels, &asked, model, part, views),
            Model::Texts(model) if service == Service::TextEntities => {
                Ok((texts::names(data::conll::read(path)?, model)?, None))
            }
            Model::Texts(model) => {
                let set = data::texts::read(path, &labels)?;
                self.show(&set.notes);
                Ok((texts::examples(set, service, model)?, None))
            }
            Model::Objects(model) => Ok((self.read_scenes(path, &labels, &asked, model)?, None)),
        }
    }

    fn show(&self, notes: &[String]) {
        for note in notes.iter().filter(|_| !self.quiet) {
            eprintln!("{note}");
        }
    }

    fn read_images(
        &self,
        path: &Path,
        labels: &Labels,
        asked: &Asked<'_>,
        model: &ImageLabels,
        part: Option<Part>,
        views: &[View],
    ) -> Result<(Examples, Option<Body>)> {
        let set = data::read(path, labels)?;
        self.show(&set.notes);
        let (body, features) = if let Some(part) = part {
            let (body, features) = Body::read(&set, model, part, self.device, self.progress_mode())?;
            (Some(body), features)
        } else {
            (None, data::features(&set, model, views, self.progress_mode())?)
        };
        let (split, targets) = (asked.splits(&set), set.targets());
        let beside = asked.answers(&set.names(), self.progress_mode())?.map(Arc::new);
        let examples = Examples::new(set.source, model.feature_count(), features, targets, split)?;
        Ok((examples.with_beside(beside), body))
    }

    /// Images in which objects are looked for. What is true of one is which objects it shows, and how many if the source
    /// says it; where they are does not matter, as candidates stay as they are.
    fn read_scenes(&self, path: &Path, labels: &Labels, asked: &Asked<'_>, model: &ImageObjects) -> Result<Examples> {
        let mut set = data::read(path, labels)?;
        self.show(&set.notes);
        let mut split = asked.splits(&set);
        let detector = ObjectDetector::new(&zoo::image_labels()?, model)?;
        let mut candidates = data::candidates(&set, &detector, self.progress_mode())?;
        let all = set.records.len();
        let has_some: Vec<bool> = candidates.iter().map(|rows| !rows.is_empty()).collect();
        retain(&mut set.records, &has_some);
        retain(&mut split, &has_some);
        retain(&mut candidates, &has_some);
        if set.records.len() < all {
            self.show(&[format!(
                "{} of {all} images left out: the detector finds nothing in them, whatever the application's model",
                all - set.records.len()
            )]);
        }
        let beside = asked.answers(&set.names(), self.progress_mode())?.map(Arc::new);
        let shown = set.shown();
        let examples = Examples::from_candidates(set.source, detector.features(), &candidates, shown, split)?;
        Ok(examples.with_beside(beside))
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
        if let Some(weighting) = self.weighting {
            recipe.weighting = weighting;
        }
        recipe.layers = recipe.layers.or_else(|| Layers::at(self.depth));
        let layers = recipe.layers.iter_mut().flat_map(|layers| [&mut layers.first, &mut layers.second]);
        for stage in [&mut recipe.first, &mut recipe.second].into_iter().chain(layers) {
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
    let started = Instant::now();
    let process = read_process(&options.process)?;
    check_replaceable(&options.out, APP_JSON).with_context(|| format!("{}", options.out.display()))?;
    let deadline = options.budget.map(|budget| started + budget);
    let part = deadline.map(|_| Part::LastStage);
    let material = options.inputs.read_for(&process, Service::of(&process.api)?, part)?;
    let app = options.app.clone().or_else(|| Some(options.out.file_name()?.to_str()?.to_owned()));
    let app = app.context("the application needs a name: give --app")?;
    let mode = options.inputs.progress_mode();
    let (app_model, evaluation) = customize(&app, &process, material, deadline, mode)?;
    output::write(&options.out, &app_model, &evaluation)?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{evaluation}");
    }
    Ok(())
}

/// Trains and measures all arms; returns the model of the best and the result. Until the `deadline`, if there is one,
/// layers before the head are tried too, as far as the time reaches.
///
/// # Errors
/// The application cannot be customized with these images.
pub fn customize(
    app: &str,
    process: &DecisionProcess,
    material: Material,
    deadline: Option<Instant>,
    mode: ProgressMode,
) -> Result<(AppModel, Evaluation)> {
    let Material { service, model, examples, body, mut recipe, seeds } = material;
    let pool = Pool::new(service, &model, examples, body)?;
    let counting = pool.counting(process, &recipe)?;
    let is_alone = counting.is_some() && pool.examples.beside.is_some();
    let pool = counting.as_ref().unwrap_or(&pool);
    let mut trial = Trial::new(app, process, pool, &seeds, &recipe)?;
    let work = |stage, steps: usize| Mutex::new(Progress::start(mode, stage, (seeds.len() * steps) as u64));
    // A thread that panicked while it counted leaves a count that is still good enough.
    let tick = |progress: &Mutex<Progress>| progress.lock().unwrap_or_else(PoisonError::into_inner).tick();
    let progress = work("training", recipe.steps());
    trial.head(&recipe, &[], &|| tick(&progress))?;
    drop(progress);
    if let Some(deadline) = deadline {
        recipe.layers = budget::layers(deadline, &trial.task, &seeds)?;
        if recipe.layers.is_none() && mode != ProgressMode::None {
            eprintln!(
                "the budget leaves too little time to train layers before the head: it is the head alone that is customized"
            );
        }
    }
    if let Some(layers) = &recipe.layers {
        let progress = work("training layers", layers.steps());
        trial.layers(&recipe, &|| tick(&progress))?;
    }
    let mut compared = trial.finish()?;
    if is_alone {
        compared.measured.evaluation.remarks.push(remarks::COUNTS_ALONE.to_owned());
    }
    let app_model = output::app_model(process, model.generic(), &compared)?;
    Ok((app_model, compared.measured.evaluation))
}

/// Keeps those that are to be kept.
fn retain<T>(all: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    all.retain(|_| kept.next() == Some(&true));
}

fn bank_name(model: &dyn Generic) -> String {
    format!("feature bank of {} {}", model.manifest().name, model.manifest().version)
}

fn read_process(file: &Path) -> Result<DecisionProcess> {
    let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    DecisionProcess::from_json(&text).with_context(|| format!("{}", file.display()))
}
