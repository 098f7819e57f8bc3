//! The forward proxy: what an application's `https_proxy` and `http_proxy` point at.
//!
//! The server peeks at the first bytes of a connection and calls, on a stream that is still at its beginning:
//!
//! - `CONNECT ` → [`Proxy::tunnel`]. A host whose API is served here gets `200`, a TLS handshake with a certificate of
//!   the local authority, and then HTTP (1.1 or 2, by ALPN) given request by request to the server's [`Handler`].
//!   Every other host is connected to and its bytes are passed on untouched.
//! - anything else → the server's own HTTP loop ([`http::serve`] is at its disposal). It gives each request first to
//!   [`Proxy::local`], which answers what is addressed to the machine rather than to an API (the metadata server,
//!   absolute-form proxy requests) and hands every other request back.
//!
//! A request that came through `CONNECT` carries a [`Via`] in its extensions: the host the application asked for and
//! the application's name, if it gave one as the user of the proxy URL (`http://NAME@127.0.0.1:PORT`). Requests that
//! came directly carry none.

pub mod http;
mod via;

pub use http::{Body, BoxError, Handler};
pub use via::{Scheme, Via};
