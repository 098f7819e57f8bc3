//! The decisions to evaluate: of a corpus, those it is known to make; of other folders, all that the analyzer finds.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, bail};
use chameleon_analyzer::Catalog;
use chameleon_decision::DecisionProcess;
use serde::Serialize;

use crate::corpus;

/// Version of the form that the trainer reads.
const FORMAT_VERSION: u32 = 1;

/// What the trainer is told.
#[derive(Serialize)]
pub(crate) struct Plan {
    version: u32,
    decisions: Vec<Planned>,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Planned {
    name: String,
    process: DecisionProcess,
}

#[derive(Serialize)]
struct Skipped {
    name: String,
    reason: String,
}

impl Plan {
    /// The decisions of `path`: a corpus, an application's folder or a file. `only` keeps those whose names it holds;
    /// empty, it keeps all.
    ///
    /// # Errors
    /// There is nothing to read, or nothing of one of these names.
    pub(crate) fn new(path: &Path, only: &[String], catalog: &Catalog) -> Result<Self> {
        let found =
            if corpus::is_corpus(path) { of_corpus(path, only, catalog)? } else { of_application(path, catalog)? };
        let mut plan = Self { version: FORMAT_VERSION, decisions: Vec::new(), skipped: Vec::new() };
        let mut taken = HashSet::new();
        for (name, process) in found {
            let name = unique(&name, &mut taken);
            if !only.is_empty() && !only.contains(&name) {
                continue;
            }
            match process {
                Ok(process) => plan.decisions.push(Planned { name, process }),
                Err(reason) => plan.skipped.push(Skipped { name, reason }),
            }
        }
        if let Some(missing) = only.iter().find(|only| !taken.contains(*only)) {
            bail!("{}: no decision `{missing}`", path.display());
        }
        Ok(plan)
    }

    /// How many decisions there are to evaluate.
    pub(crate) fn len(&self) -> usize {
        self.decisions.len()
    }
}

type Found = Vec<(String, Result<DecisionProcess, String>)>;

fn of_corpus(path: &Path, only: &[String], catalog: &Catalog) -> Result<Found> {
    let mut found = Vec::new();
    for app in corpus::read(path)? {
        let name = file_name(&app.folder);
        // A second decision's name begins as the first one's.
        if !only.is_empty() && !only.iter().any(|only| only.split('.').next() == Some(&name)) {
            continue;
        }
        for checked in corpus::check(&app, None, catalog) {
            let reason = || format!("{}: {}", checked.api, checked.differences.join("; "));
            found.push((name.clone(), checked.process.ok_or_else(reason)));
        }
    }
    Ok(found)
}

fn of_application(path: &Path, catalog: &Catalog) -> Result<Found> {
    let analysis = chameleon_analyzer::analyze(path, catalog)?;
    let name = file_name(path);
    Ok(analysis.processes.into_iter().map(|process| (name.clone(), Ok(process))).collect())
}

/// The last part of a path, with characters that any file name may have.
fn file_name(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '-' };
    name.chars().map(plain).collect()
}

/// The name, with a number where it is taken.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|n| format!("{name}.{n}"));
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
    // The candidates never end.
    candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or_default()
}
