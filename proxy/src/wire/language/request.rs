//! Reading requests.

use bytes::Bytes;
use prost::Message;
use serde_json::value::RawValue;

use super::{Encoding, Kind, Method, Version};
use crate::wire::Aspects;
use crate::wire::json::read::{At, boolean, fields, replace, text};
use crate::wire::json::{enumeration, root};
use crate::wire::protobuf::{self, malformed};
use crate::wire::status::{Code, Status};

/// Bytes of a text at the most (Natural Language, quotas and limits).
const MAX_CONTENT: usize = 1_000_000;

/// A request, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The text, or where it is.
    pub document: Document,
    /// The unit of offsets in the answer.
    pub encoding: Encoding,
    /// What is asked for, of that which models can answer.
    pub aspects: Aspects,
    /// Whether more is asked for (syntax, moderation), which no model answers.
    pub others: bool,
}

/// What a call is about.
#[derive(Clone, PartialEq, Message)]
pub struct Document {
    /// 1 plain text, 2 HTML.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// The text.
    #[prost(string, tag = "2")]
    pub content: String,
    /// Where it is instead.
    #[prost(string, tag = "3")]
    pub gcs_content_uri: String,
    /// Its language, if the caller knows.
    #[prost(string, tag = "4")]
    pub language: String,
}

impl Document {
    /// Whether models can read it: plain text that came with the request.
    pub fn is_plain(&self) -> bool {
        self.r#type == 1 && !self.content.is_empty()
    }
}

/// `AnalyzeSentimentRequest` and its relatives.
#[derive(Clone, PartialEq, Message)]
struct Analyze {
    #[prost(message, optional, tag = "1")]
    document: Option<Document>,
    #[prost(int32, tag = "2")]
    encoding_type: i32,
}

/// `AnnotateTextRequest`.
#[derive(Clone, PartialEq, Message)]
struct Annotate {
    #[prost(message, optional, tag = "1")]
    document: Option<Document>,
    #[prost(bytes = "bytes", tag = "2")]
    features: Bytes,
    #[prost(int32, tag = "3")]
    encoding_type: i32,
}

/// `ClassifyTextRequest`; its field 3 chooses a model of the real API's.
#[derive(Clone, PartialEq, Message)]
struct Classify {
    #[prost(message, optional, tag = "1")]
    document: Option<Document>,
}

const FEATURES: u32 = 2;

/// The flags of `AnnotateTextRequest.Features`: number in v1, number in v2 (0: not there), name in JSON.
const FLAGS: [(u32, u32, &str); 6] = [
    (2, 1, "extractEntities"),
    (3, 2, "extractDocumentSentiment"),
    (4, 0, "extractEntitySentiment"),
    (6, 4, "classifyText"),
    (1, 0, "extractSyntax"),
    (11, 5, "moderateText"),
];

/// The flags in the order of [`FLAGS`].
type Flags = [bool; 6];

fn number(version: Version, flag: usize) -> u32 {
    if version == Version::V1 { FLAGS[flag].0 } else { FLAGS[flag].1 }
}

fn aspects_of(flags: Flags) -> (Aspects, bool) {
    let [entities, sentiment, entity_sentiment, categories, syntax, moderation] = flags;
    let aspects = Aspects { sentiment, entities: entities || entity_sentiment, entity_sentiment, categories };
    (aspects, syntax || moderation)
}

impl Request {
    /// Reads a message.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when it is malformed, or asks for nothing or about nothing.
    pub fn from_proto(method: Method, message: Bytes) -> Result<Self, Status> {
        let (document, encoding, flags) = match method.kind {
            Kind::ClassifyText => (Classify::decode(message).map_err(malformed)?.document, 0, None),
            Kind::AnnotateText => {
                let Annotate { document, features, encoding_type } = Annotate::decode(message).map_err(malformed)?;
                (document, encoding_type, Some(flags_proto(method.version, features)?))
            }
            _ => {
                let Analyze { document, encoding_type } = Analyze::decode(message).map_err(malformed)?;
                (document, encoding_type, None)
            }
        };
        Self::checked(method, document.unwrap_or_default(), encoding, flags)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// As [`Request::from_proto`].
    pub fn from_json(method: Method, body: &[u8]) -> Result<Self, Status> {
        let at = root_at();
        let Some(root) = root(body)? else { return Self::checked(method, Document::default(), 0, None) };
        let [document, encoding, features] = fields(root, &at, ["document", "encodingType", "features"])?;
        let document = document.map(|raw| document_json(raw, &at)).transpose()?.unwrap_or_default();
        let encoding_at = at.field("encoding_type", "google.cloud.language.v1.EncodingType");
        let encoding = encoding.map(|raw| enumeration(raw, &encoding_at, Encoding::number_of)).transpose()?;
        let flags = features.map(|raw| flags_json(raw, &at)).transpose()?;
        let flags = (method.kind == Kind::AnnotateText).then(|| flags.unwrap_or_default());
        Self::checked(method, document, encoding.unwrap_or_default(), flags)
    }

    fn checked(method: Method, document: Document, encoding: i32, flags: Option<Flags>) -> Result<Self, Status> {
        if document.content.is_empty() && document.gcs_content_uri.is_empty() {
            return Err(Status::invalid("One of content, or gcs_content_uri must be set."));
        }
        if document.content.len() > MAX_CONTENT {
            let message = format!("The document has {} bytes; the limit is {MAX_CONTENT}.", document.content.len());
            return Err(Status::invalid_field("document.content", message));
        }
        if !matches!(document.r#type, 1 | 2) {
            return Err(Status::invalid_field("document.type", "The document type must be PLAIN_TEXT or HTML."));
        }
        let encoding = Encoding::from_number(encoding)
            .ok_or_else(|| Status::invalid_field("encoding_type", format!("Unknown encoding type: {encoding}.")))?;
        let (aspects, others) = flags.map_or((method.kind.aspects(), false), aspects_of);
        if !aspects.any() && !others {
            return Err(Status::invalid_field("features", "The request must ask for at least one feature."));
        }
        Ok(Self { document, encoding, aspects, others })
    }

    /// The API's error for a language, or a kind of document, that no model reads.
    pub fn unsupported(&self, language: &str) -> Status {
        let message = match &self.document {
            document if document.content.is_empty() => "Documents are not read from Cloud Storage here.".to_owned(),
            document if !document.is_plain() => "HTML documents are not implemented here.".to_owned(),
            _ if self.others => "Syntax and moderation are not implemented here.".to_owned(),
            _ => return Status::invalid(format!("The language {language} is not supported for this analysis.")),
        };
        Status::new(Code::Unimplemented, message)
    }
}

fn root_at() -> At {
    At::root("google.cloud.language.v1.AnnotateTextRequest")
}

fn document_json(raw: &RawValue, at: &At) -> Result<Document, Status> {
    let at = at.field("document", "google.cloud.language.v1.Document");
    let [kind, content, uri, language, code] =
        fields(raw, &at, ["type", "content", "gcsContentUri", "language", "languageCode"])?;
    let kind_at = at.field("type", "google.cloud.language.v1.Document.Type");
    let kind_of = |name: &str| ["TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"].iter().position(|known| *known == name);
    let kind = kind.map(|raw| enumeration(raw, &kind_at, |name| kind_of(name).map(|n| n as i32))).transpose()?;
    let string = |raw: Option<&RawValue>, name| match raw {
        None => Ok(String::new()),
        Some(raw) => text(raw, &at.field(name, "TYPE_STRING")).map(std::borrow::Cow::into_owned),
    };
    Ok(Document {
        r#type: kind.unwrap_or_default(),
        content: string(content, "content")?,
        gcs_content_uri: string(uri, "gcs_content_uri")?,
        language: string(language.or(code), "language")?,
    })
}

fn flags_json(raw: &RawValue, at: &At) -> Result<Flags, Status> {
    let at = at.field("features", "google.cloud.language.v1.AnnotateTextRequest.Features");
    let raw = fields(raw, &at, FLAGS.map(|(_, _, name)| name))?;
    let mut flags = Flags::default();
    for ((flag, raw), (_, _, name)) in flags.iter_mut().zip(raw).zip(FLAGS) {
        *flag = raw.map(|raw| boolean(raw, &at.field(name, "TYPE_BOOL"))).transpose()?.unwrap_or_default();
    }
    Ok(flags)
}

fn flags_proto(version: Version, features: Bytes) -> Result<Flags, Status> {
    let mut flags = Flags::default();
    for field in protobuf::fields(features) {
        let field = field.map_err(malformed)?;
        let place = (0..FLAGS.len()).find(|flag| number(version, *flag) == field.tag);
        if let Some(place) = place {
            // A flag is a varint of one byte, after a key of one byte.
            flags[place] = field.raw.last().is_some_and(|value| *value != 0);
        }
    }
    Ok(flags)
}

/// Whether a flag asks only for what is answered here.
fn answered(flag: usize, local: Aspects) -> bool {
    match flag {
        0 => local.entities,
        1 => local.sentiment,
        2 => local.entity_sentiment,
        3 => local.categories,
        _ => false,
    }
}

/// The request for what is left to the real API, from a message of `AnnotateText`.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is malformed.
pub(crate) fn rest_proto(version: Version, message: Bytes, local: Aspects) -> Result<Bytes, Status> {
    let features = Annotate::decode(message.clone()).map_err(malformed)?.features;
    let drop = |tag| (0..FLAGS.len()).any(|flag| number(version, flag) == tag && answered(flag, local));
    let features = protobuf::without(features, drop).map_err(malformed)?;
    let mut out = protobuf::without(message, |tag| tag == FEATURES).map_err(malformed)?;
    protobuf::put(FEATURES, &features, &mut out);
    Ok(out.freeze())
}

/// The same from JSON.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is malformed.
pub(crate) fn rest_json(body: &[u8], local: Aspects) -> Result<Vec<u8>, Status> {
    let at = root_at();
    let Some(root) = root(body)? else { return Ok(b"{}".to_vec()) };
    let [features] = fields(root, &at, ["features"])?;
    let Some(features) = features else { return Ok(root.get().as_bytes().to_vec()) };
    let mut features = features.get().to_owned();
    for (flag, (_, _, name)) in FLAGS.into_iter().enumerate() {
        if answered(flag, local) {
            let raw: &RawValue = serde_json::from_str(&features).map_err(|_| at.invalid(root))?;
            features = replace(raw, &at, name, None)?;
        }
    }
    Ok(replace(root, &at, "features", Some(&features))?.into_bytes())
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;

    const ANNOTATE: Method = Method { version: Version::V1, kind: Kind::AnnotateText };
    const JSON: &str = r#"{"document":{"type":"PLAIN_TEXT","content":"Paris.","language":"en"},"features":{"extractEntities":true,"extractSyntax":true,"classify_text":false},"encodingType":"UTF32"}"#;

    fn message() -> Bytes {
        let document = Document {
            r#type: 1,
            content: "Paris.".to_owned(),
            gcs_content_uri: String::new(),
            language: "en".to_owned(),
        };
        let features = Bytes::from_static(&[0x08, 1, 0x10, 1, 0x30, 0]);
        Annotate { document: Some(document), features, encoding_type: 3 }.encode_to_vec().into()
    }

    #[test]
    fn both_framings_say_the_same() {
        let request = Request::from_json(ANNOTATE, JSON.as_bytes()).unwrap();
        assert_eq!(request, Request::from_proto(ANNOTATE, message()).unwrap());
        assert_eq!(request.aspects, Aspects { entities: true, ..Aspects::default() });
        assert!(request.others && request.document.is_plain());
        assert_eq!(request.encoding, Encoding::Utf32);
    }

    #[test]
    fn the_versions_number_their_features_differently() {
        let v2 = Method { version: Version::V2, ..ANNOTATE };
        let request = Request::from_proto(v2, message()).unwrap();
        assert_eq!(request.aspects, Aspects { entities: true, sentiment: true, ..Aspects::default() }, "1 and 2 of v2");
    }

    #[test]
    fn what_is_left_to_the_real_api_is_all_but_what_is_answered_here() {
        let local = Aspects { entities: true, ..Aspects::default() };
        assert_eq!(
            String::from_utf8(rest_json(JSON.as_bytes(), local).unwrap()).unwrap(),
            r#"{"document":{"type":"PLAIN_TEXT","content":"Paris.","language":"en"},"encodingType":"UTF32","features":{"extractSyntax":true,"classify_text":false}}"#
        );
        let rest = Annotate::decode(rest_proto(Version::V1, message(), local).unwrap()).unwrap();
        assert_eq!(rest.features.as_ref(), [0x08, 1, 0x30, 0]);
        assert_eq!(rest.document.unwrap().content, "Paris.");
    }

    #[test]
    fn requests_about_nothing_or_for_nothing_are_invalid() {
        let sentiment = Method { kind: Kind::AnalyzeSentiment, ..ANNOTATE };
        for (method, json, expected) in [
            (sentiment, r#"{"document":{"content":""}}"#, "One of content, or gcs_content_uri must be set."),
            (sentiment, "", "One of content"),
            (sentiment, r#"{"document":{"content":"x"}}"#, "document type"),
            (sentiment, r#"{"document":{"content":"x","type":1},"encodingType":7}"#, "encoding type: 7"),
            (sentiment, r#"{"document":{"content":3}}"#, "'document.content' (TYPE_STRING)"),
            (ANNOTATE, r#"{"document":{"content":"x","type":1},"features":{}}"#, "at least one feature"),
            (ANNOTATE, r#"{"document":{"content":"x","type":1},"features":{"classifyText":1}}"#, "(TYPE_BOOL)"),
        ] {
            let status = Request::from_json(method, json.as_bytes()).unwrap_err();
            assert_eq!(status.code, Code::InvalidArgument);
            assert!(status.message.contains(expected), "{json}: {}", status.message);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_status(bytes: Vec<u8>, cut in 0usize..40, at in 0usize..30, byte: u8) {
            let _ = Request::from_json(ANNOTATE, &bytes);
            let _ = Request::from_proto(ANNOTATE, Bytes::from(bytes));
            let mut damaged = BytesMut::from(&message()[..]);
            let at = at % damaged.len();
            damaged[at] = byte;
            damaged.truncate(cut);
            let damaged = damaged.freeze();
            let _ = Request::from_proto(ANNOTATE, damaged.clone());
            let _ = rest_proto(Version::V1, damaged, Aspects { entities: true, ..Aspects::default() });
        }
    }
}
