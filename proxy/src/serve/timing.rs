//! Where the time of a call went.

use std::fmt::Write as _;
use std::future::Future;
use std::time::{Duration, Instant};

use http::header::{HeaderName, HeaderValue};

/// <https://www.w3.org/TR/server-timing/>: parts of the time, in milliseconds.
pub(super) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The parts of a call's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    started: Instant,
    /// Waiting for the caller's message.
    pub(super) receive: Duration,
    /// Waiting for a model, and for a free place to run it.
    pub(super) model: Duration,
    /// Waiting for the real API.
    pub(super) upstream: Duration,
    /// Waiting for either of the two, which may be at the same time.
    pub(super) answers: Duration,
}

impl Timing {
    pub(super) fn start() -> Self {
        let zero = Duration::ZERO;
        Self { started: Instant::now(), receive: zero, model: zero, upstream: zero, answers: zero }
    }

    /// Since the start.
    pub(super) fn total(&self) -> Duration {
        self.started.elapsed()
    }

    /// What this server takes itself: reading, checking, writing, choosing.
    pub(super) fn own(&self) -> Duration {
        self.total().saturating_sub(self.receive + self.answers)
    }

    /// The header's value.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut listed = String::with_capacity(96);
        for (name, time) in [("receive", self.receive), ("model", self.model), ("upstream", self.upstream)] {
            if !time.is_zero() {
                push(&mut listed, name, time);
                listed.push_str(", ");
            }
        }
        push(&mut listed, "proxy", self.own());
        HeaderValue::from_str(&listed).ok()
    }
}

fn push(listed: &mut String, name: &str, time: Duration) {
    let micros = time.as_micros();
    // Writing to a string cannot fail.
    let _ = write!(listed, "{name};dur={}.{:03}", micros / 1000, micros % 1000);
}

/// What a future gives and how long it took.
pub(super) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    let output = future.await;
    (output, started.elapsed())
}
