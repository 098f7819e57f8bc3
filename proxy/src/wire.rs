//! The wire formats of the APIs that are served: bytes of a request in, bytes of an answer out.
//!
//! Nothing here knows models, applications or sockets. What answers is behind the traits of [`Engines`]; who is asking
//! is decided by [`route`](crate::route); connections belong to [`serve`](crate::serve).
//!
//! - [`status`]: the error model that Google's APIs share over REST and gRPC
//! - [`body`]: reading a request body under limits of size, total memory and time
//! - [`grpc`], [`rest`]: the two framings of Google's APIs
//! - [`vision`], [`language`]: the two APIs, each the same for both framings
//! - [`aws`]: the framing of AWS, with Rekognition and Comprehend

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

pub mod aws;
pub mod body;
pub mod grpc;
mod json;
pub mod language;
mod models;
mod protobuf;
pub mod rest;
pub mod status;
pub mod vision;

pub use models::{
    Analysis, AppModels, Aspects, Detected, Engines, ImageFault, ImageLabeler, Images, Labelled, ObjectDetector,
    TextAnalyzer, TextFault,
};
