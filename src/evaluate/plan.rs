//! The decisions to evaluate: of a corpus, those it is known to make; of other folders, all that the analyzer finds.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
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

    /// The folders of `path` that hold source and are none of its applications: in a corpus, those without a description.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub(crate) fn left_out(path: &Path) -> Result<Vec<String>> {
        if !corpus::is_corpus(path) {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for folder in corpus::others(path)? {
            if holds_python(&folder)? {
                names.push(file_name(&folder));
            }
        }
        Ok(names)
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
    let holds_applications = path.is_dir() && !holds_python(path)?;
    let name = |process: &DecisionProcess| {
        let file = process.program.files.get(process.call.file as usize);
        let folder = file.and_then(|file| Some(file.split_once('/')?.0)).filter(|_| holds_applications);
        folder.map_or_else(|| file_name(path), |folder| file_name(&path.join(folder)))
    };
    Ok(analysis.processes.into_iter().map(|process| (name(&process), Ok(process))).collect())
}

/// Whether a folder has source of its own: one that has none holds a folder for each application.
fn holds_python(folder: &Path) -> Result<bool> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let is_python = |path: &Path| path.extension().is_some_and(|extension| extension == "py");
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).any(|path| is_python(&path)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::model_catalog;

    const SOURCE: &str = "from google.cloud import vision\nclient = vision.ImageAnnotatorClient()\nfor label in \
        client.label_detection(image=vision.Image(content=open('a.jpg', 'rb').read())).label_annotations:\n    \
        if label.description == 'Dog':\n        print('dog')\n";

    fn names(files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("mine");
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
            std::fs::write(path, SOURCE).expect("is written");
        }
        let plan = Plan::new(&root, &[], &model_catalog().expect("ships")).expect("a plan");
        plan.decisions.into_iter().map(|planned| planned.name).collect()
    }

    #[test]
    fn a_folder_of_applications_names_them_by_their_folders() {
        assert_eq!(names(&["cats/app.py", "dogs/src/app.py"]), ["cats", "dogs"]);
        assert_eq!(names(&["app.py", "lib/other.py"]), ["mine", "mine.2"]);
    }
}
