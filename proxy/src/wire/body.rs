//! Reading a request body under limits: its size, the memory of all bodies together, and the time between two pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::timeout;

use super::status::{Code, Status};

/// What a body may cost.
#[derive(Clone, Debug)]
pub struct BodyLimits {
    /// Bytes of one body.
    pub max_bytes: usize,
    /// Bytes read and thrown away after `max_bytes` so that the client, still sending, gets to read the answer: a
    /// connection that is closed while data is under way is reset, and the answer with it is lost.
    pub max_discarded: usize,
    /// Longest wait for the next piece.
    pub idle: Duration,
    /// Memory that all bodies together may take.
    pub budget: Budget,
}

/// Memory shared by all requests. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget {
    free: Arc<AtomicUsize>,
}

impl Budget {
    /// A budget of `bytes`.
    pub fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    fn take(&self, bytes: usize) -> bool {
        self.free.fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(bytes)).is_ok()
    }
}

/// A body in memory; gives its share of the [`Budget`] back when dropped.
#[derive(Debug)]
pub struct Buffered {
    bytes: Bytes,
    taken: usize,
    budget: Budget,
}

impl Buffered {
    /// The bytes. Clones of them may outlive the share; the handlers keep the body for as long as they use them.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.budget.free.fetch_add(self.taken, Ordering::AcqRel);
    }
}

/// Checks a length that was announced.
///
/// # Errors
/// `INVALID_ARGUMENT` beyond `max_bytes`.
pub fn check_length(length: u64, limits: &BodyLimits) -> Result<(), Status> {
    if length > limits.max_bytes as u64 { Err(too_large(limits.max_bytes)) } else { Ok(()) }
}

/// Reads a body.
///
/// # Errors
/// `INVALID_ARGUMENT` beyond `max_bytes`, or when the client broke off; `DEADLINE_EXCEEDED` when it stopped sending;
/// `RESOURCE_EXHAUSTED` when all bodies together would take more than the budget.
pub async fn read<B>(mut body: B, limits: &BodyLimits) -> Result<Buffered, Status>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    if let Err(status) = check_length(body.size_hint().lower(), limits) {
        discard(&mut body, limits).await;
        return Err(status);
    }
    let mut buffered = Buffered { bytes: Bytes::new(), taken: 0, budget: limits.budget.clone() };
    let mut joined = BytesMut::new();
    while let Some(piece) = next(&mut body, limits.idle).await? {
        if buffered.taken + piece.len() > limits.max_bytes {
            drop(joined);
            discard(&mut body, limits).await;
            return Err(too_large(limits.max_bytes));
        }
        if !limits.budget.take(piece.len()) {
            drop(joined);
            discard(&mut body, limits).await;
            return Err(Status::exhausted("Too much data in flight.", Duration::from_secs(1)));
        }
        buffered.taken += piece.len();
        joined.extend_from_slice(&piece);
    }
    buffered.bytes = joined.freeze();
    Ok(buffered)
}

/// Reads and throws away what the client still sends, as far as the limits allow.
pub async fn discard<B>(mut body: B, limits: &BodyLimits)
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut left = limits.max_discarded;
    while let Ok(Some(piece)) = next(&mut body, limits.idle).await {
        match left.checked_sub(piece.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// The next piece of data; `None` at the end. Trailers are passed over.
async fn next<B>(body: &mut B, idle: Duration) -> Result<Option<Bytes>, Status>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        let frame = timeout(idle, body.frame())
            .await
            .map_err(|_| Status::new(Code::DeadlineExceeded, "The request body did not arrive in time."))?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(Status::invalid(format!("The request body broke off: {error}."))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn too_large(limit: usize) -> Status {
    Status::invalid(format!("Request payload size exceeds the limit: {limit} bytes."))
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn limits(max_bytes: usize, budget: usize) -> BodyLimits {
        BodyLimits { max_bytes, max_discarded: 100, idle: Duration::from_secs(1), budget: Budget::new(budget) }
    }

    fn body(len: usize) -> Full<Bytes> {
        Full::new(Bytes::from(vec![7; len]))
    }

    #[tokio::test]
    async fn a_body_as_large_as_the_limit_is_read() {
        let read = read(body(10), &limits(10, 10)).await.unwrap();
        assert_eq!(read.bytes().as_ref(), &[7; 10]);
    }

    #[tokio::test]
    async fn a_larger_body_is_an_invalid_argument() {
        let status = read(body(11), &limits(10, 100)).await.unwrap_err();
        assert_eq!(status.code, Code::InvalidArgument);
        assert!(status.message.contains("10 bytes"), "{status}");
    }

    #[tokio::test]
    async fn the_budget_is_shared_and_given_back() {
        let limits = limits(10, 15);
        let first = read(body(10), &limits).await.unwrap();
        assert_eq!(read(body(10), &limits).await.unwrap_err().code, Code::ResourceExhausted);
        drop(first);
        read(body(10), &limits).await.unwrap();
    }
}
