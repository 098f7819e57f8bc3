use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::{Running, ask, read_head};
use crate::connect::Credentials;

async fn get(running: &Running, target: &str, headers: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\n{headers}Connection: close\r\n\r\n");
    ask(running.send(b"").await, &request).await
}

const FLAVOR: &str = "Metadata-Flavor: Google\r\n";

#[tokio::test]
async fn the_metadata_server_answers_every_path_that_client_libraries_ask() {
    let running = Running::start(Some(Credentials::default())).await;
    let account = "/computeMetadata/v1/instance/service-accounts/default/";
    for (target, wanted) in [
        ("/".to_owned(), "computeMetadata/"),
        ("/computeMetadata/v1/project/project-id".to_owned(), "chameleon-local"),
        ("/computeMetadata/v1/universe/universe-domain".to_owned(), "googleapis.com"),
        (format!("{account}?recursive=true"), "\"aliases\":[\"default\"]"),
        (format!("{account}token?scopes=x"), "\"access_token\":"),
        // Absolute form, as through http_proxy.
        ("http://169.254.169.254/".to_owned(), "computeMetadata/"),
        (format!("http://metadata.google.internal{account}token"), "\"expires_in\":3600"),
    ] {
        let reply = get(&running, &target, FLAVOR).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK") && reply.contains(wanted), "{target}: {reply}");
        assert!(reply.contains("metadata-flavor: Google\r\n"), "{target}: {reply}");
        assert!(reply.contains("connection: close\r\n"), "{target}: {reply}");
    }
    assert!(get(&running, "/computeMetadata/v1/instance/disks", FLAVOR).await.starts_with("HTTP/1.1 404 "));
    // The real one refuses requests that a browser could be tricked into.
    assert!(get(&running, "/computeMetadata/v1/project/project-id", "").await.starts_with("HTTP/1.1 403 "));
}

#[tokio::test]
async fn without_credentials_to_play_everything_is_the_servers_to_answer() {
    let running = Running::start(None).await;
    for target in ["/", "/computeMetadata/v1/project/project-id", "/v1/images:annotate"] {
        assert!(get(&running, target, FLAVOR).await.ends_with(&format!("{target} via None")));
    }
}

#[tokio::test]
async fn absolute_form_requests_are_forwarded_without_what_concerns_the_proxy_alone() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    let seen = tokio::spawn(async move {
        let (mut stream, _) = upstream.accept().await.unwrap();
        let head = read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nx-own: 1\r\n\r\nhello").await.unwrap();
        head
    });
    let running = Running::start(None).await;
    let headers = "Proxy-Authorization: Basic c29ydGVyOmFwcA==\r\nx-kept: 1\r\n";
    let reply = get(&running, &format!("http://{address}/path?q=1"), headers).await;
    assert!(
        reply.starts_with("HTTP/1.1 201 Created") && reply.ends_with("hello") && reply.contains("x-own: 1"),
        "{reply}"
    );
    let head = seen.await.unwrap().to_ascii_lowercase();
    assert!(head.starts_with("get /path?q=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {address}\r\n")) && head.contains("x-kept: 1"), "{head}");
    assert!(!head.contains("proxy-authorization") && !head.contains("connection: close"), "{head}");
}

#[tokio::test]
async fn a_request_that_cannot_be_forwarded_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let running = Running::start(None).await;
    let reply = get(&running, &format!("http://user:secret@{closed}/secret?token=secret"), "").await;
    assert!(reply.starts_with("HTTP/1.1 502 ") && reply.contains(&closed.to_string()), "{reply}");
    // What a program is told ends in its logs.
    assert!(!reply.contains("secret"), "{reply}");
    let reply = get(&running, "https://user:secret@example.org/secret", "").await;
    assert!(reply.starts_with("HTTP/1.1 501 ") && reply.contains("CONNECT") && !reply.contains("secret"), "{reply}");
}

#[tokio::test]
async fn a_proxy_that_is_open_to_others_leads_nobody_into_its_own_network() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let running = Running::start_with(None, |proxy| proxy.with_private(false)).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let connect = format!("CONNECT {host}:{port} HTTP/1.0\r\n\r\n");
        let reply = ask(running.send(b"").await, &connect).await;
        assert!(reply.starts_with("HTTP/1.0 502 ") && reply.contains("private addresses"), "{host}: {reply}");
    }
    let reply = get(&running, &format!("http://127.0.0.1:{port}/"), "").await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
}
