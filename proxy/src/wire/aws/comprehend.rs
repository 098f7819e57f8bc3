//! Amazon Comprehend: sentiment, entities and dominant language, of one text or of a batch.

use std::borrow::Cow;

use chameleon_decision::{Entity, EntityKind, Sentiment};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Fault;
use crate::wire::language::{Encoding, Guess, Offsets};
use crate::wire::{Analysis, Aspects, TextFault};

/// `X-Amz-Target` without the operation.
pub const SERVICE: &str = "Comprehend_20171127";

/// Most texts of a batch.
const MAX_TEXTS: usize = 25;

/// Most bytes of a text of a batch, and of one whose sentiment is asked.
const MAX_SHORT: usize = 5_000;

/// Most bytes of any other text.
const MAX_LONG: usize = 100_000;

/// What is asked about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `DetectSentiment`.
    Sentiment,
    /// `DetectEntities`.
    Entities,
    /// `DetectDominantLanguage`.
    Language,
}

/// An operation that is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// What is asked.
    pub kind: Kind,
    /// Whether about several texts.
    pub batch: bool,
}

impl Operation {
    /// The operation of a name, e.g. `BatchDetectSentiment`.
    pub fn named(name: &str) -> Option<Self> {
        let (batch, single) = name.strip_prefix("Batch").map_or((false, name), |single| (true, single));
        let kind = match single {
            "DetectSentiment" => Kind::Sentiment,
            "DetectEntities" => Kind::Entities,
            "DetectDominantLanguage" => Kind::Language,
            _ => return None,
        };
        Some(Self { kind, batch })
    }

    /// What a model has to find out.
    pub fn aspects(self) -> Aspects {
        match self.kind {
            Kind::Sentiment => Aspects { sentiment: true, ..Aspects::default() },
            Kind::Entities => Aspects { entities: true, ..Aspects::default() },
            Kind::Language => Aspects::default(),
        }
    }

    fn max_bytes(self) -> usize {
        if self.batch || self.kind == Kind::Sentiment { MAX_SHORT } else { MAX_LONG }
    }
}

/// A request, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    operation: Operation,
    /// The texts, or what is wrong with one of a batch.
    texts: Vec<Result<String, Fault>>,
    /// The language of all texts; empty where it is asked for.
    pub language: String,
    /// Whether a model of the caller's own is asked for.
    pub custom: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    text_list: Option<&'a RawValue>,
    language_code: Option<String>,
    endpoint_arn: Option<String>,
}

/// What was found out about one text.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// About its mood or what it speaks of.
    Analysis(Analysis),
    /// About its language.
    Language(Option<Guess>),
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// The API's own faults.
    pub fn parse(operation: Operation, body: &[u8]) -> Result<Self, Fault> {
        let body: Body = serde_json::from_slice(body).map_err(|error| Fault::malformed(&error))?;
        let limit = operation.max_bytes();
        let texts = if operation.batch {
            let texts = short_list(body.text_list.ok_or_else(|| missing("textList"))?)?;
            texts.into_iter().map(|text| checked(text, limit)).collect()
        } else {
            let text = body.text.filter(|text| !text.is_empty()).ok_or_else(|| missing("text"))?;
            vec![Ok(checked(text.into_owned(), limit)?)]
        };
        let custom = body.endpoint_arn.is_some();
        let language = body.language_code.unwrap_or_default();
        if language.is_empty() && operation.kind != Kind::Language && !custom {
            return Err(missing("languageCode"));
        }
        Ok(Self { operation, texts, language, custom })
    }

    /// The texts to find out about.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().filter_map(|text| text.as_deref().ok())
    }

    /// The answer, given what was found out about [`texts`](Self::texts), in the same order.
    ///
    /// # Errors
    /// The one text of a call that is no batch has no answer.
    pub fn respond(&self, found: Vec<Result<Found, TextFault>>) -> Result<Value, Fault> {
        let mut found = found.into_iter();
        let mut each = self.texts.iter().map(|text| {
            let text = text.clone()?;
            let missing = || Err(TextFault::Model("there is no answer for this text".to_owned()));
            let found = found.next().unwrap_or_else(missing).map_err(|fault| of_text(&fault))?;
            Ok(result(&text, found))
        });
        if !self.operation.batch {
            let only = each.next().unwrap_or_else(|| Err(missing("text")))?;
            return Ok(Value::Object(only));
        }
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for (index, item) in each.enumerate() {
            match item {
                Ok(mut fields) => {
                    fields.insert("Index".to_owned(), json!(index));
                    results.push(Value::Object(fields));
                }
                Err(Fault { code, message, .. }) => {
                    errors.push(json!({ "Index": index, "ErrorCode": code, "ErrorMessage": message }));
                }
            }
        }
        Ok(json!({ "ResultList": results, "ErrorList": errors }))
    }

    /// The fault when only the real API could answer and it cannot be asked.
    pub fn refusal(&self) -> Fault {
        if self.custom {
            return Fault::new("ResourceNotFoundException", "Endpoints of Comprehend are not known here");
        }
        let message = format!("Input language {} is not supported here", self.language);
        Fault::new("UnsupportedLanguageException", message)
    }
}

/// The texts of a batch. Counted before they are kept: a hostile list of empty texts takes a multiple of its size.
fn short_list(raw: &RawValue) -> Result<Vec<String>, Fault> {
    let texts: Vec<&RawValue> = match raw.get().len() {
        // Quotes and commas alone make more than any list of the allowed length needs besides its texts.
        length if length <= MAX_TEXTS * (6 * MAX_LONG + 8) => {
            serde_json::from_str(raw.get()).map_err(|error| Fault::malformed(&error))?
        }
        _ => return Err(Fault::new("InvalidRequestException", "The batch is too large")),
    };
    if texts.is_empty() {
        return Err(missing("textList"));
    }
    if texts.len() > MAX_TEXTS {
        let message = format!("The batch has {} texts; the limit is {MAX_TEXTS}", texts.len());
        return Err(Fault::new("BatchSizeLimitExceededException", message));
    }
    texts.into_iter().map(|raw| serde_json::from_str(raw.get()).map_err(|error| Fault::malformed(&error))).collect()
}

fn checked(text: String, limit: usize) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(missing("text"));
    }
    if text.len() > limit {
        let message = format!(
            "Input text size exceeds limit. Max length of request text allowed is {limit} bytes while in this request \
             the text size is {} bytes",
            text.len()
        );
        return Err(Fault::new("TextSizeLimitExceededException", message));
    }
    Ok(text)
}

fn result(text: &str, found: Found) -> Map<String, Value> {
    let fields = match found {
        Found::Language(guess) => json!({ "Languages": guess.into_iter().map(language).collect::<Vec<_>>() }),
        Found::Analysis(Analysis { sentiment: Some(sentiment), .. }) => mood(&sentiment),
        Found::Analysis(analysis) => {
            let offsets = Offsets::new(text, Encoding::Utf32);
            let entities = analysis.entities.unwrap_or_default();
            json!({ "Entities": mentions(text, &offsets, &entities) })
        }
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn language(guess: Guess) -> Value {
    json!({ "LanguageCode": guess.code, "Score": guess.confidence })
}

fn mood(sentiment: &Sentiment) -> Value {
    let classes = sentiment.classes;
    json!({
        "Sentiment": classes.greatest(),
        "SentimentScore": {
            "Positive": classes.positive,
            "Negative": classes.negative,
            "Neutral": classes.neutral,
            "Mixed": classes.mixed,
        },
    })
}

/// Every mention is an entity of its own here, in the order of the text.
fn mentions(text: &str, offsets: &Offsets, entities: &[Entity]) -> Vec<Value> {
    let mut all: Vec<_> =
        entities.iter().flat_map(|entity| entity.mentions.iter().map(move |at| (entity, at))).collect();
    all.sort_by_key(|(_, mention)| mention.span.start);
    let entity = |(entity, mention): (&Entity, &chameleon_decision::Mention)| {
        json!({
            "Score": entity.score,
            "Type": kind(entity.kind),
            "Text": text.get(mention.span.clone()).unwrap_or_default(),
            "BeginOffset": offsets.at(mention.span.start),
            "EndOffset": offsets.at(mention.span.end),
        })
    };
    all.into_iter().map(entity).collect()
}

fn kind(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Person => "PERSON",
        EntityKind::Location => "LOCATION",
        EntityKind::Organization => "ORGANIZATION",
        EntityKind::Other => "OTHER",
    }
}

fn of_text(fault: &TextFault) -> Fault {
    match fault {
        TextFault::AppWithdrawn(_) => Fault::new("ResourceNotFoundException", fault.to_string()),
        TextFault::Model(_) => Fault::new("InternalServerException", "Internal server error"),
    }
}

fn missing(field: &str) -> Fault {
    let message = format!("Value at '{field}' failed to satisfy constraint: Member must not be null or empty");
    Fault::new("InvalidRequestException", message)
}

#[cfg(test)]
mod tests {
    use chameleon_decision::{Mention, SentimentClasses};
    use proptest::prelude::*;

    use super::*;

    const SENTIMENT: Operation = Operation { kind: Kind::Sentiment, batch: false };
    const ENTITIES: Operation = Operation { kind: Kind::Entities, batch: false };

    fn happy() -> Found {
        let classes = SentimentClasses { positive: 0.75, negative: 0.05, neutral: 0.15, mixed: 0.05 };
        let sentiment = Sentiment { score: 0.7, magnitude: 0.7, classes, sentences: Vec::new() };
        Found::Analysis(Analysis { sentiment: Some(sentiment), ..Analysis::default() })
    }

    #[test]
    fn operations_are_known_by_name() {
        for name in ["DetectSentiment", "DetectEntities", "DetectDominantLanguage"] {
            assert!(Operation::named(name).is_some_and(|operation| !operation.batch));
            assert!(Operation::named(&format!("Batch{name}")).is_some_and(|operation| operation.batch));
        }
        assert_eq!(Operation::named("DetectKeyPhrases"), None);
    }

    #[test]
    fn the_sentiment_is_the_largest_class() {
        let request = Request::parse(SENTIMENT, br#"{"Text": "Nice.", "LanguageCode": "en"}"#).unwrap();
        assert_eq!(request.texts().collect::<Vec<_>>(), ["Nice."]);
        let answer = request.respond(vec![Ok(happy())]).unwrap();
        assert_eq!((&answer["Sentiment"], &answer["SentimentScore"]["Neutral"]), (&json!("POSITIVE"), &json!(0.15)));
    }

    #[test]
    fn mentions_are_counted_in_characters_and_stand_in_the_order_of_the_text() {
        let text = "Été à Paris, avec Ada.";
        let entity = |name: &str, kind| {
            let start = text.find(name).unwrap();
            let mentions = vec![Mention { span: start..start + name.len(), proper: true }];
            Entity { name: name.to_owned(), kind, salience: 0.5, score: 0.9, mentions, sentiment: None }
        };
        let entities = vec![entity("Ada", EntityKind::Person), entity("Paris", EntityKind::Location)];
        let found = Found::Analysis(Analysis { entities: Some(entities), ..Analysis::default() });
        let body = json!({ "Text": text, "LanguageCode": "fr" }).to_string();
        let answer = Request::parse(ENTITIES, body.as_bytes()).unwrap().respond(vec![Ok(found)]).unwrap();
        assert_eq!(
            answer["Entities"],
            json!([
                { "Score": 0.9, "Type": "LOCATION", "Text": "Paris", "BeginOffset": 6, "EndOffset": 11 },
                { "Score": 0.9, "Type": "PERSON", "Text": "Ada", "BeginOffset": 18, "EndOffset": 21 },
            ])
        );
    }

    #[test]
    fn a_text_of_a_batch_that_is_wrong_leaves_the_others_unharmed() {
        let body = json!({ "TextList": ["a", "", "x".repeat(6000), "b"], "LanguageCode": "en" }).to_string();
        let request = Request::parse(Operation { batch: true, ..SENTIMENT }, body.as_bytes()).unwrap();
        assert_eq!(request.texts().collect::<Vec<_>>(), ["a", "b"]);
        let answer = request.respond(vec![Ok(happy()), Err(TextFault::Model("secret".to_owned()))]).unwrap();
        let numbers = |list: &Value| -> Vec<u64> {
            list.as_array().unwrap().iter().map(|item| item["Index"].as_u64().unwrap()).collect()
        };
        assert_eq!((numbers(&answer["ResultList"]), numbers(&answer["ErrorList"])), (vec![0], vec![1, 2, 3]));
        assert_eq!(answer["ErrorList"][1]["ErrorCode"], "TextSizeLimitExceededException");
        assert!(!answer.to_string().contains("secret"));
    }

    #[test]
    fn wrong_requests_have_the_apis_codes() {
        let batch = Operation { batch: true, ..SENTIMENT };
        let many = json!({ "TextList": vec!["x"; 26], "LanguageCode": "en" }).to_string();
        let long = json!({ "Text": "a ".repeat(4000), "LanguageCode": "en" }).to_string();
        for (operation, body, code) in [
            (SENTIMENT, "[", "SerializationException"),
            (SENTIMENT, r#"{"LanguageCode":"en"}"#, "InvalidRequestException"),
            (SENTIMENT, r#"{"Text":"x"}"#, "InvalidRequestException"),
            (SENTIMENT, &long, "TextSizeLimitExceededException"),
            (batch, &many, "BatchSizeLimitExceededException"),
            (batch, r#"{"TextList":[3],"LanguageCode":"en"}"#, "SerializationException"),
        ] {
            assert_eq!(Request::parse(operation, body.as_bytes()).unwrap_err().code, code, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_fault(bytes: Vec<u8>, at in 0usize..40, byte: u8, batch: bool) {
            let operation = Operation { batch, ..ENTITIES };
            let _ = Request::parse(operation, &bytes);
            let mut damaged = br#"{"Text":"x","TextList":["x"],"LanguageCode":"en"}"#.to_vec();
            damaged[at] = byte;
            let _ = Request::parse(operation, &damaged);
        }
    }
}
