//! REST framing as Google's front ends do it: query parameters, JSON answers, JSON errors.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY};
use http::{Response, StatusCode};
use serde::Serialize;

use super::status::Status;
use crate::percent;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// What the query parameters of a request ask for. Unknown parameters (`prettyPrint`, `fields`, `uploadType`, …) are
/// passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// `alt` or `$alt`, without its `;` options: `json` unless said otherwise.
    pub alt: Option<String>,
    /// `enum-encoding=int`, an option of `alt`: enums in the answer are numbers, not names.
    pub enums_as_numbers: bool,
    /// `key`: the caller's API key.
    pub key: Option<String>,
}

impl Query {
    /// Parses the part of a URI after `?`. Names and values may be percent-encoded or not, and `$` may lead a name.
    pub fn parse(query: Option<&str>) -> Self {
        let mut parsed = Self::default();
        for pair in query.unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode_query(name), decode_query(value));
            match name.strip_prefix('$').unwrap_or(&name) {
                "alt" => {
                    let mut parts = value.split(';');
                    parsed.alt = parts.next().map(str::to_ascii_lowercase).filter(|alt| !alt.is_empty());
                    parsed.enums_as_numbers = parts.any(|option| option == "enum-encoding=int");
                }
                "key" => parsed.key = Some(value),
                _ => {}
            }
        }
        parsed
    }

    /// Checks that the answer is wanted in a form that exists here.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for any `alt` but `json`.
    pub fn check_alt(&self) -> Result<(), Status> {
        match self.alt.as_deref() {
            None | Some("json") => Ok(()),
            Some(other) => Err(Status::invalid(format!("Unsupported output format: `alt={other}`."))),
        }
    }
}

/// Decodes a name or value of a query: `%XX`, and `+`, which is a blank. What is no valid escape stays as it is; bytes that
/// are not UTF-8 are replaced.
pub fn decode_query(text: &str) -> String {
    percent::decode(&text.replace('+', " "))
}

/// A `200` with a JSON body.
pub fn ok(body: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(body) {
        Ok(json) => ok_bytes(json.into()),
        Err(failure) => error(&Status::new(super::status::Code::Internal, format!("Unencodable answer: {failure}."))),
    }
}

/// A `200` whose JSON is written already.
pub fn ok_bytes(json: Bytes) -> Response<Bytes> {
    response(StatusCode::OK, json)
}

/// One answer of two: fields of `local` take the place of the same fields of `upstream`. `None` if one is no object.
pub fn merge(upstream: &[u8], local: &str) -> Option<Vec<u8>> {
    super::json::merge(upstream, local)
}

/// The answer to a call that failed.
pub fn error(status: &Status) -> Response<Bytes> {
    let mut answer = response(status.http, status.to_json().to_string().into());
    if let Some(seconds) = status.retry_after_seconds() {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

fn response(status: StatusCode, json: Bytes) -> Response<Bytes> {
    let mut answer = Response::new(json);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Origin, X-Origin, Referer"));
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_queries_that_clients_send_are_understood() {
        let number = |query| Query::parse(Some(query)).enums_as_numbers;
        assert!(number("%24alt=json%3Benum-encoding%3Dint"));
        assert!(number("$alt=json%3Benum-encoding=int"));
        assert!(!number("alt=json"));
        let discovery = Query::parse(Some("key=test-api-key&alt=json"));
        assert_eq!(discovery.key.as_deref(), Some("test-api-key"));
        discovery.check_alt().unwrap();
        assert!(Query::parse(Some("alt=proto")).check_alt().is_err());
        assert_eq!(Query::parse(None), Query::default());
    }

    proptest! {
        #[test]
        fn any_query_parses(query: String) {
            Query::parse(Some(&query));
        }

        #[test]
        fn plain_text_decodes_to_itself(text in "[a-zA-Z0-9._~-]*") {
            prop_assert_eq!(decode_query(&text), text);
        }
    }
}
