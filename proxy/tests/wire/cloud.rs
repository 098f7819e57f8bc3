//! A stand-in for the real APIs, on loopback and in cleartext.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chameleon_proxy::upstream::{Endpoint, Options, Upstream};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::RootCertStore;
use tokio::net::{TcpListener, TcpStream};

pub(crate) type Reply = Response<BoxBody<Bytes, Infallible>>;

/// The hosts that lead to a stand-in.
const HOSTS: [&str; 4] = [
    "vision.googleapis.com",
    "language.googleapis.com",
    "rekognition.us-east-1.amazonaws.com",
    "comprehend.us-east-1.amazonaws.com",
];

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A running stand-in.
pub(crate) struct Cloud {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Cloud {
    /// Answers every request with what `answer` makes of it.
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (answer, noted) = (Arc::new(answer), Arc::clone(&seen));
        let addr = listen(move |stream| {
            let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
            async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
                        let seen = Seen { parts, body };
                        noted.lock().unwrap().push(seen.clone());
                        Ok::<_, Infallible>(answer(&seen))
                    }
                });
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await;
        Self { addr, seen }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request so far.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    pub(crate) fn upstream(&self) -> Upstream {
        upstream(self.addr)
    }
}

/// Serves raw connections.
pub(crate) async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    addr
}

/// An upstream whose hosts are all at `addr`, with little patience.
pub(crate) fn upstream(addr: SocketAddr) -> Upstream {
    let mut options = Options::new(RootCertStore::empty());
    let endpoint = Endpoint { host: addr.ip().to_string(), port: addr.port(), tls: false };
    options.connect_to = HOSTS.iter().map(|host| ((*host).to_owned(), endpoint.clone())).collect();
    options.answer_timeout = Duration::from_millis(400);
    options.idle_timeout = Duration::from_millis(400);
    Upstream::new(&options).unwrap()
}

/// An answer of JSON.
pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Reply {
    let body = Full::new(body.into()).boxed();
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

/// An answer of gRPC.
pub(crate) fn grpc(message: &[u8]) -> Reply {
    let trailers = http::HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
    let body = Full::new(Bytes::from(crate::grpc::framed(message)));
    let body = body.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed();
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}
