//! Models that say what the tests expect.

use bytes::Bytes;
use chameleon_decision::{
    BoundingBox, Category, DetectedObject, Entity, EntityKind, EntitySentiment, Mention, SentenceSentiment, Sentiment,
    SentimentClasses,
};
use chameleon_proxy::wire::{Analysis, AppModels, Aspects, Detected, ObjectDetector, TextAnalyzer, TextFault};

/// Finds a person in the middle of everything.
pub(crate) struct Persons;

impl AppModels for Persons {
    fn knows(&self, _: &str) -> bool {
        false
    }
}

impl ObjectDetector for Persons {
    fn detect(&self, images: &[Bytes], _: Option<&str>) -> Vec<Detected> {
        let bounds = BoundingBox { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 };
        let person = DetectedObject { name: "Person".to_owned(), score: 0.875, bounds };
        images.iter().map(|_| Ok(vec![person.clone()])).collect()
    }
}

/// Reads English: every text is one happy sentence about Paris, if it mentions it, and about travelling.
pub(crate) struct Reader;

impl AppModels for Reader {
    fn knows(&self, _: &str) -> bool {
        false
    }
}

impl TextAnalyzer for Reader {
    fn covers(&self, language: &str) -> Aspects {
        match language {
            "en" => Aspects { sentiment: true, entities: true, entity_sentiment: true, categories: true },
            "de" => Aspects { sentiment: true, ..Aspects::default() },
            _ => Aspects::default(),
        }
    }

    fn analyze(&self, text: &str, aspects: Aspects, _: Option<&str>) -> Result<Analysis, TextFault> {
        if text.contains("explode") {
            return Err(TextFault::Model("weights of the secret kind".to_owned()));
        }
        let classes = SentimentClasses { positive: 0.9375, negative: 0.03125, neutral: 0.015625, mixed: 0.015625 };
        let sentence = SentenceSentiment { span: 0..text.len(), score: 0.75, magnitude: 1.5 };
        let sentiment = Sentiment { score: 0.75, magnitude: 1.5, classes, sentences: vec![sentence] };
        let mentions = text.find("Paris").map(|at| Mention { span: at..at + 5, proper: true });
        let entities = mentions.map(|mention| Entity {
            name: "Paris".to_owned(),
            kind: EntityKind::Location,
            salience: 0.625,
            score: 0.875,
            mentions: vec![mention],
            sentiment: aspects.entity_sentiment.then_some(EntitySentiment { score: 0.5, magnitude: 0.5 }),
        });
        let name = "/Travel & Transportation/Tourist Destinations".to_owned();
        Ok(Analysis {
            sentiment: aspects.sentiment.then_some(sentiment),
            entities: aspects.entities.then(|| entities.into_iter().collect()),
            categories: aspects.categories.then(|| vec![Category { name, confidence: 0.8125 }]),
        })
    }
}
