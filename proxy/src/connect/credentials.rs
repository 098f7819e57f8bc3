//! Answers in place of Google's identity services, for programs that run where there are no credentials, or no network
//! to present them over.
//!
//! The tokens given open nothing anywhere; calls that are answered here need none, but client libraries refuse to make
//! a call without one.

use ::http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, SERVER};
use ::http::request::Parts;
use ::http::{Method, Response, StatusCode};
use bytes::Bytes;
use serde_json::json;

use super::local::{self, full};
use super::{Body, Via};

/// The access token, and the AWS access key, of programs that have none of their own. It opens nothing anywhere.
pub const STAND_IN: &str = "chameleon-local";

const FLAVOR: &str = "metadata-flavor";

/// Who the programs are told they are.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Google Cloud project.
    pub project: String,
    /// Service account.
    pub email: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self { project: "chameleon-local".to_owned(), email: "app@chameleon-local.iam.gserviceaccount.com".to_owned() }
    }
}

/// Whether a request is one for an access token (RFC 6749), which is told by its body.
pub(super) fn is_token_request(parts: &Parts, via: &Via) -> bool {
    via.host == "oauth2.googleapis.com" && parts.method == Method::POST && parts.uri.path() == "/token"
}

impl Credentials {
    /// Answers a token request with this form as its body.
    pub(super) fn token(form: &[u8]) -> Response<Body> {
        let mut pairs = form.split(|byte| *byte == b'&');
        let grant = pairs.find_map(|pair| pair.strip_prefix(b"grant_type=")).unwrap_or_default();
        match grant {
            b"refresh_token"
            | b"urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
            | b"urn:ietf:params:oauth:grant-type:jwt-bearer" => json_reply(StatusCode::OK, &access_token()),
            _ => json_reply(StatusCode::BAD_REQUEST, &json!({ "error": "unsupported_grant_type" })),
        }
    }

    /// Answers any other request to an identity service: there is nothing there. Client libraries that ask for a
    /// service account's allowed locations go on without them.
    pub(super) fn nothing(parts: &Parts) -> Response<Body> {
        let message = format!("nothing at {} {}", parts.method, parts.uri.path());
        json_reply(
            StatusCode::NOT_FOUND,
            &json!({ "error": { "code": 404, "message": message, "status": "NOT_FOUND" } }),
        )
    }

    /// Answers as the metadata server of a virtual machine does.
    pub(super) fn metadata(&self, parts: &Parts) -> Response<Body> {
        let asked_well =
            parts.headers.get(FLAVOR).is_some_and(|flavor| flavor.as_bytes().eq_ignore_ascii_case(b"google"));
        let mut reply = if !asked_well {
            local::text(StatusCode::FORBIDDEN, "missing header Metadata-Flavor: Google".to_owned())
        } else if parts.method != Method::GET {
            local::text(StatusCode::METHOD_NOT_ALLOWED, String::new())
        } else {
            self.metadata_value(parts.uri.path(), parts.uri.query().unwrap_or_default())
        };
        reply.headers_mut().insert(FLAVOR, HeaderValue::from_static("Google"));
        reply.headers_mut().insert(SERVER, HeaderValue::from_static("Metadata Server for VM"));
        // Node keeps the connection and sends its next CONNECT on it, for proxy and metadata server are one address
        // here; a tunnel has to be the first on its connection.
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        reply
    }

    fn metadata_value(&self, path: &str, query: &str) -> Response<Body> {
        let text = |value: &str| local::text(StatusCode::OK, value.to_owned());
        let Some(path) = path.strip_prefix("/computeMetadata/v1") else {
            return if path == "/" {
                text("computeMetadata/")
            } else {
                local::text(StatusCode::NOT_FOUND, String::new())
            };
        };
        let account = path.strip_prefix("/instance/service-accounts/").and_then(|rest| rest.split_once('/'));
        match (path.trim_end_matches('/'), account) {
            ("" | "/instance", _) => text("service-accounts/\n"),
            ("/project/project-id", _) => text(&self.project),
            ("/universe/universe-domain", _) => text("googleapis.com"),
            (_, Some((_, "token"))) => json_reply(StatusCode::OK, &access_token()),
            (_, Some((_, "email"))) => text(&self.email),
            (_, Some((_, ""))) if query.contains("recursive=true") => json_reply(StatusCode::OK, &self.account()),
            (_, Some((_, ""))) => text("email\nscopes\ntoken\n"),
            _ => local::text(StatusCode::NOT_FOUND, String::new()),
        }
    }

    fn account(&self) -> serde_json::Value {
        let scope = "https://www.googleapis.com/auth/cloud-platform";
        json!({ "aliases": ["default"], "email": self.email, "scopes": [scope] })
    }
}

fn access_token() -> serde_json::Value {
    json!({ "access_token": STAND_IN, "expires_in": 3600, "token_type": "Bearer" })
}

fn json_reply(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut reply = full(status, Bytes::from(value.to_string()));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    reply
}
