//! Google Cloud Natural Language, v1 and v2.
//!
//! The two versions differ in the numbers and names of fields more than in what they say. A [`Request`] is the same for
//! both versions and both framings; an [`Answer`] is written in the form of the [`Method`] it answers.

mod answer;
mod encode;
mod offsets;
mod request;

pub use answer::Answer;
pub use chameleon_models::text::language::{Guess, detect};
pub use offsets::{Encoding, Offsets};
pub use request::{Document, Request};
pub(crate) use request::{rest_json, rest_proto};

use super::Aspects;

/// Generation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum Version {
    V1,
    V2,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum Kind {
    AnalyzeSentiment,
    AnalyzeEntities,
    AnalyzeEntitySentiment,
    ClassifyText,
    AnnotateText,
}

/// A method of one version that models can answer. (`ModerateText` and `AnalyzeSyntax` they cannot.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method {
    /// The generation.
    pub version: Version,
    /// The method.
    pub kind: Kind,
}

impl Kind {
    const ALL: [(Self, &str); 5] = [
        (Self::AnalyzeSentiment, "AnalyzeSentiment"),
        (Self::AnalyzeEntities, "AnalyzeEntities"),
        (Self::AnalyzeEntitySentiment, "AnalyzeEntitySentiment"),
        (Self::ClassifyText, "ClassifyText"),
        (Self::AnnotateText, "AnnotateText"),
    ];

    /// What it asks for; `AnnotateText` says so in its request.
    fn aspects(self) -> Aspects {
        let none = Aspects::default();
        match self {
            Self::AnalyzeSentiment => Aspects { sentiment: true, ..none },
            Self::AnalyzeEntities => Aspects { entities: true, ..none },
            Self::AnalyzeEntitySentiment => Aspects { entities: true, entity_sentiment: true, ..none },
            Self::ClassifyText => Aspects { categories: true, ..none },
            Self::AnnotateText => none,
        }
    }
}

impl Method {
    /// The method of a name, in the spelling of gRPC (`AnalyzeSentiment`) or REST (`analyzeSentiment`).
    pub fn named(version: Version, name: &str) -> Option<Self> {
        let (kind, _) = Kind::ALL.into_iter().find(|(_, full)| {
            full.len() == name.len() && full[1..] == name[1..] && full[..1].eq_ignore_ascii_case(&name[..1])
        })?;
        let exists = version == Version::V1 || kind != Kind::AnalyzeEntitySentiment;
        exists.then_some(Self { version, kind })
    }
}
