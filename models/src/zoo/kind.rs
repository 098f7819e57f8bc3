//! What a model answers.

use std::fmt::{self, Display, Formatter};

use chameleon_decision::Api;

use super::{TextTask, objects};
use crate::app::BaseRef;

/// What a model answers, whichever cloud is asked for it. One model answers one of these, and a server has one of an
/// application for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Labels of images.
    Labels,
    /// Objects of images.
    Objects,
    /// The mood of texts.
    Sentiment,
    /// The topics of texts.
    Topics,
    /// The names in texts.
    Entities,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 5] = [Self::Labels, Self::Objects, Self::Sentiment, Self::Topics, Self::Entities];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Objects => "objects",
            Self::Sentiment => "sentiment",
            Self::Topics => "topics",
            Self::Entities => "entities",
        }
    }

    /// Of models made from this network. One of labels may have any name.
    pub fn of_base(base: &BaseRef) -> Self {
        let name = base.name.as_str();
        match TextTask::ALL.into_iter().find(|task| task.name() == name) {
            Some(TextTask::Sentiment) => Self::Sentiment,
            Some(TextTask::Topics) => Self::Topics,
            Some(TextTask::Entities) => Self::Entities,
            None if name == objects::NAME => Self::Objects,
            None => Self::Labels,
        }
    }

    /// Of models that answer this API; none where no model does.
    pub fn of_api(api: &Api) -> Option<Self> {
        Some(match api.operation.trim_start_matches("batch_") {
            "label_detection" | "detect_labels" => Self::Labels,
            "object_localization" => Self::Objects,
            "analyze_sentiment" | "detect_sentiment" => Self::Sentiment,
            "classify_text" => Self::Topics,
            "analyze_entities" | "detect_entities" => Self::Entities,
            _ => return None,
        })
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
