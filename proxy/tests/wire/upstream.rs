//! What no model answers goes to the real API; what some do is split.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chameleon_proxy::upstream::{AwsKeys, Signed, Upstream};
use chameleon_proxy::wire::vision::proto::{FeatureType, decode_batch};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::cloud::{Cloud, grpc, json, listen, upstream};
use crate::grpc::{METHOD, framed, message, request, responses, send};
use crate::model::red;
use crate::standins::Reader;
use crate::support::{ANNOTATE, Answer, TestServer, label_request};

async fn server(upstream: Upstream) -> TestServer {
    TestServer::with(None, |config| config.upstream = Some(upstream)).await
}

fn ask(features: &str) -> String {
    let content = STANDARD.encode(red());
    format!(r#"{{"requests":[{{"image":{{"content":"{content}"}},"features":[{features}]}}],"parent":"projects/p"}}"#)
}

const SAFE: &str = r#"{"responses":[{"safeSearchAnnotation":{"adult":"VERY_UNLIKELY"}}]}"#;

#[tokio::test]
async fn what_no_model_answers_goes_on_unchanged_with_the_callers_credentials() {
    let cloud = Cloud::start(|_| {
        let mut reply = json(418, r#"{"odd": 1.50}"#);
        reply.headers_mut().insert("x-own", "1".parse().unwrap());
        reply
    })
    .await;
    let server = server(cloud.upstream()).await;
    let call = Request::post("/apps/x/v1/files:annotate?key=k%20&alt=json")
        .header("authorization", "Bearer of-the-caller")
        .header("x-chameleon-app", "x")
        .header("x-goog-user-project", "p");
    let answer = server.http1().await.send(call, "{ \"any\": [1] }").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (418, r#"{"odd": 1.50}"#));
    assert_eq!(answer.headers["x-own"], "1");
    let seen = cloud.only();
    assert_eq!(seen.parts.uri, "/v1/files:annotate?key=k%20&alt=json");
    assert_eq!(seen.body.as_ref(), b"{ \"any\": [1] }");
    assert_eq!(seen.header("host"), Some("vision.googleapis.com"));
    assert_eq!(seen.header("authorization"), Some("Bearer of-the-caller"));
    assert_eq!((seen.header("x-goog-user-project"), seen.header("x-chameleon-app")), (Some("p"), None));
}

#[tokio::test]
async fn an_image_whose_features_are_all_foreign_is_the_callers_own_request() {
    let cloud = Cloud::start(|_| json(200, SAFE)).await;
    let server = server(cloud.upstream()).await;
    let body = ask(r#"{"type":"SAFE_SEARCH_DETECTION"},{"type": "TEXT_DETECTION","model":"builtin/latest"}"#);
    assert_eq!(server.post(ANNOTATE, body.clone()).await.text(), SAFE);
    assert_eq!(cloud.only().body, body);
    // By reference: its labels, too, are the real API's.
    let body = r#"{"requests":[{"image":{"source":{"imageUri":"gs://b/o"}},"features":[{"type":4}]}]}"#;
    assert_eq!(server.post(ANNOTATE, body).await.text(), SAFE);
}

#[tokio::test]
async fn a_mixed_request_is_split_and_its_answers_merged() {
    let cloud = Cloud::start(|_| json(200, SAFE)).await;
    let server = server(cloud.upstream()).await;
    let body = ask(r#"{"type":"LABEL_DETECTION","maxResults":2},{"type":"SAFE_SEARCH_DETECTION"}"#);
    let answer = server.post("/v1/images:annotate?key=real", body).await;
    assert_eq!(answer.labels(0), ["Red", "Thing 0"]);
    assert_eq!(answer.json()["responses"][0]["safeSearchAnnotation"]["adult"], "VERY_UNLIKELY");
    assert!(answer.json()["responses"][0].get("error").is_none());
    let timing = answer.headers["server-timing"].to_str().unwrap();
    assert!(["receive;dur=", "model;dur=", "upstream;dur=", "proxy;dur="].iter().all(|part| timing.contains(part)));
    let seen = cloud.only();
    let asked: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(asked["requests"][0]["features"], json!([{ "type": "SAFE_SEARCH_DETECTION" }]));
    assert_eq!((&asked["parent"], seen.parts.uri.query()), (&json!("projects/p"), Some("key=real")));
}

#[tokio::test]
async fn a_mixed_grpc_request_is_split_and_its_answers_merged() {
    // responses { safe_search_annotation { adult: 1 } }
    let cloud = Cloud::start(|_| grpc(&[0x0a, 4, 0x32, 2, 8, 1])).await;
    let server = server(cloud.upstream()).await;
    let mut connection = server.http2().await;
    let kinds = [FeatureType::SafeSearchDetection, FeatureType::LabelDetection];
    let call = request(&server, METHOD).header("authorization", "Bearer own");
    let answer = send(&mut connection, call, framed(&message(&[red()], &kinds))).await;
    assert_eq!(responses(&answer).responses[0].label_annotations[0].description, "Red");
    assert!(answer.body.windows(4).any(|bytes| bytes == [0x32, 2, 8, 1]), "{:?}", answer.body);
    let seen = cloud.only();
    assert_eq!((seen.header("authorization"), seen.header("te")), (Some("Bearer own"), Some("trailers")));
    assert_eq!(seen.parts.uri.path(), METHOD);
    let asked = decode_batch(seen.body.slice(5..)).unwrap();
    assert_eq!(asked[0].features.iter().map(|feature| feature.r#type).collect::<Vec<_>>(), [6]);
}

#[tokio::test]
async fn grpc_calls_pass_with_their_trailers() {
    let cloud = Cloud::start(|_| {
        let mut reply = grpc(b"");
        reply.headers_mut().insert("grpc-status", "9".parse().unwrap());
        reply.headers_mut().insert("grpc-message", "no 100%25".parse().unwrap());
        reply
    })
    .await;
    let server = server(cloud.upstream()).await;
    let mut connection = server.http2().await;
    let files = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateFiles";
    let answer = send(&mut connection, request(&server, files), framed(b"x")).await;
    assert_eq!(
        (&answer.headers["grpc-status"], &answer.headers["grpc-message"]),
        (&"9".parse().unwrap(), &"no 100%25".parse().unwrap())
    );
    // In a mixed call the refusal is the image's error.
    let kinds = [FeatureType::SafeSearchDetection, FeatureType::LabelDetection];
    let answer = send(&mut connection, request(&server, METHOD), framed(&message(&[red()], &kinds))).await;
    let response = &responses(&answer).responses[0];
    assert_eq!(response.label_annotations[0].description, "Red");
    let error = response.error.as_ref().unwrap();
    assert_eq!((error.code, error.message.as_str()), (9, "no 100%"));
}

#[tokio::test]
async fn a_refusal_of_the_real_api_is_the_images_error_beside_the_labels() {
    for (reply, code, expected) in [
        (r#"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#, 7, "no"),
        (r#"{"error":{"code":401,"message":"who?","status":"UNAUTHENTICATED"}}"#, 16, "who?"),
        ("<html>", 13, "403"),
    ] {
        let cloud = Cloud::start(move |_| json(403, reply)).await;
        let server = server(cloud.upstream()).await;
        let answer = server.post(ANNOTATE, ask(r#"{"type":4},{"type":6}"#)).await;
        assert_eq!(answer.labels(0)[0], "Red");
        let error = answer.json()["responses"][0]["error"].clone();
        assert_eq!(error["code"], code);
        assert!(error["message"].as_str().unwrap().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn made_up_credentials_and_keys_given_out_here_are_never_sent_on() {
    let cloud = Cloud::start(|_| json(200, SAFE)).await;
    let upstream = cloud.upstream();
    let server = TestServer::with(None, |config| {
        config.upstream = Some(upstream);
        config.apps.api_keys.insert("given-out".to_owned(), "bins".to_owned());
        config.apps.default_app = None;
    })
    .await;
    let signed = "AWS4-HMAC-SHA256 Credential=chameleon-local/20260101/us-east-1/rekognition/aws4_request, Signature=0";
    let mut connection = server.http1().await;
    for call in [
        Request::post("/v1/files:annotate").header("authorization", "Bearer chameleon-local"),
        Request::post("/v1/files:annotate?key=given-out"),
        Request::post("/v1/files:annotate").header("x-goog-api-key", "given-out"),
    ] {
        connection.send(call, "{}").await.error(501, "UNIMPLEMENTED");
    }
    let faces =
        Request::post("/").header("x-amz-target", "RekognitionService.DetectFaces").header("authorization", signed);
    let refused = connection.send(faces, "{}").await.json();
    assert_eq!(refused["__type"], "UnknownOperationException");
    assert!(refused.to_string().contains("its signature is for this address"), "{refused}");
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_server_that_asks_no_real_api_says_so() {
    let server = TestServer::with(None, |config| config.upstream = None).await;
    let faces = Request::post("/").header("x-amz-target", "RekognitionService.DetectFaces");
    let refused = server.http1().await.send(faces, "{}").await.json().to_string();
    assert!(refused.contains("this server asks no real API") && !refused.contains("signature"), "{refused}");
}

#[tokio::test]
async fn calls_of_aws_pass_where_their_signature_is_for_the_real_host() {
    let cloud = Cloud::start(|_| json(200, r#"{"FaceDetails":[]}"#)).await;
    let server = server(cloud.upstream()).await;
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/rekognition/aws4_request, Signature=0";
    for (host, status) in [("rekognition.us-east-1.amazonaws.com", 200), ("127.0.0.1:8088", 400)] {
        let call = Request::post("/")
            .header("host", host)
            .header("x-amz-target", "RekognitionService.DetectFaces")
            .header("authorization", signed)
            .body(Full::new(Bytes::from_static(b"{\"Image\": {}}")))
            .unwrap();
        let answer = Answer::of(sender.send_request(call).await.unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{host}: {}", answer.text());
    }
    let seen = cloud.only();
    assert_eq!(
        (seen.header("host"), seen.header("authorization")),
        (Some("rekognition.us-east-1.amazonaws.com"), Some(signed))
    );
    assert_eq!(seen.body.as_ref(), b"{\"Image\": {}}");
}

#[tokio::test]
async fn calls_of_aws_that_are_signed_for_this_server_are_signed_anew_with_the_callers_key() {
    let cloud = Cloud::start(|_| json(200, "{}")).await;
    let upstream = cloud.upstream();
    let server = TestServer::with(None, |config| {
        config.upstream = Some(upstream);
        config.aws_keys = vec![AwsKeys { id: "AKID".to_owned(), secret: "secret".to_owned(), token: None }];
    })
    .await;
    let mut connection = server.http1().await;
    // Whoever knows the key's id alone, or has heard a call of long ago, gets nothing signed.
    let now = OffsetDateTime::now_utc();
    let (wrong, unknown) = (Some("InvalidSignatureException"), Some("UnknownOperationException"));
    for (id, secret, region, signed_at, fault) in [
        ("AKID", "secret", "us-east-1", now, None),
        ("AKID", "guess", "us-east-1", now, wrong),
        ("OTHER", "secret", "us-east-1", now, unknown),
        ("AKID", "secret", "evil.example/x", now, unknown),
        ("AKID", "secret", "us-east-1", now - time::Duration::HOUR, wrong),
    ] {
        let keys = AwsKeys { id: id.to_owned(), secret: secret.to_owned(), token: None };
        let mut call = Request::post("/").header("x-amz-target", "RekognitionService.DetectFaces");
        let signed = Signed { host: "127.0.0.1", region, service: "rekognition", body: b"{}" };
        signed.sign(&keys, call.headers_mut().unwrap(), signed_at);
        let answer = connection.send(call, "{}").await;
        assert_eq!(answer.status.as_u16(), if fault.is_some() { 400 } else { 200 }, "{id} {region} {}", answer.text());
        assert_eq!(answer.json()["__type"].as_str(), fault, "{id} {region}");
    }
    let seen = cloud.only();
    assert_eq!((seen.header("host"), seen.parts.uri.path()), (Some("rekognition.us-east-1.amazonaws.com"), "/"));
    let signature = seen.header("authorization").unwrap();
    assert!(signature.contains("Credential=AKID/"), "{signature}");
    let mut expected = seen.parts.headers.clone();
    let at = "rekognition.us-east-1.amazonaws.com";
    let keys = AwsKeys { id: "AKID".to_owned(), secret: "secret".to_owned(), token: None };
    let date = seen.header("x-amz-date").unwrap().to_owned();
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed_at = PrimitiveDateTime::parse(&date, format).unwrap().assume_utc();
    Signed { host: at, region: "us-east-1", service: "rekognition", body: b"{}" }.sign(&keys, &mut expected, signed_at);
    assert_eq!(expected["authorization"], signature);
}

#[tokio::test]
async fn an_annotate_text_call_is_split_and_merged() {
    let cloud = Cloud::start(|_| {
        json(
            200,
            r#"{"tokens":[{"lemma":"be"}],"sentences":[{"text":{"content":"x"}}],"categories":[{"name":"/X"}],"language":"en"}"#,
        )
    })
    .await;
    let upstream = cloud.upstream();
    let server = TestServer::with(None, |config| {
        config.upstream = Some(upstream);
        config.texts = Some(Arc::new(Reader));
    })
    .await;
    let body = r#"{"document":{"type":1,"content":"Paris is nice.","language":"en"},"encodingType":1,"features":{"extractSyntax":true,"extractDocumentSentiment":true,"extractEntities":true}}"#;
    let answer = server.post("/v1/documents:annotateText", body).await.json();
    assert_eq!(answer["tokens"], json!([{ "lemma": "be" }]));
    assert_eq!(answer["documentSentiment"]["score"], json!(0.75));
    assert_eq!(answer["sentences"][0]["text"]["content"], "Paris is nice.");
    // What was not looked for here is as the real API says it.
    assert_eq!(answer["categories"], json!([{ "name": "/X" }]));
    let asked: Value = serde_json::from_slice(&cloud.only().body).unwrap();
    assert_eq!(asked["features"], json!({ "extractSyntax": true }));
    // A language that is not read here is the real API's altogether.
    let french = body.replace(r#""en""#, r#""fr""#);
    server.post("/v1/documents:annotateText", french.clone()).await;
    assert_eq!(cloud.seen()[1].body, french);
}

#[tokio::test]
async fn answers_are_passed_on_as_they_come() {
    let go_on = Arc::new(Notify::new());
    let wait = Arc::clone(&go_on);
    let addr = listen(move |mut stream| {
        let wait = Arc::clone(&wait);
        async move {
            let mut request = vec![0; 64 << 10];
            let _ = stream.read(&mut request).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nfirst ").await.unwrap();
            wait.notified().await;
            stream.write_all(b"second").await.unwrap();
        }
    })
    .await;
    let server = server(upstream(addr)).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(b"GET /v1/files:annotate HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"first ") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }
    go_on.notify_one();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"first second"));
}

/// What a broken upstream does after it has read the head of a request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Resets,
    Closes,
    SaysNothing,
    NoHttp,
    SaysLess,
    StopsInTheMiddle,
}

async fn broken(fault: Fault) -> Upstream {
    let addr = listen(move |mut stream| async move {
        let mut request = vec![0; 64 << 10];
        let _ = stream.read(&mut request).await;
        let cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"responses\":[";
        match fault {
            Fault::Resets => stream.set_zero_linger().unwrap(),
            Fault::Closes => {}
            Fault::SaysNothing => tokio::time::sleep(Duration::from_secs(60)).await,
            Fault::NoHttp => stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap(),
            Fault::SaysLess => stream.write_all(cut).await.unwrap(),
            Fault::StopsInTheMiddle => {
                stream.write_all(cut).await.unwrap();
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
    })
    .await;
    upstream(addr)
}

/// The keep-alive connection of the first call would give the second what is left of the first answer.
#[tokio::test]
async fn what_an_upstream_says_beyond_its_answer_is_nobody_elses() {
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let addr = listen(move |mut stream| {
        let calls = Arc::clone(&counted);
        async move {
            let mut request = vec![0; 64 << 10];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let foreign = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nforeign";
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nown{foreign}");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    let server = server(upstream(addr)).await;
    for _ in 0..20 {
        assert_eq!(server.post("/v1/files:annotate", "{}").await.text(), "own");
    }
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 20);
}

/// It has said all it will before it has read the request, and still reads.
#[tokio::test]
async fn an_upstream_that_answers_early_and_half_closes_is_understood() {
    let addr = listen(|mut stream| async move {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nearly";
        let _ = stream.read(&mut [0; 64]).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let server = server(upstream(addr)).await;
    let body = "x".repeat(3 << 20);
    let answer = tokio::time::timeout(Duration::from_secs(20), server.post("/v1/files:annotate", body)).await;
    let answer = answer.expect("an answer");
    assert!(answer.text() == "early" || answer.status.as_u16() == 502, "{} {}", answer.status, answer.text());
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
}

#[tokio::test]
async fn an_upstream_that_is_down_is_an_error_that_no_client_retries() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = server(upstream(nobody)).await;
    let message = server.post("/v1/files:annotate", "{}").await.error(502, "INTERNAL");
    assert!(message.contains("vision.googleapis.com cannot be reached"), "{message}");
    let answer = server.post(ANNOTATE, ask(r#"{"type":4},{"type":6}"#)).await;
    assert_eq!((answer.labels(0)[0].as_str(), &answer.json()["responses"][0]["error"]["code"]), ("Red", &json!(13)));
    let mut connection = server.http2().await;
    let files = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateFiles";
    assert_eq!(send(&mut connection, request(&server, files), framed(b"")).await.headers["grpc-status"], "13");
}

#[tokio::test]
async fn a_broken_upstream_harms_only_the_call_that_needs_it_and_never_hangs() {
    for fault in
        [Fault::Resets, Fault::Closes, Fault::SaysNothing, Fault::NoHttp, Fault::SaysLess, Fault::StopsInTheMiddle]
    {
        let server = server(broken(fault).await).await;
        let mixed =
            tokio::time::timeout(Duration::from_secs(20), server.post(ANNOTATE, ask(r#"{"type":4},{"type":6}"#)));
        let mixed = mixed.await.expect("an answer");
        assert_eq!(
            (mixed.labels(0)[0].as_str(), &mixed.json()["responses"][0]["error"]["code"]),
            ("Red", &json!(13)),
            "{fault:?}"
        );
        // What has begun cannot be taken back: the connection ends early then.
        let passed = tokio::time::timeout(Duration::from_secs(20), whole(&server)).await.expect("an end");
        let begun = matches!(fault, Fault::SaysLess | Fault::StopsInTheMiddle);
        assert_eq!(passed.starts_with("HTTP/1.1 200"), begun, "{fault:?}: {passed}");
        assert!(begun || passed.starts_with("HTTP/1.1 50"), "{fault:?}: {passed}");
        assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
    }
}

/// Everything that comes back for a call that is passed on.
async fn whole(server: &TestServer) -> String {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream
        .write_all(b"POST /v1/files:annotate HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_client_that_vanishes_in_the_middle_of_its_message_harms_nobody() {
    let cloud = Cloud::start(|_| json(200, SAFE)).await;
    let server = server(cloud.upstream()).await;
    for path in ["/v1/files:annotate", ANNOTATE] {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(server.addr).await.unwrap();
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{{\"requests\"");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.set_zero_linger().unwrap();
        }
    }
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
    let metrics = server.get("/metrics").await;
    assert!(
        metrics.text().contains(r#"chameleon_requests_total{api="vision",protocol="rest",app="",outcome="OK"} 1"#),
        "{}",
        metrics.text()
    );
}

#[tokio::test]
async fn a_name_that_leads_back_here_is_no_endless_loop() {
    let probe = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = probe.local_addr().unwrap();
    drop(probe);
    let server = TestServer::with(None, |config| {
        config.listen = addr;
        config.upstream = Some(upstream(addr));
    })
    .await;
    assert!(server.post("/v1/files:annotate", "{}").await.error(502, "INTERNAL").contains("leads back"));
}
