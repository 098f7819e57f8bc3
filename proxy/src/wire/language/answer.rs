//! What was found out about a text, as the API says it; [`encode`](super::encode) writes it down.

use chameleon_decision::{Category, Entity, EntityKind, SentenceSentiment};

use super::offsets::{Encoding, Offsets};
use crate::wire::Analysis;

/// An answer, with texts and offsets in place of spans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub(super) language: String,
    pub(super) document_sentiment: Option<Mood>,
    pub(super) sentences: Vec<Sentence>,
    pub(super) entities: Vec<Named>,
    pub(super) categories: Vec<Category>,
}

/// `Sentiment`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mood {
    pub(super) magnitude: f32,
    pub(super) score: f32,
}

/// `TextSpan`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) content: String,
    pub(super) begin_offset: i32,
}

/// `Sentence`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sentence {
    pub(super) text: Span,
    pub(super) sentiment: Mood,
}

/// `Entity`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) kind: Member,
    pub(super) salience: f32,
    pub(super) probability: f32,
    pub(super) mentions: Vec<(Span, Member)>,
    pub(super) sentiment: Option<Mood>,
}

/// A member of an enumeration: number and name.
pub(super) type Member = (i32, &'static str);

impl Answer {
    /// Writes an analysis of `text` with offsets in units of `encoding`.
    pub fn new(text: &str, language: &str, encoding: Encoding, analysis: Analysis) -> Self {
        let offsets = Offsets::new(text, encoding);
        let span = |range: &std::ops::Range<usize>| Span {
            content: text.get(range.clone()).unwrap_or_default().to_owned(),
            begin_offset: offsets.at(range.start),
        };
        let mood = |score: f64, magnitude: f64| Mood { magnitude: magnitude as f32, score: score as f32 };
        let sentence = |sentence: &SentenceSentiment| Sentence {
            text: span(&sentence.span),
            sentiment: mood(sentence.score, sentence.magnitude),
        };
        let named = |entity: &Entity| Named {
            name: entity.name.clone(),
            kind: kind(entity.kind),
            salience: entity.salience as f32,
            probability: entity.score as f32,
            mentions: entity.mentions.iter().map(|mention| (span(&mention.span), proper(mention.proper))).collect(),
            sentiment: entity.sentiment.map(|sentiment| mood(sentiment.score, sentiment.magnitude)),
        };
        let Analysis { sentiment, entities, categories } = analysis;
        Self {
            language: language.to_owned(),
            document_sentiment: sentiment.as_ref().map(|sentiment| mood(sentiment.score, sentiment.magnitude)),
            sentences: sentiment.iter().flat_map(|sentiment| &sentiment.sentences).map(sentence).collect(),
            entities: entities.iter().flatten().map(named).collect(),
            categories: categories.unwrap_or_default(),
        }
    }
}

/// `Entity.Type`.
fn kind(kind: EntityKind) -> Member {
    match kind {
        EntityKind::Person => (1, "PERSON"),
        EntityKind::Location => (2, "LOCATION"),
        EntityKind::Organization => (3, "ORGANIZATION"),
        EntityKind::Other => (7, "OTHER"),
    }
}

/// `EntityMention.Type`.
fn proper(proper: bool) -> Member {
    if proper { (1, "PROPER") } else { (2, "COMMON") }
}
