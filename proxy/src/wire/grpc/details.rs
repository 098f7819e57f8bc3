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

/// Longest message that is sent twice: the two headers together must stay under what clients accept.
const MAX_MESSAGE: usize = 1024;

/// The header's value, if the status has details. `message` is what `grpc-message` says: client libraries refuse a
/// status whose two messages differ, so details are left out where both would be too long.
pub(super) fn encode(status: &Status, message: &str) -> Option<HeaderValue> {
    if message.len() > MAX_MESSAGE {
        return None;
    }
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
    let rpc = RpcStatus { code: status.code.number(), message: message.to_owned(), details: vec![detail] };
    HeaderValue::from_str(&STANDARD_NO_PAD.encode(rpc.encode_to_vec())).ok()
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_say_the_same() {
        let status = Status::invalid_field("requests", "Request must specify image and features.");
        let value = encode(&status, &status.message).unwrap();
        let decoded = RpcStatus::decode(STANDARD_NO_PAD.decode(value).unwrap().as_slice()).unwrap();
        assert_eq!((decoded.code, decoded.message), (3, status.message.clone()));
        assert_eq!(decoded.details.len(), 1);
        assert_eq!(encode(&status, &"x".repeat(MAX_MESSAGE + 1)), None);
        assert_eq!(encode(&Status::invalid("no details"), "no details"), None);
    }
}
