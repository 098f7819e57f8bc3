//! What is known of one call while it is answered.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT, HOST};
use http::request::Parts;
use http::uri::Authority;

use super::timing::Timing;
use crate::connect::Via;
use crate::connect::head::normal_host;
use crate::route::{Call, CloudApi, Framing, split_app};
use crate::wire::rest::Query;

/// One call.
pub(super) struct Context {
    pub(super) parts: Parts,
    pub(super) call: Call,
    pub(super) query: Query,
    pub(super) timing: Timing,
    pub(super) outcome: Outcome,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) app: Option<String>,
    pub(super) images: usize,
    pub(super) image_errors: usize,
    /// Whether the real API was asked.
    pub(super) upstream: bool,
    /// The failure's code.
    pub(super) error: Option<&'static str>,
}

impl Context {
    pub(super) fn new(parts: Parts, call: Call) -> Self {
        let query = if call.framing == Framing::Rest { Query::parse(parts.uri.query()) } else { Query::default() };
        Self { parts, call, query, timing: Timing::start(), outcome: Outcome::default() }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The target without the application's name: what the real API is asked.
    pub(super) fn target(&self) -> String {
        let (_, path) = split_app(self.parts.uri.path());
        self.parts.uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// Whether the client waits to be asked for the body: then a refusal need not read it.
    pub(super) fn expects_continue(&self) -> bool {
        expects_continue(self.headers())
    }

    /// The length that the client announced.
    pub(super) fn content_length(&self) -> u64 {
        text(self.headers(), CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}

/// The cloud's host that a request is meant for, if it is one: the target of the tunnel it came by, or what it says
/// itself where a name server led it here.
pub(super) fn cloud_host(parts: &Parts) -> Option<String> {
    let host = if let Some(via) = parts.extensions.get::<Via>() {
        via.host.clone()
    } else {
        let authority = parts.uri.authority().map(Authority::as_str);
        let named = authority.or_else(|| text(&parts.headers, HOST.as_str()))?;
        normal_host(named.split(':').next().unwrap_or_default())
    };
    CloudApi::at(&host).map(|_| host)
}

/// A header that is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Whether `Expect: 100-continue` was sent.
pub(super) fn expects_continue(headers: &HeaderMap) -> bool {
    text(headers, EXPECT.as_str()).is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
}
