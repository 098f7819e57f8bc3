//! Writing app models: the folder is whole or not there.

use std::io;
use std::path::Path;

use super::{APP_JSON, AppError, AppModel, HEAD_FILE, LAYERS_FILE};
use crate::files::replace_folder;
use crate::weights::Precision;

impl AppModel {
    /// Writes the model's folder, with `more` files beside its own: whole or not at all. An app model that is there
    /// already is replaced, anything else is left alone.
    ///
    /// # Errors
    /// The folder cannot be written, or something else is in its place.
    pub fn write(&self, folder: &Path, more: &[(&str, &[u8])]) -> Result<(), AppError> {
        let features = self.weight.len() / self.rows.len().max(1);
        let head = self.tensors(features)?.write_safetensors(Precision::F32)?;
        let mut json = serde_json::to_vec(&self.manifest)?;
        json.push(b'\n');
        let layers = self.layers.write_safetensors(Precision::F16)?;
        let mut files = vec![(APP_JSON, json.as_slice()), (HEAD_FILE, head.as_slice())];
        if self.manifest.layers.is_some() {
            files.push((LAYERS_FILE, &layers));
        }
        files.extend(more);
        replace_folder(folder, APP_JSON, &files).map_err(|source| {
            let path = folder.display().to_string();
            if source.kind() == io::ErrorKind::AlreadyExists {
                AppError::Occupied(path)
            } else {
                AppError::Io { path, source }
            }
        })
    }
}
