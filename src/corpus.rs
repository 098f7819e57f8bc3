//! Applications with their expected decisions: `app.json` beside the sources.

mod compare;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chameleon_analyzer::{Analysis, Catalog};
use chameleon_decision::DecisionProcess;
use serde::{Deserialize, Serialize};

pub(crate) use compare::differences;

/// The file that describes an application.
const DESCRIPTION: &str = "app.json";

/// An application of the corpus.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct App {
    /// Its name.
    pub(crate) name: String,
    /// The application whose decision it has.
    pub(crate) original: Original,
    /// What it decides, in one sentence.
    pub(crate) about: String,
    /// Its decisions.
    pub(crate) decisions: Vec<Expected>,
    /// Where its sources are.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// Where a decision was found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Original {
    /// `owner/name` on GitHub.
    #[serde(default)]
    pub(crate) repository: Option<String>,
    /// The commit that was read.
    #[serde(default)]
    pub(crate) commit: Option<String>,
    /// The file with the call.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// The function whose decision is described, where its callers decide further.
    #[serde(default)]
    pub(crate) decides_in: Option<String>,
    /// `code` when it was read, `white-list` when only its words are known.
    pub(crate) known_from: String,
}

/// An expected decision.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Expected {
    /// E.g. `google/vision/label_detection`.
    pub(crate) api: String,
    /// Where the API is called.
    pub(crate) calls_in: Place,
    /// E.g. `multi_choice`.
    #[serde(rename = "type")]
    pub(crate) decision_type: String,
    #[serde(default)]
    pub(crate) order: Option<String>,
    #[serde(default)]
    pub(crate) branches: Vec<ExpectedBranch>,
    #[serde(default)]
    pub(crate) ranges: Vec<ExpectedRange>,
    #[serde(default)]
    pub(crate) top_k: Option<u32>,
    /// Words that are written and change nothing.
    #[serde(default)]
    pub(crate) idle: Vec<String>,
}

/// A function of a file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Place {
    pub(crate) file: String,
}

/// An expected branch.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExpectedBranch {
    pub(crate) outcome: String,
    pub(crate) words: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) mode: String,
    #[serde(default)]
    pub(crate) min_score: Option<f64>,
    #[serde(default)]
    pub(crate) min_score_inclusive: bool,
    #[serde(default)]
    pub(crate) negated: bool,
    /// What else an item must be, with the values in the API's order.
    #[serde(default)]
    pub(crate) conditions: Vec<ExpectedCondition>,
    /// Set where the branch is another API's.
    #[serde(default)]
    pub(crate) api: Option<String>,
}

/// Values of a field that an item must have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ExpectedCondition {
    pub(crate) field: String,
    pub(crate) values: Vec<String>,
}

/// An expected interval.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExpectedRange {
    #[serde(default)]
    pub(crate) low: Option<f64>,
    #[serde(default)]
    pub(crate) low_inclusive: bool,
    #[serde(default)]
    pub(crate) high: Option<f64>,
    #[serde(default)]
    pub(crate) high_inclusive: bool,
}

impl App {
    /// The checkout of the original below a folder: named as the repository or as the application, in any case.
    pub(crate) fn checkout(&self, folder: &Path) -> Option<PathBuf> {
        let own = self.folder.file_name().map(|name| name.to_string_lossy().to_lowercase());
        let repository =
            self.original.repository.as_ref().and_then(|path| path.rsplit('/').next()).map(str::to_lowercase);
        let wanted = [repository, own, Some(self.name.to_lowercase())];
        let mut folders = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        folders.find(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
            path.is_dir() && wanted.iter().any(|wanted| wanted.is_some() && *wanted == name)
        })
    }
}

/// Whether a folder holds applications with descriptions.
pub(crate) fn is_corpus(folder: &Path) -> bool {
    folders(folder).is_ok_and(|folders| !folders.is_empty())
}

/// The applications below a folder, by name of their folders.
///
/// # Errors
/// The folder cannot be read, holds none, or a description is broken.
pub(crate) fn read(folder: &Path) -> Result<Vec<App>> {
    let folders = folders(folder).with_context(|| format!("{}", folder.display()))?;
    if folders.is_empty() {
        bail!("{}: no application with an {DESCRIPTION} below it", folder.display());
    }
    folders.into_iter().map(read_app).collect()
}

/// The folders beside them that have no description.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn others(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut others: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    others.retain(|path| path.is_dir() && !path.join(DESCRIPTION).is_file() && !is_hidden(path));
    others.sort();
    Ok(others)
}

fn folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|path| path.join(DESCRIPTION).is_file());
    folders.sort();
    Ok(folders)
}

fn read_app(folder: PathBuf) -> Result<App> {
    let path = folder.join(DESCRIPTION);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let app: App = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    Ok(App { folder, ..app })
}

/// What the analyzer made of one expected decision.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    pub(crate) app: String,
    pub(crate) api: String,
    /// The process that fits best, if there is any of that API.
    #[serde(skip)]
    pub(crate) process: Option<DecisionProcess>,
    /// In what it differs; empty when it is the expected decision.
    pub(crate) differences: Vec<String>,
}

/// Analyzes an application, in its own folder or in a checkout of the original, and compares. Where there is nothing to
/// analyze, that is the difference.
pub(crate) fn check(app: &App, checkout: Option<&Path>, catalog: &Catalog) -> Vec<Checked> {
    let folder = checkout.unwrap_or(&app.folder);
    let entry = app.original.decides_in.as_deref().filter(|_| checkout.is_some());
    let analysis = chameleon_analyzer::analyze_from(folder, catalog, entry);
    let one = |expected: &Expected| {
        let (differences, process) = match &analysis {
            Ok(analysis) => best(app, expected, analysis, checkout.is_some()),
            Err(error) => (vec![error.to_string()], None),
        };
        Checked { app: app.name.clone(), api: expected.api.clone(), process, differences }
    };
    app.decisions.iter().map(one).collect()
}

/// The process that comes closest to what is expected, and in what it still differs.
fn best(app: &App, expected: &Expected, analysis: &Analysis, original: bool) -> (Vec<String>, Option<DecisionProcess>) {
    let file =
        |process: &DecisionProcess| process.program.files.get(process.call.file as usize).cloned().unwrap_or_default();
    let wanted = match &app.original.file {
        Some(file) if original => file,
        _ => &expected.calls_in.file,
    };
    let candidates = analysis.processes.iter().filter(|process| process.api.path() == expected.api);
    let mut found: Vec<(Vec<String>, &DecisionProcess)> = candidates
        .map(|process| {
            let mut differences = differences(expected, &process.summary);
            if !file(process).ends_with(wanted.as_str()) {
                differences.push(format!("called in {}, expected in {wanted}", file(process)));
            }
            (differences, process)
        })
        .collect();
    found.sort_by_key(|found| found.0.len());
    match found.into_iter().next() {
        Some((differences, process)) => (differences, Some(process.clone())),
        None => (vec![not_found(analysis)], None),
    }
}

fn not_found(analysis: &Analysis) -> String {
    let reasons: Vec<String> = analysis
        .problems
        .iter()
        .take(3)
        .map(|problem| format!("{}:{} {}", problem.file, problem.line, problem.reason))
        .collect();
    if reasons.is_empty() {
        "no decision found".to_owned()
    } else {
        format!("no decision found; {}", reasons.join("; "))
    }
}
