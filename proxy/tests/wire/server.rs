//! The server itself: health, metrics, stopping.

use std::time::Duration;

use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::model::red;
use crate::support::{ANNOTATE, TestServer, label_request};

#[tokio::test]
async fn calls_are_counted() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    server.post(ANNOTATE, label_request(&red())).await;
    server.post(ANNOTATE, label_request(b"not an image")).await;
    server.post(ANNOTATE, "{").await;
    let metrics = server.get("/metrics").await;
    for expected in [
        r#"chameleon_requests_total{api="vision",protocol="rest",app="",outcome="OK"} 2"#,
        r#"chameleon_requests_total{api="vision",protocol="rest",app="",outcome="INVALID_ARGUMENT"} 1"#,
        r#"chameleon_image_errors_total{api="vision",protocol="rest",app="",outcome="OK"} 1"#,
    ] {
        assert!(metrics.text().contains(expected), "{expected} is not in\n{}", metrics.text());
    }
}

#[tokio::test]
async fn both_versions_of_http_share_the_port_and_a_connection_many_calls() {
    let server = TestServer::start().await;
    let mut http1 = server.http1().await;
    for _ in 0..3 {
        assert_eq!(http1.send(Request::post(ANNOTATE), label_request(&red())).await.labels(0)[0], "Red");
    }
    let mut http2 = server.http2().await;
    let request =
        Request::get(format!("http://{}/healthz", server.addr)).body(http_body_util::Full::default()).unwrap();
    assert!(http2.send_request(request).await.unwrap().status().is_success());
}

#[tokio::test]
async fn stopping_lets_a_call_that_is_under_way_finish() {
    let mut server = TestServer::start().await;
    let body = label_request(&red());
    let (first, rest) = body.split_at(20);
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let length = body.len();
    let head =
        format!("POST {ANNOTATE} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    server.stop();
    while TcpStream::connect(server.addr).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("Red"), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn a_server_that_will_stop_says_so_and_still_takes_calls() {
    // Longer than any test: what is answered before it is over does not hang on the clock.
    let delay = Duration::from_secs(3600);
    let mut server = TestServer::with(None, |config| config.limits.shutdown_delay = delay).await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop();
    while server.get("/readyz").await.status != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
    assert!(!server.has_stopped());
}

#[tokio::test]
async fn a_server_that_has_said_that_it_will_stop_does() {
    let mut server = TestServer::with(None, |config| config.limits.shutdown_delay = Duration::from_millis(1)).await;
    server.stop();
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_is_told_before_it_sends() {
    let server = TestServer::with(None, |config| config.limits.body_bytes = 1000).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let head = format!(
        "POST {ANNOTATE} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 200000000\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("1000 bytes"), "{answer}");
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_let_go() {
    let server = TestServer::with(None, |config| config.limits.head_timeout = Duration::from_millis(50)).await;
    for beginning in ["", "P", "POST / HTTP/1.1\r\n"] {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "{beginning:?}");
    }
}
