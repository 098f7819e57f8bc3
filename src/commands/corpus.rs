//! `chameleon corpus`

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Subcommand;

use crate::corpus::{self, App, Checked};
use crate::exit::ExitStatus;
use crate::{printer, process};

/// What to do with a corpus.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the applications with their originals
    List {
        /// Folder of applications
        #[arg(default_value = "apps-corpus")]
        corpus: PathBuf,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Analyze every application and compare with the decisions it is known to make
    Check {
        /// Folder of applications
        #[arg(default_value = "apps-corpus")]
        corpus: PathBuf,
        /// Analyze the originals instead, checked out as DIR/<name of the repository>
        #[arg(long, value_name = "DIR")]
        checkouts: Option<PathBuf>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus> {
    match &arguments.action {
        Action::List { corpus, json } => list(&corpus::read(corpus)?, *json),
        Action::Check { corpus, checkouts, json } => check(&corpus::read(corpus)?, checkouts.as_ref(), *json),
    }
}

fn list(apps: &[App], json: bool) -> Result<ExitStatus> {
    if json {
        let rows = apps.iter().map(|app| {
            let apis: Vec<&str> = app.decisions.iter().map(|decision| decision.api.as_str()).collect();
            serde_json::json!({"name": app.name, "original": app.original, "about": app.about, "apis": apis})
        });
        printer::json(&rows.collect::<Vec<_>>())?;
        return Ok(ExitStatus::Success);
    }
    let mut text = String::new();
    for app in apps {
        let original = match (&app.original.repository, &app.original.commit) {
            (Some(repository), Some(commit)) => format!("{repository}@{}", commit.get(..10).unwrap_or(commit)),
            (Some(repository), None) => repository.clone(),
            _ => format!("known from a {} only", app.original.known_from),
        };
        let _ = writeln!(text, "{:<32} {original}\n    {}", app.name, app.about);
    }
    printer::data(&text)?;
    Ok(ExitStatus::Success)
}

fn check(apps: &[App], checkouts: Option<&PathBuf>, json: bool) -> Result<ExitStatus> {
    let catalog = process::catalog(&[], &[])?;
    let (mut rows, mut absent): (Vec<Checked>, Vec<&str>) = (Vec::new(), Vec::new());
    for app in apps {
        let checkout = checkouts.map(|folder| app.checkout(folder));
        if matches!(checkout, Some(None)) {
            absent.push(&app.name);
            continue;
        }
        let checkout = checkout.flatten();
        rows.extend(corpus::check(app, checkout.as_deref(), &catalog));
    }
    if let (true, Some(folder)) = (rows.is_empty(), checkouts) {
        bail!("{}: no checkout of any of the {} applications", folder.display(), apps.len());
    }
    let exact = rows.iter().filter(|row| row.differences.is_empty()).count();
    if json {
        let summaries: Vec<_> = rows
            .iter()
            .map(|row| {
                let summary = row.process.as_ref().map(|process| &process.summary);
                serde_json::json!({"app": row.app, "api": row.api, "differences": row.differences, "summary": summary})
            })
            .collect();
        printer::json(
            &serde_json::json!({"decisions": rows.len(), "exact": exact, "absent": absent, "rows": summaries}),
        )?;
    } else {
        let mut text = String::new();
        for row in &rows {
            let verdict = if row.differences.is_empty() { "exact" } else { "differs" };
            let _ = writeln!(text, "{verdict:<8} {:<32} {}", row.app, row.api);
            for difference in &row.differences {
                let _ = writeln!(text, "         - {difference}");
            }
        }
        let _ = writeln!(text, "{exact} of {} decisions are the expected ones", rows.len());
        if !absent.is_empty() {
            let _ = writeln!(text, "not checked out: {}", absent.join(", "));
        }
        printer::data(&text)?;
    }
    Ok(if exact == rows.len() { ExitStatus::Success } else { ExitStatus::Negative })
}
