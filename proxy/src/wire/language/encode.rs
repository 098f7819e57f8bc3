//! Writing answers down: in protobuf by each method's own field numbers, and in JSON.

use bytes::{Bytes, BytesMut};
use chameleon_decision::Category;
use prost::encoding::{bool, float, int32, string};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Member, Mood, Named, Sentence, Span};
use super::{Kind, Method, Version};
use crate::wire::protobuf::put;

/// Field numbers of a response; 0 for what it does not have.
struct Numbers {
    sentences: u32,
    entities: u32,
    document_sentiment: u32,
    language: u32,
    categories: u32,
    language_supported: u32,
}

fn numbers(Method { version, kind }: Method) -> Numbers {
    let [sentences, entities, document_sentiment, language, categories, language_supported] = match (version, kind) {
        (Version::V1, Kind::AnalyzeSentiment) => [3, 0, 1, 2, 0, 0],
        (Version::V1, Kind::AnalyzeEntities | Kind::AnalyzeEntitySentiment) => [0, 1, 0, 2, 0, 0],
        (Version::V1, Kind::ClassifyText) => [0, 0, 0, 0, 1, 0],
        (Version::V1, Kind::AnnotateText) => [1, 3, 4, 5, 6, 0],
        (Version::V2, Kind::AnalyzeSentiment) => [3, 0, 1, 2, 0, 4],
        (Version::V2, Kind::AnalyzeEntities | Kind::AnalyzeEntitySentiment) => [0, 1, 0, 2, 0, 3],
        (Version::V2, Kind::ClassifyText) => [0, 0, 0, 2, 1, 3],
        (Version::V2, Kind::AnnotateText) => [1, 2, 3, 4, 5, 7],
    };
    Numbers { sentences, entities, document_sentiment, language, categories, language_supported }
}

impl Answer {
    /// The response message of a method.
    pub fn to_proto(&self, method: Method) -> Bytes {
        let numbers = numbers(method);
        let version = method.version;
        let mut out = BytesMut::new();
        if numbers.sentences != 0 {
            for sentence in &self.sentences {
                put(numbers.sentences, &sentence_proto(version, sentence), &mut out);
            }
        }
        if numbers.entities != 0 {
            for entity in &self.entities {
                put(numbers.entities, &entity_proto(version, entity), &mut out);
            }
        }
        if let Some(mood) = self.document_sentiment.filter(|_| numbers.document_sentiment != 0) {
            put(numbers.document_sentiment, &mood_proto(version, mood), &mut out);
        }
        if numbers.language != 0 {
            put_text(numbers.language, &self.language, &mut out);
        }
        if numbers.categories != 0 {
            for category in &self.categories {
                put(numbers.categories, &category_proto(category), &mut out);
            }
        }
        if numbers.language_supported != 0 {
            bool::encode(numbers.language_supported, &true, &mut out);
        }
        out.freeze()
    }

    /// The response of a method in JSON, with enums as names or numbers. As in the API's own answers, numbers that are 0
    /// and lists of nothing are there: those of what models answer here.
    pub fn to_json(&self, method: Method, enums_as_numbers: bool) -> Value {
        let Numbers { sentences, entities, document_sentiment, language, categories, .. } = numbers(method);
        let v1 = method.version == Version::V1;
        let member = |(number, name): Member| if enums_as_numbers { json!(number) } else { json!(name) };
        let mut out = Map::new();
        if let Some(mood) = self.document_sentiment.filter(|_| document_sentiment != 0) {
            out.insert("documentSentiment".to_owned(), mood_json(mood));
        }
        if language != 0 {
            out.insert((if v1 { "language" } else { "languageCode" }).to_owned(), json!(self.language));
        }
        let mut list = |name: &str, number: u32, items: Vec<Value>| {
            if number != 0 {
                out.insert(name.to_owned(), items.into());
            }
        };
        list("sentences", sentences, self.sentences.iter().map(sentence_json).collect());
        list("entities", entities, self.entities.iter().map(|entity| entity_json(v1, entity, member)).collect());
        list("categories", categories, self.categories.iter().map(category_json).collect());
        if !v1 {
            out.insert("languageSupported".to_owned(), json!(true));
        }
        Value::Object(out)
    }
}

fn put_text(tag: u32, text: &String, out: &mut BytesMut) {
    if !text.is_empty() {
        string::encode(tag, text, out);
    }
}

fn put_float(tag: u32, value: f32, out: &mut BytesMut) {
    if value != 0.0 {
        float::encode(tag, &value, out);
    }
}

fn mood_proto(version: Version, mood: Mood) -> BytesMut {
    let (magnitude, score) = if version == Version::V1 { (2, 3) } else { (1, 2) };
    let mut out = BytesMut::new();
    put_float(magnitude, mood.magnitude, &mut out);
    put_float(score, mood.score, &mut out);
    out
}

fn span_proto(span: &Span) -> BytesMut {
    let mut out = BytesMut::new();
    put_text(1, &span.content, &mut out);
    if span.begin_offset != 0 {
        int32::encode(2, &span.begin_offset, &mut out);
    }
    out
}

fn sentence_proto(version: Version, sentence: &Sentence) -> BytesMut {
    let mut out = BytesMut::new();
    put(1, &span_proto(&sentence.text), &mut out);
    put(2, &mood_proto(version, sentence.sentiment), &mut out);
    out
}

fn entity_proto(version: Version, entity: &Named) -> BytesMut {
    let mut out = BytesMut::new();
    put_text(1, &entity.name, &mut out);
    int32::encode(2, &entity.kind.0, &mut out);
    if version == Version::V1 {
        put_float(4, entity.salience, &mut out);
    }
    for (span, kind) in &entity.mentions {
        let mut mention = BytesMut::new();
        put(1, &span_proto(span), &mut mention);
        int32::encode(2, &kind.0, &mut mention);
        if let Some(mood) = entity.sentiment {
            put(3, &mood_proto(version, mood), &mut mention);
        }
        if version == Version::V2 {
            put_float(4, entity.probability, &mut mention);
        }
        put(5, &mention, &mut out);
    }
    if let Some(mood) = entity.sentiment {
        put(6, &mood_proto(version, mood), &mut out);
    }
    out
}

fn category_proto(category: &Category) -> BytesMut {
    let mut out = BytesMut::new();
    put_text(1, &category.name, &mut out);
    put_float(2, category.confidence as f32, &mut out);
    out
}

/// A 32-bit number with as few digits as tell it from others of its kind; as a 64-bit one it would have sixteen.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn mood_json(mood: Mood) -> Value {
    json!({ "magnitude": number(mood.magnitude), "score": number(mood.score) })
}

fn span_json(span: &Span) -> Value {
    json!({ "content": span.content, "beginOffset": span.begin_offset })
}

fn sentence_json(sentence: &Sentence) -> Value {
    json!({ "text": span_json(&sentence.text), "sentiment": mood_json(sentence.sentiment) })
}

fn entity_json(v1: bool, entity: &Named, member: impl Fn(Member) -> Value) -> Value {
    let mut out = Map::from_iter([
        ("name".to_owned(), json!(entity.name)),
        ("type".to_owned(), member(entity.kind)),
        // Knowledge-graph ids are not known here; the API sends the empty map.
        ("metadata".to_owned(), json!({})),
    ]);
    if v1 {
        out.insert("salience".to_owned(), number(entity.salience));
    }
    let mention = |(span, kind): &(Span, Member)| {
        let mut out = Map::from_iter([("text".to_owned(), span_json(span)), ("type".to_owned(), member(*kind))]);
        if let Some(mood) = entity.sentiment {
            out.insert("sentiment".to_owned(), mood_json(mood));
        }
        if !v1 {
            out.insert("probability".to_owned(), number(entity.probability));
        }
        Value::from(out)
    };
    out.insert("mentions".to_owned(), entity.mentions.iter().map(mention).collect());
    if let Some(mood) = entity.sentiment {
        out.insert("sentiment".to_owned(), mood_json(mood));
    }
    out.into()
}

fn category_json(category: &Category) -> Value {
    json!({ "name": category.name, "confidence": number(category.confidence as f32) })
}

#[cfg(test)]
mod tests {
    use super::super::Encoding;
    use super::*;
    use crate::wire::Analysis;
    use chameleon_decision::{Entity, EntityKind, Mention, SentenceSentiment, Sentiment, SentimentClasses};

    const TEXT: &str = "Été à Paris. Wonderful!";

    fn answer(encoding: Encoding) -> Answer {
        let classes = SentimentClasses { positive: 1.0, negative: 0.0, neutral: 0.0, mixed: 0.0 };
        let sentence = |span, score| SentenceSentiment { span, score, magnitude: 0.5 };
        let sentences = vec![sentence(0..15, 0.0), sentence(16..26, 0.8)];
        let at = TEXT.find("Paris").unwrap();
        let analysis = Analysis {
            sentiment: Some(Sentiment { score: 0.8, magnitude: 1.5, classes, sentences }),
            entities: Some(vec![Entity {
                name: "Paris".to_owned(),
                kind: EntityKind::Location,
                salience: 1.0,
                score: 0.9,
                mentions: vec![Mention { span: at..at + 5, proper: true }],
                sentiment: None,
            }]),
            categories: Some(vec![Category { name: "/Travel".to_owned(), confidence: 0.8 }]),
        };
        Answer::new(TEXT, "en", encoding, analysis)
    }

    fn method(version: Version, kind: Kind) -> Method {
        Method { version, kind }
    }

    #[test]
    fn json_has_the_fields_of_its_version() {
        let answer = answer(Encoding::Utf16);
        let v1 = answer.to_json(method(Version::V1, Kind::AnnotateText), false);
        assert_eq!(v1["documentSentiment"], json!({ "magnitude": 1.5, "score": 0.8 }));
        assert_eq!(v1["sentences"][0]["sentiment"], json!({ "magnitude": 0.5, "score": 0.0 }));
        assert_eq!((&v1["language"], v1.get("languageSupported")), (&json!("en"), None));
        assert_eq!((&v1["entities"][0]["type"], &v1["entities"][0]["salience"]), (&json!("LOCATION"), &json!(1.0)));
        assert_eq!(v1["entities"][0]["mentions"][0]["text"], json!({ "content": "Paris", "beginOffset": 6 }));
        assert_eq!(v1["categories"], json!([{ "name": "/Travel", "confidence": 0.8 }]));
        let v2 = answer.to_json(method(Version::V2, Kind::AnalyzeEntities), true);
        assert_eq!((&v2["languageCode"], &v2["languageSupported"]), (&json!("en"), &json!(true)));
        assert_eq!((&v2["entities"][0]["type"], v2["entities"][0].get("salience")), (&json!(2), None));
        assert_eq!(v2["entities"][0]["mentions"][0]["probability"], json!(0.9));
        assert!(v2.get("documentSentiment").is_none() && v2.get("sentences").is_none());
    }

    #[test]
    fn protobuf_has_the_field_numbers_of_its_version_and_method() {
        let answer = Answer { sentences: Vec::new(), entities: Vec::new(), ..answer(Encoding::None) };
        let v1 = answer.to_proto(method(Version::V1, Kind::AnalyzeSentiment));
        assert_eq!(
            v1,
            [&[0x0a, 10, 0x15][..], &1.5f32.to_le_bytes(), &[0x1d], &0.8f32.to_le_bytes(), &[0x12, 2, b'e', b'n']]
                .concat()
        );
        let v2 = answer.to_proto(method(Version::V2, Kind::AnalyzeSentiment));
        assert_eq!(
            v2,
            [
                &[0x0a, 10, 0x0d][..],
                &1.5f32.to_le_bytes(),
                &[0x15],
                &0.8f32.to_le_bytes(),
                &[0x12, 2, b'e', b'n', 0x20, 1]
            ]
            .concat()
        );
        let classes = answer.to_proto(method(Version::V1, Kind::ClassifyText));
        assert_eq!(classes, [&[0x0a, 14, 0x0a, 7][..], b"/Travel", &[0x15], &0.8f32.to_le_bytes()].concat());
    }

    #[test]
    fn without_an_encoding_no_offset_is_given() {
        let json = answer(Encoding::None).to_json(method(Version::V1, Kind::AnalyzeSentiment), false);
        assert_eq!(json["sentences"][1]["text"], json!({ "content": "Wonderful!", "beginOffset": -1 }));
    }
}
