//! The forward proxy: what an application's `https_proxy` and `http_proxy` point at.
//!
//! A [`Proxy`] sits between the server's accept loop and its HTTP loop:
//!
//! - A `CONNECT` goes to [`Proxy::connect`]. A host whose API is served here gets `200` and a TLS handshake with a
//!   certificate of the local authority; the stream inside comes back from [`Proxy::enter`] for the server's own HTTP
//!   loop. Every other host is connected to and its bytes are passed on untouched.
//! - Every other request, of whatever connection, goes first to [`Proxy::local`], which answers what is addressed to the
//!   machine rather than to an API (the metadata server, token requests, absolute-form proxy requests) and hands the
//!   rest back.
//!
//! A request that came through `CONNECT` carries a [`Via`] in its extensions: the host the application asked for and
//! the application's name, if it gave one as the user of the proxy URL (`http://NAME@127.0.0.1:PORT`). Requests that
//! came directly carry none.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod credentials;
mod forward;
pub(crate) mod head;
mod hosts;
mod http;
mod local;
mod parent;
pub(crate) mod private;
mod stream;
mod tunnel;
mod via;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

pub use self::http::{Body, BoxError};
pub use credentials::{Credentials, STAND_IN};
pub use parent::Parent;
pub use stream::Io;
pub(crate) use stream::Rewound;
pub use tunnel::{Opened, Tunnel};
pub use via::{Scheme, Via};

use crate::route::CloudApi;
use crate::tls::Tls;

/// The proxy; clones share everything.
#[derive(Clone)]
pub struct Proxy {
    tls: Tls,
    credentials: Option<Credentials>,
    parent: Option<Parent>,
    /// Whether private addresses may be reached.
    private: bool,
    /// The APIs whose hosts are answered here.
    apis: Arc<[CloudApi]>,
    client: forward::ForwardClient,
}

impl Proxy {
    /// A proxy that intercepts with certificates of `tls`. With `credentials` it also plays Google's identity services
    /// and metadata server; without, programs talk to the real ones, and get a stand-in's token only where the real
    /// identity services cannot be reached.
    pub fn new(tls: Tls, credentials: Option<Credentials>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { tls, credentials, parent: None, private: true, apis: Arc::from(CloudApi::ALL), client }
    }

    /// The same proxy, with tunnels going through another one.
    #[must_use]
    pub fn with_parent(mut self, parent: Option<Parent>) -> Self {
        self.parent = parent;
        self
    }

    /// The same proxy, which passes the hosts of all other APIs on untouched.
    #[must_use]
    pub fn with_apis(mut self, apis: &[CloudApi]) -> Self {
        self.apis = Arc::from(apis);
        self
    }

    /// The same proxy, which does (or does not) reach this machine and its networks for its callers.
    #[must_use]
    pub fn with_private(mut self, private: bool) -> Self {
        self.private = private;
        self
    }

    /// The TLS end, for connections that come without `CONNECT`.
    pub fn tls(&self) -> &Tls {
        &self.tls
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("tls", &self.tls).field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
