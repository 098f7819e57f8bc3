//! `chameleon config`

use std::path::PathBuf;

use anyhow::Result;
use chameleon_proxy::serve::{Settings, SettingsError};
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::printer;
use crate::service::settings;

/// What to do with the configuration.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check a configuration: nothing unknown, no value that makes no sense
    Check {
        /// The file [default: config.toml in the home folder]
        file: Option<PathBuf>,
    },
    /// Print the configuration in force as TOML, with every default; API keys are left out
    Show {
        /// The file [default: config.toml in the home folder]
        file: Option<PathBuf>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(arguments: Arguments, global: &Global) -> Result<ExitStatus> {
    let home = Home::resolve(global.home.as_deref())?;
    match arguments.action {
        Action::Check { file } => {
            let file = file.unwrap_or_else(|| home.settings());
            match Settings::read(&file) {
                Ok(_) => printer::data(&format!("{}: good", file.display()))?,
                // Not read is not checked.
                Err(error @ SettingsError::Io { .. }) => return Err(error.into()),
                Err(error) => {
                    printer::error(&error.into());
                    return Ok(ExitStatus::Negative);
                }
            }
        }
        Action::Show { file, json } => {
            let shown = settings(&home, file.as_deref())?;
            if json {
                let mut value = serde_json::to_value(&shown)?;
                value["api_keys"] = shown.api_keys.0.len().into();
                printer::json(&value)?;
            } else {
                printer::data(&shown.to_toml())?;
            }
        }
    }
    Ok(ExitStatus::Success)
}
