//! Cleartext requests to other hosts, passed on one by one.

use ::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use ::http::{Request, Response, StatusCode, Uri, Version, uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;

use super::{Body, local};

/// What forwards requests, with its pool of connections.
pub(super) type ForwardClient = Client<HttpConnector, Incoming>;

/// Headers that concern one connection only (RFC 9110, section 7.6.1), and those meant for this proxy.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authorization"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

pub(super) async fn forward(client: &ForwardClient, mut request: Request<Incoming>) -> Response<Body> {
    if request.uri().scheme() != Some(&uri::Scheme::HTTP) {
        let message = format!("{}: only http:// requests are forwarded; use CONNECT for others\n", request.uri());
        return local::text(StatusCode::NOT_IMPLEMENTED, message);
    }
    strip(request.headers_mut());
    // The host named in the request line counts (RFC 9112, section 3.2.2).
    request.headers_mut().remove(http::header::HOST);
    *request.version_mut() = Version::HTTP_11;
    let uri: Uri = request.uri().clone();
    match client.request(request).await {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
            strip(&mut parts.headers);
            Response::from_parts(parts, body.map_err(Into::into).boxed())
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            local::text(StatusCode::BAD_GATEWAY, format!("{uri}: {error}{cause}\n"))
        }
    }
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers.get_all(CONNECTION).iter().flat_map(names).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// The header names in one `Connection` value.
fn names(value: &HeaderValue) -> Vec<HeaderName> {
    let text = value.to_str().unwrap_or_default();
    text.split(',').filter_map(|name| name.trim().parse().ok()).collect()
}
