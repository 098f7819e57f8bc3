//! HTTP on a connection whose wrapping (TLS, `CONNECT`) is already off.

use std::convert::Infallible;
use std::future::Future;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Via;

/// Any error a body can end with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer: bytes in memory, or a stream passed on from upstream.
pub type Body = BoxBody<Bytes, BoxError>;

/// What answers a request; errors are answers too. Implemented by every suitable closure.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;
}

impl<F, R> Handler for F
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send,
{
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send {
        self(request)
    }
}

/// Flow-control window granted to a client before it has to wait: images are megabytes, and a window of the
/// protocol's 64 KiB makes each of them many round trips.
const HTTP2_WINDOW: u32 = 4 << 20;

/// Serves HTTP/1.1 or HTTP/2, whichever the client speaks, until it closes the connection. Each request gets `via`
/// as an extension before the handler sees it.
///
/// # Errors
/// The connection broke, or what came is not HTTP.
pub async fn serve<S, H>(stream: S, via: Option<Via>, handler: H) -> Result<(), BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(via) = &via {
            request.extensions_mut().insert(via.clone());
        }
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler.answer(request).await) }
    });
    let mut connection = auto::Builder::new(TokioExecutor::new());
    connection.http1().title_case_headers(false).keep_alive(true);
    connection
        .http2()
        .initial_stream_window_size(HTTP2_WINDOW)
        .initial_connection_window_size(4 * HTTP2_WINDOW)
        .max_frame_size(1 << 20)
        .max_header_list_size(64 << 10);
    connection.serve_connection(TokioIo::new(stream), service).await
}
