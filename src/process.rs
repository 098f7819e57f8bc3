//! Choosing one decision process of an application.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chameleon_analyzer::{Analysis, Catalog};
use chameleon_decision::{DecisionProcess, Vocabulary};
use chameleon_models::app::AppManifest;

/// Nothing is decided there, which is an answer and no failure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoDecision(pub(crate) String);

/// The name of the vocabulary that a file without a name of its own stands for.
const IMAGE_LABELS: &str = "image-labels";
/// The name of the vocabulary of topics.
const TOPICS: &str = "content-categories";
/// The name of the vocabulary of objects.
const OBJECTS: &str = "objects";

/// The APIs that ship with those of the TOML files `apis`; the labels of the image-label model that ships, and the
/// vocabularies of `files`, each `FILE` or `VOCABULARY=FILE`, one name a line.
///
/// # Errors
/// A file cannot be read, holds no name, is no table of APIs, or is for a vocabulary that no API has.
pub(crate) fn catalog(files: &[String], apis: &[PathBuf]) -> Result<Catalog> {
    let mut catalog = Catalog::new(chameleon_models::zoo::image_label_vocabulary()?);
    for path in apis {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        catalog = catalog.with_apis(&text).with_context(|| format!("{}", path.display()))?;
    }
    for file in files {
        let (name, path) = file.split_once('=').unwrap_or((IMAGE_LABELS, file));
        let known: BTreeSet<&str> = catalog.apis().filter_map(|api| api.vocabulary.as_deref()).collect();
        if !known.contains(name) {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            bail!("no API has a vocabulary `{name}`; there are {known}");
        }
        catalog.add_vocabulary(name, Vocabulary { name: path.to_owned(), labels: vocabulary_of(Path::new(path))? });
    }
    Ok(catalog)
}

/// As [`catalog`] of what ships, with the names that the models which ship can answer: what a model is customized and
/// evaluated for.
///
/// # Errors
/// The program was built with models that do not fit their manifests.
pub(crate) fn model_catalog() -> Result<Catalog> {
    let mut catalog = catalog(&[], &[])?;
    catalog.add_vocabulary(TOPICS, chameleon_models::zoo::topic_vocabulary()?);
    catalog.add_vocabulary(OBJECTS, chameleon_models::zoo::image_object_vocabulary()?);
    Ok(catalog)
}

fn vocabulary_of(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect();
    if names.is_empty() {
        bail!("{}: no name in it; write one a line", file.display());
    }
    Ok(names)
}

/// Analyzes `path` and takes its only decision process, or the one whose call is at `call`: `LINE`, with `FILE:` before it,
/// after it `:FUNCTION` where the decision begins, `:OPERATION` that is asked for, or both.
///
/// # Errors
/// There is none, or several and `call` does not single one out; the message lists them.
pub(crate) fn find(path: &Path, call: Option<&str>) -> Result<DecisionProcess> {
    let analysis = chameleon_analyzer::analyze(path, &model_catalog()?)?;
    choose(analysis, call).with_context(|| format!("{}", path.display()))
}

/// The decision process that a model was made for.
///
/// # Errors
/// It holds none, or one of another version.
pub(crate) fn of_model(manifest: &AppManifest) -> Result<DecisionProcess> {
    DecisionProcess::from_json(&manifest.process.to_string()).context("the model's decision process")
}

fn choose(analysis: Analysis, call: Option<&str>) -> Result<DecisionProcess> {
    let fits = |place: &str, call: &str| {
        place == call || place.ends_with(&format!("/{call}")) || place.ends_with(&format!(":{call}"))
    };
    let wanted = |process: &DecisionProcess| call.is_none_or(|call| names(process).iter().any(|name| fits(name, call)));
    let places: Vec<String> = analysis.processes.iter().filter_map(|process| names(process).pop()).collect();
    let mut chosen: Vec<DecisionProcess> = analysis.processes.into_iter().filter(wanted).collect();
    // Two ways to a call from which the same is decided are one decision.
    chosen.dedup_by(|next, first| next.call == first.call && next.api == first.api && next.summary == first.summary);
    match (chosen.len(), places.is_empty()) {
        (1, _) => Ok(chosen.remove(0)),
        (_, true) => match analysis.problems.first() {
            Some(problem) => {
                let reason = format!("no decision found; {}:{}: {}", problem.file, problem.line, problem.reason);
                Err(NoDecision(reason).into())
            }
            None => Err(NoDecision("no call of a known ML API found".to_owned()).into()),
        },
        (0, _) => bail!("no call at {}; there are {}", call.unwrap_or_default(), places.join(", ")),
        _ => bail!("several decisions; choose one with --call: {}", places.join(", ")),
    }
}

/// What a process can be called by: the place of its call, with the function in which the decision begins, the operation,
/// and last with both.
fn names(process: &DecisionProcess) -> Vec<String> {
    let file = process.program.files.get(process.call.file as usize).map_or("?", String::as_str);
    let entry =
        process.program.functions.get(process.program.entry.0 as usize).map_or("?", |entry| entry.name.as_str());
    let (place, operation) = (format!("{file}:{}", process.call.line), &process.api.operation);
    vec![
        place.clone(),
        format!("{place}:{entry}"),
        format!("{place}:{operation}"),
        format!("{place}:{entry}:{operation}"),
    ]
}
