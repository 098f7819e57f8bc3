//! What real clients sent, byte for byte, and what they accepted as answers.
//!
//! `captures/` holds calls of the clients of Google and AWS with the replies of a server whose answers they understood.
//! The stand-in models say what that server said, so that answers can be compared field by field.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use prost::Message;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::standins::{Persons, Reader};
use crate::support::{Answer, TestServer};

/// The files of captured calls.
const FILES: [&str; 11] = [
    "comprehend.json",
    "language-v1-grpc.json",
    "language-v1-rest.json",
    "language-v2-grpc.json",
    "language-v2-rest.json",
    "node.json",
    "python-1x-grpc.json",
    "python-discovery-rest.json",
    "rekognition.json",
    "vision-grpc.json",
    "vision-rest.json",
];

/// Every captured call.
pub(crate) fn all_captures() -> Vec<Capture> {
    FILES.into_iter().flat_map(captures).collect()
}

/// One call of a client.
pub(crate) struct Capture {
    name: String,
    http2: bool,
    target: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    answered: Value,
}

fn captures(file: &str) -> Vec<Capture> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/captures").join(file);
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |capture: &Value| {
        let request = &capture["request"];
        let pair = |pair: &Value| (text(&pair[0]).to_ascii_lowercase(), text(&pair[1]));
        Capture {
            name: text(&capture["name"]),
            http2: capture["protocol"] == "h2",
            target: text(&request["target"]),
            headers: request["headers"].as_array().unwrap().iter().map(pair).collect(),
            body: body(request),
            answered: capture["response"].clone(),
        }
    };
    all.iter().map(read).collect()
}

fn body(message: &Value) -> Bytes {
    if let Some(text) = message["body_utf8"].as_str() {
        return Bytes::copy_from_slice(text.as_bytes());
    }
    let digits = message["body_hex"].as_str().unwrap_or_default().as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

impl Capture {
    /// The bodies of the request and of its answer.
    pub(crate) fn messages(&self) -> [Vec<u8>; 2] {
        [self.body.to_vec(), body(&self.answered).to_vec()]
    }

    /// The request as HTTP/1.1 has it.
    pub(crate) fn on_the_wire(&self) -> Vec<u8> {
        let headers = self.headers.iter().filter(|(name, _)| !name.starts_with(':'));
        let lines: Vec<String> = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        [format!("POST {} HTTP/1.1\r\n{}\r\n", self.target, lines.concat()).as_bytes(), &self.body].concat()
    }

    /// The answer as HTTP/1.1 has it.
    pub(crate) fn answer_on_the_wire(&self) -> Vec<u8> {
        let body = body(&self.answered);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), &body].concat()
    }

    async fn replay(&self, server: &TestServer) -> Answer {
        let uri = if self.http2 { format!("http://{}{}", server.addr, self.target) } else { self.target.clone() };
        let mut request = Request::post(uri);
        for (name, value) in &self.headers {
            let framing = name.starts_with(':') || matches!(name.as_str(), "content-length" | "connection");
            if !framing {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(self.body.clone())).unwrap();
        if self.http2 {
            return Answer::of(server.http2().await.send_request(request).await.unwrap()).await;
        }
        let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Answer::of(sender.send_request(request).await.unwrap()).await
    }

    /// The operation of a call of AWS.
    fn operation(&self) -> Option<String> {
        let named = self.headers.iter().find(|(name, _)| name == "x-amz-target");
        named.map(|(_, operation)| operation.clone())
    }

    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.ends_with(name))
    }
}

async fn server() -> TestServer {
    TestServer::with(None, |config| {
        config.objects = Some(Arc::new(Persons));
        config.texts = Some(Arc::new(Reader));
    })
    .await
}

/// What is in `answer` and not so in `golden`: other values, other types, unknown fields.
fn differences(answer: &Value, golden: &Value, at: &str, found: &mut Vec<String>) {
    match (answer, golden) {
        (Value::Object(answer), Value::Object(golden)) => {
            for (name, value) in answer {
                match golden.get(name) {
                    Some(golden) => differences(value, golden, &format!("{at}.{name}"), found),
                    None => found.push(format!("{at}.{name} is not in the capture")),
                }
            }
            for name in golden.keys().filter(|name| !answer.contains_key(*name)) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        (Value::Array(answer), Value::Array(golden)) if answer.len() == golden.len() => {
            for (i, (answer, golden)) in answer.iter().zip(golden).enumerate() {
                differences(answer, golden, &format!("{at}[{i}]"), found);
            }
        }
        _ if answer == golden => {}
        _ => found.push(format!("{at} is {answer}, not {golden}")),
    }
}

fn compare(capture: &Capture, answer: &Answer, ignored: &[&str]) {
    assert_eq!(
        answer.status.as_u16(),
        capture.answered["status"].as_u64().unwrap() as u16,
        "{}: {}",
        capture.name,
        answer.text()
    );
    let golden: Value = serde_json::from_slice(&body(&capture.answered)).unwrap();
    let mut found = Vec::new();
    differences(&answer.json(), &golden, "", &mut found);
    found.retain(|difference| !ignored.iter().any(|ignored| difference.contains(ignored)));
    assert!(found.is_empty(), "{}: {found:#?}", capture.name);
}

/// The kind and the fields of an answer of Vision are compared: the labels of the tiny network are its own.
fn check_vision(capture: &Capture, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", capture.name);
    let golden: Value = serde_json::from_slice(&body(&capture.answered)).unwrap();
    let (answer, golden) = (answer.json(), &golden["responses"]);
    let responses = answer["responses"].as_array().unwrap();
    assert_eq!(responses.len(), golden.as_array().unwrap().len(), "{}", capture.name);
    for (response, golden) in responses.iter().zip(golden.as_array().unwrap()) {
        if let Some(error) = golden.get("error") {
            assert_eq!(
                (&response["error"]["code"], &response["error"]["message"]),
                (&error["code"], &error["message"])
            );
        }
        for list in ["labelAnnotations", "localizedObjectAnnotations"] {
            let Some(first) = golden[list].get(0) else { continue };
            let known = first.as_object().unwrap();
            for (name, value) in response[list][0].as_object().unwrap() {
                assert_eq!(value.is_number(), known[name].is_number(), "{}: {name}", capture.name);
            }
            for name in known.keys().filter(|name| *name != "mid") {
                assert!(response[list][0].get(name).is_some(), "{}: {name} is missing", capture.name);
            }
        }
    }
}

#[tokio::test]
async fn vision_over_rest() {
    let server = server().await;
    let mut replayed = 0;
    for file in ["vision-rest.json", "python-discovery-rest.json", "node.json"] {
        for capture in captures(file).iter().filter(|capture| capture.target.starts_with("/v1/images:annotate")) {
            let served =
                ["label_detection", "max_results", "object_localization", "batch_annotate_images", "bad_image"];
            let mixed = ["annotate_image", "images.annotate"];
            if capture.is(&served) || capture.is(&mixed) || capture.name.contains("labelDetection") {
                check_vision(capture, &capture.replay(&server).await);
                replayed += 1;
            }
        }
    }
    assert_eq!(replayed, 8);
}

#[tokio::test]
async fn vision_over_grpc() {
    #[derive(Clone, PartialEq, Message)]
    struct Batch {
        #[prost(message, repeated, tag = "1")]
        responses: Vec<Image>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Image {
        #[prost(message, repeated, tag = "4")]
        labels: Vec<Entity>,
        #[prost(message, optional, tag = "9")]
        error: Option<Error>,
        #[prost(message, repeated, tag = "22")]
        objects: Vec<Object>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Entity {
        #[prost(string, tag = "3")]
        description: String,
        #[prost(float, tag = "4")]
        score: f32,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Object {
        #[prost(string, tag = "3")]
        name: String,
        #[prost(message, optional, tag = "5")]
        poly: Option<Poly>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Poly {
        #[prost(message, repeated, tag = "2")]
        vertices: Vec<Vertex>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Vertex {
        #[prost(float, tag = "1")]
        x: f32,
        #[prost(float, tag = "2")]
        y: f32,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Error {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
    }
    let server = server().await;
    let mut replayed = 0;
    for file in ["vision-grpc.json", "python-1x-grpc.json", "node.json"] {
        for capture in captures(file).iter().filter(|capture| capture.target.contains("vision") && capture.http2) {
            let served = [
                "label_detection",
                "max_results",
                "object_localization",
                "batch_annotate_images",
                "bad_image",
                "labelDetection",
            ];
            if !capture.is(&served) {
                continue;
            }
            let answer = capture.replay(&server).await;
            let decode = |bytes: &Bytes| Batch::decode(&bytes[5..]).unwrap();
            let (answer, golden) = (decode(&answer.body), decode(&body(&capture.answered)));
            assert_eq!(answer.responses.len(), golden.responses.len(), "{}", capture.name);
            for (answer, golden) in answer.responses.iter().zip(&golden.responses) {
                assert_eq!(answer.error, golden.error, "{}", capture.name);
                assert_eq!(answer.labels.is_empty(), golden.labels.is_empty(), "{}", capture.name);
                assert!(answer.labels.iter().all(|label| !label.description.is_empty() && label.score >= 0.5));
                assert_eq!(answer.objects.is_empty(), golden.objects.is_empty(), "{}", capture.name);
                assert!(answer.objects.iter().all(|object| object.poly.as_ref().unwrap().vertices.len() == 4));
            }
            replayed += 1;
        }
    }
    assert_eq!(replayed, 8);
}

/// What the stand-in does not know: ids, and that `metadata` is there even if it is empty.
const UNKNOWN: [&str; 1] = [".metadata"];

#[tokio::test]
async fn language_over_rest() {
    let server = server().await;
    let mut replayed = 0;
    for file in ["language-v1-rest.json", "language-v2-rest.json", "python-discovery-rest.json"] {
        for capture in captures(file).iter().filter(|capture| capture.target.contains("documents:")) {
            if capture.is(&["moderate_text"]) {
                continue;
            }
            compare(capture, &capture.replay(&server).await, &UNKNOWN);
            replayed += 1;
        }
    }
    assert_eq!(replayed, 12);
}

/// `Sentiment`, `Entity` and their relatives in the numbering of v1; those of v2 are compared as bytes.
#[tokio::test]
async fn language_over_grpc() {
    let server = server().await;
    let mut replayed = 0;
    for file in ["language-v1-grpc.json", "language-v2-grpc.json", "python-1x-grpc.json", "node.json"] {
        for capture in captures(file).iter().filter(|capture| capture.target.contains("language") && capture.http2) {
            if capture.is(&["moderate_text", "analyze_syntax", "analyze_entity_sentiment"]) {
                continue;
            }
            let answer = capture.replay(&server).await;
            replayed += 1;
            if capture.is(&["bad_empty_document"]) {
                assert_eq!(answer.headers["grpc-status"], "3", "{}", capture.name);
                continue;
            }
            let golden = body(&capture.answered);
            let (answer, mut golden) = (sorted(&answer.body[5..]), sorted(&golden[5..]));
            if capture.name == "language-1x/annotate_text" {
                // The captured server gave categories that nobody had asked for.
                golden.retain(|(tag, _)| *tag != 6);
            }
            assert_eq!(answer, golden, "{}", capture.name);
        }
    }
    assert!(replayed >= 15, "{replayed}");
}

/// The fields of an encoded message, ordered by number, those within too; without an entity's `metadata` (3), which the
/// stand-in does not know.
fn sorted(mut message: &[u8]) -> Vec<(u32, Vec<u8>)> {
    use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
    let mut fields = Vec::new();
    while !message.is_empty() {
        let start = message;
        let (tag, kind) = decode_key(&mut message).unwrap();
        let mut value = message;
        skip_field(kind, tag, &mut message, DecodeContext::default()).unwrap();
        let raw = &start[..start.len() - message.len()];
        if kind == WireType::LengthDelimited {
            let length = decode_varint(&mut value).unwrap() as usize;
            let content = &value[..length];
            // An entity begins with its name; its fields are compared one by one, for metadata stands among them.
            if content.starts_with(&[0x0a, 5, b'P', b'a', b'r', b'i', b's', 0x10]) {
                fields.extend(sorted(content).into_iter().map(|(inner, raw)| (tag * 100 + inner, raw)));
                continue;
            }
            let is_metadata = tag == 3
                && [&b"mid"[..], b"wikipedia_url"]
                    .iter()
                    .any(|key| content.get(2..).is_some_and(|rest| rest.starts_with(key)));
            if is_metadata {
                continue;
            }
        }
        fields.push((tag, raw.to_vec()));
    }
    fields.sort();
    fields
}

#[tokio::test]
async fn rekognition() {
    let server = server().await;
    for capture in captures("rekognition.json") {
        let answer = capture.replay(&server).await;
        if capture.is(&["detect_labels"]) {
            let labels = answer.json()["Labels"].clone();
            let golden: Value = serde_json::from_slice(&body(&capture.answered)).unwrap();
            let names =
                |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(names(&labels[0]), names(&golden["Labels"][0]));
            assert_eq!(labels.as_array().unwrap().len(), 5, "MaxLabels");
        } else if capture.is(&["bad_image", "bad_s3_object"]) {
            compare(&capture, &answer, &[".Message is not in"]);
            assert_eq!(answer.headers["x-amzn-errortype"].to_str().unwrap(), answer.json()["__type"]);
        } else {
            assert_eq!(answer.status, 400, "{}", capture.name);
        }
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.1");
        assert!(answer.headers["x-amzn-requestid"].len() == 36);
    }
}

#[tokio::test]
async fn comprehend() {
    let server = server().await;
    for capture in captures("comprehend.json") {
        let answer = capture.replay(&server).await;
        match capture.name.rsplit('/').next().unwrap() {
            "detect_key_phrases" => assert_eq!(answer.json()["__type"], "UnknownOperationException"),
            // The body of this capture was cut.
            "bad_text_too_long" => {}
            "batch_detect_sentiment" | "batch_detect_entities" => {
                let lists = answer.json();
                assert_eq!(lists["ResultList"].as_array().unwrap().len(), 2, "{lists}");
                assert_eq!(lists["ErrorList"], serde_json::json!([]));
            }
            // The stand-in's scores are the same but for the entity's, and the language is found here.
            _ => compare(&capture, &answer, &[".Score is"]),
        }
    }
}

#[tokio::test]
async fn every_call_that_no_model_answers_is_answered_by_the_real_api_byte_for_byte() {
    let all =
        ["vision-rest.json", "language-v1-rest.json", "language-v2-rest.json", "rekognition.json", "comprehend.json"];
    let calls: Vec<Capture> = all.into_iter().flat_map(captures).collect();
    let known: Vec<(String, Option<String>, Bytes, Bytes, u16)> = calls
        .iter()
        .map(|call| {
            let status = call.answered["status"].as_u64().unwrap() as u16;
            (call.target.clone(), call.operation(), call.body.clone(), body(&call.answered), status)
        })
        .collect();
    let cloud = Cloud::start(move |seen| {
        let target = seen.parts.uri.to_string();
        let operation = seen.header("x-amz-target").map(str::to_owned);
        let same = |(uri, named, asked, ..): &&(String, Option<String>, Bytes, Bytes, u16)| {
            *uri == target && *named == operation && *asked == seen.body
        };
        let found = known.iter().find(same);
        let (.., answer, status) = found.expect("a captured call");
        Response::builder().status(*status).body(Full::new(answer.clone()).boxed()).unwrap()
    })
    .await;
    let upstream = cloud.upstream();
    let server = TestServer::with(None, |config| config.upstream = Some(upstream)).await;
    let mut passed = 0;
    for call in &calls {
        let before = cloud.seen().len();
        let served = [
            "/label_detection",
            "max_results",
            "annotate_image",
            "batch_annotate_images",
            "/bad_image",
            "/detect_labels",
            "dominant_language",
            "too_long",
            "bad_empty_document",
        ];
        if call.is(&served) {
            continue;
        }
        let answer = call.replay(&server).await;
        assert_eq!(cloud.seen().len(), before + 1, "{}: {}", call.name, answer.text());
        assert_eq!(answer.body, body(&call.answered), "{}", call.name);
        passed += 1;
    }
    assert_eq!(passed, 25);
}
