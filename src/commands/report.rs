//! `chameleon report`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_decision::{ApiOutput, DecisionProcess};
use chameleon_models::files::replace;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::zoo::Kind;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::published::Published;
use crate::report::{self, Answer, Photo, Reported};
use crate::{printer, process};

/// What to report on.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The application, as published: all its models, or one by its own name, as NAME.objects
    app: String,
    /// Photographs to show with both models' answers
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// The page to write
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let models = Published::all_of(&arguments.app, global)?;
    let mut reported: Vec<Reported> = models.iter().map(described).collect::<Result<_>>()?;
    if !arguments.images.is_empty() {
        let labels = models.iter().map(|model| Ok(model.kind()? == Kind::Labels)).collect::<Result<Vec<bool>>>()?;
        let place = labels.into_iter().position(|is_of_labels| is_of_labels);
        let place = place.with_context(|| does_not_label(&arguments.app))?;
        reported[place].photos = photos(arguments, &models[place], global)?;
    }
    replace(&arguments.out, report::render(&arguments.app, &reported)?.as_bytes())
        .with_context(|| format!("{}", arguments.out.display()))?;
    if !global.quiet {
        let names: Vec<&str> = models.iter().map(Published::name).collect();
        printer::note(format!("wrote {}, about {}", arguments.out.display(), names.join(", ")));
    }
    Ok(ExitStatus::Success)
}

fn described(model: &Published) -> Result<Reported> {
    Ok(Reported { name: model.name().to_owned(), manifest: model.manifest()?, photos: Vec::new() })
}

fn does_not_label(app: &str) -> String {
    format!("{app}: its model does not label photographs; leave them out")
}

/// What both models make of the photographs.
fn photos(arguments: &Arguments, published: &Published, global: &Global) -> Result<Vec<Photo>> {
    let base = global.base()?;
    ensure!(published.is_for(&base)?, does_not_label(&arguments.app));
    let app = Arc::new(published.labels(&base)?);
    let generic = ImageLabeler::new(&base)?;
    let own = generic.for_app(&base, Arc::clone(&app))?;
    let process = process::of_model(&app.manifest)?;
    arguments.images.iter().map(|path| photo([&generic, &own], &process, path)).collect()
}

/// What the generic labeler and the application's own make of a photograph.
fn photo(labelers: [&ImageLabeler; 2], process: &DecisionProcess, path: &Path) -> Result<Photo> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    let image = preprocess::decode(&bytes, DecodeLimits::default()).with_context(|| format!("{}", path.display()))?;
    let answer = |labeler: &ImageLabeler| -> Result<Answer> {
        let features = labeler.features(&[preprocess::tensor(&image, labeler.input())]);
        let labels = labeler.labels(&features[0]);
        let output = ApiOutput::labels(labels.iter().map(|label| (label.description.clone(), label.score)));
        let decision = process.decider().decide(&output)?.describe();
        Ok(Answer { labels, decision })
    };
    let [generic, own] = labelers.map(answer);
    Photo::new(path, image, generic?, own?)
}
