//! `chameleon label`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use chameleon_decision::Label;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::zoo::Kind;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::printer;
use crate::published::Published;

/// What to label with which model.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Photographs: JPEG, PNG or WebP
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Use this application's model [default: the generic one]
    #[arg(long)]
    app: Option<String>,
    /// How many labels to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let base = global.base()?;
    let generic = ImageLabeler::new(&base)?;
    let labeler = match &arguments.app {
        Some(app) => generic.for_app(&base, Arc::new(Published::load_of(app, Kind::Labels, global)?.labels(&base)?))?,
        None => generic,
    };
    let mut all = serde_json::Map::new();
    for image in &arguments.images {
        let mut labels = label(&labeler, image)?;
        labels.truncate(arguments.top);
        if arguments.json {
            all.insert(image.display().to_string(), serde_json::to_value(&labels)?);
        } else {
            printer::data(&render(image, &labels))?;
        }
    }
    if arguments.json {
        printer::json(&all)?;
    }
    Ok(ExitStatus::Success)
}

/// The labels of a photograph on disk, highest score first.
///
/// # Errors
/// The file cannot be read or is no image.
pub(crate) fn label(labeler: &ImageLabeler, path: &Path) -> Result<Vec<Label>> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    let image = preprocess::decode(&bytes, DecodeLimits::default()).with_context(|| format!("{}", path.display()))?;
    let features = labeler.features(&[preprocess::tensor(&image, labeler.input())]);
    Ok(labeler.labels(&features[0]))
}

fn render(image: &Path, labels: &[Label]) -> String {
    let mut text = format!("{}\n", image.display());
    if labels.is_empty() {
        text.push_str("  no label reaches a score of 0.5\n");
    }
    for label in labels {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:.2}  {}", label.score, label.description);
    }
    text
}
