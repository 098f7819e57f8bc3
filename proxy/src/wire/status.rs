//! The error model of Google's APIs (`google.rpc.Status`), with its three spellings: gRPC number, upper-case name and
//! HTTP status. Source: `google/rpc/code.proto`, <https://cloud.google.com/apis/design/errors>.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

/// A canonical error code. `UNAVAILABLE` is left out on purpose: clients retry it for up to ten minutes, and no
/// condition of a local server heals by waiting that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum Code {
    /// The request is wrong, whatever the state of the server.
    InvalidArgument = 3,
    /// The caller's deadline passed, or it stopped sending.
    DeadlineExceeded = 4,
    /// Something named in the request does not exist.
    NotFound = 5,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// The server is full; the same request may succeed later.
    ResourceExhausted = 8,
    /// The operation exists, but not here.
    Unimplemented = 12,
    /// The server is at fault.
    Internal = 13,
}

impl Code {
    /// The number on the gRPC wire.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The name in REST error bodies, e.g. `INVALID_ARGUMENT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status that goes with it.
    pub fn http(self) -> StatusCode {
        match self {
            Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// All codes of `google.rpc.Code` by their numbers; the real APIs send more than are sent from here.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The number of a code's name.
pub(crate) fn number_of(name: &str) -> Option<i32> {
    NAMES.iter().position(|known| *known == name).map(|number| number as i32)
}

/// The failure of a whole call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct Status {
    /// What kind of failure.
    pub code: Code,
    /// For the developer who calls the API.
    pub message: String,
    /// The HTTP status, where it differs from the code's own.
    pub http: StatusCode,
    /// Machine-readable details.
    pub detail: Option<Detail>,
}

/// A machine-readable detail of a [`Status`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// `google.rpc.BadRequest` with one violation: the path of the field that is wrong.
    Field(String),
    /// `google.rpc.RetryInfo`: how long to wait before the same request may succeed.
    RetryAfter(Duration),
}

impl Status {
    /// A status without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), http: code.http(), detail: None }
    }

    /// `INVALID_ARGUMENT`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// `INVALID_ARGUMENT` because of the field at `path`, e.g. `requests[0].features[1].type`.
    pub fn invalid_field(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { detail: Some(Detail::Field(path.into())), ..Self::invalid(message) }
    }

    /// `RESOURCE_EXHAUSTED`, to be tried again after `wait`.
    pub fn exhausted(message: impl Into<String>, wait: Duration) -> Self {
        Self { detail: Some(Detail::RetryAfter(wait)), ..Self::new(Code::ResourceExhausted, message) }
    }

    /// The same status with another HTTP status.
    #[must_use]
    pub fn with_http(self, http: StatusCode) -> Self {
        Self { http, ..self }
    }

    /// How long to wait before trying again, in whole seconds rounded up.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self.detail {
            Some(Detail::RetryAfter(wait)) => Some(wait.as_millis().div_ceil(1000) as u64),
            _ => None,
        }
    }

    /// The body of a REST error: `{"error": {"code", "message", "status", "details"}}`.
    pub fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.http.as_u16(),
            "message": self.message,
            "status": self.code.name(),
        });
        if let Some(detail) = &self.detail {
            error["details"] = json!([detail.to_json(&self.message)]);
        }
        json!({ "error": error })
    }
}

impl Detail {
    fn to_json(&self, message: &str) -> Value {
        match self {
            Self::Field(field) => json!({
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": field, "description": message }],
            }),
            Self::RetryAfter(wait) => json!({
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{}s", wait.as_secs_f64()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for code in [Code::InvalidArgument, Code::NotFound, Code::Unimplemented, Code::Internal] {
            assert_eq!(number_of(code.name()), Some(code.number()));
        }
        assert_eq!(number_of("UNAUTHENTICATED"), Some(16));
    }

    #[test]
    fn the_json_body_has_the_apis_shape() {
        let body = Status::invalid_field("requests[0].image", "bad").to_json();
        assert_eq!(body["error"]["code"], 400);
        assert_eq!(body["error"]["status"], "INVALID_ARGUMENT");
        assert_eq!(body["error"]["details"][0]["fieldViolations"][0]["field"], "requests[0].image");
    }

    #[test]
    fn a_full_server_says_when_to_come_back() {
        let status = Status::exhausted("full", Duration::from_millis(1500));
        assert_eq!(status.http, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(status.retry_after_seconds(), Some(2));
        assert_eq!(status.to_json()["error"]["details"][0]["retryDelay"], "1.5s");
    }
}
