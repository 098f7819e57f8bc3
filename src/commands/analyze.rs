//! `chameleon analyze`

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::ExitStatus;
use crate::{printer, process};

/// What to analyze.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A Python file, or a folder of them
    path: PathBuf,
    /// Names an API can answer, one a line: `[VOCABULARY=]FILE` [default: labels of the model that ships]
    #[arg(long, value_name = "FILE")]
    vocabulary: Vec<String>,
    /// A TOML file with more APIs
    #[arg(long, value_name = "FILE")]
    apis: Vec<PathBuf>,
    /// Print the decision processes as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus> {
    let catalog = process::catalog(&arguments.vocabulary, &arguments.apis)?;
    let analysis = chameleon_analyzer::analyze(&arguments.path, &catalog)?;
    if arguments.json {
        printer::json(&analysis.to_json())?;
    } else {
        printer::data(&chameleon_analyzer::render(&analysis))?;
    }
    Ok(if analysis.processes.is_empty() { ExitStatus::Negative } else { ExitStatus::Success })
}
