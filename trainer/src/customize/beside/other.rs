//! Other APIs that are asked about the same images, and the models that answer them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chameleon_decision::{Api, ApiOutput, DecisionProcess};
use chameleon_models::app::AppModel;
use chameleon_models::labeler::{ImageLabeler, MIN_SCORE};
use chameleon_models::objects::ObjectDetector;
use chameleon_models::preprocess::{self, RgbImage};
use chameleon_models::zoo;
use rayon::prelude::*;

use crate::data::{self, DataSet, Labels, Record};
use crate::measure;
use crate::progress::{Progress, ProgressMode};
use crate::service::{Model, Service};

/// Another API that a program asks about its images, with the model that answers it.
pub struct Other {
    /// Which.
    pub(super) api: Api,
    service: Service,
    model: Model,
    /// What the application's own model changes.
    app: Option<Arc<AppModel>>,
}

impl Other {
    /// The other APIs of a process about images that are about the same, with the application's own models in `folders`.
    ///
    /// # Errors
    /// A model cannot be read, or is none of such an API.
    pub fn of(process: &DecisionProcess, base: Option<&Path>, folders: &[PathBuf]) -> Result<Vec<Self>> {
        let is_of_images = |service: &Service| matches!(service, Service::ImageLabels | Service::ImageObjects);
        let own = Service::of(&process.api).ok().filter(is_of_images);
        // Another API that the same model answers is taken as it is given: the model is still to be made.
        let is_other = |service: &Service| own.is_some_and(|own| own != *service) && is_of_images(service);
        let folders: Vec<(&PathBuf, Service)> =
            folders.iter().map(|folder| Ok((folder, measure::kind(folder)?.0))).collect::<Result<_>>()?;
        let mut others = Vec::new();
        for (api, _) in process.program.other_apis().into_values() {
            let Some(service) = Service::of(&api).ok().filter(is_other) else { continue };
            let model = service.model(base.filter(|base| service.answers_with(base)))?;
            let folder = folders.iter().find(|folder| folder.1 == service).map(|folder| folder.0);
            let read = |folder: &PathBuf| {
                AppModel::read(folder, model.generic()).with_context(|| format!("{}", folder.display()))
            };
            let app = folder.map(read).transpose()?.map(Arc::new);
            others.push(Self { api, service, model, app });
        }
        let is_asked = |service: Service| others.iter().any(|other: &Self| other.service == service);
        if let Some((folder, service)) = folders.iter().find(|folder| !is_asked(folder.1)) {
            bail!("{}: a model of {service}, which this decision does not ask for beside its own", folder.display());
        }
        Ok(others)
    }

    /// The names that it answers with.
    pub fn labels(&self) -> Labels {
        Labels::new(self.model.generic().labels())
    }

    /// Whose model it is and which API's, for people.
    pub(super) fn described(&self) -> String {
        let whose = if self.app.is_some() { "the application's model" } else { "the generic model" };
        format!("{} of {}", whose, self.api.operation.replace('_', " "))
    }

    /// Its answer to each image of a set, as it is served.
    ///
    /// # Errors
    /// An image cannot be read, or the model cannot be run.
    pub(super) fn answers(&self, set: &DataSet, mode: ProgressMode) -> Result<Vec<ApiOutput>> {
        let least = self.api.default_least.unwrap_or(0.0).max(MIN_SCORE);
        let sight = self.sight()?;
        let records: Vec<usize> = (0..set.records.len()).collect();
        let mut answers = Vec::with_capacity(records.len());
        data::decoded(set, &records, Progress::start(mode, "other answers", records.len() as u64), |images| {
            let answer = |image| ApiOutput::labels(sight.names(image).into_iter().filter(|(_, score)| *score >= least));
            answers.extend(images.par_iter().map(answer).collect::<Vec<_>>());
        })?;
        Ok(answers)
    }

    fn sight(&self) -> Result<Sight> {
        Ok(match &self.model {
            Model::Images(model) => {
                let labeler = ImageLabeler::new(model)?;
                Sight::Labels(match &self.app {
                    Some(app) => labeler.for_app(model, Arc::clone(app))?,
                    None => labeler,
                })
            }
            Model::Objects(model) => {
                Sight::Objects(Box::new(ObjectDetector::new(&zoo::image_labels()?, model)?), self.app.clone())
            }
            Model::Texts(_) => bail!("{}: not about images", self.api.path()),
        })
    }

    /// The right answers for an image: each of what is true comes first in one of them.
    pub(super) fn right(&self, record: &Record) -> Vec<ApiOutput> {
        let labels = self.model.generic().labels();
        let mut shown = record.objects.clone();
        shown.extend(record.labels.iter().filter(|label| record.objects.binary_search(label).is_err()));
        shown.sort_unstable();
        let name = |label: &u16| labels[usize::from(*label)].name.as_str();
        if shown.is_empty() {
            return vec![ApiOutput::sure([])];
        }
        let starts = (0..shown.len()).filter(|&first| first == 0 || shown[first] != shown[first - 1]);
        let in_order = |first: usize| {
            let rest = shown[..first].iter().chain(&shown[first + 1..]);
            ApiOutput::sure(std::iter::once(&shown[first]).chain(rest).map(name))
        };
        starts.map(in_order).collect()
    }
}

/// A model that is ready to look at images.
enum Sight {
    Labels(ImageLabeler),
    Objects(Box<ObjectDetector>, Option<Arc<AppModel>>),
}

impl Sight {
    /// What it finds in an image, with scores, highest first.
    fn names(&self, image: &RgbImage) -> Vec<(String, f64)> {
        match self {
            Self::Labels(labeler) => {
                let features = labeler.features(&[preprocess::tensor(image, labeler.input())]);
                let labels = features.iter().flat_map(|features| labeler.labels(features));
                labels.map(|label| (label.description, label.score)).collect()
            }
            Self::Objects(detector, app) => {
                let objects = detector.detect(image, app.as_deref()).into_iter();
                objects.map(|object| (object.name, object.score)).collect()
            }
        }
    }
}
