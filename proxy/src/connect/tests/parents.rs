use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Running, ask, read_head};
use crate::connect::{Parent, parent};

#[test]
fn the_variables_of_a_parent_proxy_are_understood() {
    for url in ["http://proxy.example:3128", "http://proxy.example:3128/", " http://u:p@proxy.example:3128"] {
        assert!(Parent::parse(url, "").is_some(), "{url}");
    }
    assert_eq!(Parent::parse("http://proxy.example", ""), Parent::parse("http://proxy.example:80", ""));
    for url in ["", "proxy.example:3128", "https://proxy.example:3128", "socks5://a:1", "http://", "http://a%zz@b:1"] {
        assert_eq!(Parent::parse(url, ""), None, "{url}");
    }
    assert_eq!(Parent::parse("http://proxy.example:3128", "a.b, *"), None);
    let secret = format!("{:?}", Parent::parse("http://user:secret@proxy.example:3128", ""));
    assert!(!secret.contains("secret") && !secret.contains("c2VjcmV0"), "{secret}");
}

#[test]
fn exceptions_and_this_machine_are_reached_without_the_parent() {
    let parent = Parent::parse("http://proxy.example:1", "internal.example, .corp,*.lan").unwrap();
    for host in ["internal.example", "a.internal.example", "x.corp", "y.lan", "localhost", "127.0.0.1", "::1"] {
        assert!(!parent.serves(host), "{host}");
    }
    for host in ["example", "notinternal.example", "storage.googleapis.com", "10.0.0.1"] {
        assert!(parent.serves(host), "{host}");
    }
}

/// A parent proxy that gives one answer and the head that it was sent.
async fn parent(answer: &'static [u8]) -> (Parent, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_head(&mut stream).await;
        stream.write_all(answer).await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        head + &rest
    });
    (Parent::parse(&format!("http://us%40er:pw@{address}"), "").unwrap(), seen)
}

#[tokio::test]
async fn tunnels_go_through_the_parent_with_its_credentials_and_not_the_clients() {
    let (parent, seen) = parent(b"HTTP/1.1 200 OK\r\n\r\nearly").await;
    let running = Running::start_behind(Some(parent), None).await;
    let head = b"CONNECT storage.invalid:443 HTTP/1.1\r\nProxy-Authorization: Basic c29ydGVyOmFwcA==\r\n\r\nfirst";
    let mut stream = running.send(head).await;
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    let mut early = [0; 5];
    stream.read_exact(&mut early).await.unwrap();
    assert_eq!(&early, b"early");
    stream.shutdown().await.unwrap();
    // "us@er:pw"
    let wanted = "CONNECT storage.invalid:443 HTTP/1.1\r\nHost: storage.invalid:443\r\n\
                  Proxy-Authorization: Basic dXNAZXI6cHc=\r\n\r\nfirst";
    assert_eq!(seen.await.unwrap(), wanted);
}

#[tokio::test]
async fn what_the_parent_refuses_is_a_bad_gateway_with_its_words() {
    for answer in
        [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".as_slice(), b"HTTP/1.1 2000 x\r\n\r\n", b"\r\n\r\n"]
    {
        let (parent, _seen) = parent(answer).await;
        let running = Running::start_behind(Some(parent), None).await;
        let reply = ask(running.send(b"CONNECT storage.invalid:443 HTTP/1.0\r\n\r\n").await, "").await;
        assert!(reply.starts_with("HTTP/1.0 502 "), "{reply}");
        let line = String::from_utf8_lossy(answer);
        assert!(reply.ends_with(line.lines().next().unwrap()), "{reply}");
    }
}

const TOKEN: &str = "POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: 24\r\nConnection: close\r\n\r\n\
                     grant_type=refresh_token";
const TO_IDENTITY: &str = "CONNECT oauth2.googleapis.com:443 HTTP/1.1\r\n\r\n";

#[tokio::test]
async fn an_identity_service_that_cannot_be_reached_is_stood_in_for() {
    let (parent, _seen) = parent(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    let running = Running::start_behind(Some(parent), None).await;
    let reply = ask(running.inside(TO_IDENTITY, "oauth2.googleapis.com").await, TOKEN).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK") && reply.contains("\"token_type\":\"Bearer\""), "{reply}");
}

#[tokio::test]
async fn credentials_of_the_programs_own_go_to_the_identity_service_where_it_is_reached() {
    let (parent, seen) = parent(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let running = Running::start_behind(Some(parent), None).await;
    let mut stream = running.send(TO_IDENTITY.as_bytes()).await;
    read_head(&mut stream).await;
    stream.write_all(b"for Google alone").await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(seen.await.unwrap().ends_with("for Google alone"));
}

#[tokio::test]
async fn bytes_after_the_head_are_kept_however_the_stream_is_cut() {
    let sent = b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01";
    for size in 1..=sent.len() {
        let pieces: Vec<Result<&[u8], std::io::Error>> = sent.chunks(size).map(Ok).collect();
        let mut stream = tokio_stream(pieces);
        let (head, mut rest) = parent::read_head(&mut stream).await.unwrap().unwrap();
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
