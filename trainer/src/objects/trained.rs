//! A finished training on disk: `trained.safetensors`, and `trained.json`, which says how and on what.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chameleon_models::app::BaseRef;
use chameleon_models::files::replace;
use chameleon_models::weights::{Precision, Weights};
use chameleon_models::zoo::{ImageLabels, sha256};
use serde::{Deserialize, Serialize};

use super::Settings;

const WEIGHTS: &str = "trained.safetensors";
const DESCRIPTION: &str = "trained.json";

/// The parameters as trained, before their scores are calibrated.
pub(super) struct Trained {
    pub(super) settings: Settings,
    /// The network that they stand on.
    pub(super) base: BaseRef,
    /// Those of the detector's nodes and of the names' rows.
    pub(super) weights: Weights,
}

#[derive(Serialize, Deserialize)]
struct Description {
    settings: Settings,
    base: BaseRef,
    /// SHA-256 of the parameters.
    weights: String,
}

impl Trained {
    /// Writes both files, the description last: a reader that is too early finds that they do not fit.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn write(self, folder: &Path) -> Result<()> {
        let bytes = self.weights.write_safetensors(Precision::F32)?;
        let description = Description { settings: self.settings, base: self.base, weights: sha256(&bytes) };
        for (name, bytes) in [(WEIGHTS, bytes), (DESCRIPTION, serde_json::to_vec_pretty(&description)?)] {
            let path = folder.join(name);
            replace(&path, &bytes).with_context(|| format!("{}", path.display()))?;
        }
        Ok(())
    }

    /// Reads what was trained on `backbone`.
    ///
    /// # Errors
    /// A file cannot be read, the two are of different trainings, or it was trained on another network.
    pub(super) fn read(folder: &Path, backbone: &ImageLabels) -> Result<Self> {
        let description = read(&folder.join(DESCRIPTION))?;
        let Description { settings, base, weights: expected } =
            serde_json::from_slice(&description).with_context(|| format!("{}", folder.join(DESCRIPTION).display()))?;
        let path = folder.join(WEIGHTS);
        let bytes = read(&path)?;
        ensure!(sha256(&bytes) == expected, "{}: not the parameters that {DESCRIPTION} is about", path.display());
        let here = BaseRef::of(backbone);
        ensure!(
            base == here,
            "{}: trained on `{}` with weights {}, not on {}; train it anew",
            folder.display(),
            base.name,
            base.weights_sha256,
            here.weights_sha256
        );
        let weights = Weights::read_safetensors(&bytes).with_context(|| format!("{}", path.display()))?;
        Ok(Self { settings, base, weights })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{}", path.display()))
}
