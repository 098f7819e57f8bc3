//! Source code to decision processes.
//!
//! [`analyze`] reads an application's source, finds the calls of known ML APIs, cuts the slice of the application that
//! decides from their answers and hands it back as [`DecisionProcess`]es. The code that is read is never run.
//!
//! Nothing is guessed in silence: what cannot be followed is an [`Analysis::problems`] entry with file, line and reason,
//! and one bad file never stops a run over many.

#![forbid(unsafe_code)]

mod apis;
mod calls;
mod data;
mod python;
mod render;
mod secrets;
mod source;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chameleon_decision::{DecisionProcess, FORMAT_VERSION, Problem};

pub use apis::{ApisError, Catalog};
pub use render::{render, render_process};
pub use source::Skipped;

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The file or folder that was analyzed.
    pub root: PathBuf,
    /// How many Python files were read.
    pub files: usize,
    /// One process per API call and function that decides from it, in order of file and line.
    pub processes: Vec<DecisionProcess>,
    /// What could not be followed, in order of file and line.
    pub problems: Vec<Problem>,
    /// Folders that were not looked into, in order of path.
    pub skipped: Vec<Skipped>,
    /// Text of the files the processes point into, by path relative to the root.
    pub sources: BTreeMap<String, Arc<str>>,
}

impl Analysis {
    /// The JSON form, as `schema.json` of this crate describes it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "version": FORMAT_VERSION,
            "files": self.files,
            "processes": self.processes,
            "problems": self.problems,
            "skipped": self.skipped,
        })
    }
}

/// Why there is no analysis at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyzeError {
    /// Nothing has this path.
    #[error("{} does not exist", path.display())]
    NotFound {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is there but cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path asked for.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is not Python was given.
    #[error("{} is not a Python file (its name does not end in .py, and no Python starts it)", path.display())]
    NotPython {
        /// The path asked for.
        path: PathBuf,
    },
    /// A folder without Python files.
    #[error("no Python file under {}", path.display())]
    NoPythonFile {
        /// The path asked for.
        path: PathBuf,
    },
}

/// Analyzes one file, or every Python file under a folder.
///
/// What is called and what it can answer is looked up in `catalog`.
///
/// # Errors
///
/// Only when there is nothing to analyze, see [`AnalyzeError`]; trouble inside the files is in [`Analysis::problems`].
pub fn analyze(root: &Path, catalog: &Catalog) -> Result<Analysis, AnalyzeError> {
    analyze_from(root, catalog, None)
}

/// As [`analyze`]; with `entry` every slice begins at the function of that name (`function`, `Class.method`), whoever
/// else may decide further out. Calls of an API that are not reached from there are left out.
///
/// # Errors
///
/// As [`analyze`].
pub fn analyze_from(root: &Path, catalog: &Catalog, entry: Option<&str>) -> Result<Analysis, AnalyzeError> {
    let source::Sources { files, mut problems, skipped, data } = source::read(root)?;
    let found = python::analyze(&files, &data, catalog, entry);
    problems.extend(found.problems);
    problems.sort_by(|a, b| (&a.file, a.line, &a.reason).cmp(&(&b.file, b.line, &b.reason)));
    problems.dedup();
    let sources = files
        .iter()
        .filter(|file| found.processes.iter().any(|process| process.program.files.contains(&file.path)))
        .map(|file| (file.path.clone(), Arc::clone(&file.text)))
        .collect();
    let (root, files, processes) = (root.to_owned(), files.len(), found.processes);
    Ok(Analysis { root, files, processes, problems, skipped, sources })
}
