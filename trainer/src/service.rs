//! Which generic model answers an API, and what its outputs are to an application.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_decision::Api;
use chameleon_models::bank::Bank;
use chameleon_models::zoo::{self, Generic, ImageLabels, ImageObjects, Kind, TextModel, TextTask};
use serde::{Deserialize, Serialize};

use crate::customize::examples::Examples;
use crate::customize::recipe::Recipe;
use crate::evaluation::form::TRUE_SCORES;

/// Learning rates of both stages, see [`Service::recipe`].
const TEXT_RATE: f64 = 0.12;
const ENTITY_RATE: f64 = 0.003;

/// An operation that models can be customized for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Labels of images.
    ImageLabels,
    /// Objects of images.
    ImageObjects,
    /// The mood of a text as a score.
    TextSentiment,
    /// The mood of a text as one of several classes, with a share of each.
    TextClasses,
    /// The topics of a text.
    TextTopics,
    /// The kinds of the names in a text.
    TextEntities,
}

/// A generic model.
pub enum Model {
    /// Of images.
    Images(Box<ImageLabels>),
    /// Of objects in images.
    Objects(Box<ImageObjects>),
    /// Of texts.
    Texts(Box<TextModel>),
}

impl Service {
    /// The service that an application calls.
    ///
    /// # Errors
    /// No model can be customized for it.
    pub fn of(api: &Api) -> Result<Self> {
        let kind = Kind::of_api(api).with_context(|| {
            let known: Vec<String> =
                Kind::ALL.into_iter().flat_map(Kind::apis).map(|operation| operation.join("/")).collect();
            format!("{} cannot be customized yet; models answer {}", api.path(), known.join(", "))
        })?;
        Ok(match kind {
            Kind::Labels => Self::ImageLabels,
            Kind::Objects => Self::ImageObjects,
            // Google answers a score, AWS classes.
            Kind::Sentiment if api.provider == "google" => Self::TextSentiment,
            Kind::Sentiment => Self::TextClasses,
            Kind::Topics => Self::TextTopics,
            Kind::Entities => Self::TextEntities,
        })
    }

    /// The training settings that its models are customized with by default.
    ///
    /// Models of texts have few features, each of which says much: greater steps were better on the tuning texts. Names
    /// are few and have many features: smaller ones were.
    pub fn recipe(self) -> Recipe {
        let mut recipe = Recipe::default();
        let rate = match self.text() {
            None => return recipe,
            Some(TextTask::Entities) => ENTITY_RATE,
            Some(TextTask::Sentiment | TextTask::Topics) => TEXT_RATE,
        };
        recipe.first.learning_rate = rate;
        recipe.second.learning_rate = rate;
        recipe
    }

    /// Whether the model in `folder` is one for this service, by its name. Models of image labels may have any.
    pub fn answers_with(self, folder: &Path) -> bool {
        let name = zoo::read_manifest(folder).map(|manifest| manifest.name).unwrap_or_default();
        let of = TextTask::ALL.into_iter().find(|task| task.name() == name);
        of == self.text() && (name == zoo::objects::NAME) == (self == Self::ImageObjects)
    }

    /// The model that ships, or the one in `folder`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn model(self, folder: Option<&Path>) -> Result<Model> {
        Ok(match (self.text(), folder) {
            (None, None) if self == Self::ImageObjects => {
                Model::Objects(Box::new(zoo::image_objects(&zoo::image_labels()?)?))
            }
            (None, Some(folder)) if self == Self::ImageObjects => {
                Model::Objects(Box::new(zoo::read_objects(folder, &zoo::image_labels()?)?))
            }
            (None, None) => Model::Images(Box::new(zoo::image_labels()?)),
            (None, Some(folder)) => Model::Images(Box::new(zoo::read(folder)?)),
            (Some(task), None) => Model::Texts(Box::new(zoo::text(task)?)),
            (Some(_), Some(folder)) => Model::Texts(Box::new(zoo::read_text(folder)?)),
        })
    }

    /// The true scores of texts of which the class of sentiment is known.
    fn with_scores(self, examples: Examples) -> Result<Examples> {
        if self != Self::TextSentiment {
            return Ok(examples);
        }
        let score = |classes: &Vec<u16>| TRUE_SCORES.get(usize::from(*classes.first()?)).copied();
        let scores = examples.targets.iter().map(score).collect::<Option<Vec<f64>>>();
        examples.with_scores(scores.context("a text has no class of sentiment")?)
    }

    fn text(self) -> Option<TextTask> {
        match self {
            Self::ImageLabels | Self::ImageObjects => None,
            Self::TextSentiment | Self::TextClasses => Some(TextTask::Sentiment),
            Self::TextTopics => Some(TextTask::Topics),
            Self::TextEntities => Some(TextTask::Entities),
        }
    }

    /// The feature bank of a model of [`Service::model`]; `source` is what reports call it.
    ///
    /// # Errors
    /// As [`Service::model`].
    pub fn bank(self, model: &Model, folder: Option<&Path>, source: String) -> Result<Examples> {
        let bank: Bank = match (model, folder, self.text()) {
            (Model::Objects(model), folder, _) => {
                let bank = match folder {
                    Some(folder) => zoo::read_object_bank(folder, model)?,
                    None => zoo::object_bank(model)?,
                };
                return Examples::from_object_bank(bank, source);
            }
            (Model::Images(model), Some(folder), _) => zoo::read_bank(folder, model)
                .context("the base model has no feature bank: give your images with --data")?,
            (Model::Texts(model), Some(folder), _) => zoo::read_text_bank(folder, model)?,
            (_, None, None) => zoo::bank()?,
            (_, None, Some(task)) => zoo::text_bank(task)?,
        };
        self.with_scores(Examples::from_bank(bank, source)?)
    }
}

impl Display for Service {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImageLabels => "image labels",
            Self::ImageObjects => "objects",
            Self::TextSentiment => "sentiment",
            Self::TextClasses => "classes of sentiment",
            Self::TextTopics => "topics",
            Self::TextEntities => "entities",
        })
    }
}

impl Model {
    /// What it has in common with all others.
    pub fn generic(&self) -> &dyn Generic {
        match self {
            Self::Images(model) => model.as_ref(),
            Self::Objects(model) => model.as_ref(),
            Self::Texts(model) => model.as_ref(),
        }
    }
}
