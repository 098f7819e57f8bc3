//! A stand-in for the real APIs: a server on loopback that answers as captured answers of the clients' tests do, for the
//! features and operations that no model here answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::repository;

/// Files of captured calls.
const FILES: [&str; 8] = [
    "vision-rest.json",
    "vision-grpc.json",
    "language-v1-rest.json",
    "language-v1-grpc.json",
    "language-v2-rest.json",
    "language-v2-grpc.json",
    "rekognition.json",
    "comprehend.json",
];

/// A running stand-in.
pub struct Cloud {
    /// Where it listens, in cleartext.
    pub address: SocketAddr,
    _runtime: Runtime,
}

/// A captured answer and the call that gets it.
struct Answer {
    /// Method and path.
    operation: String,
    /// What the message holds, if several calls have the same operation.
    tells: Option<Vec<u8>>,
    status: u16,
    body: Bytes,
    grpc: bool,
}

impl Cloud {
    /// Starts one.
    ///
    /// # Errors
    /// The captures cannot be read, or there is no port.
    pub fn start() -> Result<Self> {
        let folder = repository().join("proxy/tests/wire/captures");
        let mut answers = Vec::new();
        for file in FILES {
            answers.extend(read(&folder.join(file))?);
        }
        let answers: &'static [Answer] = answers.leak();
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let service = service_fn(move |request| serve(answers, request));
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { address, _runtime: runtime })
    }

    /// A configuration that leads to it.
    pub fn settings(&self) -> String {
        let hosts = [
            "vision.googleapis.com",
            "language.googleapis.com",
            "rekognition.us-east-1.amazonaws.com",
            "comprehend.us-east-1.amazonaws.com",
        ];
        let lines = hosts.map(|host| format!("\"{host}\" = \"http://{}\"\n", self.address));
        format!("[upstream.connect_to]\n{}", lines.concat())
    }
}

fn read(path: &Path) -> Result<Vec<Answer>> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    let captures: Vec<Value> = serde_json::from_slice(&text)?;
    let answer = |capture: &Value| -> Result<Answer> {
        let request = &capture["request"];
        let target = request["target"].as_str().context("a target")?.split('?').next().unwrap_or_default();
        let headers = request["headers"].as_array().into_iter().flatten();
        let mut named =
            headers.filter(|pair| pair[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("x-amz-target")));
        let amazon = named.find_map(|pair| pair[1].as_str());
        Ok(Answer {
            operation: amazon.unwrap_or(target).to_owned(),
            tells: tells(capture["name"].as_str().unwrap_or_default()),
            status: capture["response"]["status"].as_u64().context("a status")? as u16,
            body: body(&capture["response"])?,
            grpc: capture["protocol"] == "h2",
        })
    };
    captures.iter().map(answer).collect()
}

/// How calls of one operation are told apart: by what they ask of Vision, and by what is wrong with them.
fn tells(name: &str) -> Option<Vec<u8>> {
    let (framing, call) = name.split_once('/')?;
    let feature = |number: u8| match framing {
        "vision-rest" => format!("\"type\": {number}").into_bytes(),
        _ => vec![0x12, 2, 8, number],
    };
    match call {
        "safe_search_detection" => Some(feature(6)),
        "text_detection" => Some(feature(5)),
        "object_localization" => Some(feature(19)),
        "bad_s3_object" => Some(b"no-such-bucket".to_vec()),
        "detect_labels_features" => Some(b"IMAGE_PROPERTIES".to_vec()),
        "bad_empty_document" | "bad_image" | "bad_text_too_long" => Some(b"(nothing is passed on for it)".to_vec()),
        _ => None,
    }
}

fn body(message: &Value) -> Result<Bytes> {
    if let Some(text) = message["body_utf8"].as_str() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let digits = message["body_hex"].as_str().unwrap_or_default();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16);
    Ok((0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>()?)
}

async fn serve(
    answers: &[Answer],
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let amazon = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).map(str::to_owned);
    let operation = amazon.unwrap_or_else(|| request.uri().path().to_owned());
    let message = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    let fits = |answer: &&Answer| answer.operation == operation;
    let told = |answer: &&Answer| {
        let tells = answer.tells.as_deref();
        tells.is_some_and(|tells| message.windows(tells.len()).any(|window| window == tells))
    };
    let any = |answer: &&Answer| fits(answer) && answer.tells.is_none();
    let found = answers.iter().filter(fits).find(told).or_else(|| answers.iter().find(any));
    Ok(found.map_or_else(|| missing(&operation), reply))
}

fn missing(operation: &str) -> Response<BoxBody<Bytes, Infallible>> {
    let mut missing = Response::new(Full::new(Bytes::from(format!("no capture of {operation}"))).boxed());
    *missing.status_mut() = hyper::StatusCode::NOT_FOUND;
    missing
}

fn reply(answer: &Answer) -> Response<BoxBody<Bytes, Infallible>> {
    let body = Full::new(answer.body.clone());
    let mut response = if answer.grpc {
        let trailers = HeaderMap::from_iter([(
            hyper::header::HeaderName::from_static("grpc-status"),
            HeaderValue::from_static("0"),
        )]);
        Response::new(body.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed())
    } else {
        Response::new(body.boxed())
    };
    let kind = if answer.grpc { "application/grpc" } else { "application/json" };
    response.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    response.headers_mut().insert("x-amzn-requestid", HeaderValue::from_static("00000000-0000-4000-8000-000000000000"));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    response
}
