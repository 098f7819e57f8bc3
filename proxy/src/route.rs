//! Which application is asking, and for what.
//!
//! [`Endpoint`] reads the method, path and headers; [`Apps`] chooses the application. Neither knows models: whether an
//! application exists is asked of the caller.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod api;
mod app;
mod endpoint;

pub use api::CloudApi;
pub use app::{Apps, Clues, Origin, RouteError};
pub use endpoint::{Call, Endpoint, Framing, Method, split_app};
