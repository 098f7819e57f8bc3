//! The real APIs: where a call goes that no model here covers, with its caller's own credentials.
//!
//! [`Upstream`] sends a request on and hands the answer back as a stream. What it changes is what HTTP asks of every
//! intermediary (RFC 9110, section 7.6): headers that concern one connection stay behind. It knows nothing of the APIs.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod body;
mod connector;
mod endpoint;
mod error;
pub(crate) mod headers;
mod sign;
mod stream;
mod verify;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::http::header::{HOST, HeaderValue};
use ::http::request::Parts;
use ::http::{Request, Response, Uri, Version, uri};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;

use crate::connect::{Body, Parent};
pub(crate) use body::Idle;
use connector::{Connector, Protocol};
pub use endpoint::{Endpoint, EndpointError};
pub use error::UpstreamError;
pub use sign::{AwsKeys, Signed};
pub(crate) use verify::is_signed_with;

/// How the real APIs are reached.
#[derive(Clone)]
pub struct Options {
    /// Longest time to open a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest time from the end of a request to the head of its answer.
    pub answer_timeout: Duration,
    /// Longest pause within an answer.
    pub idle_timeout: Duration,
    /// Unused connections are kept this long.
    pub keep: Duration,
    /// Hosts that are reached elsewhere than under their name, as `curl --connect-to` does; the requests are the same.
    pub connect_to: BTreeMap<String, Endpoint>,
    /// The proxy on the way out.
    pub parent: Option<Parent>,
    /// Whom to believe that it is the host.
    pub roots: Arc<RootCertStore>,
}

impl Options {
    /// The defaults, believing `roots`.
    pub fn new(roots: RootCertStore) -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            // Client libraries wait ten minutes by default.
            answer_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(60),
            keep: Duration::from_secs(60),
            connect_to: BTreeMap::new(),
            parent: None,
            roots: Arc::new(roots),
        }
    }
}

/// The way to the real APIs, with its pool of connections; clones share it.
#[derive(Clone)]
pub struct Upstream {
    shared: Arc<Shared>,
}

struct Shared {
    http1: Client<Connector, Body>,
    http2: Client<Connector, Body>,
    answer_timeout: Duration,
    idle_timeout: Duration,
    own: Arc<OnceLock<SocketAddr>>,
}

impl Upstream {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// The TLS library refuses the settings.
    pub fn new(options: &Options) -> Result<Self, UpstreamError> {
        let own = Arc::<OnceLock<SocketAddr>>::default();
        let client = |protocol| -> Result<_, UpstreamError> {
            let mut builder = Client::builder(TokioExecutor::new());
            builder.pool_timer(TokioTimer::new()).timer(TokioTimer::new()).pool_idle_timeout(options.keep);
            builder.http2_only(protocol == Protocol::Http2).http2_adaptive_window(true);
            Ok(builder.build(Connector::new(options, protocol, Arc::clone(&own))?))
        };
        let shared = Shared {
            http1: client(Protocol::Http1)?,
            http2: client(Protocol::Http2)?,
            answer_timeout: options.answer_timeout,
            idle_timeout: options.idle_timeout,
            own,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Tells the server's own address, so that a host name that leads back here (by `/etc/hosts`) is no endless loop.
    pub fn set_own(&self, address: SocketAddr) {
        // A second server with the same upstream is only met in tests; the first one's address is as good.
        let _ = self.shared.own.set(address);
    }

    /// Sends a request to `path` (with its query) of `host`; method, headers and version of HTTP are those of `parts`,
    /// whose headers are taken out.
    ///
    /// # Errors
    /// The host cannot be reached, or does not answer in time or in HTTP.
    pub async fn send(
        &self,
        host: &str,
        path: &str,
        parts: &mut Parts,
        body: Body,
    ) -> Result<Response<Body>, UpstreamError> {
        let Shared { http1, http2, answer_timeout, idle_timeout, .. } = &*self.shared;
        let request = outgoing(host, path, parts, body).map_err(|source| UpstreamError::broken(host, source))?;
        let client = if parts.version == Version::HTTP_2 { http2 } else { http1 };
        let answer = tokio::time::timeout(*answer_timeout, client.request(request)).await;
        let answer = answer.map_err(|_| UpstreamError::Late { host: host.to_owned() })?;
        let (mut head, body) = answer.map_err(|error| UpstreamError::of(host, error))?.into_parts();
        headers::strip(&mut head.headers);
        // The version is that of the connection the answer came on, not of the one it leaves by.
        head.version = parts.version;
        Ok(Response::from_parts(head, Idle::new(body, *idle_timeout).boxed()))
    }
}

fn outgoing(host: &str, path: &str, parts: &mut Parts, body: Body) -> Result<Request<Body>, ::http::Error> {
    let uri = Uri::builder().scheme(uri::Scheme::HTTPS).authority(host).path_and_query(path).build()?;
    let mut headers = std::mem::take(&mut parts.headers);
    headers::strip_request(&mut headers, parts.version);
    if parts.version == Version::HTTP_2 {
        // The authority of the URI is sent instead.
        headers.remove(HOST);
    } else {
        headers.insert(HOST, HeaderValue::from_str(host)?);
    }
    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = if parts.version == Version::HTTP_2 { Version::HTTP_2 } else { Version::HTTP_11 };
    *request.headers_mut() = headers;
    Ok(request)
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("own", &self.shared.own.get()).finish_non_exhaustive()
    }
}
