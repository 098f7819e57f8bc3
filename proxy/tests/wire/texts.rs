//! Natural Language and the APIs of AWS, with models that say what the tests expect.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Value, json};

use crate::apps::registry;
use crate::grpc::{framed, request, send};
use crate::model::red;
use crate::standins::{Persons, Reader};
use crate::support::{Answer, TestServer};

async fn server() -> TestServer {
    TestServer::with(None, |config| {
        config.objects = Some(Arc::new(Persons));
        config.texts = Some(Arc::new(Reader));
    })
    .await
}

fn document(content: &str, rest: &str) -> String {
    format!(r#"{{"document":{{"type":"PLAIN_TEXT","content":{}}}{rest}}}"#, json!(content))
}

async fn aws(server: &TestServer, target: &str, body: &Value) -> Answer {
    let call = Request::post("/").header("x-amz-target", target).header("content-type", "application/x-amz-json-1.1");
    server.http1().await.send(call, body.to_string()).await
}

#[tokio::test]
async fn enums_are_names_unless_numbers_are_asked_for() {
    let server = server().await;
    for (query, kind, mention) in
        [("", json!("LOCATION"), json!("PROPER")), ("?$alt=json;enum-encoding=int", json!(2), json!(1))]
    {
        let answer =
            server.post(&format!("/v2/documents:analyzeEntities{query}"), document("To Paris!", "")).await.json();
        assert_eq!((&answer["entities"][0]["type"], &answer["entities"][0]["mentions"][0]["type"]), (&kind, &mention));
    }
}

#[tokio::test]
async fn offsets_are_in_the_callers_units() {
    let server = server().await;
    for (encoding, offset) in [("UTF8", json!(7)), ("UTF16", json!(4)), ("UTF32", json!(3)), ("NONE", json!(-1))] {
        let body = document("é😀 Paris", &format!(r#","encodingType":"{encoding}""#));
        let answer = server.post("/v1/documents:analyzeEntities", body).await.json();
        assert_eq!(answer["entities"][0]["mentions"][0]["text"]["beginOffset"], offset, "{encoding}");
    }
}

#[tokio::test]
async fn what_is_not_read_here_is_the_apis_own_error() {
    let server = server().await;
    for (path, body, code, expected) in [
        (
            "/v1/documents:analyzeEntities",
            r#"{"document":{"type":1,"content":"x","language":"de-AT"}}"#,
            400,
            "language de",
        ),
        ("/v1/documents:analyzeSentiment", r#"{"document":{"type":"HTML","content":"<p>x"}}"#, 501, "HTML"),
        (
            "/v1/documents:analyzeSentiment",
            r#"{"document":{"type":1,"gcsContentUri":"gs://b/o"}}"#,
            501,
            "Cloud Storage",
        ),
        ("/v1/documents:moderateText", r#"{"document":{"type":1,"content":"x"}}"#, 501, "moderateText"),
        (
            "/v1/documents:annotateText",
            r#"{"document":{"type":1,"content":"x"},"features":{"extractSyntax":true,"classifyText":true}}"#,
            501,
            "Syntax",
        ),
    ] {
        let name = if code == 400 { "INVALID_ARGUMENT" } else { "UNIMPLEMENTED" };
        let message = server.post(path, body).await.error(code, name);
        assert!(message.contains(expected), "{message}");
    }
    // Sentiment of German is read.
    let german = r#"{"document":{"type":1,"content":"Schön.","languageCode":"de"}}"#;
    assert_eq!(server.post("/v2/documents:analyzeSentiment", german).await.json()["languageCode"], "de");
}

#[tokio::test]
async fn texts_at_the_ends_of_what_can_be_sent_are_answered_as_the_api_does() {
    let server = server().await;
    let path = "/v1/documents:analyzeSentiment";
    let message = server.post(path, document(&"a".repeat(1_000_001), "")).await.error(400, "INVALID_ARGUMENT");
    assert!(message.contains("1000001 bytes; the limit is 1000000"), "{message}");
    assert!(server.post(path, document("", "")).await.error(400, "INVALID_ARGUMENT").contains("content"));
    // Faces have no letters to tell a language by.
    assert_eq!(server.post(path, document("😀😀😀", "")).await.json()["language"], "en");
    // Nobody said in which language it is.
    let german = document("Das Hotel in Berlin war wunderbar und das Personal sehr freundlich.", "");
    let message = server.post("/v1/documents:analyzeEntities", german).await.error(400, "INVALID_ARGUMENT");
    assert!(message.contains("language de"), "{message}");
}

#[tokio::test]
async fn a_model_that_fails_says_nothing_of_itself() {
    let server = server().await;
    let message = server.post("/v1/documents:analyzeSentiment", document("explode", "")).await.error(500, "INTERNAL");
    assert_eq!(message, "Internal error encountered.");
    let answer =
        aws(&server, "Comprehend_20171127.DetectSentiment", &json!({ "Text": "explode", "LanguageCode": "en" })).await;
    assert_eq!((answer.status.as_u16(), answer.json()["__type"].as_str()), (500, Some("InternalServerException")));
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn methods_of_grpc_that_no_model_answers_are_unimplemented() {
    let server = server().await;
    let mut connection = server.http2().await;
    for (method, status) in [("v1.LanguageService/ModerateText", "12"), ("v2.LanguageService/AnalyzeSentiment", "3")] {
        let call = request(&server, &format!("/google.cloud.language.{method}"));
        assert_eq!(send(&mut connection, call, framed(b"")).await.headers["grpc-status"], status, "{method}");
    }
}

#[tokio::test]
async fn rekognition_gives_labels_with_their_objects() {
    let server = server().await;
    let image = json!({ "Bytes": STANDARD.encode(red()) });
    let body = json!({ "Image": image, "MaxLabels": 2, "MinConfidence": 60 });
    let answer = aws(&server, "RekognitionService.DetectLabels", &body).await.json();
    let names: Vec<&str> =
        answer["Labels"].as_array().unwrap().iter().map(|label| label["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Red", "Thing 0"]);
    assert!(answer["Labels"][0]["Confidence"].as_f64().unwrap() > 99.0);
    let gone = aws(
        &server,
        "RekognitionService.DetectLabels",
        &json!({ "Image": { "S3Object": { "Bucket": "b", "Name": "k" } } }),
    )
    .await;
    assert_eq!((gone.status.as_u16(), gone.json()["__type"].as_str()), (400, Some("InvalidS3ObjectException")));
    let unknown = aws(&server, "RekognitionService.DetectFaces", &json!({ "Image": image })).await;
    assert_eq!(unknown.json()["__type"], "UnknownOperationException");
}

#[tokio::test]
async fn an_application_of_aws_is_known_by_its_path_and_its_access_key() {
    let (_temp, registry) = registry();
    let server = TestServer::with(Some(registry.dir()), |config| {
        config.apps.api_keys.insert("AKIDBINS".to_owned(), "bins".to_owned());
    })
    .await;
    let body = json!({ "Image": { "Bytes": STANDARD.encode(red()) }, "MaxLabels": 1 }).to_string();
    let signed = "AWS4-HMAC-SHA256 Credential=AKIDBINS/20260101/us-east-1/rekognition/aws4_request, Signature=0";
    for call in
        [Request::post("/apps/bins"), Request::post("/apps/bins/"), Request::post("/").header("authorization", signed)]
    {
        let call = call.header("x-amz-target", "RekognitionService.DetectLabels");
        let answer = server.http1().await.send(call, body.clone()).await.json();
        assert_eq!(answer["Labels"][0]["Name"], "Blue", "{answer}");
    }
}

#[tokio::test]
async fn the_servers_own_pages_say_what_it_is() {
    let server = server().await;
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let version = server.get("/version").await.json();
    assert_eq!((&version["name"], &version["models"]["texts"]), (&json!("chameleon"), &json!(true)));
}
