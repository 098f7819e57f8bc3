//! What real clients and servers send, with changes: every parser of bytes from outside reads or refuses it, in time and
//! without a panic, and the server serves the next client.
//!
//! Ignored, as each test runs for as long as it is told (in seconds, 60 unless told). An input that fails is named by its
//! number, which makes it again as `FUZZ_FIRST`.
//!
//! ```text
//! FUZZ_SECONDS=600 cargo test --release -p chameleon-proxy --test wire fuzz -- --ignored --nocapture
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chameleon_proxy::connect::Parent;
use chameleon_proxy::route::{Endpoint, split_app};
use chameleon_proxy::serve::Settings;
use chameleon_proxy::wire::aws::{comprehend, rekognition, scope, target};
use chameleon_proxy::wire::language::{Kind, Method, Request, Version, detect};
use chameleon_proxy::wire::vision::{Remote, json, proto, split};
use chameleon_proxy::wire::{grpc, rest};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cloud::{listen, upstream};
use crate::golden::{Capture, all_captures};
use crate::support::{ANNOTATE, TestServer, label_request};

/// No input may take longer; far more than any takes, far less than one that takes the square of its length.
/// So long, as a machine that does other things may stop for seconds.
const BUDGET: Duration = Duration::from_secs(20);

/// Longest input; a piece that is repeated makes an input longer.
const MAX_INPUT: usize = 1 << 20;

/// Runs `one` on input after input until the time is over.
fn fuzz(name: &str, mut one: impl FnMut(&mut Random)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, first) = (number("FUZZ_SECONDS").unwrap_or(60), number("FUZZ_FIRST").unwrap_or(0));
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut slowest) = (first, Duration::ZERO);
    while Instant::now() < end {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (runs.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1));
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| one(&mut random)));
        let took = started.elapsed();
        assert!(ended.is_ok(), "{name}: input {runs} panics");
        assert!(took < BUDGET, "{name}: input {runs} took {took:?}");
        slowest = slowest.max(took);
        runs += 1;
    }
    let runs = runs - first;
    println!("{name}: {runs} inputs in {seconds} s, the slowest {slowest:?}");
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// One of the seeds, with up to eight changes.
fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = random.of(seeds).clone();
    for _ in 0..random.below(9) {
        if bytes.is_empty() || bytes.len() > MAX_INPUT {
            break;
        }
        mutate(&mut bytes, seeds, random);
    }
    bytes
}

/// One change: of a byte or a bit, a piece that goes, comes from elsewhere or is repeated, a number, an end.
fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len());
    let until = |length: usize, bytes: &[u8]| (at + length).min(bytes.len());
    match random.below(9) {
        0 => bytes[at] = random.below(256) as u8,
        1 => bytes[at] ^= 1 << random.below(8),
        2 => drop(bytes.drain(at..until(random.below(40), bytes))),
        3 => {
            let other = random.of(seeds);
            let from = random.below(other.len());
            let piece = other[from..(from + random.below(200)).min(other.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        4 => {
            let repeated = bytes[at..until(1 + random.below(30), bytes)].repeat(1 + random.below(400));
            bytes.splice(at..at, repeated);
        }
        5 => bytes.truncate(at),
        6 => {
            let words: [&[u8]; 14] = [
                b"null",
                b"[",
                b"{",
                b"\"",
                b"\\u0000",
                b"1e400",
                b"-1",
                b"\r\n",
                b"\r\n\r\n",
                b"%ff",
                b"\xff\xff\xff\xff\x0f",
                b"\x80",
                b"\0\0\0\0",
                b"\xed\xa0\x80",
            ];
            bytes.splice(at..at, random.of(&words).iter().copied());
        }
        7 => {
            let digit = bytes[at..].iter().position(u8::is_ascii_digit);
            let numbers: [&[u8]; 4] = [b"99999999999999999999", b"-1", b"0", b"2147483648"];
            if let Some(found) = digit {
                bytes.splice(at + found..=at + found, random.of(&numbers).iter().copied());
            }
        }
        _ => {
            let piece: Vec<u8> = bytes.drain(at..until(random.below(60), bytes)).collect();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

#[test]
#[ignore = "runs for as long as it is told"]
fn mutated_messages_are_read_or_refused() {
    let seeds: Vec<Vec<u8>> =
        all_captures().iter().flat_map(Capture::messages).filter(|seed| !seed.is_empty()).collect();
    fuzz("messages", |random| read_all(&mutated(&seeds, random)));
}

/// Gives bytes to every parser of messages, whatever they were meant for.
fn read_all(bytes: &[u8]) {
    let whole = Bytes::copy_from_slice(bytes);
    for message in [whole.clone(), grpc::unframe(&whole).unwrap_or_default()] {
        let remote = [Remote { index: 0, features: vec![0] }, Remote { index: 2, features: vec![1, 3] }];
        let _ = json::parse_batch(&message);
        let _ = proto::decode_batch(message.clone());
        let _ = split::request_json(&message, &remote);
        let _ = split::request_proto(message.clone(), &remote);
        let local = proto::BatchAnnotateImagesResponse::decode(message.clone()).unwrap_or_default();
        let _ = split::answer_json(&local, &message, &remote);
        let _ = split::answer_proto(&local, message.clone(), &remote);
        let _ = grpc::merge(message.clone(), whole.clone());
        for version in [Version::V1, Version::V2] {
            for kind in [Kind::AnnotateText, Kind::AnalyzeSentiment, Kind::ClassifyText] {
                let _ = Request::from_proto(Method { version, kind }, message.clone());
                let _ = Request::from_json(Method { version, kind }, &message);
            }
        }
        let _ = rekognition::DetectLabels::parse(&message);
        for name in ["DetectSentiment", "BatchDetectEntities", "DetectDominantLanguage"] {
            let _ = comprehend::Operation::named(name).map(|operation| comprehend::Request::parse(operation, &message));
        }
        let _ = rest::merge(&message, "{}");
    }
    let text = String::from_utf8_lossy(bytes);
    read_line(text.lines().next().unwrap_or_default());
    detect(&text);
    let _ = Settings::parse(&text);
}

/// Gives a line to every parser of targets and headers.
fn read_line(line: &str) {
    rest::Query::parse(Some(line));
    rest::decode_query(line);
    Parent::parse(line, line);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(line) {
        for name in ["authorization", "x-amz-target", "grpc-timeout", "content-type", "smithy-protocol"] {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    let (_, path) = split_app(line);
    Endpoint::of(&http::Method::POST, &headers, path, None);
    let _ = (scope(&headers), target(&headers, path), grpc::timeout(&headers));
}

#[test]
#[ignore = "runs for as long as it is told"]
fn mutated_connections_are_answered_or_closed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(TestServer::with(None, impatient));
    let mut seeds: Vec<Vec<u8>> = all_captures().iter().map(Capture::on_the_wire).collect();
    seeds.push(std::fs::read(captured("h2-python-grpc-first-call.client.bin")).unwrap());
    seeds.push(b"CONNECT vision.googleapis.com:443 HTTP/1.0\r\n\r\n\x16\x03\x01\0\x10".to_vec());
    seeds.push(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic YTpi\r\n\r\n".to_vec());
    fuzz("connections", |random| {
        let bytes = mutated(&seeds, random);
        runtime.block_on(async {
            exchange(&server, &bytes).await;
            assert_eq!(server.get("/healthz").await.text(), "ok\n");
        });
    });
}

#[test]
#[ignore = "runs for as long as it is told"]
fn mutated_answers_of_the_real_api_harm_only_their_call() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let seeds: Vec<Vec<u8>> = all_captures().iter().map(Capture::answer_on_the_wire).collect();
    let (answers, said) = tokio::sync::watch::channel(Vec::new());
    let server = runtime.block_on(async {
        let cloud = listen(move |mut stream| {
            let answer = said.borrow().clone();
            async move {
                let _ = stream.read(&mut [0; 16 << 10]).await;
                let _ = stream.write_all(&answer).await;
            }
        })
        .await;
        let upstream = upstream(cloud);
        TestServer::with(None, |config| {
            impatient(config);
            config.upstream = Some(upstream);
        })
        .await
    });
    let image = crate::model::red();
    let mixed = label_request(&image).replace("\"features\":[", "\"features\":[{\"type\":6},");
    let request = |path: &str, body: &str| {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
    };
    let calls = [request(ANNOTATE, &mixed), request("/v1/files:annotate", "{}")];
    fuzz("answers", |random| {
        answers.send_replace(mutated(&seeds, random));
        let call = random.of(&calls).as_bytes();
        runtime.block_on(async {
            exchange(&server, call).await;
            assert_eq!(server.get("/healthz").await.text(), "ok\n");
        });
    });
}

fn impatient(config: &mut chameleon_proxy::serve::Config) {
    // Longer than a busy machine lets a client that means well wait.
    config.limits.head_timeout = Duration::from_secs(2);
    config.limits.body_timeout = Duration::from_secs(2);
    config.limits.body_bytes = 4 << 20;
}

/// Sends bytes, half-closes, and reads to the end, which must come.
async fn exchange(server: &TestServer, bytes: &[u8]) {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut from, mut to) = stream.split();
    let write = async {
        // The server may close, or reset, while these are under way.
        let _ = to.write_all(bytes).await;
        let _ = to.shutdown().await;
    };
    let mut answer = Vec::new();
    let read = async { tokio::time::timeout(BUDGET, from.read_to_end(&mut answer)).await };
    let ((), ended) = tokio::join!(write, read);
    assert!(ended.is_ok(), "the connection hangs");
}

fn captured(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/captures").join(file)
}
