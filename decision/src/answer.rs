//! What models answer, whatever the wire that carries it: a front end writes these in its provider's form.
//!
//! [`Label`](crate::Label) is the answer of label detection; these are those of the other APIs.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One object of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectedObject {
    /// What it is, e.g. `Bicycle`.
    pub name: String,
    /// Confidence in 0..1.
    pub score: f64,
    /// Where it is.
    pub bounds: BoundingBox,
}

/// A box in an image, as shares of its width and height in 0..1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// The mood of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    /// From -1 (negative) to 1 (positive).
    pub score: f64,
    /// How much feeling there is, whichever way: at least 0, and it grows with the length of the text.
    pub magnitude: f64,
    /// Shares of the four classes that classifiers of sentiment name; they sum to 1.
    pub classes: SentimentClasses,
    /// The sentences in their order.
    pub sentences: Vec<SentenceSentiment>,
}

/// How much of each class of sentiment a text is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentimentClasses {
    /// Positive.
    pub positive: f64,
    /// Negative.
    pub negative: f64,
    /// Neither.
    pub neutral: f64,
    /// Both.
    pub mixed: f64,
}

impl SentimentClasses {
    /// The classes by the names that Amazon Comprehend gives them, with their shares.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        let Self { positive, negative, neutral, mixed } = *self;
        [("POSITIVE", positive), ("NEGATIVE", negative), ("NEUTRAL", neutral), ("MIXED", mixed)]
    }

    /// The name of the class with the greatest share, the first of equal ones.
    pub fn greatest(&self) -> &'static str {
        let all = self.named().into_iter();
        all.reduce(|best, other| if other.1 > best.1 { other } else { best }).map_or("NEUTRAL", |best| best.0)
    }
}

/// The mood of one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentenceSentiment {
    /// The sentence's bytes in the text.
    pub span: Range<usize>,
    /// From -1 to 1.
    pub score: f64,
    /// At least 0.
    pub magnitude: f64,
}

/// A topic of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Its path, e.g. `/Sports/Team Sports`.
    pub name: String,
    /// In 0..1.
    pub confidence: f64,
}

/// Something that a text speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// As its first mention writes it.
    pub name: String,
    /// What it is.
    pub kind: EntityKind,
    /// How much of the text is about it, in 0..1; all entities' sum to 1.
    pub salience: f64,
    /// Confidence in 0..1.
    pub score: f64,
    /// Where the text speaks of it, in order; at least one.
    pub mentions: Vec<Mention>,
    /// The text's mood towards it, if asked for.
    pub sentiment: Option<EntitySentiment>,
}

/// Kinds of entity that the models tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A person.
    Person,
    /// A place.
    Location,
    /// A company, party, team, authority.
    Organization,
    /// Something else.
    Other,
}

/// One place where a text speaks of an entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// The mention's bytes in the text.
    pub span: Range<usize>,
    /// Whether it is a name (`Ada`) and not a common noun (`mathematician`).
    pub proper: bool,
}

/// A text's mood towards one entity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitySentiment {
    /// From -1 to 1.
    pub score: f64,
    /// At least 0.
    pub magnitude: f64,
}
