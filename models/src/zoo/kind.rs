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

    /// Provider, service and operation of each API that its models answer and can be customized for.
    pub fn apis(self) -> &'static [[&'static str; 3]] {
        match self {
            Self::Labels => &[["google", "vision", "label_detection"], ["aws", "rekognition", "detect_labels"]],
            Self::Objects => &[["google", "vision", "object_localization"]],
            Self::Sentiment => &[
                ["google", "language", "analyze_sentiment"],
                ["aws", "comprehend", "detect_sentiment"],
                ["aws", "comprehend", "batch_detect_sentiment"],
            ],
            Self::Topics => &[["google", "language", "classify_text"]],
            Self::Entities => &[
                ["google", "language", "analyze_entities"],
                ["aws", "comprehend", "detect_entities"],
                ["aws", "comprehend", "batch_detect_entities"],
            ],
        }
    }

    /// Of models that answer this API; none where no model does.
    pub fn of_api(api: &Api) -> Option<Self> {
        let is_it = |[provider, service, operation]: &[&str; 3]| api.is(provider, service, operation);
        Self::ALL.into_iter().find(|kind| kind.apis().iter().any(is_it))
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
