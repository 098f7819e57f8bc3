//! Requests that are not calls of an API.

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::{Request, Response, StatusCode, Version};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use super::credentials::{Credentials, is_token_request};
use super::hosts::{Target, classify};
use super::{Body, Proxy, Scheme, Via, forward};

/// Longest form of a token request; a signed assertion has about a kilobyte.
const MAX_FORM: usize = 64 << 10;

/// Paths under which the metadata server answers.
const METADATA_ROOT: &str = "/computeMetadata/";

impl Proxy {
    /// Answers a request that is addressed to the proxy or to the machine: absolute-form requests (RFC 9112, section
    /// 3.2.2) are forwarded; identity services and the metadata server are played, see [`Proxy::new`]. Every other
    /// request is handed back for the server to answer.
    ///
    /// # Errors
    /// The request handed back.
    pub async fn local(&self, request: Request<Incoming>) -> Result<Response<Body>, Request<Incoming>> {
        let target = match request.extensions().get::<Via>() {
            Some(via) => classify(&via.host, via.port, &self.apis),
            None => return self.direct(request).await,
        };
        match (target, &self.credentials) {
            (Target::Metadata, Some(credentials)) => Ok(credentials.metadata(&request.into_parts().0)),
            // A tunnel to an identity service comes here only where we stand in for it.
            (Target::Identity, _) => Ok(identity(request).await),
            _ => Err(request),
        }
    }

    /// A request on a connection that is not a tunnel.
    async fn direct(&self, request: Request<Incoming>) -> Result<Response<Body>, Request<Incoming>> {
        let uri = request.uri();
        // In HTTP/2 every request names scheme and authority.
        if let Some(authority) = uri.authority().filter(|_| request.version() < Version::HTTP_2) {
            let host = super::head::normal_host(authority.host());
            return match (classify(&host, authority.port_u16().unwrap_or(80), &self.apis), &self.credentials) {
                (Target::Metadata, Some(credentials)) => Ok(credentials.metadata(&request.into_parts().0)),
                // Who may not be connected to may not be asked either; names are not resolved here.
                _ if !self.private => {
                    Ok(text(StatusCode::FORBIDDEN, "requests in the clear are not forwarded from here\n".to_owned()))
                }
                _ => Ok(forward::forward(&self.client, request).await),
            };
        }
        // `GCE_METADATA_HOST` leads here without any proxy.
        let asks_metadata = uri.path().starts_with(METADATA_ROOT)
            || uri.path() == "/" && request.headers().contains_key("metadata-flavor");
        match &self.credentials {
            Some(credentials) if asks_metadata => Ok(credentials.metadata(&request.into_parts().0)),
            _ => Err(request),
        }
    }
}

async fn identity(request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let https = |via: &&Via| via.scheme == Scheme::Https;
    if !parts.extensions.get::<Via>().filter(https).is_some_and(|via| is_token_request(&parts, via)) {
        return Credentials::nothing(&parts);
    }
    match Limited::new(body, MAX_FORM).collect().await {
        Ok(form) => Credentials::token(&form.to_bytes()),
        Err(error) => text(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

/// An answer in memory.
pub(super) fn full(status: StatusCode, content: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(content).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
}

/// An answer for people.
pub(super) fn text(status: StatusCode, content: String) -> Response<Body> {
    let mut response = full(status, Bytes::from(content));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
