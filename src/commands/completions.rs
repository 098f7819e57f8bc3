//! `chameleon completions`

use anyhow::Result;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::ExitStatus;

/// What to print a script for.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "chameleon", &mut script);
    crate::printer::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
