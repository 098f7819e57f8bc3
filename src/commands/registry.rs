//! `chameleon registry`

use anyhow::Result;
use chameleon_proxy::registry::{Current, History, Publication, Registry, Version};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::exit::ExitStatus;
use crate::home::Home;
use crate::printer;

/// What to do with the registry.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the applications and the version each is served
    List {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show all versions of an application
    History {
        /// The application
        app: String,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Serve an earlier version again; a running server takes it over at once
    Rollback {
        /// The application
        app: String,
        /// The version [default: the one before the current]
        #[arg(long, value_name = "N")]
        to: Option<u32>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an application with all its versions
    Remove {
        /// The application
        app: String,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check every file against its SHA-256
    Verify {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a damaged index anew from the published files
    Rebuild {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus> {
    let folder = Home::resolve(global.home.as_deref())?.registry();
    match &arguments.action {
        Action::Rebuild { json } => {
            let rebuilt = Registry::rebuild(folder)?;
            let (apps, versions, problems) = (rebuilt.apps, rebuilt.versions, rebuilt.problems);
            let text = format!("rebuilt: {apps} applications, {versions} versions");
            print(*json, &json!({ "apps": apps, "versions": versions, "problems": problems }), &text)?;
            return report_problems(&problems, *json);
        }
        Action::List { json } => list(&Registry::open(folder)?.list()?, *json)?,
        Action::History { app, json } => history(app, &Registry::open(folder)?.history(app)?, *json)?,
        Action::Rollback { app, to, json } => {
            let version = Registry::open(folder)?.rollback(app, to.map(Version))?;
            let text = format!("{app} is served in version {version}");
            print(*json, &json!({ "app": app, "current": version }), &text)?;
        }
        Action::Remove { app, json } => {
            let files = Registry::open(folder)?.remove(app)?;
            let text = format!("{app} is removed, and {files} files that no other version needs");
            print(*json, &json!({ "app": app, "files": files }), &text)?;
        }
        Action::Verify { json } => return verify(&Registry::open(folder)?, *json),
    }
    Ok(ExitStatus::Success)
}

fn print(as_json: bool, value: &Value, text: &str) -> Result<()> {
    if as_json { printer::json(value) } else { Ok(printer::data(text)?) }
}

fn verify(registry: &Registry, json: bool) -> Result<ExitStatus> {
    let problems = registry.verify()?;
    if json {
        printer::json(&json!({ "problems": problems }))?;
    } else if problems.is_empty() {
        printer::data("every file is as it was published")?;
    }
    report_problems(&problems, json)
}

/// Shows the problems, unless they are `told` already.
fn report_problems(problems: &[String], told: bool) -> Result<ExitStatus> {
    if problems.is_empty() {
        return Ok(ExitStatus::Success);
    }
    if !told {
        printer::data(&problems.join("\n"))?;
    }
    Ok(ExitStatus::Negative)
}

fn list(current: &Current, json: bool) -> Result<()> {
    if json {
        return printer::json(current);
    }
    if current.apps.is_empty() {
        printer::note("no application has a model; make one with `chameleon customize PATH`");
        return Ok(());
    }
    let width = current.apps.keys().map(String::len).max().unwrap_or(0);
    let lines = current.apps.iter().map(|(app, publication)| format!("{app:width$}  {}", line(publication)));
    Ok(printer::data(&lines.collect::<Vec<_>>().join("\n"))?)
}

fn history(app: &str, history: &History, json: bool) -> Result<()> {
    if json {
        return printer::json(&json!({
            "app": app, "current": history.current, "versions": history.versions,
        }));
    }
    let mark = |publication: &Publication| if publication.version == history.current { "* " } else { "  " };
    let lines = history.versions.iter().map(|publication| format!("{}{}", mark(publication), line(publication)));
    Ok(printer::data(&lines.collect::<Vec<_>>().join("\n"))?)
}

fn line(publication: &Publication) -> String {
    let age = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH + std::time::Duration::from_secs(publication.published_at))
        .unwrap_or_default();
    format!("version {}, published {} ago, {} bytes", publication.version, span(age.as_secs()), publication.bytes)
}

/// A length of time in its largest whole unit.
fn span(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_told_in_its_largest_whole_unit() {
        assert_eq!(span(0), "0 seconds");
        assert_eq!(span(1), "1 second");
        assert_eq!(span(59), "59 seconds");
        assert_eq!(span(7_199), "1 hour");
        assert_eq!(span(200_000), "2 days");
    }
}
