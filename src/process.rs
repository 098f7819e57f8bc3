//! Choosing one decision process of an application.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chameleon_analyzer::Analysis;
use chameleon_decision::{DecisionProcess, Vocabulary};

/// The labels of `file`, one a line; else those of the image-label model that ships.
///
/// # Errors
/// The file cannot be read or holds no label.
pub(crate) fn vocabulary(file: Option<&Path>) -> Result<Vocabulary> {
    let Some(file) = file else {
        return Ok(chameleon_models::zoo::image_label_vocabulary()?);
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let labels: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect();
    if labels.is_empty() {
        bail!("{}: no label in it; write one a line", file.display());
    }
    Ok(Vocabulary { name: file.display().to_string(), labels })
}

/// Analyzes `path` and takes its only decision process, or the one whose call is at `call` (`FILE:LINE` or `LINE`).
///
/// # Errors
/// There is none, or several and `call` does not single one out; the message lists them.
pub(crate) fn find(path: &Path, call: Option<&str>) -> Result<DecisionProcess> {
    let analysis = chameleon_analyzer::analyze(path, &vocabulary(None)?)?;
    choose(analysis, call).with_context(|| format!("{}", path.display()))
}

fn choose(analysis: Analysis, call: Option<&str>) -> Result<DecisionProcess> {
    let place = |process: &DecisionProcess| {
        let file = process.program.files.get(process.call.file as usize).map_or("?", String::as_str);
        format!("{file}:{}", process.call.line)
    };
    let wanted = |process: &DecisionProcess| {
        call.is_none_or(|call| {
            let place = place(process);
            place == call || place.ends_with(&format!("/{call}")) || place.ends_with(&format!(":{call}"))
        })
    };
    let places: Vec<String> = analysis.processes.iter().map(place).collect();
    let mut chosen: Vec<DecisionProcess> = analysis.processes.into_iter().filter(wanted).collect();
    match (chosen.len(), places.is_empty()) {
        (1, _) => Ok(chosen.remove(0)),
        (_, true) => match analysis.problems.first() {
            Some(problem) => bail!("no decision found; {}:{}: {}", problem.file, problem.line, problem.reason),
            None => bail!("no call of a known ML API found"),
        },
        (0, _) => bail!("no call at {}; there are {}", call.unwrap_or_default(), places.join(", ")),
        _ => bail!("several calls; choose one with --call: {}", places.join(", ")),
    }
}
