//! `grpc-status-details-bin`: the machine-readable details of an error, as `google.rpc.Status` in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::HeaderValue;
use prost::Message;

use crate::wire::status::{Detail, Status};

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.BadRequest`.
#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`.
#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, tag = "1")]
    retry_delay: Option<Duration>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The header's value, if the status has details. The messages are left out: `grpc-message` has them already, and
/// headers are small.
pub(super) fn encode(status: &Status) -> Option<HeaderValue> {
    let detail = match status.detail.as_ref()? {
        Detail::Field(field) => {
            let violation = FieldViolation { field: field.clone(), description: String::new() };
            any("google.rpc.BadRequest", &BadRequest { field_violations: vec![violation] })
        }
        Detail::RetryAfter(wait) => {
            let delay = Duration { seconds: wait.as_secs() as i64, nanos: wait.subsec_nanos() as i32 };
            any("google.rpc.RetryInfo", &RetryInfo { retry_delay: Some(delay) })
        }
    };
    let rpc = RpcStatus { code: status.code.number(), message: String::new(), details: vec![detail] };
    HeaderValue::from_str(&STANDARD_NO_PAD.encode(rpc.encode_to_vec())).ok()
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}
