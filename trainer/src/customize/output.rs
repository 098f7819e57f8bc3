//! Writing the application's model folder: whole or not at all.

use std::path::Path;

use anyhow::Result;
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
    let labels = task.pool.labels_of(&task.labels);
    // Outputs of one label are shifted alike, and the first outputs are one for each.
    let offsets = task.by_label(&candidate.tuned.offsets);
    let bias = candidate.delta.head.bias.iter().zip(offsets).map(|(bias, offset)| bias + offset).collect();
    let manifest = AppManifest {
        version: FORMAT_VERSION,
        app: evaluation.app.clone(),
        base: BaseRef::of(model),
        labels: labels.iter().map(|&label| model.labels()[usize::from(label)].name.clone()).collect(),
        layers: None,
        others: candidate.tuned.others,
        process: serde_json::to_value(process)?,
        evaluation: serde_json::to_value(evaluation)?,
        recipe: serde_json::to_value(&evaluation.recipe)?,
    };
    let app = AppModel::new(manifest, candidate.delta.head.weight.clone(), bias, model)?;
    Ok(match &candidate.delta.layers {
        Some(layers) => app.with_layers(layers, model)?,
        None => app,
    })
}

/// Writes the application's folder: whole or not at all. An app model that was there stays until the new one is whole.
///
/// # Errors
/// The folder cannot be written, or something else than an app model is in its place.
pub fn write(folder: &Path, model: &AppModel, evaluation: &Evaluation) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(evaluation)?;
    json.push(b'\n');
    Ok(model.write(folder, &[(EVALUATION_JSON, &json)])?)
}
