//! Asking the real API.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use time::OffsetDateTime;

use super::context::{Context, cloud_host, text};
use super::service::Shared;
use super::timing::timed;
use crate::connect::{Body, STAND_IN};
use crate::percent;
use crate::route::{CloudApi, Framing};
use crate::upstream::{AwsKeys, Signed, Upstream, UpstreamError, is_signed_with};
use crate::wire::status::{Code, Status, number_of};
use crate::wire::{aws, grpc};

/// The words of AWS.
const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check \
                               your AWS Secret Access Key and signing method.";

/// Where the real API of a call is.
#[derive(Clone, Debug)]
pub(super) struct Way {
    upstream: Upstream,
    host: String,
    /// The key to sign with, where the caller signed for another host.
    sign: Option<AwsKeys>,
}

impl Way {
    /// Whether the message must be known as a whole before it is sent.
    pub(super) fn needs_whole(&self) -> bool {
        self.sign.is_some()
    }
}

/// A message for upstream that is in memory.
fn in_memory(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// Why upstream said no, as it would stand in one image's error: number and message of a code.
pub(super) type Refusal = (i32, String);

impl Shared {
    /// The way to the real API, if there is one for this call: not for callers whose credentials were made up here,
    /// and not where a signature is for another host than the real one.
    pub(super) fn way(&self, context: &Context) -> Option<Way> {
        let upstream = self.upstream.clone()?;
        if self.is_stand_in(context) {
            return None;
        }
        let api = context.call.api;
        let (host, sign) = match cloud_host(&context.parts) {
            Some(host) if CloudApi::at(&host) == Some(api) => (host, None),
            _ if api.is_google() => (format!("{}.googleapis.com", api.name()), None),
            _ => {
                let scope = aws::scope(context.headers())?;
                let keys = self.aws_keys.iter().find(|keys| keys.id == scope.key)?.clone();
                let host = format!("{}.{}.amazonaws.com", api.name(), scope.region);
                // A region is the caller's to write, and no part of another host's name.
                CloudApi::at(&host).filter(|found| *found == api)?;
                (host, Some(keys))
            }
        };
        Some(Way { upstream, host, sign })
    }

    /// Sends a call on whose message is in memory.
    pub(super) async fn pass_whole(
        &self,
        context: &mut Context,
        way: Way,
        message: Bytes,
    ) -> Result<Response<Body>, Status> {
        if let Some(keys) = &way.sign {
            let now = OffsetDateTime::now_utc();
            if !is_signed_with(keys, &context.parts, &message, now) {
                return Err(Status::new(Code::PermissionDenied, WRONG_SIGNATURE));
            }
            let scope = aws::scope(context.headers());
            let region = scope.map(|scope| scope.region.to_owned()).unwrap_or_default();
            let signed = Signed { host: &way.host, region: &region, service: context.call.api.name(), body: &message };
            signed.sign(keys, &mut context.parts.headers, now);
        }
        self.pass(context, way, in_memory(message)).await
    }

    fn is_stand_in(&self, context: &Context) -> bool {
        let headers = context.headers();
        let token = text(headers, AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        let key = text(headers, "x-goog-api-key").or(context.query.key.as_deref());
        token == Some(STAND_IN)
            || aws::scope(headers).is_some_and(|scope| scope.key == STAND_IN)
            || key.is_some_and(|key| self.apps.is_own_key(key) || self.engines.know(key))
    }

    /// Sends a call on as it is and hands the answer back as it comes.
    pub(super) async fn pass(&self, context: &mut Context, way: Way, body: Body) -> Result<Response<Body>, Status> {
        context.outcome.upstream = true;
        let target = context.target();
        let sent = way.upstream.send(&way.host, &target, &mut context.parts, body);
        let (answer, took) = timed(sent).await;
        context.timing.upstream += took;
        context.timing.answers += took;
        let answer = answer.map_err(|error| status_of(&error))?;
        if !is_success(&answer) {
            context.outcome.error = Some("UPSTREAM_ERROR");
        }
        Ok(answer)
    }

    /// Sends a part of a call and takes the answer's message.
    pub(super) async fn ask(&self, context: &Context, way: Way, message: Bytes) -> Result<Bytes, Refusal> {
        let mut parts = context.parts.clone();
        // The answer is to be read here.
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if parts.headers.contains_key("grpc-accept-encoding") {
            parts.headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity"));
        }
        let target = context.target();
        let answer = way.upstream.send(&way.host, &target, &mut parts, in_memory(message)).await;
        let answer = answer.map_err(|error| refusal(&status_of(&error)))?;
        let (head, body) = answer.into_parts();
        let broken = |why: &str| (Code::Internal.number(), format!("{} gave no valid answer: {why}.", way.host));
        let (body, trailers) = collect(body, self.body.max_bytes).await.map_err(|why| broken(&why))?;
        if head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(broken("it is compressed"));
        }
        if context.call.framing == Framing::Grpc {
            let said = if head.headers.contains_key("grpc-status") { &head.headers } else { &trailers };
            return match text(said, "grpc-status") {
                Some("0") => grpc::unframe(&body).map_err(|status| broken(&status.message)),
                Some(code) => Err((code.parse().unwrap_or(2), message_of(said))),
                None => Err(broken(&format!("HTTP status {}", head.status))),
            };
        }
        if head.status == StatusCode::OK { Ok(body) } else { Err(rest_refusal(head.status, &body)) }
    }
}

/// A whole answer in memory, with its trailers.
async fn collect(mut body: Body, limit: usize) -> Result<(Bytes, HeaderMap), String> {
    let (mut joined, mut trailers) = (BytesMut::new(), HeaderMap::new());
    while let Some(frame) = body.frame().await {
        match frame.map_err(|error| error.to_string())?.into_data() {
            Ok(data) if joined.len() + data.len() > limit => return Err(format!("it has more than {limit} bytes")),
            Ok(data) => joined.extend_from_slice(&data),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
    }
    Ok((joined.freeze(), trailers))
}

fn refusal(status: &Status) -> Refusal {
    (status.code.number(), status.message.clone())
}

fn message_of(headers: &HeaderMap) -> String {
    percent::decode(text(headers, "grpc-message").unwrap_or_default())
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorFields,
}

#[derive(Deserialize)]
struct ErrorFields {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
}

fn rest_refusal(status: StatusCode, body: &[u8]) -> Refusal {
    match serde_json::from_slice(body) {
        Ok(ErrorBody { error }) => (number_of(&error.status).unwrap_or(2), error.message),
        Err(_) => (Code::Internal.number(), format!("The API answered {status}.")),
    }
}

fn is_success(answer: &Response<Body>) -> bool {
    let refused = text(answer.headers(), "grpc-status").is_some_and(|code| code != "0");
    answer.status().is_success() && !refused
}

/// What a caller is told when the real API gives no answer. Never `UNAVAILABLE` or `DEADLINE_EXCEEDED`, which client
/// libraries try again for ten minutes.
fn status_of(error: &UpstreamError) -> Status {
    tracing::warn!(%error, "No answer from upstream");
    let http = match error {
        UpstreamError::Late { .. } => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    Status::new(Code::Internal, format!("{error}.")).with_http(http)
}

/// How long a gRPC caller waits.
pub(super) fn deadline(context: &Context) -> Option<Duration> {
    (context.call.framing == Framing::Grpc).then(|| grpc::timeout(context.headers())).flatten()
}
