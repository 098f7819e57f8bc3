//! Bytes that no client sends. Whatever comes, the next client is served.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ANNOTATE, TestServer};

/// Beginnings after which random bytes meet different parsers.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let grpc: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let json = format!("POST {ANNOTATE} HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\nconnection: close\r\n\r\n");
    let chunked = format!("POST {ANNOTATE} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let choices = [b"".to_vec(), vec![0x16, 3, 1], b"GET ".to_vec(), grpc.to_vec(), json.into(), chunked.into()];
    prop::sample::select(choices.to_vec())
}

#[test]
fn random_bytes_never_take_the_server_down() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let short = Duration::from_millis(100);
    let server = runtime.block_on(TestServer::with(None, |config| {
        config.limits.head_timeout = short;
        config.limits.body_timeout = short;
    }));
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let strategy = (beginnings(), prop::collection::vec(any::<u8>(), 0..200));
    runner
        .run(&strategy, |(mut bytes, rest)| {
            bytes.extend(rest);
            runtime.block_on(async {
                let mut stream = TcpStream::connect(server.addr).await.unwrap();
                // The server may close, or reset, while these are under way.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                let mut answer = Vec::new();
                let ended = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
                prop_assert!(ended.is_ok(), "the connection hangs");
                let health = server.get("/healthz").await;
                prop_assert_eq!(health.text(), "ok\n");
                Ok(())
            })
        })
        .unwrap();
}
