//! Where the time of a call went.

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
        let part = |name: &str, time: Duration| format!("{name};dur={:.3}", time.as_secs_f64() * 1e3);
        let parts = [("receive", self.receive), ("model", self.model), ("upstream", self.upstream)];
        let mut listed: Vec<String> =
            parts.into_iter().filter(|(_, time)| !time.is_zero()).map(|(name, time)| part(name, time)).collect();
        listed.push(part("proxy", self.own()));
        HeaderValue::from_str(&listed.join(", ")).ok()
    }
}

/// What a future gives and how long it took.
pub(super) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    let output = future.await;
    (output, started.elapsed())
}
