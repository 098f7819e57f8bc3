//! A message on its way, in either direction.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::connect::BoxError;

/// A body that ends with an error when its sender pauses for too long: the receiver would otherwise wait for ever.
pub(crate) struct Idle {
    body: Incoming,
    patience: Duration,
    /// Runs while the next piece is waited for; most are there when they are asked for.
    until: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(crate) fn new(body: Incoming, idle: Duration) -> Self {
        Self { body, patience: idle, until: None }
    }
}

impl Body for Idle {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.until = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = self.patience;
        ready!(self.until.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx));
        Poll::Ready(Some(Err("the sender stopped in the middle of the message".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
