//! From an accepted connection to requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use super::drain::Drain;
use super::stream::{ClientStream, Opening};
use super::{Config, Limits, Service};
use crate::connect::{BoxError, Proxy, Tunnel, Via};
use crate::tls::THIS_MACHINE;

/// Flow-control window of one HTTP/2 call and of a whole connection. With the protocol's 64 KiB an image of some
/// megabytes would take dozens of round trips.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
const MAX_FRAME: u32 = 1 << 20;
const MAX_HEADERS: u32 = 64 << 10;

/// Serves connections; clones share everything.
#[derive(Clone)]
pub(super) struct Connections {
    service: Service,
    proxy: Option<Proxy>,
    limits: Arc<Limits>,
    drain: Drain,
}

impl Connections {
    pub(super) fn new(config: Config, drain: Drain) -> Self {
        let limits = Arc::new(config.limits.clone());
        let apis = config.apis();
        let proxy = |tls| {
            Proxy::new(tls, config.credentials.clone())
                .with_parent(config.parent.clone())
                .with_apis(&apis)
                .with_private(config.private)
        };
        let proxy = config.tls.clone().map(proxy);
        Self { service: Service::new(config, proxy.clone(), drain.clone()), proxy, limits, drain }
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(self, tcp: TcpStream, peer: SocketAddr) {
        let span = tracing::info_span!("connection", %peer);
        let service = self.service.clone();
        let _connected = service.connected();
        if let Err(error) = self.dispatch(tcp).instrument(span.clone()).await {
            // Clients that go away are everyday life.
            span.in_scope(|| tracing::debug!(%error, "Connection ended"));
        }
    }

    async fn dispatch(self, tcp: TcpStream) -> Result<(), BoxError> {
        let stream = ClientStream::new(tcp)?;
        let Some(opening) = timeout(self.limits.head_timeout, stream.opening()).await?? else { return Ok(()) };
        match (opening, &self.proxy) {
            (Opening::Tls, Some(proxy)) => {
                let handshake = proxy.tls().accept(stream, THIS_MACHINE);
                let stream = timeout(self.limits.head_timeout, handshake).await??;
                self.http(stream, None).await
            }
            (Opening::Tls, None) => Err("TLS is not configured".into()),
            (Opening::Connect, Some(proxy)) => match proxy.tunnel(stream).await? {
                Tunnel::Intercepted { stream, via } => self.http(stream, Some(via)).await,
                Tunnel::Over => Ok(()),
            },
            (Opening::Connect, None) | (Opening::Http, _) => self.http(stream, None).await,
        }
    }

    /// Serves HTTP on a connection whose wrapping is off. Each request gets `via` as an extension.
    async fn http<S>(self, stream: S, via: Option<Via>) -> Result<(), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { service, limits, drain, .. } = self;
        let Some(watcher) = drain.watcher() else { return Ok(()) };
        let asked = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&asked);
        let answer = service_fn(move |mut request: Request<Incoming>| {
            if let Some(via) = &via {
                request.extensions_mut().insert(via.clone());
            }
            noted.store(true, Ordering::Relaxed);
            let service = service.clone();
            async move { Ok::<_, Infallible>(service.answer(request).await) }
        });
        let builder = http_builder(&limits);
        let connection = builder.serve_connection(TokioIo::new(stream), answer).into_owned();
        let connection = watcher.watch(connection);
        tokio::pin!(connection);
        // Hyper has no timeout for telling HTTP/1 from HTTP/2, which takes up to 24 bytes.
        tokio::select! {
            ended = &mut connection => return ended,
            () = sleep(limits.head_timeout) => {}
        }
        if asked.load(Ordering::Relaxed) { connection.await } else { Err("no request came in time".into()) }
    }
}

fn http_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive)
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(MAX_HEADERS);
    builder
}
