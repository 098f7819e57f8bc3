//! Published models, whatever they answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_models::app::{AppFiles, AppManifest, AppModel, BaseRef};
use chameleon_models::zoo::{ImageLabels, TextTask, objects};
use chameleon_proxy::registry::Reader;

use crate::cli::Global;
use crate::home::Home;

/// What a model made from this network answers, in a word; one of labels may have any name.
pub(crate) fn kind(base: &BaseRef) -> &'static str {
    let texts = TextTask::ALL.into_iter().map(TextTask::name);
    let found = texts.chain([objects::NAME]).find(|name| *name == base.name);
    found.and_then(|name| name.rsplit('-').next()).unwrap_or("labels")
}

/// The files of an application's published model.
pub(crate) struct Published {
    app: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Published {
    /// Reads them.
    ///
    /// # Errors
    /// The application has none, or one is missing or damaged.
    pub(crate) fn load(app: &str, global: &Global) -> Result<Self> {
        let model = Reader::new(Home::resolve(global.home.as_deref())?.registry()).load(app)?;
        Ok(Self { app: app.to_owned(), files: model.files })
    }

    /// Writes them into a new folder.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir(folder).with_context(|| format!("{}", folder.display()))?;
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("{}", path.display()))?;
        }
        Ok(())
    }

    /// What the model is.
    ///
    /// # Errors
    /// The description is missing or of another version.
    pub(crate) fn manifest(&self) -> Result<AppManifest> {
        self.described().with_context(|| self.app.clone())
    }

    /// The model itself, of image labels.
    ///
    /// # Errors
    /// It was made for another network, or is damaged.
    pub(crate) fn labels(&self, base: &ImageLabels) -> Result<AppModel> {
        let model = self.parts().and_then(|files| Ok(AppModel::from_bytes(files, base)?));
        model.with_context(|| self.app.clone())
    }

    /// Whether it was made for this network.
    ///
    /// # Errors
    /// As [`Published::manifest`].
    pub(crate) fn is_for(&self, base: &ImageLabels) -> Result<bool> {
        Ok(self.manifest()?.base.name == BaseRef::of(base).name)
    }

    fn described(&self) -> Result<AppManifest> {
        Ok(AppManifest::read(self.parts()?.app_json)?)
    }

    fn parts(&self) -> Result<AppFiles<'_>> {
        Ok(AppFiles::find(|name| self.files.get(name).map(|bytes| &bytes[..]))?)
    }
}
