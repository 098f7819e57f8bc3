//! Many callers at once, too many, and such that never finish.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use chameleon_proxy::registry::Registry;
use chameleon_proxy::wire::{Analysis, AppModels, Aspects, TextAnalyzer, TextFault};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::apps::{publish, registry};
use crate::cloud::{Cloud, json};
use crate::grpc::{framed, request, send};
use crate::model::{red, write_app};
use crate::support::{ANNOTATE, TestServer, label_request};

/// Reads everything, but only once the gate is open.
#[derive(Default)]
struct Gated {
    open: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
}

impl Gated {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl AppModels for Gated {
    fn knows(&self, _: &str) -> bool {
        false
    }
}

impl TextAnalyzer for Gated {
    fn covers(&self, _: &str) -> Aspects {
        Aspects { sentiment: true, ..Aspects::default() }
    }

    fn analyze(&self, _: &str, _: Aspects, _: Option<&str>) -> Result<Analysis, TextFault> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        let (_open, timeout) = self.opened.wait_timeout_while(open, Duration::from_secs(30), |open| !*open).unwrap();
        assert!(!timeout.timed_out(), "the gate stays shut");
        Ok(Analysis::default())
    }
}

const SENTIMENT: &str = r#"{"document":{"type":1,"content":"x","language":"en"}}"#;

#[tokio::test]
async fn a_full_server_says_so_at_once_and_when_to_come_back() {
    let gated = Arc::new(Gated::default());
    let texts = Arc::clone(&gated);
    let server = TestServer::with(None, |config| {
        config.texts = Some(texts);
        (config.limits.workers, config.limits.queue) = (1, 0);
    })
    .await;
    let mut first = server.http1().await;
    let call = first.send(Request::post("/v1/documents:analyzeSentiment"), SENTIMENT);
    let others = async {
        while gated.waiting.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let refused = server.post(ANNOTATE, label_request(&red())).await;
        refused.error(429, "RESOURCE_EXHAUSTED");
        assert_eq!(refused.headers["retry-after"], "1");
        let mut connection = server.http2().await;
        let call = request(&server, "/google.cloud.language.v1.LanguageService/AnalyzeSentiment");
        // document { type: 1 content: "x" language: "en" }
        let document = [&[0x0a, 9, 8, 1, 0x12, 1, b'x'][..], &[0x22, 2, b'e', b'n']].concat();
        let refused = send(&mut connection, call, framed(&document)).await;
        assert_eq!(refused.headers["grpc-status"], "8", "{:?}", refused.headers);
        assert!(refused.headers.contains_key("grpc-status-details-bin"));
        let call = Request::post("/").header("x-amz-target", "Comprehend_20171127.DetectSentiment");
        let refused = server.http1().await.send(call, r#"{"Text":"x","LanguageCode":"en"}"#).await;
        assert_eq!((refused.status.as_u16(), refused.json()["__type"].as_str()), (400, Some("ThrottlingException")));
        assert_eq!(refused.headers["retry-after"], "1");
        gated.open();
    };
    let (answer, ()) = tokio::join!(call, others);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_replaced_under_load_and_no_call_is_lost() {
    let (temp, registry) = registry();
    let server = Arc::new(TestServer::with(Some(registry.dir()), |config| config.limits.queue = 1000).await);
    let done = Arc::new(AtomicBool::new(false));
    let (last, mut seen) = watch::channel(String::new());
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let (server, done, last) = (Arc::clone(&server), Arc::clone(&done), last.clone());
            tokio::spawn(async move {
                let mut connection = server.http1().await;
                let mut all = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let answer =
                        connection.send(Request::post("/apps/bins/v1/images:annotate"), label_request(&red())).await;
                    all.push(answer.labels(0).remove(0));
                    last.send_replace(all[all.len() - 1].clone());
                }
                all
            })
        })
        .collect();
    let mut is_seen = async |label: &str| {
        let is_seen = seen.wait_for(|last| last == label);
        drop(tokio::time::timeout(Duration::from_secs(30), is_seen).await.expect("the model is served").unwrap());
    };
    for round in 0..5 {
        let label = if round % 2 == 0 { "Thing 7" } else { "Blue" };
        publish(&temp, &registry, "bins", label);
        is_seen(label).await;
    }
    registry.rollback("bins", None).unwrap();
    is_seen("Blue").await;
    done.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for caller in callers {
        all.extend(caller.await.unwrap());
    }
    assert!(all.iter().all(|label| label == "Blue" || label == "Thing 7"), "{all:?}");
}

/// Where a child of this test is to publish until it is killed.
const PUBLISHER: &str = "CHAMELEON_TEST_PUBLISHER";

#[test]
fn a_publisher_that_is_killed_at_any_time_harms_no_call() {
    if let Some(folder) = std::env::var_os(PUBLISHER) {
        return publish_for_ever(folder.as_ref());
    }
    let (temp, registry) = registry();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(TestServer::with(Some(registry.dir()), |config| config.limits.queue = 1000));
    let dir = registry.dir().to_owned();
    // One process writes at a time.
    drop(registry);
    for round in 0..6_u64 {
        let mut publisher = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "load::a_publisher_that_is_killed_at_any_time_harms_no_call", "--nocapture"])
            .env(PUBLISHER, temp.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(publisher.stdout.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().starts_with("published")), "it publishes");
        runtime.block_on(async {
            for _ in 0..=round {
                let answer = server.post("/apps/bins/v1/images:annotate", label_request(&red())).await;
                assert!(["Blue", "Thing 7"].contains(&answer.labels(0)[0].as_str()), "{}", answer.text());
            }
        });
        publisher.kill().unwrap();
        publisher.wait().unwrap();
        let answer = runtime.block_on(server.post("/apps/bins/v1/images:annotate", label_request(&red())));
        assert!(["Blue", "Thing 7"].contains(&answer.labels(0)[0].as_str()), "{}", answer.text());
    }
    // What the last one left can be written to, and what is written is served.
    let registry = Registry::open(&dir).unwrap();
    assert_eq!(registry.verify().unwrap(), Vec::<String>::new());
    publish(&temp, &registry, "bins", "Thing 9");
    runtime.block_on(async {
        let served = async {
            while server.post("/apps/bins/v1/images:annotate", label_request(&red())).await.labels(0)[0] != "Thing 9" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), served).await.expect("the last model is served");
    });
}

fn publish_for_ever(temp: &std::path::Path) {
    let registry = Registry::open(temp.join("registry")).unwrap();
    // Ends by itself should the parent die first.
    for turn in 0..500 {
        let folder = temp.join("model");
        write_app(&folder, "bins", if turn % 2 == 0 { "Thing 7" } else { "Blue" });
        registry.publish("bins", &folder).unwrap();
        println!("published");
    }
}

#[tokio::test]
async fn connections_that_do_nothing_keep_nobody_out() {
    let server = TestServer::start().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(server.addr).await.unwrap());
    }
    assert_eq!(server.post(ANNOTATE, label_request(&red())).await.labels(0)[0], "Red");
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let server = TestServer::with(None, |config| config.limits.head_timeout = Duration::from_millis(200)).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let trickle = async {
        for byte in b"POST /v1/images:annotate HTTP/1.1\r\nhost: x\r\n".iter().chain(std::iter::repeat(&b'x')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), trickle).await.expect("the connection is cut off");
}

#[tokio::test]
async fn a_message_that_stops_in_the_middle_is_given_up() {
    let cloud = Cloud::start(|_| json(200, "{}")).await;
    let server = TestServer::with(None, |config| {
        config.limits.body_timeout = Duration::from_millis(100);
        config.upstream = Some(cloud.upstream());
    })
    .await;
    // One that is read here, and one that is passed on.
    for (path, status) in [(ANNOTATE, "504"), ("/v1/files:annotate", "502")] {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n{{");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_string(&mut answer)).await;
        read.expect("an end").unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
}
