//! Cleartext requests to other hosts, passed on one by one.

use ::http::uri::Authority;
use ::http::{Request, Response, StatusCode, Uri, Version, uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;

use super::{Body, local};
use crate::upstream::headers::strip;

/// What forwards requests, with its pool of connections.
pub(super) type ForwardClient = Client<HttpConnector, Incoming>;

pub(super) async fn forward(client: &ForwardClient, mut request: Request<Incoming>) -> Response<Body> {
    let host = host_of(request.uri());
    if request.uri().scheme() != Some(&uri::Scheme::HTTP) {
        let message = format!("{host}: only http:// requests are forwarded; use CONNECT for others\n");
        return local::text(StatusCode::NOT_IMPLEMENTED, message);
    }
    strip(request.headers_mut());
    // The host named in the request line counts (RFC 9112, section 3.2.2).
    request.headers_mut().remove(http::header::HOST);
    *request.version_mut() = Version::HTTP_11;
    match client.request(request).await {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
            strip(&mut parts.headers);
            Response::from_parts(parts, body.map_err(Into::into).boxed())
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            local::text(StatusCode::BAD_GATEWAY, format!("{host}: {error}{cause}\n"))
        }
    }
}

/// Host and port of an address. The rest may hold a password or a token, and what is said here ends in logs.
fn host_of(uri: &Uri) -> String {
    let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}
