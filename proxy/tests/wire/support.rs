//! A server on a free port, and clients for it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chameleon_proxy::registry::Reader;
use chameleon_proxy::serve::{Config, Generics, Models, Server};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::model;

/// A running server; stops when dropped.
pub(crate) struct TestServer {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// A server of the tiny model without applications.
    pub(crate) async fn start() -> Self {
        Self::with(None, |_| {}).await
    }

    /// A server of the tiny model with the applications of a registry.
    pub(crate) async fn with(registry: Option<&Path>, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::of(model::tiny(), registry, adjust).await
    }

    /// A server of these generic models.
    pub(crate) async fn of(
        generics: impl Into<Generics>,
        registry: Option<&Path>,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let models = Models::new(generics, registry.map(Reader::new)).unwrap();
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), Arc::new(models));
        config.registry_poll = Duration::from_millis(20);
        adjust(&mut config);
        let server = Server::bind(config).await.unwrap();
        let addr = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self { addr, stop: Some(stop), task }
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    /// Whether the server has stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(self) {
        self.task.await.unwrap();
    }

    pub(crate) async fn http1(&self) -> Http1 {
        http1_on(TcpStream::connect(self.addr).await.unwrap()).await
    }

    pub(crate) async fn http2(&self) -> http2::SendRequest<Full<Bytes>> {
        http2_on(TcpStream::connect(self.addr).await.unwrap()).await
    }

    /// One `POST` of JSON on a connection of its own.
    pub(crate) async fn post(&self, target: &str, body: impl Into<Bytes>) -> Answer {
        self.http1().await.send(Request::post(target), body).await
    }

    /// One `GET` on a connection of its own.
    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.http1().await.send(Request::get(target), "").await
    }
}

/// Speaks HTTP/1.1 on a stream.
pub(crate) async fn http1_on(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Http1 {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    Http1 { sender }
}

/// Speaks HTTP/2 on a stream.
pub(crate) async fn http2_on(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> http2::SendRequest<Full<Bytes>> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A kept-alive HTTP/1.1 connection.
pub(crate) struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
}

impl Http1 {
    pub(crate) async fn send(&mut self, request: http::request::Builder, body: impl Into<Bytes>) -> Answer {
        let request = request.header("host", "127.0.0.1").body(Full::new(body.into())).unwrap();
        self.sender.ready().await.unwrap();
        Answer::of(self.sender.send_request(request).await.unwrap()).await
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Answer {
    pub(crate) async fn of(response: Response<hyper::body::Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned();
        Self { status: parts.status, headers: parts.headers, body: collected.to_bytes(), trailers }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The descriptions of the labels of response `i`.
    pub(crate) fn labels(&self, i: usize) -> Vec<String> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let json = self.json();
        let labels = json["responses"][i]["labelAnnotations"].as_array().cloned().unwrap_or_default();
        labels.iter().map(|label| label["description"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that this is the API's error body and gives its message.
    pub(crate) fn error(&self, http: u16, status: &str) -> String {
        assert_eq!(self.status.as_u16(), http, "{}", self.text());
        assert_eq!(self.headers["content-type"], "application/json; charset=UTF-8");
        let error = &self.json()["error"];
        assert_eq!((error["code"].as_u64(), error["status"].as_str()), (Some(u64::from(http)), Some(status)));
        error["message"].as_str().unwrap().to_owned()
    }
}

/// `images:annotate` asking for labels, as people write it.
pub(crate) fn label_request(image: &[u8]) -> String {
    let content = STANDARD.encode(image);
    format!(r#"{{"requests":[{{"image":{{"content":"{content}"}},"features":[{{"type":"LABEL_DETECTION"}}]}}]}}"#)
}

pub(crate) const ANNOTATE: &str = "/v1/images:annotate";
