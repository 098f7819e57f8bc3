//! From an accepted connection to requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request, Response, Version};
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
use crate::connect::{Body, BoxError, Opened, Proxy, Tunnel, Via};
use crate::tls::THIS_MACHINE;

/// Flow-control window of one HTTP/2 call and of a whole connection. With the protocol's 64 KiB an image of some
/// megabytes would take dozens of round trips.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
const MAX_FRAME: u32 = 1 << 20;

/// Longest head of a request, in either version; in HTTP/1, all that is read at a time.
const MAX_HEAD: u32 = 64 << 10;

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
        let opened = match (opening, &self.proxy) {
            (Opening::Tls, Some(proxy)) => {
                let handshake = proxy.tls().accept(stream, THIS_MACHINE);
                let stream = timeout(self.limits.head_timeout, handshake).await??;
                self.http(stream, None).await?
            }
            (Opening::Tls, None) => return Err("TLS is not configured".into()),
            (Opening::Http, _) => self.http(stream, None).await?,
        };
        let (Some(opened), Some(proxy)) = (opened, &self.proxy) else { return Ok(()) };
        let Some(open) = self.drain.tunnel() else { return Ok(()) };
        let entered = proxy.enter(opened).await?;
        drop(open);
        match entered {
            // No tunnel is opened inside another.
            Tunnel::Intercepted { stream, via } => self.http(stream, Some(via)).await.map(drop),
            Tunnel::Over => Ok(()),
        }
    }

    /// Serves HTTP on a connection whose wrapping is off. Each request gets `via` as an extension. Gives the tunnel that
    /// the last request opened.
    async fn http<S>(&self, stream: S, via: Option<Via>) -> Result<Option<Opened>, BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(watcher) = self.drain.watcher() else { return Ok(None) };
        let requests = Arc::new(Requests {
            service: self.service.clone(),
            proxy: self.proxy.clone().filter(|_| via.is_none()),
            via,
            asked: AtomicBool::new(false),
            opened: Mutex::default(),
        });
        let seen = Arc::clone(&requests);
        let answer = service_fn(move |request: Request<Incoming>| {
            let requests = Arc::clone(&seen);
            async move { Ok::<_, Infallible>(requests.answer(request).await) }
        });
        let builder = http_builder(&self.limits);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), answer).into_owned();
        let connection = watcher.watch(connection);
        tokio::pin!(connection);
        // Hyper has no timeout for telling HTTP/1 from HTTP/2, which takes up to 24 bytes.
        tokio::select! {
            ended = &mut connection => ended?,
            () = sleep(self.limits.head_timeout) => {
                if !requests.asked.load(Ordering::Relaxed) {
                    return Err("no request came in time".into());
                }
                connection.await?;
            }
        }
        Ok(requests.opened.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

/// The requests of one connection.
struct Requests {
    service: Service,
    /// Opens tunnels, but none inside another.
    proxy: Option<Proxy>,
    via: Option<Via>,
    /// Whether there was one.
    asked: AtomicBool,
    /// The tunnel that a `CONNECT`, which is then the last of them, has opened.
    opened: Mutex<Option<Opened>>,
}

impl Requests {
    async fn answer(&self, mut request: Request<Incoming>) -> Response<Body> {
        self.asked.store(true, Ordering::Relaxed);
        match &self.proxy {
            Some(proxy) if request.method() == Method::CONNECT && request.version() < Version::HTTP_2 => {
                let (answer, opened) = proxy.connect(request).await;
                *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = opened;
                answer
            }
            _ => {
                if let Some(via) = &self.via {
                    request.extensions_mut().insert(via.clone());
                }
                self.service.answer(request).await
            }
        }
    }
}

fn http_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(MAX_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive)
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(MAX_HEAD);
    builder
}
