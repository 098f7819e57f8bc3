//! What the server counts, in Prometheus' text format.
//!
//! Label values are a closed set: protocols, outcomes, and names of published applications. Nothing that a caller
//! writes freely becomes a label.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One answered call of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    /// The API, e.g. `vision`.
    pub(super) api: &'static str,
    /// Its framing.
    pub(super) protocol: &'static str,
    /// The application; `None` for the generic model, or when the call failed before it was known.
    pub(super) app: Option<String>,
    /// The call's error, if it had one.
    pub(super) error: Option<&'static str>,
}

/// Upper bounds of the histogram's buckets, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Default)]
struct Series {
    /// Calls no slower than the bucket's bound and slower than the one before; the last holds the rest.
    buckets: [u64; BUCKETS.len() + 1],
    seconds: f64,
    own_seconds: f64,
    images: u64,
    image_errors: u64,
    upstream: u64,
}

/// What one call adds to its series.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    /// From the head of the call to its answer.
    pub(super) elapsed: Duration,
    /// Of that, what this server took itself.
    pub(super) own: Duration,
    /// How many images it had.
    pub(super) images: usize,
    /// How many of them had an error of their own.
    pub(super) image_errors: usize,
    /// Whether the real API was asked.
    pub(super) upstream: bool,
}

/// The counters.
#[derive(Default)]
pub(super) struct Metrics {
    calls: Mutex<BTreeMap<Call, Series>>,
    connections: AtomicUsize,
}

impl Metrics {
    /// Counts a call.
    pub(super) fn record(&self, call: Call, measured: Measured) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let series = calls.entry(call).or_default();
        let seconds = measured.elapsed.as_secs_f64();
        let bucket = BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS.len());
        series.buckets[bucket] += 1;
        series.seconds += seconds;
        series.own_seconds += measured.own.as_secs_f64();
        series.images += measured.images as u64;
        series.image_errors += measured.image_errors as u64;
        series.upstream += u64::from(measured.upstream);
    }

    /// Counts a connection for as long as the guard lives.
    pub(super) fn connected(&self) -> Connected<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(self)
    }

    /// All metrics.
    pub(super) fn render(&self) -> String {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        head(&mut text, "connections", "gauge", "Open connections.");
        line(&mut text, "connections", "", self.connections.load(Ordering::Relaxed));
        head(&mut text, "requests_total", "counter", "Calls answered.");
        for (call, series) in &*calls {
            line(&mut text, "requests_total", &call.labels(), series.buckets.iter().sum::<u64>());
        }
        head(&mut text, "images_total", "counter", "Images in answered calls.");
        for (call, series) in &*calls {
            line(&mut text, "images_total", &call.labels(), series.images);
        }
        head(&mut text, "image_errors_total", "counter", "Images answered with an error of their own.");
        for (call, series) in &*calls {
            line(&mut text, "image_errors_total", &call.labels(), series.image_errors);
        }
        head(&mut text, "upstream_requests_total", "counter", "Calls for which the real API was asked.");
        for (call, series) in &*calls {
            line(&mut text, "upstream_requests_total", &call.labels(), series.upstream);
        }
        head(&mut text, "overhead_seconds_total", "counter", "Time of calls outside models, upstream and callers.");
        for (call, series) in &*calls {
            line(&mut text, "overhead_seconds_total", &call.labels(), series.own_seconds);
        }
        head(&mut text, "request_duration_seconds", "histogram", "Time from the head of a call to its answer.");
        for (call, series) in &*calls {
            histogram(&mut text, &call.labels(), series);
        }
        text
    }
}

/// An open connection, as counted.
pub(super) struct Connected<'m>(&'m Metrics);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Call {
    fn labels(&self) -> String {
        let app = escape(self.app.as_deref().unwrap_or_default());
        let outcome = self.error.unwrap_or("OK");
        format!(r#"api="{}",protocol="{}",app="{app}",outcome="{outcome}""#, self.api, self.protocol)
    }
}

fn histogram(text: &mut String, labels: &str, series: &Series) {
    let mut below = 0;
    let bounds = BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(series.buckets) {
        below += count;
        line(text, "request_duration_seconds_bucket", &format!(r#"{labels},le="{bound}""#), below);
    }
    line(text, "request_duration_seconds_sum", labels, series.seconds);
    line(text, "request_duration_seconds_count", labels, below);
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP chameleon_{name} {help}\n# TYPE chameleon_{name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = match labels {
        "" => writeln!(text, "chameleon_{name} {value}"),
        labels => writeln!(text, "chameleon_{name}{{{labels}}} {value}"),
    };
}

/// Escapes a label's value as the text format asks.
fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(error: Option<&'static str>) -> Call {
        Call { api: "vision", protocol: "rest", app: Some("bins".to_owned()), error }
    }

    #[test]
    fn calls_are_counted_by_outcome_and_duration() {
        let metrics = Metrics::default();
        let quick = Measured { elapsed: Duration::from_millis(4), images: 3, image_errors: 1, ..Measured::default() };
        metrics.record(call(None), quick);
        metrics.record(call(None), Measured { elapsed: Duration::from_secs(60), images: 1, upstream: true, ..quick });
        metrics.record(call(Some("INVALID_ARGUMENT")), Measured::default());
        let _connection = metrics.connected();
        let text = metrics.render();
        let labels = r#"api="vision",protocol="rest",app="bins",outcome="OK""#;
        for expected in [
            format!("chameleon_requests_total{{{labels}}} 2"),
            format!("chameleon_images_total{{{labels}}} 4"),
            format!("chameleon_image_errors_total{{{labels}}} 2"),
            format!("chameleon_upstream_requests_total{{{labels}}} 1"),
            format!("chameleon_request_duration_seconds_bucket{{{labels},le=\"0.0025\"}} 0"),
            format!("chameleon_request_duration_seconds_bucket{{{labels},le=\"0.005\"}} 1"),
            format!("chameleon_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 2"),
            r#"outcome="INVALID_ARGUMENT"} 1"#.to_owned(),
            "chameleon_connections 1".to_owned(),
        ] {
            assert!(text.contains(&expected), "{expected} is not in\n{text}");
        }
    }
}
