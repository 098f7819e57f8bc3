//! The models behind the wire: the generic networks for all, and the published rows of the applications, replaced while
//! serving whenever the registry changes.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use chameleon_models::app::{AppFiles, AppManifest, AppModel};
use chameleon_models::engine::EngineError;
use chameleon_models::preprocess::{self, DecodeLimits, ImageError, RgbImage};
use chameleon_models::text::TextModels;
use chameleon_models::zoo::{Generic, ImageLabels, ImageObjects, Kind, LabelInfo, TextTask};
use chameleon_models::{labeler, objects};

use crate::registry::{Current, Hash, Publication, Reader, Version};
use crate::wire::{
    Analysis, AppModels, Aspects, Detected, ImageFault, ImageLabeler, Images, Labelled, ObjectDetector, TextAnalyzer,
    TextFault,
};

/// The language that the models of texts were trained in.
const LANGUAGE: &str = chameleon_models::text::language::ENGLISH;

/// The generic models that a server has.
#[derive(Debug)]
pub struct Generics {
    /// Labels of images.
    pub labels: ImageLabels,
    /// Objects of images.
    pub objects: Option<Objects>,
    /// Sentiment, topics and entities of texts.
    pub texts: Option<TextModels>,
}

/// A detector of objects with the model that it was compiled from.
#[derive(Debug)]
pub struct Objects {
    model: ImageObjects,
    detector: objects::ObjectDetector,
}

impl Objects {
    /// Compiles a detector on the network that it was made for, which need not be the one that labels images.
    ///
    /// # Errors
    /// The parts of the models do not fit each other.
    pub fn new(model: ImageObjects, backbone: &ImageLabels) -> Result<Self, EngineError> {
        let detector = objects::ObjectDetector::new(backbone, &model)?;
        Ok(Self { model, detector })
    }
}

impl From<ImageLabels> for Generics {
    fn from(labels: ImageLabels) -> Self {
        Self { labels, objects: None, texts: None }
    }
}

/// What is published and cannot be served, with the reason, by application.
type Faults = BTreeMap<String, (Version, String)>;

/// The most looks at the registry from one try to read what could not be read to the next: what will never be readable is
/// not to cost a core.
const MAX_PAUSE: u32 = 64;

/// What is published, to be taken over.
struct Pending {
    current: Current,
    /// What could not be read the last time.
    faults: Faults,
    /// Looks at the registry from the last try to the next, twice as many each time.
    pause: u32,
    /// Those that are left.
    left: u32,
}

impl Pending {
    /// Counts a look at the registry; whether it is time to try again.
    fn is_due(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }
}

/// Answers with the generic networks or an application's version of them.
#[derive(Debug)]
pub struct Models {
    labeler: labeler::ImageLabeler,
    /// For each label the more general ones.
    parents: BTreeMap<String, Vec<String>>,
    /// What app models are checked against.
    generics: Generics,
    limits: DecodeLimits,
    registry: Option<Reader>,
    apps: ArcSwap<BTreeMap<String, Arc<Published>>>,
    /// Names of published models of which no version could be read yet.
    unreadable: ArcSwap<BTreeSet<String>>,
}

/// One application's model and what it was read from.
#[derive(Debug)]
struct Published {
    version: Version,
    files: BTreeMap<String, Hash>,
    model: Arc<AppModel>,
    /// With its model, if that is one of labels.
    labeler: Option<labeler::ImageLabeler>,
}

impl Published {
    /// Whether this is what is published.
    fn is(&self, publication: &Publication) -> bool {
        (self.version, &self.files) == (publication.version, &publication.files)
    }
}

impl Models {
    /// Compiles the networks and reads what is published. Without a registry there are no applications.
    ///
    /// # Errors
    /// The parts of a model do not fit each other. An application that cannot be read is left out, with a warning.
    pub fn new(generics: impl Into<Generics>, registry: Option<Reader>) -> Result<Self, EngineError> {
        let generics = generics.into();
        let labels = &generics.labels;
        let labeler = labeler::ImageLabeler::new(labels)?;
        let models = Self {
            labeler,
            parents: parents(&labels.labels),
            generics,
            limits: DecodeLimits::default(),
            registry,
            apps: ArcSwap::default(),
            unreadable: ArcSwap::default(),
        };
        // What cannot be read is told by `follow`, which goes on trying.
        if let Some(Ok(current)) = models.registry.as_ref().map(Reader::current) {
            models.refresh(&current, &Faults::new());
        }
        Ok(models)
    }

    /// Whether objects are found.
    pub(super) fn detects(&self) -> bool {
        self.generics.objects.is_some()
    }

    /// Whether texts are analyzed.
    pub(super) fn reads(&self) -> bool {
        self.generics.texts.is_some()
    }

    /// The same models, which decode images within these limits.
    #[must_use]
    pub fn with_limits(mut self, limits: DecodeLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Names of the models that are served, in order.
    pub fn apps(&self) -> Vec<String> {
        self.apps.load().keys().cloned().collect()
    }

    /// Whether there is a model for an application, under its name or as a part, and none of its own that cannot be read.
    pub fn has(&self, app: &str) -> bool {
        self.published(Some(app)).is_ok()
    }

    /// Looks at the registry every `period` and takes over what changed, for as long as it is polled. What is published
    /// and cannot be read is tried again: a disk that comes back, or a store that is mended, changes nothing that the
    /// watch looks at.
    pub(super) async fn follow(self: Arc<Self>, period: Duration) {
        let Some(registry) = self.registry.clone() else { return };
        let mut watch = registry.watch();
        let mut told = None;
        let mut pending: Option<Pending> = None;
        loop {
            match watch.poll() {
                Ok(changed) => {
                    told = None;
                    if let Some(current) = changed {
                        let faults = pending.map(|pending| pending.faults).unwrap_or_default();
                        pending = Some(Pending { current, faults, pause: 0, left: 1 });
                    }
                    if let Some(due) = pending.take_if(Pending::is_due) {
                        pending = Arc::clone(&self).take_over(due).await;
                    }
                }
                Err(error) => {
                    let problem = chain(error);
                    if told.as_ref() != Some(&problem) {
                        tracing::warn!(%problem, "The registry cannot be read");
                        told = Some(problem);
                    }
                }
            }
            tokio::time::sleep(period).await;
        }
    }

    /// Makes what is served equal to what is pending; what holds something that cannot be read stays pending.
    async fn take_over(self: Arc<Self>, mut pending: Pending) -> Option<Pending> {
        // Reading and checking weights would hold up the connections of this thread.
        let taken = tokio::task::spawn_blocking(move || {
            pending.faults = self.refresh(&pending.current, &pending.faults);
            pending.pause = (2 * pending.pause).clamp(1, MAX_PAUSE);
            pending.left = pending.pause;
            (!pending.faults.is_empty()).then_some(pending)
        });
        taken.await.unwrap_or_else(|error| {
            // What is cancelled is so because the server ends.
            if !error.is_cancelled() {
                tracing::error!(%error, "Reading the registry failed");
            }
            None
        })
    }

    /// Makes what is served equal to `current`. A new version that cannot be read leaves the old one in place, and is
    /// among the faults that are returned; those that were `told` before are not told again.
    fn refresh(&self, current: &Current, told: &Faults) -> Faults {
        let old = self.apps.load();
        let (mut new, mut faults) = (BTreeMap::new(), Faults::new());
        for (app, publication) in &current.apps {
            let known = old.get(app);
            if let Some(same) = known.filter(|known| known.is(publication)) {
                new.insert(app.clone(), Arc::clone(same));
                continue;
            }
            match self.read(publication) {
                Ok(published) => {
                    tracing::info!(%app, version = %publication.version, "Serving an app model");
                    new.insert(app.clone(), Arc::new(published));
                }
                Err(problem) => {
                    new.extend(known.map(|known| (app.clone(), Arc::clone(known))));
                    let fault = (publication.version, problem);
                    if told.get(app) != Some(&fault) {
                        let (version, problem) = &fault;
                        tracing::warn!(%app, %version, %problem, "An app model cannot be served");
                    }
                    faults.insert(app.clone(), fault);
                }
            }
        }
        self.unreadable.store(Arc::new(faults.keys().filter(|app| !new.contains_key(*app)).cloned().collect()));
        self.apps.store(Arc::new(new));
        faults
    }

    fn read(&self, publication: &Publication) -> Result<Published, String> {
        let registry = self.registry.as_ref().ok_or("there is no registry")?;
        let stored = registry.read(publication).map_err(chain)?;
        let files = AppFiles::find(|name| stored.files.get(name).map(|bytes| &bytes[..])).map_err(chain)?;
        let base = AppManifest::read(files.app_json).map_err(chain)?.base;
        let generic = self.generic(&base.name).ok_or_else(|| format!("there is no generic model `{}`", base.name))?;
        let mut model = AppModel::from_bytes(files, generic).map_err(chain)?;
        // What it was made from and how it was measured is for reports, and many times its rows.
        let AppManifest { process, evaluation, recipe, .. } = &mut model.manifest;
        for part in [process, evaluation, recipe] {
            *part = serde_json::Value::Null;
        }
        let model = Arc::new(model);
        let labels = &self.generics.labels;
        let labeler = is_of(&model, labels).then(|| self.labeler.for_app(labels, Arc::clone(&model)));
        let (version, files) = (publication.version, publication.files.clone());
        Ok(Published { version, files, labeler: labeler.transpose().map_err(chain)?, model })
    }

    /// The generic model of a name. One of labels that was made elsewhere has another name than the one that ships.
    fn generic(&self, name: &str) -> Option<&dyn Generic> {
        let objects = self.generics.objects.as_ref().map(|objects| &objects.model as &dyn Generic);
        let texts = self.generics.texts.iter().flat_map(|texts| TextTask::ALL.map(|task| texts.generic(task)));
        let texts = texts.map(|model| model as &dyn Generic);
        let all = [&self.generics.labels as &dyn Generic].into_iter().chain(objects).chain(texts);
        all.into_iter().find(|generic| generic.manifest().name == name)
    }

    /// The models of an application: its own, and those of its parts. Of two of one kind its own answers.
    ///
    /// # Errors
    /// All were withdrawn, or its own is published and was never readable: the name.
    fn published(&self, app: Option<&str>) -> Result<Vec<Arc<Published>>, String> {
        let Some(name) = app else { return Ok(Vec::new()) };
        if self.unreadable.load().contains(name) {
            return Err(name.to_owned());
        }
        let models: Vec<_> = of_app(&self.apps.load(), name).map(Arc::clone).collect();
        if models.is_empty() { Err(name.to_owned()) } else { Ok(models) }
    }

    fn decoded(&self, image: &[u8]) -> Result<RgbImage, ImageFault> {
        // Decoders are not ours: should one panic, the calls of the same batch are none the worse.
        let decoded = catch_unwind(|| preprocess::decode(image, self.limits));
        let decoded = decoded.map_err(|_| ImageFault::Undecodable("the decoder failed".to_owned()))?;
        decoded.map_err(|error| match error {
            ImageError::TooManyBytes { .. } | ImageError::TooManyPixels { .. } => {
                ImageFault::TooLarge(error.to_string())
            }
            _ => ImageFault::Undecodable(error.to_string()),
        })
    }

    /// The images of a call, for the model that answers it.
    fn tensors(&self, call: Images<'_>) -> Decoded {
        let published = match self.published(call.app) {
            Ok(published) => published,
            Err(name) => {
                let withdrawn = |_| Err(ImageFault::AppWithdrawn(name.clone()));
                return Decoded { labeler: self.labeler.clone(), tensors: call.images.iter().map(withdrawn).collect() };
            }
        };
        let own = published.iter().find_map(|published| published.labeler.clone());
        let labeler = own.unwrap_or_else(|| self.labeler.clone());
        let tensor = |image: &Bytes| Ok(preprocess::tensor(&self.decoded(image)?, labeler.input()));
        let tensors = call.images.iter().map(tensor).collect();
        Decoded { labeler, tensors }
    }
}

/// The images of a call, as the network of `labeler` reads them.
struct Decoded {
    labeler: labeler::ImageLabeler,
    tensors: Vec<Result<Vec<f32>, ImageFault>>,
}

/// The models of an application: under its own name, and those of its parts, `NAME.KIND`, that are of this kind.
fn of_app<'a>(apps: &'a BTreeMap<String, Arc<Published>>, name: &str) -> impl Iterator<Item = &'a Arc<Published>> {
    let part = move |kind: Kind| {
        let part = apps.get(&format!("{name}.{kind}"));
        part.filter(|published| Kind::of_base(&published.model.manifest.base) == kind)
    };
    let parts: Vec<_> = Kind::ALL.into_iter().filter_map(part).collect();
    apps.get(name).into_iter().chain(parts)
}

/// The one of an application's models that was made for this network. Without one the application has its own answers to
/// another API, and generic ones to this one.
fn own<'p>(published: &'p [Arc<Published>], generic: &dyn Generic) -> Option<&'p AppModel> {
    published.iter().map(|published| published.model.as_ref()).find(|model| is_of(model, generic))
}

fn is_of(model: &AppModel, generic: &dyn Generic) -> bool {
    model.manifest.base.name == generic.manifest().name
}

impl ObjectDetector for Models {
    fn detect(&self, images: &[Bytes], app: Option<&str>) -> Vec<Detected> {
        let published = match self.published(app) {
            Ok(published) => published,
            Err(name) => return images.iter().map(|_| Err(ImageFault::AppWithdrawn(name.clone()))).collect(),
        };
        let Some(Objects { model: generic, detector }) = &self.generics.objects else {
            let missing = || Err(ImageFault::Model("there is no model of objects".to_owned()));
            return images.iter().map(|_| missing()).collect();
        };
        let model = own(&published, generic);
        images.iter().map(|image| Ok(detector.detect(&self.decoded(image)?, model))).collect()
    }
}

impl TextAnalyzer for Models {
    fn covers(&self, language: &str) -> Aspects {
        let reads = self.reads() && language == LANGUAGE;
        Aspects { sentiment: reads, entities: reads, entity_sentiment: reads, categories: reads }
    }

    fn analyze(&self, text: &str, aspects: Aspects, app: Option<&str>) -> Result<Analysis, TextFault> {
        let published = self.published(app).map_err(TextFault::AppWithdrawn)?;
        let texts = self.generics.texts.as_ref();
        let texts = texts.ok_or_else(|| TextFault::Model("there is no model of texts".to_owned()))?;
        let [sentiment, topics, entities] = TextTask::ALL.map(|task| own(&published, texts.generic(task)));
        let names = || {
            if aspects.entity_sentiment {
                texts.entity_sentiment(text, entities, sentiment)
            } else {
                texts.entities(text, entities)
            }
        };
        Ok(Analysis {
            sentiment: aspects.sentiment.then(|| texts.sentiment(text, sentiment)),
            entities: aspects.entities.then(names),
            categories: aspects.categories.then(|| texts.categories(text, topics)),
        })
    }
}

/// For each label those that go with it wherever it is: that stand for all of its classes and more. The nearest, which
/// stand for the fewest classes, come first.
fn parents(labels: &[LabelInfo]) -> BTreeMap<String, Vec<String>> {
    let classes: Vec<BTreeSet<u16>> = labels.iter().map(|label| label.classes.iter().copied().collect()).collect();
    let above = |own: &BTreeSet<u16>| {
        let mut above: Vec<(usize, &str)> = classes
            .iter()
            .zip(labels)
            .filter(|(other, _)| other.len() > own.len() && own.is_subset(other) && !own.is_empty())
            .map(|(other, label)| (other.len(), label.name.as_str()))
            .collect();
        above.sort_unstable();
        above.into_iter().map(|(_, name)| name.to_owned()).collect()
    };
    labels.iter().zip(&classes).map(|(label, own)| (label.name.clone(), above(own))).collect()
}

/// An error with all its causes, for the log.
fn chain(error: impl std::error::Error + Send + Sync + 'static) -> String {
    format!("{:#}", anyhow::Error::new(error))
}

impl AppModels for Models {
    fn knows(&self, app: &str) -> bool {
        of_app(&self.apps.load(), app).next().is_some()
    }
}

impl ImageLabeler for Models {
    fn parents(&self, label: &str) -> Vec<String> {
        self.parents.get(label).cloned().unwrap_or_default()
    }

    fn label(&self, calls: &[Images<'_>]) -> Vec<Vec<Labelled>> {
        let calls: Vec<Decoded> = calls.iter().map(|call| self.tensors(*call)).collect();
        // The images that can be read go through the network together.
        let batch: Vec<(&labeler::ImageLabeler, &[f32])> = calls
            .iter()
            .flat_map(|Decoded { labeler, tensors }| {
                tensors.iter().flatten().map(move |tensor| (labeler, tensor.as_slice()))
            })
            .collect();
        let mut labels = labeler::ImageLabeler::label_batch(&batch).into_iter();
        let missing = || ImageFault::Model("the network gave no labels".to_owned());
        let labelled = calls.into_iter().map(|call| {
            call.tensors.into_iter().map(|read| read.and_then(|_| labels.next().ok_or_else(missing))).collect()
        });
        labelled.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_stands_for_more_classes_is_a_parent() {
        let label = |(name, classes): (&str, &[u16])| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
        let labels = [("Dog", &[1, 2][..]), ("Beagle", &[1]), ("Animal", &[1, 2, 3]), ("Hound", &[1]), ("Car", &[4])];
        let parents = parents(&labels.map(label));
        assert_eq!(parents["Beagle"], ["Dog", "Animal"]);
        assert_eq!(parents["Dog"], ["Animal"]);
        assert!(parents["Animal"].is_empty() && parents["Car"].is_empty());
    }
}
