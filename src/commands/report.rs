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
use crate::report::{self, Answer, Photo};
use crate::{printer, process};

/// What to report on.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The application, as published
    app: String,
    /// Photographs to show with both models' answers
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// The page to write
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let published = match arguments.images.as_slice() {
        [] => Published::load(&arguments.app, global)?,
        _ => Published::load_of(&arguments.app, Kind::Labels, global)?,
    };
    let photos = if arguments.images.is_empty() { Vec::new() } else { photos(arguments, &published, global)? };
    let page = report::render(&published.manifest()?, &photos)?;
    replace(&arguments.out, page.as_bytes()).with_context(|| format!("{}", arguments.out.display()))?;
    if !global.quiet {
        printer::note(format!("wrote {}", arguments.out.display()));
    }
    Ok(ExitStatus::Success)
}

/// What both models make of the photographs.
fn photos(arguments: &Arguments, published: &Published, global: &Global) -> Result<Vec<Photo>> {
    let base = global.base()?;
    ensure!(published.is_for(&base)?, "{}: its model does not label photographs; leave them out", arguments.app);
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
