//! A published model on its user's own labelled images, beside the generic model. Nothing is trained.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_decision::DecisionProcess;
use chameleon_models::app::{APP_JSON, AppManifest, AppModel};
use chameleon_models::files::replace;
use serde::{Deserialize, Serialize};

use crate::customize::delta::Delta;
use crate::customize::head::Head;
use crate::customize::pool::Pool;
use crate::customize::recipe::Recipe;
use crate::customize::report::Ratio;
use crate::customize::{Inputs, Material};
use crate::evaluation::bootstrap::{Interval, Resamples, ratio};
use crate::evaluation::judge::Judge;
use crate::evaluation::panel::{Panel, Shifts};
use crate::service::Service;
use crate::tail::Part;

/// Version of the JSON form.
const FORMAT_VERSION: u32 = 1;

/// What to measure, and with what.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the application's model: app.json, head.safetensors
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// JSON file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the images come from
    #[command(flatten)]
    pub inputs: Inputs,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// How often one model makes the application decide wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Mean over the decisions that are right for some image.
    pub balanced: f64,
    /// Of it, 95 %.
    pub balanced_interval: Interval,
    /// Mean over the images.
    pub natural: f64,
    /// Of it, 95 %.
    pub natural_interval: Interval,
}

/// The generic and the published model on the same images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The application.
    pub app: String,
    /// The images.
    pub source: String,
    /// How many.
    pub images: usize,
    /// By the decision that is right for them; rare decisions together.
    pub by_decision: Vec<usize>,
    /// The generic model.
    pub generic: Rates,
    /// The published model.
    pub published: Rates,
    /// Published to generic, by the rate that counts.
    pub ratio: Ratio,
    /// Whether the published model decides wrong less often, by the rate that counts.
    pub better: bool,
}

/// Measures and prints the result.
///
/// # Errors
/// The model or the images cannot be read, or there are no images.
pub fn run(options: &Options) -> Result<()> {
    let (service, part, process) = kind(&options.model)?;
    let material = options.inputs.read_for(&process, service, part)?;
    let app = AppModel::read(&options.model, material.model.generic())?;
    let measured = measure(&app, material)?;
    replace(&options.out, &serde_json::to_vec_pretty(&measured)?)
        .with_context(|| format!("{}", options.out.display()))?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&measured)?);
    } else {
        print!("{measured}");
    }
    Ok(())
}

/// The service of the application that a folder's model was made for, the part of its network that it changes before the
/// head, and the decision.
pub(crate) fn kind(folder: &Path) -> Result<(Service, Option<Part>, DecisionProcess)> {
    let path = folder.join(APP_JSON);
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let manifest: AppManifest = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let process = DecisionProcess::from_json(&manifest.process.to_string()).context("the model's decision process")?;
    let part = |recipe| anyhow::Ok(serde_json::from_value::<Recipe>(recipe).context("the model's recipe")?.part());
    let part = manifest.layers.map(|_| part(manifest.recipe)).transpose()?.flatten();
    Ok((Service::of(&process.api)?, part, process))
}

/// Lets the application decide on every image, with either model.
///
/// # Errors
/// There are no images, or the application's program cannot be run.
pub fn measure(app: &AppModel, material: Material) -> Result<Measured> {
    let Material { service, model, examples, body, recipe, .. } = material;
    let process =
        DecisionProcess::from_json(&app.manifest.process.to_string()).context("the model's decision process")?;
    ensure!(!examples.targets.is_empty(), "{}: no images", examples.source);
    let pool = Pool::new(service, &model, examples, body)?;
    let counting = pool.counting(&process, &recipe)?;
    let pool = counting.as_ref().unwrap_or(&pool);
    let mut judge = Judge::new(&process, pool.form(), &pool.outputs)?;
    if let Some(beside) = pool.examples.beside.as_deref() {
        judge.look_beside(&beside.situations, |situation| situation);
    }
    let labels: Vec<u16> = app.rows.iter().map(|&row| row as u16).collect();
    let images: Vec<usize> = (0..pool.examples.targets.len()).collect();
    let outputs = pool.outputs_of(&labels);
    let panel = Panel::new(images, pool, &outputs, None, recipe.weighting, &mut judge)?;
    let none = vec![0.0; outputs.len()];
    let mut wrong = |delta: &Delta, others: f32| -> Result<Vec<bool>> {
        let (logits, panel) = delta.seen(pool, &panel)?;
        panel.wrong_exactly(&logits, Shifts { own: &none, others }, &mut judge)
    };
    let head = Head { weight: app.weight.clone(), bias: app.bias.clone() };
    let layers = (!app.layers.is_empty()).then(|| Arc::new(app.layers.clone()));
    let wrong = [wrong(&pool.head.rows(&labels).into(), 0.0)?, wrong(&Delta { head, layers }, app.manifest.others)?];
    let errors = wrong.each_ref().map(|wrong| wrong.iter().map(|&w| f32::from(u8::from(w))).collect::<Vec<f32>>());
    let resamples = Resamples::draw(&panel.strata, &errors, recipe.resamples);
    let rates = |place: usize| Rates {
        balanced: panel.strata.balanced_error(&wrong[place]),
        balanced_interval: resamples.balanced(place),
        natural: errors[place].iter().map(|&e| f64::from(e)).sum::<f64>() / errors[place].len() as f64,
        natural_interval: resamples.natural(place),
    };
    let (generic, published) = (rates(0), rates(1));
    let [generic_rate, published_rate] = wrong.each_ref().map(|wrong| panel.strata.error(wrong));
    let value = ratio(published_rate, generic_rate);
    Ok(Measured {
        version: FORMAT_VERSION,
        app: app.manifest.app.clone(),
        source: pool.examples.source.clone(),
        images: panel.images.len(),
        by_decision: panel.strata.groups().iter().map(Vec::len).collect(),
        better: published_rate < generic_rate,
        generic,
        published,
        ratio: Ratio { value: value.is_finite().then_some(value), interval: resamples.ratio(1, 0) },
    })
}

impl Display for Measured {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self.by_decision.iter().map(ToString::to_string).collect();
        writeln!(f, "{}: {} examples of {} ({} by decision)", self.app, self.images, self.source, groups.join(", "))?;
        writeln!(f, "\nwrong decisions, % (95 % interval)\n\n  {:<12}{:<22}natural", "", "balanced")?;
        for (name, rates) in [("generic", &self.generic), ("published", &self.published)] {
            let balanced = percent(rates.balanced, rates.balanced_interval);
            writeln!(f, "  {name:<12}{balanced:<22}{}", percent(rates.natural, rates.natural_interval))?;
        }
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let (low, high) = (self.ratio.interval.low, number(self.ratio.interval.high));
        writeln!(f, "\n  published/generic {} [{low:.2}, {high}]", number(self.ratio.value))
    }
}

fn percent(rate: f64, interval: Interval) -> String {
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * rate, 100.0 * interval.low, 100.0 * interval.high.unwrap_or(1.0))
}
