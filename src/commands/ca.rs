//! `chameleon ca`

use anyhow::Result;
use chameleon_proxy::tls::Authority;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::printer;

/// What to do with the local certificate authority.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show the authority: where it lies, its fingerprint, which hosts it can certify
    Show {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove the authority and its key; the next use makes a new one
    Remove,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let folder = Home::resolve(global.home.as_deref())?.authority();
    match arguments.action {
        Action::Remove => {
            let removed = Authority::remove(&folder)?;
            printer::data(if removed { "the authority and its key are removed" } else { "there is no authority" })?;
            Ok(ExitStatus::Success)
        }
        Action::Show { json } => {
            let Some(authority) = Authority::load(&folder)? else {
                printer::note("there is no authority yet; `chameleon serve` and `chameleon run` make one");
                return Ok(ExitStatus::Negative);
            };
            show(&authority, json)?;
            Ok(ExitStatus::Success)
        }
    }
}

fn show(authority: &Authority, json: bool) -> Result<()> {
    let info = authority.info();
    if json {
        return printer::json(&serde_json::json!({
            "certificate": info.path,
            "sha256": info.fingerprint,
            "not_after": info.not_after,
            "permitted": info.permitted,
        }));
    }
    Ok(printer::data(&format!(
        "certificate  {}\nsha256       {}\nhosts        {}\n",
        info.path.display(),
        info.fingerprint,
        info.permitted.join(", ")
    ))?)
}
