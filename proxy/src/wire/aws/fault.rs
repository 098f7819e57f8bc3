//! Answers and errors of AWS JSON.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::wire::ImageFault;
use crate::wire::status::{Code, Status};

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The failure of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// What client libraries make a class of, e.g. `InvalidImageFormatException`.
    pub code: &'static str,
    /// For the developer.
    pub message: String,
    /// Seconds to wait before the same request may succeed.
    pub retry_after: Option<u64>,
}

impl Fault {
    /// A fault without a retry hint.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// The fault of a message that is not written as it should be.
    pub(super) fn malformed(error: &dyn std::error::Error) -> Self {
        Self::new("SerializationException", error.to_string())
    }

    /// The HTTP status: the server's faults are 500, all others 400, throttling included.
    pub fn http(&self) -> StatusCode {
        if self.code.starts_with("InternalServer") {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        }
    }

    /// What AWS calls a failure that is not particular to an API. `invalid` and `internal` are the service's own names
    /// for wrong requests and for its own failures.
    pub fn of(status: &Status, invalid: &'static str, internal: &'static str) -> Self {
        let code = match status.code {
            Code::InvalidArgument => invalid,
            Code::NotFound => "ResourceNotFoundException",
            // The one permission that is checked here is a signature.
            Code::PermissionDenied => "InvalidSignatureException",
            // Client libraries try it again some times, as they should.
            Code::ResourceExhausted => "ThrottlingException",
            Code::Unimplemented => "UnknownOperationException",
            Code::DeadlineExceeded | Code::Internal => internal,
        };
        Self { code, message: status.message.clone(), retry_after: status.retry_after_seconds() }
    }

    /// What Rekognition calls what is wrong with an image.
    pub fn of_image(fault: &ImageFault) -> Self {
        match fault {
            ImageFault::Undecodable(_) => Self::new("InvalidImageFormatException", "Request has invalid image format"),
            ImageFault::TooLarge(why) => Self::new("ImageTooLargeException", format!("Image size is too large: {why}")),
            ImageFault::AppWithdrawn(_) => Self::new("ResourceNotFoundException", fault.to_string()),
            ImageFault::Model(_) => Self::new("InternalServerError", "Internal server error"),
        }
    }
}

/// A `200`. `id` becomes the client's request id, without which some programs fail.
pub fn answer(body: &Value, id: &str) -> Response<Bytes> {
    response(StatusCode::OK, body, id)
}

/// The answer to a call that failed. The code is in the body, where Python looks, and in a header, where others do.
pub fn failure(fault: &Fault, id: &str) -> Response<Bytes> {
    // Some services spell the message's name one way, some the other; libraries take either.
    let body = json!({ "__type": fault.code, "message": fault.message, "Message": fault.message });
    let mut answer = response(fault.http(), &body, id);
    answer.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(fault.code));
    if let Some(seconds) = fault.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

fn response(status: StatusCode, body: &Value, id: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    if let Ok(id) = HeaderValue::from_str(id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}
