//! The words the proxy and the server's request handling share.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;

/// Any error a body can end with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer: bytes in memory, or a stream passed on from upstream.
pub type Body = BoxBody<Bytes, BoxError>;
