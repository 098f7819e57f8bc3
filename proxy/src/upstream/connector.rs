//! Opening connections to upstream: directly or through a proxy, with TLS or, to a stand-in, without.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::stream::UpstreamStream;
use super::{Endpoint, Options};
use crate::connect::{BoxError, Io, Parent, Rewound};

/// The version of HTTP that a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    /// By ALPN, or by prior knowledge where there is no TLS.
    Http2,
}

/// Opens connections; clones share the settings.
#[derive(Clone)]
pub(super) struct Connector {
    shared: Arc<Shared>,
}

struct Shared {
    tls: TlsConnector,
    protocol: Protocol,
    timeout: Duration,
    connect_to: BTreeMap<String, Endpoint>,
    parent: Option<Parent>,
    own: Arc<OnceLock<SocketAddr>>,
}

impl Connector {
    pub(super) fn new(
        options: &Options,
        protocol: Protocol,
        own: Arc<OnceLock<SocketAddr>>,
    ) -> Result<Self, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&options.roots))
            .with_no_client_auth();
        let name: &[u8] = if protocol == Protocol::Http2 { b"h2" } else { b"http/1.1" };
        config.alpn_protocols = vec![name.to_vec()];
        let shared = Shared {
            tls: TlsConnector::from(Arc::new(config)),
            protocol,
            timeout: options.connect_timeout,
            connect_to: options.connect_to.clone(),
            parent: options.parent.clone(),
            own,
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<UpstreamStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let limit = shared.timeout;
            let opened = tokio::time::timeout(limit, shared.open(&uri)).await;
            let stream = opened.map_err(|_| format!("no connection within {limit:?}"))??;
            Ok(TokioIo::new(UpstreamStream(stream)))
        })
    }
}

impl Shared {
    async fn open(&self, uri: &Uri) -> Result<Box<dyn Io>, BoxError> {
        let name = uri.host().ok_or("the address names no host")?;
        let elsewhere = self.connect_to.get(name).cloned();
        let endpoint = elsewhere.or_else(|| Endpoint::itself(uri)).ok_or("the address names no host")?;
        let stream = self.dial(&endpoint).await?;
        if !endpoint.tls {
            return Ok(stream);
        }
        let stream = self.tls.connect(ServerName::try_from(name.to_owned())?, stream).await?;
        if self.protocol == Protocol::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err("the host does not speak HTTP/2".into());
        }
        Ok(Box::new(stream))
    }

    async fn dial(&self, Endpoint { host, port, .. }: &Endpoint) -> io::Result<Box<dyn Io>> {
        if let Some(parent) = self.parent.as_ref().filter(|parent| parent.serves(host)) {
            let (stream, early) = parent.connect(host, *port).await?;
            stream.set_nodelay(true)?;
            return Ok(Box::new(Rewound::new(early, stream)));
        }
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        if self.own.get().is_some_and(|own| leads_to(&stream, *own)) {
            return Err(io::Error::other("the name leads back to this server"));
        }
        Ok(Box::new(stream))
    }
}

/// Whether the other end of `stream` is a server listening on `own` of this machine.
fn leads_to(stream: &TcpStream, own: SocketAddr) -> bool {
    let (Ok(peer), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else { return false };
    peer.port() == own.port() && (peer.ip() == own.ip() || own.ip().is_unspecified() && peer.ip() == local.ip())
}
