//! Texts to sentiment, topics and entities.
//!
//! Three small networks over sums of n-gram embeddings, trained on English. Nothing here knows a wire format; offsets
//! are bytes of UTF-8.
//!
//! ```no_run
//! use chameleon_models::text::TextModels;
//!
//! let models = TextModels::shipped()?;
//! let sentiment = models.sentiment("The food was great. The waiter was not.", None);
//! println!("{:+.1}, magnitude {:.1}", sentiment.score, sentiment.magnitude);
//! # Ok::<(), chameleon_models::zoo::ZooError>(())
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`tokens`], [`sentences`], [`passages`], [`language`] | cutting a text up |
//! | [`ngrams`], [`context`] | what the networks see |
//! | [`network`], [`model`], [`encoder`], [`chain`], [`kinds`] | the networks |
//! | `sentiment`, `topics`, `entities` | their outputs as answers |

pub mod chain;
pub mod context;
pub mod encoder;
mod entities;
pub mod kinds;
pub mod language;
pub mod model;
pub mod network;
pub mod ngrams;
pub mod passages;
pub mod sentences;
mod sentiment;
#[cfg(test)]
mod tests;
pub mod tokens;
mod topics;

use chameleon_decision::{Category, Entity, Sentiment};

use crate::app::AppModel;
use crate::zoo::{self, TextModel, TextTask, ZooError};

pub use chain::Chain;
pub use encoder::{Encoder, EncoderError};
pub use entities::TAGS;
pub use kinds::KINDS;
pub use model::{TextNet, TextNetError};
pub use network::{TextInput, TextNetwork, TextNetworkError};
pub use ngrams::NGrams;
pub use sentiment::{CLASSES, SCORES};
pub use tokens::{Token, TokenKind, tokenize};
pub use topics::opening;

/// The generic models of texts. Many threads may use them at once.
#[derive(Clone, Debug)]
pub struct TextModels {
    sentiment: TextModel,
    topics: TextModel,
    entities: TextModel,
}

impl TextModels {
    /// The models that ship with the program.
    ///
    /// # Errors
    /// The program was built with files that do not fit each other.
    pub fn shipped() -> Result<Self, ZooError> {
        let [sentiment, topics, entities] = TextTask::ALL.map(zoo::text);
        Self::new(sentiment?, topics?, entities?)
    }

    /// These three models.
    ///
    /// # Errors
    /// One is not of the form that its task needs.
    pub fn new(sentiment: TextModel, topics: TextModel, entities: TextModel) -> Result<Self, ZooError> {
        let unsuitable = |name: &str| Err(ZooError::Unsuitable(format!("`{name}` is not a model for its task")));
        let classes = sentiment.labels.iter().map(|label| label.name.as_str());
        if sentiment.net.chain.is_some() || !classes.eq(CLASSES) {
            return unsuitable(&sentiment.manifest.name);
        }
        if topics.net.chain.is_some() {
            return unsuitable(&topics.manifest.name);
        }
        if entities.net.chain.is_none() {
            return unsuitable(&entities.manifest.name);
        }
        Ok(Self { sentiment, topics, entities })
    }

    /// The generic model of a task: what app models for it are made from.
    pub fn generic(&self, task: TextTask) -> &TextModel {
        match task {
            TextTask::Sentiment => &self.sentiment,
            TextTask::Topics => &self.topics,
            TextTask::Entities => &self.entities,
        }
    }

    /// The mood of a text and of its sentences. A text without any word or symbol is neutral.
    ///
    /// An `app` made for another task is passed over.
    pub fn sentiment(&self, text: &str, app: Option<&AppModel>) -> Sentiment {
        sentiment::sentiment(&self.sentiment, text, app)
    }

    /// What a text is about, surest first. Of long texts the beginning tells.
    ///
    /// An `app` made for another task is passed over.
    pub fn categories(&self, text: &str, app: Option<&AppModel>) -> Vec<Category> {
        topics::categories(&self.topics, text, app)
    }

    /// Whom and what a text names, most salient first.
    ///
    /// An `app` made for another task is passed over.
    pub fn entities(&self, text: &str, app: Option<&AppModel>) -> Vec<Entity> {
        entities::entities(&self.entities, text, app)
    }

    /// As [`TextModels::entities`], with the mood of the sentences that name each, for which `mood` is the app model.
    pub fn entity_sentiment(&self, text: &str, app: Option<&AppModel>, mood: Option<&AppModel>) -> Vec<Entity> {
        let mut entities = self.entities(text, app);
        let sentences = self.sentiment(text, mood).sentences;
        for entity in &mut entities {
            entity.sentiment = Some(entities::sentiment(&entity.mentions, &sentences));
        }
        entities
    }
}
