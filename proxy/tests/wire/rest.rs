//! REST calls, in the shapes that the clients send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use crate::model::{THINGS, blue, red};
use crate::support::{ANNOTATE, TestServer, label_request};

#[tokio::test]
async fn the_python_client_gets_its_labels() {
    let server = TestServer::start().await;
    // Indented, enums as numbers, `$alt` percent-encoded.
    let content = STANDARD.encode(red());
    let body = format!(
        "{{\n  \"requests\": [\n    {{\n      \"image\": {{\n        \"content\": \"{content}\"\n      }},\n      \
         \"features\": [\n        {{\n          \"type\": 4,\n          \"maxResults\": 3\n        }}\n      ]\n    }}\n  ]\n}}"
    );
    let answer = server.post("/v1/images:annotate?%24alt=json%3Benum-encoding%3Dint", body).await;
    assert_eq!(answer.labels(0), ["Red", "Thing 0", "Thing 1"]);
    assert_eq!(answer.headers["content-type"], "application/json; charset=UTF-8");
    let json = answer.json();
    let first = &json["responses"][0]["labelAnnotations"][0];
    assert!((first["score"].as_f64().unwrap() - 1.0).abs() < 1e-4, "{first}");
    assert_eq!(first["score"], first["topicality"]);
}

#[tokio::test]
async fn the_discovery_client_gets_its_labels_and_the_error_of_the_other_feature() {
    let server = TestServer::start().await;
    let content = STANDARD.encode(blue());
    let body = format!(
        r#"{{"requests": [{{"image": {{"content": "{content}"}}, "features": [{{"type": "LABEL_DETECTION", "maxResults": 3}}, {{"type": "SAFE_SEARCH_DETECTION"}}]}}]}}"#
    );
    let answer = server.post("/v1/images:annotate?key=test-api-key&alt=json", body).await;
    assert_eq!(answer.labels(0), ["Blue", "Thing 0", "Thing 1"]);
    let error = &answer.json()["responses"][0]["error"];
    assert_eq!(error["code"], 12);
    assert!(error["message"].as_str().unwrap().contains("SAFE_SEARCH_DETECTION"), "{error}");
}

#[tokio::test]
async fn ten_labels_are_sent_unless_asked_otherwise() {
    let server = TestServer::start().await;
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0).len(), 10);
    let all = label_request(&red()).replace(r#""LABEL_DETECTION""#, r#""LABEL_DETECTION","maxResults":50"#);
    assert_eq!(server.post(ANNOTATE, all).await.labels(0).len(), 1 + THINGS);
}

#[tokio::test]
async fn a_bad_image_leaves_the_others_of_its_batch_unharmed() {
    let server = TestServer::start().await;
    let request = |image: &[u8]| {
        let content = STANDARD.encode(image);
        format!(r#"{{"image":{{"content":"{content}"}},"features":[{{"type":4,"maxResults":1}}]}}"#)
    };
    let by_reference = r#"{"image":{"source":{"imageUri":"https://example.com/a.png"}},"features":[{"type":4}]}"#;
    let requests =
        [request(&red()), request(b"not an image"), by_reference.to_owned(), request(&red()[..40]), request(&blue())];
    let answer = server.post(ANNOTATE, format!(r#"{{"requests":[{}]}}"#, requests.join(","))).await;
    assert_eq!(answer.labels(0), ["Red"]);
    assert_eq!(answer.labels(4), ["Blue"]);
    let json = answer.json();
    let codes: Vec<_> = (0..5).map(|i| json["responses"][i]["error"]["code"].as_i64()).collect();
    assert_eq!(codes, [None, Some(3), Some(7), Some(3), None]);
    assert_eq!(json["responses"][1]["error"]["message"], "Bad image data.");
}

#[tokio::test]
async fn wrong_requests_are_invalid_arguments() {
    let server = TestServer::start().await;
    let mut connection = server.http1().await;
    for (body, expected) in [
        ("{", "Invalid JSON payload received."),
        ("[1]", "Root element must be a message"),
        ("{}", "Request must specify image and features."),
        (r#"{"requests":[{}]}"#, "Request must specify image and features."),
        (r#"{"requests":[{"image":{"content":"AAAA"}}]}"#, "Request must specify image and features."),
        (r#"{"requests":[{"features":[{"type":"NOSE"}]}]}"#, "'requests[0].features[0].type'"),
        (r#"{"requests":[{"image":{"content":"AAAA"},"features":[{"type":4,"maxResults":-1}]}]}"#, "negative"),
    ] {
        let answer = connection.send(Request::post(ANNOTATE), body).await;
        let message = answer.error(400, "INVALID_ARGUMENT");
        assert!(message.contains(expected), "{body}: {message}");
    }
    let many = format!(r#"{{"requests":[{}]}}"#, vec!["{}"; 17].join(","));
    assert!(connection.send(Request::post(ANNOTATE), many).await.error(400, "INVALID_ARGUMENT").contains("16"));
    let proto = connection.send(Request::post("/v1/images:annotate?alt=proto"), label_request(&red())).await;
    assert!(proto.error(400, "INVALID_ARGUMENT").contains("alt=proto"));
}

#[tokio::test]
async fn what_is_not_served_is_said_so_at_once() {
    let server = TestServer::start().await;
    let mut connection = server.http1().await;
    assert!(connection.send(Request::post("/v1/nothing"), "x").await.error(404, "NOT_FOUND").contains("/v1/nothing"));
    let wrong = connection.send(Request::get(ANNOTATE), "").await;
    wrong.error(405, "UNIMPLEMENTED");
    assert_eq!(wrong.headers["allow"], "POST");
    let files = connection.send(Request::post("/v1/files:annotate"), "{}").await;
    assert!(files.error(501, "UNIMPLEMENTED").contains("files:annotate"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_the_connection_goes_on() {
    let server = TestServer::with(None, |config| config.limits.body_bytes = 10_000).await;
    let mut connection = server.http1().await;
    let answer = connection.send(Request::post(ANNOTATE), vec![b' '; 50_000]).await;
    assert!(answer.error(400, "INVALID_ARGUMENT").contains("10000 bytes"));
    assert_eq!(connection.send(Request::post(ANNOTATE), label_request(&red())).await.labels(0)[0], "Red");
}

#[tokio::test]
async fn images_of_megabytes_come_through() {
    let server = TestServer::start().await;
    let answer = server.post(ANNOTATE, label_request(&vec![7; 9 << 20])).await;
    assert_eq!(answer.json()["responses"][0]["error"]["message"], "Bad image data.");
}
