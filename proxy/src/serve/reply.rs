//! Answers as HTTP responses.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use prost::Message;

use crate::connect::Body;
use crate::wire::status::{Code, Status};
use crate::wire::{grpc, rest};

/// A response whose body is in memory.
pub(super) fn full(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Full::new(bytes).map_err(infallible).boxed())
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
    let body = Full::new(grpc::frame(message)).with_trailers(ready(Some(Ok(grpc::ok_trailers()))));
    Response::from_parts(grpc::ok_head(), body.map_err(infallible).boxed())
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
