//! Secrets are planted wherever one can come in, and looked for in everything that comes out.

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use crate::cloud::{Cloud, json, upstream};
use crate::model::red;
use crate::support::{ANNOTATE, TestServer, label_request};

/// Stands in every secret, so that one search finds them all.
const SECRET: &str = "S3CR3T";

/// The most that the command logs: what the libraries below trace are frames, and with them what callers send.
const FILTER: &str = "warn,chameleon=trace";

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn calls() -> Vec<(Request<()>, String)> {
    let secret = |name: &str| format!("{SECRET}-{name}");
    let call = |target: &str, headers: &[(&str, String)]| {
        let builder = headers.iter().fold(Request::post(target), |call, (name, value)| call.header(*name, value));
        builder.body(()).unwrap()
    };
    let basic = format!("Basic {}", STANDARD.encode(format!("{SECRET}:{SECRET}")));
    let signed =
        format!("AWS4-HMAC-SHA256 Credential={SECRET}/20260101/us-east-1/rekognition/aws4_request, Signature={SECRET}");
    vec![
        (call(ANNOTATE, &[("authorization", format!("Bearer {}", secret("token")))]), label_request(&red())),
        (call(ANNOTATE, &[("x-goog-api-key", secret("key"))]), "{".to_owned()),
        (call(&format!("{ANNOTATE}?key={}", secret("key")), &[]), label_request(&red())),
        (call(&format!("/v1/files:annotate?key={}", secret("key")), &[("cookie", secret("cookie"))]), "{}".to_owned()),
        (call("/v1/files:annotate", &[("proxy-authorization", basic)]), "{}".to_owned()),
        (call("/nowhere", &[("authorization", secret("token"))]), "{}".to_owned()),
        (
            call("/", &[("authorization", signed), ("x-amz-target", "RekognitionService.DetectFaces".to_owned())]),
            "{}".to_owned(),
        ),
    ]
}

#[tokio::test]
async fn no_secret_comes_out_in_logs_metrics_or_errors() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_env_filter(FILTER).with_writer(move || writer.clone()).finish();
    // For all threads, or those of other tests would settle what is logged; their lines are searched, too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let cloud = Cloud::start(|_| json(403, "{}")).await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for way in [None, Some(cloud.upstream()), Some(upstream(nobody))] {
        let server = TestServer::with(None, |config| {
            config.upstream = way;
            config.apps.api_keys.insert(format!("{SECRET}-configured"), "bins".to_owned());
            assert!(!format!("{config:?}").contains(SECRET));
        })
        .await;
        for (head, body) in calls() {
            let mut call = Request::post(head.uri());
            *call.headers_mut().unwrap() = head.headers().clone();
            let answer = server.http1().await.send(call, body).await;
            assert!(!answer.text().contains(SECRET), "{}: {}", head.uri(), answer.text());
            assert!(!format!("{:?}", answer.headers).contains(SECRET), "{}", head.uri());
        }
        let metrics = server.get("/metrics").await;
        assert!(!metrics.text().contains(SECRET), "{}", metrics.text());
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("Answered"), "the log was caught: {log}");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}
