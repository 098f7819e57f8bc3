//! The proxy over real sockets.

mod heads;
mod parents;
mod requests;
mod tunnels;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Credentials, Opened, Parent, Proxy, Tunnel, Via};
use crate::tls::{Authority, Tls};

/// A running proxy. Requests that are the server's to answer are answered with what is known of them.
struct Running {
    address: SocketAddr,
    roots: Arc<RootCertStore>,
    _dir: TempDir,
}

impl Running {
    async fn start(credentials: Option<Credentials>) -> Self {
        Self::start_behind(None, credentials).await
    }

    async fn start_behind(parent: Option<Parent>, credentials: Option<Credentials>) -> Self {
        Self::start_with(credentials, |proxy| proxy.with_parent(parent)).await
    }

    async fn start_with(credentials: Option<Credentials>, adjust: impl FnOnce(Proxy) -> Proxy) -> Self {
        let dir = TempDir::new().unwrap();
        let authority = Authority::open(dir.path()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate().clone()).unwrap();
        let proxy = adjust(Proxy::new(Tls::new(authority), credentials));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(proxy.clone(), stream));
            }
        });
        Self { address, roots: Arc::new(roots), _dir: dir }
    }

    /// Sends bytes on a new connection.
    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// Opens a tunnel and does a handshake inside.
    async fn inside(&self, connect: &str, host: &str) -> TlsStream<TcpStream> {
        let mut stream = self.send(connect.as_bytes()).await;
        assert_eq!(read_head(&mut stream).await.split(' ').nth(1), Some("200"));
        self.handshake(stream, host).await
    }

    /// Does a handshake.
    async fn handshake(&self, stream: TcpStream, host: &str) -> TlsStream<TcpStream> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

async fn serve(proxy: Proxy, stream: TcpStream) {
    let opened = serve_http(proxy.clone(), stream, None).await;
    let Some(opened) = opened else { return };
    if let Ok(Tunnel::Intercepted { stream, via }) = proxy.enter(opened).await {
        serve_http(proxy, stream, Some(via)).await;
    }
}

async fn serve_http<S>(proxy: Proxy, stream: S, via: Option<Via>) -> Option<Opened>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let opened = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&opened);
    let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().extend(via.clone().map(extension).unwrap_or_default());
        let (proxy, slot) = (proxy.clone(), Arc::clone(&slot));
        async move {
            if request.method() == http::Method::CONNECT {
                let (answer, opened) = proxy.connect(request).await;
                *slot.lock().unwrap() = opened;
                return Ok(answer);
            }
            let response = proxy.local(request).await.unwrap_or_else(|request| {
                let seen = format!("{} via {:?}", request.uri(), request.extensions().get::<Via>());
                http::Response::new(Full::new(Bytes::from(seen)).map_err(|never| match never {}).boxed())
            });
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(16 << 10);
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
    opened.lock().unwrap().take()
}

fn extension(via: Via) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    extensions.insert(via);
    extensions
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Sends a request and reads everything that comes back until the connection closes.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // A peer that closes without a TLS farewell is an error after the reply.
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8(reply).unwrap()
}
