//! Answers as HTTP responses.

use std::convert::Infallible;
use std::future::ready;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use prost::Message;
use serde::Serialize;
use serde_json::Value;

use crate::connect::Body;
use crate::wire::aws::{self, Fault};
use crate::wire::status::{Code, Status};
use crate::wire::{grpc, rest};

/// A response whose body is in memory.
pub(super) fn full(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Full::new(bytes).map_err(infallible).boxed())
}

/// A JSON answer over REST.
pub(super) fn rest(answer: &impl Serialize) -> Response<Body> {
    full(rest::ok(answer))
}

/// A JSON answer over REST that is written already.
pub(super) fn rest_bytes(answer: Bytes) -> Response<Body> {
    full(rest::ok_bytes(answer))
}

/// An error over REST.
pub(super) fn rest_error(status: &Status) -> Response<Body> {
    full(rest::error(status))
}

/// An error over gRPC.
pub(super) fn grpc_error(status: &Status) -> Response<Body> {
    full(Response::from_parts(grpc::error_head(status), Bytes::new()))
}

/// A message over gRPC.
pub(super) fn grpc_message(message: &impl Message) -> Response<Body> {
    grpc_framed(grpc::frame(message))
}

/// A message over gRPC that is encoded already.
pub(super) fn grpc_bytes(message: &Bytes) -> Response<Body> {
    grpc_framed(grpc::frame_bytes(message))
}

fn grpc_framed(frame: Bytes) -> Response<Body> {
    let body = Full::new(frame).with_trailers(ready(Some(Ok(grpc::ok_trailers()))));
    Response::from_parts(grpc::ok_head(), body.map_err(infallible).boxed())
}

/// An answer of AWS.
pub(super) fn aws(answer: &Value) -> Response<Body> {
    full(aws::answer(answer, &request_id()))
}

/// An error of AWS.
pub(super) fn aws_error(fault: &Fault) -> Response<Body> {
    full(aws::failure(fault, &request_id()))
}

/// An id in the form of a UUID: when the process began, and how many calls it has answered since.
fn request_id() -> String {
    static BEGAN: LazyLock<u128> =
        LazyLock::new(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos()));
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let (began, call) = (*BEGAN as u64, CALLS.fetch_add(1, Ordering::Relaxed));
    let groups = [began >> 32, began >> 16 & 0xffff, 0x4000 | began & 0xfff, 0x8000 | call >> 48 & 0x3fff];
    let [a, b, c, d] = groups;
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{:012x}", call & 0xffff_ffff_ffff)
}

/// Plain text.
pub(super) fn text(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    full(response)
}

/// `405`.
pub(super) fn wrong_method(allowed: &'static str) -> Response<Body> {
    let status = Status::new(Code::Unimplemented, format!("Method not allowed; use {allowed}."));
    let mut response = rest_error(&status.with_http(StatusCode::METHOD_NOT_ALLOWED));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn infallible<E>(never: Infallible) -> E {
    match never {}
}
