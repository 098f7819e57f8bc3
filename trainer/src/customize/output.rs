//! Writing the application's model folder: whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_decision::DecisionProcess;
use chameleon_models::app::{AppManifest, AppModel, BaseRef, FORMAT_VERSION};
use chameleon_models::zoo::Generic;

use super::Compared;
use super::report::Evaluation;

/// The measured result's file name in the folder.
pub const EVALUATION_JSON: &str = "evaluation.json";

/// The application's model: the served candidate's rows, with its thresholds in the bias.
///
/// # Errors
/// The parts do not fit each other.
pub fn app_model(process: &DecisionProcess, model: &dyn Generic, compared: &Compared) -> Result<AppModel> {
    let Compared { task, candidates, measured } = compared;
    let (candidate, evaluation) = (&candidates[measured.served], &measured.evaluation);
    let offsets = task.by_label(&candidate.tuned.offsets);
    let bias = candidate.head.bias.iter().zip(offsets).map(|(bias, offset)| bias + offset).collect();
    let manifest = AppManifest {
        version: FORMAT_VERSION,
        app: evaluation.app.clone(),
        base: BaseRef::of(model),
        labels: task.labels.iter().map(|&label| model.labels()[usize::from(label)].name.clone()).collect(),
        others: candidate.tuned.others,
        process: serde_json::to_value(process)?,
        evaluation: serde_json::to_value(evaluation)?,
        recipe: serde_json::to_value(&evaluation.recipe)?,
    };
    Ok(AppModel::new(manifest, candidate.head.weight.clone(), bias, model)?)
}

/// Writes `folder` beside its final place, then moves it there. A killed run leaves at most a hidden temporary folder;
/// an app model that was there stays until the new one is whole.
///
/// # Errors
/// The folder cannot be written, or something else than an app model is in its place.
pub fn write(folder: &Path, model: &AppModel, evaluation: &Evaluation) -> Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("{}", parent.display()))?;
    let staging = tempfile::Builder::new().prefix(".customize-").tempdir_in(parent)?;
    let new = staging.path().join("new");
    model.write(&new)?;
    let mut file = File::create(new.join(EVALUATION_JSON))?;
    serde_json::to_writer_pretty(&mut file, evaluation)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let occupied = folder.symlink_metadata().is_ok();
    if occupied {
        let replaceable = folder.join(chameleon_models::app::APP_JSON).is_file();
        anyhow::ensure!(replaceable, "{} exists and is not an app model; choose another folder", folder.display());
        fs::rename(folder, staging.path().join("old"))?;
    }
    fs::rename(&new, folder).with_context(|| format!("{}", folder.display()))
}
