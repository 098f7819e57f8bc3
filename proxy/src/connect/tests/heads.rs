use proptest::prelude::*;

use crate::connect::head::{Connect, application, read_head};

/// The bytes real clients send: gRPC, Node, requests and boto3 (no header at all), httplib2 (`Host` without port).
const DIALECTS: [&str; 4] = [
    "CONNECT vision.googleapis.com:443 HTTP/1.1\r\nHost: vision.googleapis.com:443\r\nUser-Agent: grpc-httpcli/0.0\r\n\r\n",
    "CONNECT vision.googleapis.com:443 HTTP/1.1\r\nHost: vision.googleapis.com:443\r\nConnection: keep-alive\r\n\r\n",
    "CONNECT vision.googleapis.com:443 HTTP/1.0\r\n\r\n",
    "CONNECT vision.googleapis.com:443 HTTP/1.1\r\nHost: vision.googleapis.com\r\n\r\n",
];

#[test]
fn every_dialect_of_connect_is_understood() {
    for head in DIALECTS {
        let connect = Connect::parse(head.as_bytes()).expect(head);
        assert_eq!(connect, Connect { host: "vision.googleapis.com".to_owned(), port: 443, app: None });
    }
}

#[test]
fn hosts_are_made_comparable() {
    for (authority, host, port) in [
        ("metadata.google.internal.:80", "metadata.google.internal", 80),
        ("Vision.GoogleAPIs.com:443", "vision.googleapis.com", 443),
        ("[::1]:8443", "::1", 8443),
        ("10.0.0.1:1", "10.0.0.1", 1),
    ] {
        let connect = Connect::parse(format!("CONNECT {authority} HTTP/1.1\r\n\r\n").as_bytes()).expect(authority);
        assert_eq!((connect.host.as_str(), connect.port), (host, port));
    }
}

#[test]
fn heads_that_are_no_connect_are_refused() {
    for head in [
        "",
        "\r\n\r\n",
        "CONNECT\r\n\r\n",
        "CONNECT a:443\r\n\r\n",
        "CONNECT a HTTP/1.1\r\n\r\n",
        "CONNECT a:0 HTTP/1.1\r\n\r\n",
        "CONNECT a:65536 HTTP/1.1\r\n\r\n",
        "CONNECT :443 HTTP/1.1\r\n\r\n",
        "CONNECT a:443 HTTP/2\r\n\r\n",
        "CONNECT a:443 HTTP/1.1 x\r\n\r\n",
        "connect a:443 HTTP/1.1\r\n\r\n",
        "CONNECT a/b:443 HTTP/1.1\r\n\r\n",
        "CONNECT [::1:443 HTTP/1.1\r\n\r\n",
        "CONFIG a:443 HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(Connect::parse(head.as_bytes()), None, "{head:?}");
    }
}

#[test]
fn the_user_of_the_proxy_url_is_the_application_if_it_can_be_one() {
    // "sorter:app", "sorter:", "sorter"
    for credential in ["Basic c29ydGVyOmFwcA==", " basic c29ydGVyOg== ", "Basic c29ydGVy"] {
        assert_eq!(application(credential).as_deref(), Some("sorter"), "{credential}");
    }
    // "Domain User:x", ":x", not base64, another scheme, nothing
    for credential in ["Basic RG9tYWluIFVzZXI6eA==", "Basic Ong=", "Basic !!", "Bearer c29ydGVy", ""] {
        assert_eq!(application(credential), None, "{credential}");
    }
    let head = "CONNECT a:443 HTTP/1.1\r\nHost: a\r\nPROXY-authorization: Basic c29ydGVyOmFwcA==\r\n\r\n";
    assert_eq!(Connect::parse(head.as_bytes()).unwrap().app.as_deref(), Some("sorter"));
}

#[tokio::test]
async fn bytes_after_the_head_are_kept_however_the_stream_is_cut() {
    let sent = b"CONNECT a:1 HTTP/1.1\r\n\r\n\x16\x03\x01";
    for size in 1..=sent.len() {
        let pieces: Vec<Result<&[u8], std::io::Error>> = sent.chunks(size).map(Ok).collect();
        let mut stream = tokio_stream(pieces);
        let (head, mut rest) = read_head(&mut stream).await.unwrap().unwrap();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await.unwrap();
        assert_eq!([head.as_slice(), rest.as_slice()].concat(), sent);
        assert!(head.ends_with(b"\r\n\r\n"));
    }
}

/// A reader that yields the pieces one by one.
fn tokio_stream(pieces: Vec<Result<&'static [u8], std::io::Error>>) -> impl tokio::io::AsyncRead + Unpin {
    struct Pieces(std::collections::VecDeque<&'static [u8]>);
    impl tokio::io::AsyncRead for Pieces {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            if let Some(piece) = self.0.pop_front() {
                buf.put_slice(piece);
            }
            std::task::Poll::Ready(Ok(()))
        }
    }
    Pieces(pieces.into_iter().map(Result::unwrap).collect())
}

proptest! {
    #[test]
    fn no_head_makes_the_parser_panic(head in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Connect::parse(&head);
        let _ = Connect::parse(&[b"CONNECT ".as_slice(), &head, b"\r\n\r\n"].concat());
    }

    #[test]
    fn what_is_parsed_is_a_host_and_nothing_else(text in "[ -~]{1,40}") {
        if let Some(connect) = Connect::parse(format!("CONNECT {text}:443 HTTP/1.1\r\n\r\n").as_bytes()) {
            prop_assert!(!connect.host.is_empty());
            prop_assert!(!connect.host.contains(['/', '@', ' ', '?', '[', ']']), "{}", connect.host);
            prop_assert!(!connect.host.bytes().any(|b| b.is_ascii_uppercase()));
        }
    }
}
