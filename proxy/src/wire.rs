//! The wire formats of the APIs that are served: bytes of a request in, bytes of an answer out.
//!
//! Nothing here knows models, applications or sockets. What recognizes images is behind [`ImageLabeler`]; who is
//! asking is decided by [`route`](crate::route); connections belong to [`serve`](crate::serve).
//!
//! - [`status`]: the error model that Google's APIs share over REST and gRPC
//! - [`body`]: reading a request body under limits of size, total memory and time
//! - [`grpc`], [`rest`]: the two framings
//! - [`vision`]: Google Cloud Vision v1 image annotation, the same for both framings

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

pub mod body;
pub mod grpc;
mod labeler;
pub mod rest;
pub mod status;
pub mod vision;

pub use labeler::{ImageFault, ImageLabeler, Labelled};
