//! What other APIs answer for the same images, where an application's decision hangs on that, too.
//!
//! Such a decision is right where the program comes to what it comes to when all of its APIs answer what is true. So a
//! model for one of them is trained, tuned and measured beside what the others' models answer for each image, as they are
//! served: another error of theirs is one that no label of this one mends, or one that it can. The models of one
//! application are made one after the other, each beside those that are there (coordinate descent).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_decision::{Api, ApiOutput, DecisionProcess, Given};
use chameleon_models::app::AppModel;
use chameleon_models::bank::Split;
use chameleon_models::labeler::{ImageLabeler, MIN_SCORE};
use chameleon_models::objects::ObjectDetector;
use chameleon_models::preprocess::{self, RgbImage};
use chameleon_models::zoo;
use rayon::prelude::*;

use crate::data::{self, DataError, DataSet, Labels, Record};
use crate::measure;
use crate::progress::{Progress, ProgressMode};
use crate::service::{Model, Service};

/// What other APIs answer for N images.
pub struct Beside {
    /// Each a set of their answers, none twice.
    pub situations: Vec<Vec<Given>>,
    /// The situation of each image, N.
    pub answered: Vec<u32>,
    /// What it is where the others answer what is true: of each image one situation for every order of that, N.
    pub right: Vec<Vec<u32>>,
    /// Who answers, for people.
    pub models: Vec<String>,
}

/// Another API that a program asks about its images, with the model that answers it.
pub struct Other {
    api: Api,
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
        let mut folders: Vec<(&PathBuf, Service)> =
            folders.iter().map(|folder| Ok((folder, measure::kind(folder)?.0))).collect::<Result<_>>()?;
        let mut others = Vec::new();
        if Service::of(&process.api).is_ok_and(|service| is_of_images(&service)) {
            for (api, _) in process.program.other_apis().into_values() {
                let Some(service) = Service::of(&api).ok().filter(is_of_images) else { continue };
                let model = service.model(base.filter(|base| service.answers_with(base)))?;
                let own = folders.iter().position(|folder| folder.1 == service).map(|place| folders.remove(place).0);
                let read = |folder: &PathBuf| {
                    AppModel::read(folder, model.generic()).with_context(|| format!("{}", folder.display()))
                };
                let app = own.map(read).transpose()?.map(Arc::new);
                others.push(Self { api, model, app });
            }
        }
        if let Some((folder, service)) = folders.first() {
            ensure!(
                false,
                "{}: a model of {service}, which this decision does not ask for beside its own",
                folder.display()
            );
        }
        Ok(others)
    }

    /// The names that it answers with.
    pub fn labels(&self) -> Labels {
        Labels::new(self.model.generic().labels())
    }

    fn described(&self) -> String {
        let whose = if self.app.is_some() { "the application's model" } else { "the generic model" };
        format!("{} of {}", whose, self.api.operation.replace('_', " "))
    }

    /// Its answer to each image of a set, as it is served.
    fn answers(&self, set: &DataSet, mode: ProgressMode) -> Result<Vec<ApiOutput>> {
        let least = self.api.default_least.unwrap_or(0.0).max(MIN_SCORE);
        let looks: Box<dyn Fn(&RgbImage) -> Vec<(String, f64)> + Sync> = match &self.model {
            Model::Images(model) => {
                let labeler = ImageLabeler::new(model)?;
                let labeler = self.app.clone().map_or(Ok(labeler.clone()), |app| labeler.for_app(model, app))?;
                Box::new(move |image| {
                    let features = labeler.features(&[preprocess::tensor(image, labeler.input())]);
                    let labels = features.iter().flat_map(|features| labeler.labels(features));
                    labels.map(|label| (label.description, label.score)).collect()
                })
            }
            Model::Objects(model) => {
                let detector = ObjectDetector::new(&zoo::image_labels()?, model)?;
                let app = self.app.clone();
                Box::new(move |image| {
                    let objects = detector.detect(image, app.as_deref()).into_iter();
                    objects.map(|object| (object.name, object.score)).collect()
                })
            }
            Model::Texts(_) => Box::new(|_| Vec::new()),
        };
        let records: Vec<usize> = (0..set.records.len()).collect();
        let mut answers = Vec::with_capacity(records.len());
        data::decoded(set, &records, Progress::start(mode, "other answers", records.len() as u64), |images| {
            let answer = |image| ApiOutput::labels(looks(image).into_iter().filter(|(_, score)| *score >= least));
            answers.extend(images.par_iter().map(answer).collect::<Vec<_>>());
        })?;
        Ok(answers)
    }

    /// The right answers for an image: each of what is true comes first in one of them.
    fn right(&self, record: &Record) -> Vec<ApiOutput> {
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

/// Images as all APIs of an application name them.
pub(super) struct Asked<'o> {
    others: Vec<(&'o Other, DataSet)>,
}

impl<'o> Asked<'o> {
    /// Reads the labels of the images at `path` as the others name them; `names` are those of this API. Others whose models
    /// do not know the data's names are left out, with a note.
    ///
    /// # Errors
    /// The data or the map cannot be read.
    pub(super) fn read(
        path: &Path,
        map: Option<&Path>,
        own: &Labels,
        others: &'o [Other],
    ) -> Result<(Self, Vec<String>)> {
        let names: Vec<Labels> = others.iter().map(Other::labels).collect();
        let (mut asked, mut notes) = (Vec::new(), Vec::new());
        for (place, other) in others.iter().enumerate() {
            let rest = names.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, names)| names);
            let rest: Vec<&Labels> = rest.chain([own]).collect();
            let mut names = names[place].clone();
            if let Some(map) = map {
                names = names.with_map(map, &rest)?;
            }
            match data::read(path, &names) {
                Ok(set) => asked.push((other, set)),
                Err(DataError::UnknownLabels(unknown)) => notes.push(format!(
                    "{} is asked, too, and taken to answer as it is given in the decision process: what it should answer for \
                     these images is not known ({unknown})",
                    other.api.operation.replace('_', " ")
                )),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((Self { others: asked }, notes))
    }

    /// What each record of `set`, which is of the same images, is for: the same whichever API's model is made.
    pub(super) fn splits(&self, set: &DataSet) -> Vec<Split> {
        set.splits_among(&self.others.iter().map(|(_, set)| set).collect::<Vec<_>>())
    }

    /// What the others answer for the images of these names, and should; none where there are no others.
    ///
    /// # Errors
    /// An image cannot be read, or a model cannot be run.
    pub(super) fn answers(&self, names: &[&str], mode: ProgressMode) -> Result<Option<Beside>> {
        if self.others.is_empty() {
            return Ok(None);
        }
        let mut situations = Situations::default();
        let mut answered: Vec<Vec<Given>> = vec![Vec::new(); names.len()];
        let mut right: Vec<Vec<Vec<Given>>> = vec![vec![Vec::new()]; names.len()];
        for (other, set) in &self.others {
            let api = other.api.path();
            let given = |output| Given { api: api.clone(), output };
            let answers = other.answers(set, mode)?;
            let by_name: HashMap<&str, usize> =
                set.records.iter().enumerate().map(|(place, record)| (record.name.as_str(), place)).collect();
            for (place, name) in names.iter().enumerate() {
                let at = *by_name.get(name).with_context(|| format!("{name}: read for one API and not for another"))?;
                answered[place].push(given(answers[at].clone()));
                let outputs = other.right(&set.records[at]);
                let known = std::mem::take(&mut right[place]);
                let joined = |known: &Vec<Given>| -> Vec<Vec<Given>> {
                    outputs
                        .iter()
                        .map(|output| known.iter().cloned().chain([given(output.clone())]).collect())
                        .collect()
                };
                right[place] = known.iter().flat_map(joined).collect();
            }
        }
        let answered = answered.into_iter().map(|given| situations.number(given)).collect();
        let right = right.into_iter().map(|all| all.into_iter().map(|given| situations.number(given)).collect());
        let right = right.collect();
        let models = self.others.iter().map(|(other, _)| other.described()).collect();
        Ok(Some(Beside { situations: situations.all, answered, right, models }))
    }
}

/// Situations, each once.
#[derive(Default)]
struct Situations {
    all: Vec<Vec<Given>>,
    known: HashMap<String, u32>,
}

impl Situations {
    fn number(&mut self, given: Vec<Given>) -> u32 {
        let key: String = given.iter().map(|given| format!("{};{}\n", given.api, given.output.key())).collect();
        *self.known.entry(key).or_insert_with(|| {
            self.all.push(given);
            self.all.len() as u32 - 1
        })
    }
}
