//! gRPC calls over HTTP/2 by prior knowledge.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chameleon_proxy::wire::vision::proto::{
    AnnotateImageRequest, BatchAnnotateImagesResponse, Feature, FeatureType, Image,
};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Frame};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;

use crate::model::{blue, red};
use crate::support::{Answer, TestServer};

pub(crate) const METHOD: &str = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages";

#[derive(Clone, PartialEq, Message)]
struct BatchRequest {
    #[prost(message, repeated, tag = "1")]
    requests: Vec<AnnotateImageRequest>,
    #[prost(string, tag = "4")]
    parent: String,
}

pub(crate) fn message(images: &[Vec<u8>], kinds: &[FeatureType]) -> Vec<u8> {
    let feature = |kind: &FeatureType| Feature { r#type: *kind as i32, max_results: 2 };
    let request = |image: &Vec<u8>| AnnotateImageRequest {
        image: Some(Image { content: Bytes::copy_from_slice(image), source: None }),
        features: kinds.iter().map(feature).collect(),
    };
    let batch = BatchRequest { requests: images.iter().map(request).collect(), parent: String::new() };
    batch.encode_to_vec()
}

pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    framed
}

pub(crate) fn request(server: &TestServer, method: &str) -> http::request::Builder {
    Request::post(format!("http://{}{method}", server.addr))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-accept-encoding", "identity, deflate, gzip")
}

pub(crate) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    builder: http::request::Builder,
    body: Vec<u8>,
) -> Answer {
    let request = builder.body(Full::new(Bytes::from(body))).unwrap();
    connection.ready().await.unwrap();
    Answer::of(connection.send_request(request).await.unwrap()).await
}

pub(crate) fn responses(answer: &Answer) -> BatchAnnotateImagesResponse {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert_eq!(answer.trailers.as_ref().expect("trailers")["grpc-status"], "0");
    let (prefix, message) = answer.body.split_at(5);
    assert_eq!(prefix, [&[0][..], &(message.len() as u32).to_be_bytes()].concat());
    BatchAnnotateImagesResponse::decode(message).unwrap()
}

/// Checks that the answer is one of headers only, with this status, and gives its message.
fn status(answer: &Answer, code: &str) -> String {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["grpc-status"], code, "{:?}", answer.headers);
    assert!(answer.body.is_empty() && answer.trailers.is_none());
    answer.headers["grpc-message"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_batch_is_labelled_in_order() {
    let server = TestServer::start().await;
    let mut connection = server.http2().await;
    let body = framed(&message(&[red(), b"not an image".to_vec(), blue()], &[FeatureType::LabelDetection]));
    let answer = send(&mut connection, request(&server, METHOD).header("grpc-timeout", "15S"), body).await;
    let responses = responses(&answer).responses;
    let labels = |i: usize| -> Vec<&str> {
        responses[i].label_annotations.iter().map(|label| label.description.as_str()).collect()
    };
    assert_eq!(labels(0), ["Red", "Thing 0"]);
    assert_eq!(labels(2), ["Blue", "Thing 0"]);
    let error = responses[1].error.as_ref().unwrap();
    assert_eq!((error.code, error.message.as_str()), (3, "Bad image data."));
    assert!((responses[0].label_annotations[1].score - 0.952_574).abs() < 1e-4);
}

#[tokio::test]
async fn a_feature_that_is_not_served_is_an_error_of_its_image() {
    let server = TestServer::start().await;
    let mut connection = server.http2().await;
    let body = framed(&message(&[red()], &[FeatureType::TextDetection]));
    let answer = responses(&send(&mut connection, request(&server, METHOD), body).await);
    let error = answer.responses[0].error.as_ref().unwrap();
    assert_eq!(error.code, 12);
    assert!(error.message.contains("TEXT_DETECTION"));
}

#[tokio::test]
async fn calls_share_a_connection() {
    let server = TestServer::start().await;
    let connection = server.http2().await;
    let calls: Vec<_> = (0..16)
        .map(|i| {
            let mut connection = connection.clone();
            let image = if i % 2 == 0 { red() } else { blue() };
            let body = framed(&message(&[image], &[FeatureType::LabelDetection]));
            let builder = request(&server, METHOD);
            tokio::spawn(async move { send(&mut connection, builder, body).await })
        })
        .collect();
    for (i, call) in calls.into_iter().enumerate() {
        let answer = responses(&call.await.unwrap());
        let expected = if i % 2 == 0 { "Red" } else { "Blue" };
        assert_eq!(answer.responses[0].label_annotations[0].description, expected);
    }
}

#[tokio::test]
async fn messages_of_megabytes_get_through_flow_control() {
    let server = TestServer::start().await;
    let mut connection = server.http2().await;
    let body = framed(&message(&[vec![7; 20 << 20]], &[FeatureType::LabelDetection]));
    let answer = responses(&send(&mut connection, request(&server, METHOD), body).await);
    assert_eq!(answer.responses[0].error.as_ref().unwrap().code, 3);
}

#[tokio::test]
async fn failures_are_statuses_that_no_client_retries() {
    let server = TestServer::with(None, |config| config.limits.body_bytes = 100_000).await;
    let mut connection = server.http2().await;
    let good = framed(&message(&[red()], &[FeatureType::LabelDetection]));
    let mut compressed = good.clone();
    compressed[0] = 1;
    let mut long = good.clone();
    long.push(0);
    let other = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateFiles";
    for (method, body, code, expected) in [
        ("/google.cloud.nothing.v1.Nothing/Do", good.clone(), "12", "Unknown method"),
        (other, good.clone(), "12", "BatchAnnotateFiles"),
        (METHOD, compressed, "12", "Compressed"),
        (METHOD, Vec::new(), "3", "no message"),
        (METHOD, good[..good.len() - 1].to_vec(), "3", "bytes"),
        (METHOD, long, "3", "bytes"),
        (METHOD, framed(&[0xff; 9]), "3", "parsed"),
        (METHOD, framed(&[]), "3", "Request must specify image and features."),
        (METHOD, framed(&vec![0; 200_000]), "3", "100000 bytes"),
    ] {
        let answer = send(&mut connection, request(&server, method), body).await;
        let message = status(&answer, code);
        assert!(message.contains(expected), "{message}");
    }
    let unknown = request(&server, METHOD).header("x-chameleon-app", "nobody");
    assert!(status(&send(&mut connection, unknown, good).await, "5").contains("nobody"));
}

#[tokio::test]
async fn the_callers_deadline_is_kept() {
    let server = TestServer::start().await;
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // The message never arrives.
    let request = request(&server, METHOD).header("grpc-timeout", "50m").body(Silence).unwrap();
    let answer = Answer::of(sender.send_request(request).await.unwrap()).await;
    status(&answer, "4");
}

/// A body that neither sends nor ends.
struct Silence;

impl Body for Silence {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn grpc_without_http2_is_refused() {
    let server = TestServer::start().await;
    let mut connection = server.http1().await;
    let call = Request::post(METHOD).header("content-type", "application/grpc");
    connection.send(call, framed(&[])).await.error(505, "UNIMPLEMENTED");
}
