//! TLS and `CONNECT`: the ways of an unchanged application.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chameleon_proxy::connect::Credentials;
use chameleon_proxy::tls::{Authority, Tls};
use chameleon_proxy::wire::vision::proto::FeatureType;
use http::Request;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::apps::registry;
use crate::grpc::{METHOD, framed, message, request, responses, send};
use crate::model::red;
use crate::support::{ANNOTATE, TestServer, http1_on, http2_on, label_request};

/// A server with TLS, and what a client needs to trust it.
async fn server(registry: Option<&std::path::Path>, credentials: Option<Credentials>) -> (TestServer, RootCertStore) {
    let temp = TempDir::new().unwrap();
    let authority = Authority::open(temp.path()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).unwrap();
    let server = TestServer::with(registry, |config| {
        config.tls = Some(Tls::new(authority));
        config.credentials = credentials;
    })
    .await;
    (server, roots)
}

async fn handshake(stream: TcpStream, roots: RootCertStore, host: &str, protocol: &[u8]) -> TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let host = ServerName::try_from(host.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(host, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// A tunnel, opened as Python's `http.client` does, plus credentials if there is a user.
async fn tunnel(server: &TestServer, target: &str, user: Option<&str>) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let basic = |user| format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:")));
    let authorization = user.map(basic).unwrap_or_default();
    stream.write_all(format!("CONNECT {target} HTTP/1.0\r\n{authorization}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

#[tokio::test]
async fn grpc_over_tls_is_answered() {
    let (server, roots) = server(None, None).await;
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let mut connection = http2_on(handshake(stream, roots, "vision.googleapis.com", b"h2").await).await;
    let body = framed(&message(&[red()], &[FeatureType::LabelDetection]));
    let answer = responses(&send(&mut connection, request(&server, METHOD), body).await);
    assert_eq!(answer.responses[0].label_annotations[0].description, "Red");
}

#[tokio::test]
async fn the_user_of_the_proxy_url_is_the_application() {
    let (_temp, registry) = registry();
    let (server, roots) = server(Some(registry.dir()), None).await;
    for (user, expected) in [(Some("bins"), "Blue"), (None, "Red")] {
        let stream = tunnel(&server, "vision.googleapis.com:443", user).await;
        let stream = handshake(stream, roots.clone(), "vision.googleapis.com", b"http/1.1").await;
        let answer = http1_on(stream).await.send(Request::post(ANNOTATE), label_request(&red())).await;
        assert_eq!(answer.labels(0)[0], expected, "{user:?}");
    }
}

#[tokio::test]
async fn programs_without_credentials_are_given_some() {
    let (server, roots) = server(None, Some(Credentials::default())).await;
    let stream = tunnel(&server, "oauth2.googleapis.com:443", None).await;
    let stream = handshake(stream, roots, "oauth2.googleapis.com", b"http/1.1").await;
    let answer = http1_on(stream).await.send(Request::post("/token"), "grant_type=refresh_token&client_id=x").await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    let metadata = Request::get("/computeMetadata/v1/project/project-id").header("metadata-flavor", "Google");
    let answer = server.http1().await.send(metadata, "").await;
    assert_eq!(answer.text(), Credentials::default().project);
}

/// What goes through them is nobody's business here, and may be an upload.
#[tokio::test]
async fn tunnels_to_other_hosts_outlive_the_order_to_stop_for_a_while() {
    for (grace, lives) in [(Duration::from_secs(30), true), (Duration::from_millis(100), false)] {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let temp = TempDir::new().unwrap();
        let authority = Authority::open(temp.path()).unwrap();
        let mut server = TestServer::with(None, |config| {
            config.tls = Some(Tls::new(authority));
            config.limits.shutdown_grace = grace;
        })
        .await;
        let mut near = tunnel(&server, &other.local_addr().unwrap().to_string(), None).await;
        let (mut far, _) = other.accept().await.unwrap();
        server.stop();
        while TcpStream::connect(server.addr).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut byte = [0];
        if lives {
            near.write_all(b"x").await.unwrap();
            far.read_exact(&mut byte).await.unwrap();
            drop((near, far));
        } else {
            assert_eq!(near.read(&mut byte).await.unwrap_or(0), 0, "it is cut off");
        }
        tokio::time::timeout(Duration::from_secs(20), server.stopped()).await.expect("no longer than it must");
    }
}
