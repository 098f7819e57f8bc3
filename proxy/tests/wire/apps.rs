//! Which application answers, and how that changes while serving.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chameleon_models::text::TextModels;
use chameleon_models::zoo::TextTask;
use chameleon_proxy::registry::{Registry, Version};
use chameleon_proxy::serve::Generics;
use http::Request;
use tempfile::TempDir;

use crate::model::{red, tiny, write_app, write_app_of};
use crate::support::{ANNOTATE, TestServer, label_request};

/// A registry with the application `bins`, which labels everything `Blue`.
pub(crate) fn registry() -> (TempDir, Registry) {
    let temp = TempDir::new().unwrap();
    let registry = Registry::open(temp.path().join("registry")).unwrap();
    publish(&temp, &registry, "bins", "Blue");
    (temp, registry)
}

pub(crate) fn publish(temp: &TempDir, registry: &Registry, app: &str, always: &str) -> Version {
    let folder = temp.path().join("model");
    write_app(&folder, app, always);
    registry.publish(app, &folder).unwrap()
}

async fn first_label(server: &TestServer, request: http::request::Builder) -> String {
    server.http1().await.send(request, label_request(&red())).await.labels(0).remove(0)
}

#[tokio::test]
async fn an_application_is_known_by_path_header_and_key() {
    let (_temp, registry) = registry();
    let server = TestServer::with(Some(registry.dir()), |config| {
        config.apps.api_keys.insert("secret".to_owned(), "bins".to_owned());
    })
    .await;
    for request in [
        Request::post("/apps/bins/v1/images:annotate"),
        Request::post(ANNOTATE).header("x-chameleon-app", "bins"),
        Request::post(ANNOTATE).header("x-goog-api-key", "secret"),
        Request::post("/v1/images:annotate?key=secret"),
        Request::post("/v1/images:annotate?key=bins"),
    ] {
        assert_eq!(first_label(&server, request).await, "Blue");
    }
    for request in [Request::post(ANNOTATE), Request::post("/v1/images:annotate?key=AIzaUnknown")] {
        assert_eq!(first_label(&server, request).await, "Red");
    }
}

/// Publishes a model that finds every text glad.
fn publish_glad(temp: &TempDir, registry: &Registry, app: &str) -> TextModels {
    let texts = TextModels::shipped().unwrap();
    let folder = temp.path().join("glad");
    write_app_of(&folder, app, "positive", texts.generic(TextTask::Sentiment));
    registry.publish(app, &folder).unwrap();
    texts
}

async fn score(server: &TestServer, path: &str) -> f64 {
    let body = r#"{"document":{"type":"PLAIN_TEXT","content":"It is awful.","language":"en"}}"#;
    let answer = server.post(&format!("{path}/v1/documents:analyzeSentiment"), body).await.json();
    answer["documentSentiment"]["score"].as_f64().unwrap()
}

#[tokio::test]
async fn an_application_that_asks_several_apis_has_a_model_for_each() {
    let (temp, registry) = registry();
    publish_glad(&temp, &registry, "bins.sentiment");
    // Names that only begin like an application's are others' own, and so is a part's of another kind.
    publish(&temp, &registry, "binsight", "Thing 3");
    publish_glad(&temp, &registry, "binsight.v2");
    let texts = publish_glad(&temp, &registry, "binsight.labels");
    let generics = Generics { labels: tiny(), objects: None, texts: Some(texts) };
    let server = TestServer::of(generics, Some(registry.dir()), |_| {}).await;
    assert_eq!(first_label(&server, Request::post("/apps/bins/v1/images:annotate")).await, "Blue");
    let generic = score(&server, "").await;
    assert!(generic < 0.0, "{generic}");
    for glad in ["/apps/bins", "/apps/bins.sentiment", "/apps/binsight.v2", "/apps/binsight.labels"] {
        assert!(score(&server, glad).await > 0.9, "{glad}");
    }
    assert_eq!(score(&server, "/apps/binsight").await.to_bits(), generic.to_bits());
    // A part alone is the application's, too; what it has no model for is answered as for everybody.
    registry.remove("bins").unwrap();
    becomes(&server, "bins", Some("Red")).await;
}

#[tokio::test]
async fn an_application_whose_own_model_cannot_be_read_is_not_answered_as_if_it_had_none() {
    let (temp, registry) = registry();
    let texts = publish_glad(&temp, &registry, "bins.sentiment");
    let hash = registry.list().unwrap().apps["bins"].files["app.json"].to_string();
    fs::write(registry.dir().join("objects").join(&hash[..2]).join(&hash[2..]), "{").unwrap();
    let generics = Generics { labels: tiny(), objects: None, texts: Some(texts) };
    let server = TestServer::of(generics, Some(registry.dir()), |_| {}).await;
    let answer = server.post("/apps/bins/v1/images:annotate", label_request(&red())).await;
    assert_eq!(answer.json()["responses"][0]["error"]["code"], 5, "{}", answer.text());
}

#[tokio::test]
async fn the_default_application_answers_callers_without_a_name() {
    let (_temp, registry) = registry();
    let server =
        TestServer::with(Some(registry.dir()), |config| config.apps.default_app = Some("bins".to_owned())).await;
    assert_eq!(first_label(&server, Request::post(ANNOTATE)).await, "Blue");
}

#[tokio::test]
async fn an_application_that_is_named_and_not_published_is_an_error() {
    let server = TestServer::start().await;
    for request in [
        Request::post("/apps/no%20body/v1/images:annotate"),
        Request::post(ANNOTATE).header("x-chameleon-app", "no body"),
    ] {
        let answer = server.http1().await.send(request, label_request(&red())).await;
        assert!(answer.error(404, "NOT_FOUND").contains("`no body`"));
    }
}

/// Waits until the application's first label is the one expected, or until it is known no more.
async fn becomes(server: &TestServer, app: &str, expected: Option<&str>) {
    let target = format!("/apps/{app}/v1/images:annotate");
    let changed = async {
        loop {
            let answer = server.post(&target, label_request(&red())).await;
            let first = answer.status.is_success().then(|| answer.labels(0)).and_then(|all| all.into_iter().next());
            if first.as_deref() == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changed).await.expect("the change is followed");
}

#[tokio::test]
async fn what_is_published_rolled_back_or_removed_is_followed_while_serving() {
    let (temp, registry) = registry();
    let server = TestServer::with(Some(registry.dir()), |_| {}).await;
    let becomes = async |expected| becomes(&server, "bins", expected).await;
    becomes(Some("Blue")).await;
    publish(&temp, &registry, "bins", "Thing 7");
    becomes(Some("Thing 7")).await;
    registry.rollback("bins", None).unwrap();
    becomes(Some("Blue")).await;
    registry.remove("bins").unwrap();
    becomes(None).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_served_once_it_can() {
    let (temp, registry) = registry();
    let files = registry.list().unwrap().apps["bins"].files.clone();
    let away: Vec<(PathBuf, PathBuf)> = files
        .values()
        .map(|hash| {
            let digits = hash.to_string();
            let path = registry.dir().join("objects").join(&digits[..2]).join(&digits[2..]);
            let aside = temp.path().join(digits);
            fs::rename(&path, &aside).unwrap();
            (path, aside)
        })
        .collect();
    let server = TestServer::with(Some(registry.dir()), |_| {}).await;
    // Once this one is served, the registry was looked at, and the other one could not be read.
    publish(&temp, &registry, "glass", "Thing 7");
    becomes(&server, "glass", Some("Thing 7")).await;
    becomes(&server, "bins", None).await;
    for (path, aside) in away {
        fs::rename(aside, path).unwrap();
    }
    becomes(&server, "bins", Some("Blue")).await;
}
