//! Published models, whatever they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_decision::DecisionProcess;
use chameleon_models::app::{AppFiles, AppManifest, AppModel, BaseRef};
use chameleon_models::zoo::{ImageLabels, Kind};
use chameleon_proxy::registry::Reader;

use crate::cli::Global;
use crate::home::Home;

/// What models are made for beside one another: what is asked about one image.
const BESIDE: [Kind; 2] = [Kind::Labels, Kind::Objects];

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

    /// The application's model of a kind: its own, or that of its part, if it has one; else its own, whatever it answers.
    ///
    /// # Errors
    /// As [`Published::load`].
    pub(crate) fn load_of(app: &str, kind: Kind, global: &Global) -> Result<Self> {
        let own = Self::load(app, global);
        if own.as_ref().is_ok_and(|own| own.kind().is_ok_and(|of| of == kind)) {
            return own;
        }
        let part = Self::load(&format!("{app}.{kind}"), global);
        part.ok().filter(|part| part.kind().is_ok_and(|of| of == kind)).map_or(own, Ok)
    }

    /// The models that answer for an application, one a kind: its own, and those of its parts, `NAME.KIND`.
    ///
    /// # Errors
    /// As [`Published::load`].
    pub(crate) fn all_of(app: &str, global: &Global) -> Result<Vec<Self>> {
        let known = Reader::new(Home::resolve(global.home.as_deref())?.registry()).current()?.apps;
        let own = if known.contains_key(app) { Some(Self::load(app, global)?) } else { None };
        let own_kind = own.as_ref().map(Self::kind).transpose()?;
        let mut all = Vec::from_iter(own);
        for kind in Kind::ALL.into_iter().filter(|kind| Some(*kind) != own_kind) {
            let name = format!("{app}.{kind}");
            if known.contains_key(&name) {
                let part = Self::load(&name, global)?;
                // Else it is an application of its own with such a name.
                all.extend(if part.kind()? == kind { Some(part) } else { None });
            }
        }
        // Without any, that says so.
        if all.is_empty() { Ok(vec![Self::load(app, global)?]) } else { Ok(all) }
    }

    /// Writes an application's models for the other APIs that a decision of it asks into new folders in `work`, and tells the
    /// trainer where. `app` is the name of the application or of one of its parts.
    ///
    /// # Errors
    /// A model is damaged, or the folder cannot be written.
    pub(crate) fn beside(app: &str, process: &DecisionProcess, work: &Path, global: &Global) -> Result<Vec<OsString>> {
        let own = Kind::of_api(&process.api);
        if own.is_none_or(|kind| !BESIDE.contains(&kind)) {
            return Ok(Vec::new());
        }
        let part = own.and_then(|kind| app.strip_suffix(&format!(".{kind}")));
        let asked = process.program.other_apis().into_values().filter_map(|(api, _)| Kind::of_api(&api));
        let asked: BTreeSet<Kind> = asked.filter(|kind| Some(*kind) != own).collect();
        let known = Reader::new(Home::resolve(global.home.as_deref())?.registry()).current()?.apps;
        let mut words = Vec::new();
        for kind in asked.into_iter().filter(|kind| BESIDE.contains(kind)) {
            let names = [app, part.unwrap_or(app)].map(|name| [name.to_owned(), format!("{name}.{kind}")]).concat();
            for name in names.iter().filter(|name| known.contains_key(*name)) {
                let model = Self::load(name, global)?;
                if model.kind()? == kind {
                    let folder = work.join(format!("beside-{kind}"));
                    model.write(&folder)?;
                    words.extend(["--beside".into(), folder.into()]);
                    break;
                }
            }
        }
        Ok(words)
    }

    /// The name that it is published under.
    pub(crate) fn name(&self) -> &str {
        &self.app
    }

    /// What the model answers.
    ///
    /// # Errors
    /// As [`Published::manifest`].
    pub(crate) fn kind(&self) -> Result<Kind> {
        Ok(Kind::of_base(&self.manifest()?.base))
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
