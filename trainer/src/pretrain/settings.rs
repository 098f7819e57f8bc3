//! `settings.json` in a run's folder: which network it trains, and how.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chameleon_models::files::replace;
use chameleon_models::zoo::sha256;
use serde::Deserialize;
use serde_json::json;

use super::Options;
use super::checkpoint;

/// The file's name.
pub const SETTINGS: &str = "settings.json";

/// What of a run's settings says which network it has.
#[derive(Deserialize)]
pub(super) struct Shape {
    /// Factor of the number of channels.
    #[serde(default = "narrow")]
    pub(super) width: usize,
    /// SHA-256 of the file of the labels that its outputs are; earlier runs did not keep it.
    #[serde(default)]
    labels: Option<String>,
}

fn narrow() -> usize {
    1
}

/// SHA-256 of a data folder's labels.
pub(super) fn labels_of(data: &Path) -> Result<String> {
    let path = data.join("labels.json");
    Ok(sha256(&fs::read(&path).with_context(|| format!("{}", path.display()))?))
}

impl Shape {
    /// Of the run in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(SETTINGS);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// Checks that the outputs are these labels.
    pub(super) fn check_labels(&self, folder: &Path, labels: &str) -> Result<()> {
        let same = self.labels.as_deref().is_none_or(|own| own == labels);
        ensure!(same, "{}: a run with other labels than those of --data", folder.display());
        Ok(())
    }
}

/// Checks that a checkpoint in the run's folder, if there is one, is of the network that is to be trained.
pub(super) fn check_resumable(options: &Options, labels: &str) -> Result<()> {
    let Options { out, width, .. } = options;
    if !out.join(checkpoint::FILE).exists() {
        return Ok(());
    }
    let shape = Shape::read(out)?;
    shape.check_labels(out, labels)?;
    ensure!(
        shape.width == *width,
        "--width {width}: the run in {} has {}; choose another folder, or go on with --width {}",
        out.display(),
        shape.width,
        shape.width
    );
    Ok(())
}

/// Writes the file.
pub(super) fn write(options: &Options, labels: &str) -> Result<()> {
    let mut settings = serde_json::to_value(options)?;
    settings["labels"] = json!(labels);
    let path = options.out.join(SETTINGS);
    fs::create_dir_all(&options.out).with_context(|| format!("{}", options.out.display()))?;
    replace(&path, &serde_json::to_vec_pretty(&settings)?).with_context(|| format!("{}", path.display()))
}
