use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Running, ask, read_head};
use crate::connect::Credentials;

const GET: &str = "GET /v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_served_host_is_intercepted_and_its_requests_know_host_and_application() {
    let running = Running::start(None).await;
    let connect = "CONNECT vision.googleapis.com:443 HTTP/1.1\r\nProxy-Authorization: Basic c29ydGVyOmFwcA==\r\n\r\n";
    let reply = ask(running.inside(connect, "vision.googleapis.com").await, GET).await;
    assert!(reply.contains("/v1/x via Some(Via"), "{reply}");
    assert!(reply.contains("\"vision.googleapis.com\", port: 443, scheme: Https, app: Some(\"sorter\")"), "{reply}");
}

#[tokio::test]
async fn a_client_that_talks_http_1_0_without_headers_is_intercepted_too() {
    let running = Running::start(None).await;
    let inside =
        running.inside("CONNECT eu-vision.googleapis.com:443 HTTP/1.0\r\n\r\n", "eu-vision.googleapis.com").await;
    assert!(ask(inside, GET).await.contains("eu-vision.googleapis.com"));
}

#[tokio::test]
async fn a_tunnel_may_be_asked_for_after_other_requests_of_the_connection() {
    let running = Running::start(None).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut stream = running.send(b"GET /first HTTP/1.1\r\nHost: h\r\n\r\n").await;
    for (request, status) in [
        (String::new(), "200"),
        (format!("CONNECT {closed} HTTP/1.1\r\n\r\n"), "502"),
        ("CONNECT vision.googleapis.com:443 HTTP/1.1\r\n\r\n".to_owned(), "200"),
    ] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{request}: {head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.unwrap();
    }
    let inside = running.handshake(stream, "vision.googleapis.com").await;
    assert!(ask(inside, GET).await.contains("/v1/x via Some(Via"));
}

#[tokio::test]
async fn other_hosts_get_their_bytes_untouched_in_both_directions_and_each_end_by_itself() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = upstream.local_addr().unwrap().port();
    let echo = tokio::spawn(async move {
        let (mut stream, _) = upstream.accept().await.unwrap();
        let mut received = Vec::new();
        // Ends only if the proxy passes on that the client has ended; the client still waits for the answer.
        stream.read_to_end(&mut received).await.unwrap();
        received.reverse();
        stream.write_all(&received).await.unwrap();
    });
    let running = Running::start(None).await;
    let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    // The first bytes come along with the head: a client need not wait for the answer.
    let connect = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n");
    let mut stream = running.send(&[connect.as_bytes(), &sent[..7]].concat()).await;
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    let (mut from, mut to) = stream.into_split();
    let writer = async {
        to.write_all(&sent[7..]).await.unwrap();
        to.shutdown().await.unwrap();
    };
    let mut received = Vec::new();
    let ((), read) = tokio::join!(writer, from.read_to_end(&mut received));
    read.unwrap();
    received.reverse();
    assert!(received == sent, "{} bytes came back of {}", received.len(), sent.len());
    echo.await.unwrap();
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_a_bad_gateway_with_the_reason() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let running = Running::start(None).await;
    let stream = running.send(format!("CONNECT {closed} HTTP/1.1\r\nConnection: close\r\n\r\n").as_bytes()).await;
    let reply = ask(stream, "").await;
    assert!(reply.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && reply.contains(&closed.to_string()), "{reply}");
}

#[tokio::test]
async fn hostile_heads_are_refused_and_the_proxy_lives_on() {
    let running = Running::start(None).await;
    let long = format!("CONNECT a:443 HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for (head, status) in [
        ("CONNECT\r\n\r\n".as_bytes(), "400"),
        (b"CONNECT \xff\xfe\r\n\r\n", "400"),
        (b"C\0\0\0\r\n\r\n", "400"),
        (b"CONNECT a HTTP/1.1\r\nConnection: close\r\n\r\n", "400"),
        (b"CONNECT http://a:443/ HTTP/1.1\r\nConnection: close\r\n\r\n", "400"),
        (&long.as_bytes()[..16 << 10], "431"),
    ] {
        let reply = ask(running.send(head).await, "").await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
    }
    let reply = ask(running.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await, "").await;
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
}

#[tokio::test]
async fn the_metadata_server_is_played_inside_a_cleartext_tunnel_as_node_asks_for_it() {
    let running = Running::start(Some(Credentials::default())).await;
    let mut stream = running.send(b"CONNECT metadata.google.internal.:80 HTTP/1.1\r\n\r\n").await;
    read_head(&mut stream).await;
    let request =
        "GET /computeMetadata/v1/instance HTTP/1.1\r\nHost: h\r\nMetadata-Flavor: Google\r\nConnection: close\r\n\r\n";
    let reply = ask(stream, request).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK") && reply.contains("metadata-flavor: Google"), "{reply}");
}

#[tokio::test]
async fn token_requests_are_answered_by_grant_type_and_other_questions_with_not_found() {
    let running = Running::start(Some(Credentials::default())).await;
    let connect = "CONNECT oauth2.googleapis.com:443 HTTP/1.0\r\n\r\n";
    for (form, status) in [
        ("assertion=J.W.T&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer", "200 OK"),
        ("grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=c", "200 OK"),
        ("grant_type=password", "400 Bad Request"),
        ("", "400 Bad Request"),
    ] {
        let length = form.len();
        let request =
            format!("POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}");
        let reply = ask(running.inside(connect, "oauth2.googleapis.com").await, &request).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{form}: {reply}");
        assert_eq!(reply.contains("\"token_type\":\"Bearer\""), status == "200 OK");
    }
    let connect = "CONNECT iamcredentials.googleapis.com:443 HTTP/1.1\r\n\r\n";
    let reply = ask(running.inside(connect, "iamcredentials.googleapis.com").await, GET).await;
    assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
}
