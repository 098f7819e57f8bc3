//! Which application is asking, and for what.
//!
//! [`Endpoint`] reads the method and path; [`Apps`] chooses the application. Neither knows models: whether an
//! application exists is asked of the caller.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod app;
mod endpoint;

pub use app::{Apps, Clues, Origin, RouteError};
pub use endpoint::{Endpoint, split_app};
