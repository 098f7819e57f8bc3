//! `chameleon loss`

use std::path::PathBuf;

use anyhow::{Context, Result};
use chameleon_loss::{DecisionLoss, LossConfig};

use crate::exit::ExitStatus;
use crate::{printer, process};

/// Whose loss to show.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python file, or a folder of them
    path: PathBuf,
    /// The API call, when the application has several: its line, or its file, a colon and its line
    #[arg(long, value_name = "PLACE")]
    call: Option<String>,
    /// Print the terms as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus> {
    let process = process::find(&arguments.path, arguments.call.as_deref())?;
    let vocabulary = chameleon_models::zoo::image_label_vocabulary()?;
    let loss = DecisionLoss::new(&process.summary, &vocabulary, LossConfig::default())
        .with_context(|| format!("{}", arguments.path.display()))?;
    if arguments.json {
        printer::json(&loss.terms())?;
    } else {
        printer::data(&loss.formula())?;
    }
    Ok(ExitStatus::Success)
}
