//! Evaluation of many decisions: every arm, every seed, and the averages over all of them. The decisions on one service's
//! answers share its pool of images or texts.

pub mod plan;
pub mod results;
pub mod row;
pub mod specialists;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, ensure};
use chameleon_decision::{DecideError, DecisionProcess};
use chameleon_loss::counts_all;
use chameleon_models::zoo::{Generic, sha256};
use rayon::prelude::*;

use crate::customize::head::Head;
use crate::customize::pool::Pool;
use crate::customize::recipe::Recipe;
use crate::customize::report::Evaluation;
use crate::customize::{self, Compared, Material, Trial};
use crate::data::View;
use crate::evaluation::form::Form;
use crate::progress::{Progress, ProgressMode};
use crate::service::Service;
use plan::{Plan, Planned};
use results::{Results, Setting, Skipped};
use row::{Measurement, Outcome, Row, write_json};

/// The averages' file name.
pub const RESULTS_JSON: &str = "results.json";
/// Folder of the single results.
const DECISIONS: &str = "decisions";

/// What to evaluate, and with what.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// JSON file of decisions, as `chameleon evaluate` writes it
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Folder to write: results.json, and a file for each decision. A run found there goes on
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Where the model, the images and the settings come from
    #[command(flatten)]
    pub inputs: customize::Inputs,
    /// Look at each image twice, the second time mirrored, and take the mean of its features: for every arm alike. Serving
    /// looks once
    #[arg(long, requires = "data")]
    pub mirrored: bool,
    /// How many decisions to work on at once [default: the number of processors]
    #[arg(long, value_name = "NUM", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}

/// Evaluates a plan.
///
/// # Errors
/// The plan, model or images cannot be read, or the folder cannot be written.
pub fn run(options: &Options) -> Result<()> {
    let plan = Plan::read(&options.plan)?;
    if let Some(data) = &options.inputs.data {
        data.metadata().with_context(|| format!("{}", data.display()))?;
    }
    let workers = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.map_or(0, usize::from)).build()?;
    let views = if options.mirrored { &[View::Plain, View::Mirrored][..] } else { &[View::Plain] };
    let read = |service| match options.inputs.read(service, None, views) {
        // Photographs say nothing about decisions on texts. What ships is of all services.
        Err(error) if options.inputs.data.is_some() => Ok(Read::NotOf(format!("{error:#}"))),
        material => Ok(Read::Material(Box::new(material?))),
    };
    workers.install(|| evaluate(plan, &read, &options.out, options.inputs.progress_mode())).map(drop)
}

/// What there is to evaluate a service's decisions with.
pub enum Read {
    /// Model and examples.
    Material(Box<Material>),
    /// The user's data are not of this service, for this reason.
    NotOf(String),
}

/// Evaluates the decisions that `out` holds no result of yet, with what `read` has for each service, and writes the
/// averages over all.
///
/// # Errors
/// A service cannot be read, the data are of none, images are not their model's, training fails, or the folder cannot be
/// written. A decision that cannot be evaluated with these examples is no error: the results say why.
pub fn evaluate(plan: Plan, read: &dyn Fn(Service) -> Result<Read>, out: &Path, mode: ProgressMode) -> Result<Results> {
    let Plan { decisions, mut skipped, .. } = plan;
    let folder = out.join(DECISIONS);
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let mut by_service: BTreeMap<Service, Vec<Planned>> = BTreeMap::new();
    for planned in decisions {
        match Service::of(&planned.process.api) {
            Ok(service) => by_service.entry(service).or_default().push(planned),
            Err(reason) => skipped.push(Skipped { name: planned.name, reason: format!("{reason:#}") }),
        }
    }
    let (mut rows, mut settings, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for (service, decisions) in by_service {
        let Material { model, examples, body, recipe, seeds, .. } = match read(service)? {
            Read::Material(material) => *material,
            Read::NotOf(reason) => {
                skipped
                    .extend(decisions.into_iter().map(|Planned { name, .. }| Skipped { name, reason: reason.clone() }));
                unread.push(reason);
                continue;
            }
        };
        let (model, source) = (model, examples.source.clone());
        let pool = Pool::new(service, &model, examples, body)?;
        let model = model.generic();
        let specialists = OnceLock::new();
        let run = Run { model, pool: &pool, recipe: &recipe, seeds: &seeds, folder: &folder, specialists };
        rows.extend(run.all(decisions, mode)?);
        let model = format!("{} {}", model.manifest().name, model.manifest().version);
        settings.push(Setting { model, source, seeds: seeds.clone(), recipe: recipe.clone() });
    }
    unread.dedup();
    ensure!(!settings.is_empty() || unread.is_empty(), "{}", unread.join("; "));
    let results = Results::new(rows, skipped, &settings)?;
    write_json(&out.join(RESULTS_JSON), &results)?;
    Ok(results)
}

/// What all decisions share.
struct Run<'r> {
    model: &'r dyn Generic,
    pool: &'r Pool,
    recipe: &'r Recipe,
    seeds: &'r [u64],
    folder: &'r Path,
    specialists: OnceLock<Vec<(u64, Head)>>,
}

impl Run<'_> {
    /// A row for every decision, in their order.
    fn all(&self, decisions: Vec<Planned>, mode: ProgressMode) -> Result<Vec<Row>> {
        let inputs = self.key()?;
        let mut rows: Vec<Option<Row>> = Vec::new();
        let mut left: Vec<(usize, Planned, String)> = Vec::new();
        for (place, planned) in decisions.into_iter().enumerate() {
            let key = sha256(format!("{inputs}{}", serde_json::to_string(&planned.process)?).as_bytes());
            let known = Row::read(self.folder, &planned.name, &key);
            if known.is_none() {
                left.push((place, planned, key));
            }
            rows.push(known);
        }
        let known = rows.iter().flatten().count();
        if known > 0 && mode != ProgressMode::None {
            let folder = self.folder.display();
            eprintln!("{}: {known} of {} decisions have a result in {folder} already", self.pool.service, rows.len());
        }
        if !left.is_empty() {
            self.train_specialists(mode)?;
            let steps = left.len() * self.seeds.len() * self.recipe.all_steps();
            let progress = Mutex::new(Progress::start(mode, "decisions", steps as u64));
            let made =
                left.into_par_iter().map(|(place, planned, key)| Ok((place, self.row(planned, key, &progress)?)));
            for (place, row) in made.collect::<Result<Vec<_>>>()? {
                rows[place] = Some(row);
            }
        }
        Ok(rows.into_iter().flatten().collect())
    }

    fn train_specialists(&self, mode: ProgressMode) -> Result<()> {
        // Categories are of labels of things; moods and topics have none.
        if self.pool.service != Service::ImageLabels {
            return Ok(());
        }
        let labels = self.model.labels();
        let steps = specialists::steps(labels, self.recipe, self.seeds.len());
        let progress = Mutex::new(Progress::start(mode, "specialists", steps as u64));
        let tick = || advance(&progress, 1);
        let made = specialists::specialists(labels, self.pool, self.recipe, self.seeds, &tick)?;
        self.specialists.set(made).map_err(|_| anyhow::anyhow!("specialists are trained once"))
    }

    /// Evaluates one decision and writes its file.
    fn row(&self, planned: Planned, key: String, progress: &Mutex<Progress>) -> Result<Row> {
        let steps = self.seeds.len() * self.recipe.all_steps();
        let Planned { name, process } = planned;
        let outcome = match self.measure(&name, &process, &|| advance(progress, 1)) {
            Ok(measurement) => Outcome::Measured(Box::new(measurement)),
            Err(stop) => {
                advance(progress, steps);
                Outcome::Skipped(stop.into_reason().with_context(|| name.clone())?)
            }
        };
        let row = Row::new(name, self.pool.service, process.summary.decision_type, key, outcome);
        row.write(self.folder)?;
        Ok(row)
    }

    fn measure(
        &self,
        name: &str,
        process: &DecisionProcess,
        tick: &(dyn Fn() + Sync),
    ) -> std::result::Result<Measurement, Stop> {
        if self.pool.form() == Form::Labels
            && let Some(branch) = process.summary.branches.iter().find(|branch| branch.labels.is_empty())
        {
            let reason = if counts_all(branch) {
                "how many there are of whatever name decides, which cannot be customized"
            } else {
                "none of the model's labels reaches it"
            };
            let reason = format!("branch `{}`: {reason}", branch.name);
            return Err(Stop::Unfit(reason));
        }
        let specialists = self.specialists.get().map(Vec::as_slice).unwrap_or_default();
        // Nothing is trained yet: whatever is wrong is the decision's with these examples.
        let unfit = |error| Stop::Unfit(format!("{error:#}"));
        let counting = self.pool.counting(process, self.recipe).map_err(unfit)?;
        let pool = counting.as_ref().unwrap_or(self.pool);
        let mut trial = Trial::new(name, process, pool, self.seeds, self.recipe).map_err(unfit)?;
        if let Some(left_out) = trial.left_out() {
            return Err(Stop::Unfit(format!("{left_out}; averages are over decisions on the same examples")));
        }
        trial.head(self.recipe, specialists, tick)?;
        trial.layers(self.recipe, tick)?;
        measurement(trial.finish()?)
    }

    /// Everything but the decision that a row follows from.
    fn key(&self) -> Result<String> {
        let images = &self.pool.examples;
        let features: Vec<u8> = images.features.iter().flat_map(|value| value.to_le_bytes()).collect();
        let splits: Vec<u8> = images.split.iter().map(|split| *split as u8).collect();
        Ok(serde_json::to_string(&(
            (env!("CARGO_PKG_VERSION"), chameleon_decision::BUILD),
            self.model.weights_sha256(),
            self.recipe,
            self.seeds,
            sha256(&features),
            sha256(&splits),
            sha256(&serde_json::to_vec(&(&images.targets, &images.shown))?),
        ))?)
    }
}

/// Why a decision was not measured.
#[derive(Debug)]
enum Stop {
    /// These examples cannot evaluate it. That follows from both alone, so that trying again changes nothing.
    Unfit(String),
    /// Something else failed, such as memory that ran out.
    Failed(anyhow::Error),
}

impl Stop {
    /// The reason to leave the decision out.
    ///
    /// # Errors
    /// What failed, if that is no reason: it is not kept as a result.
    fn into_reason(self) -> Result<String> {
        match self {
            Self::Unfit(reason) => Ok(reason),
            Self::Failed(error) => Err(error),
        }
    }
}

impl From<anyhow::Error> for Stop {
    /// A program that cannot decide from an output cannot do so the next time either.
    fn from(error: anyhow::Error) -> Self {
        if error.is::<DecideError>() { Self::Unfit(format!("{error:#}")) } else { Self::Failed(error) }
    }
}

fn measurement(compared: Compared) -> std::result::Result<Measurement, Stop> {
    let Compared { task, measured, .. } = compared;
    let strata = task.test.strata.groups().to_vec();
    if strata.len() < 2 {
        return Err(Stop::Unfit("the same decision is right for nearly every image".to_owned()));
    }
    let wrong = measured.wrong.into_iter().map(|(arm, counts)| (arm.name().to_owned(), counts)).collect();
    let wrong_served = measured.wrong_served.into_iter().map(u32::from).collect();
    let evaluation: Evaluation = measured.evaluation;
    Ok(Measurement { evaluation, strata, wrong, wrong_served })
}

fn advance(progress: &Mutex<Progress>, steps: usize) {
    // A thread that panicked while it counted leaves a count that is still good enough.
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..steps {
        progress.tick();
    }
}

#[cfg(test)]
mod tests {
    use chameleon_decision::Span;

    use super::*;

    #[test]
    fn what_follows_from_the_decision_is_a_reason_and_what_fails_is_none() {
        let refused = DecideError::Undetermined { span: Span::default(), what: "today".to_owned() };
        let undecided: Result<()> = Err(refused).context("the application's program cannot be run");
        let reason = Stop::from(undecided.expect_err("refused")).into_reason().expect("a reason");
        assert!(reason.starts_with("the application's program cannot be run: "), "{reason}");
        let failed = Stop::from(anyhow::anyhow!("out of memory").context("seed 1"));
        assert_eq!(format!("{:#}", failed.into_reason().expect_err("no reason")), "seed 1: out of memory");
    }
}
