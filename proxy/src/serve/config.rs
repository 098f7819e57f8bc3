//! What a server is told.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use super::Models;
use crate::connect::{Credentials, Parent};
use crate::route::{Apps, CloudApi};
use crate::tls::Tls;
use crate::upstream::{AwsKeys, Upstream};
use crate::wire::{Engines, ImageLabeler, ObjectDetector, TextAnalyzer};

/// Everything a [`Server`](super::Server) needs.
#[derive(Clone)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The models that answer.
    pub models: Arc<Models>,
    /// Finds objects in images in place of the models.
    pub objects: Option<Arc<dyn ObjectDetector>>,
    /// Analyzes texts in place of the models.
    pub texts: Option<Arc<dyn TextAnalyzer>>,
    /// The way to the real APIs, for what no model answers; without it such calls get the API's own error.
    pub upstream: Option<Upstream>,
    /// The keys of programs that are led here by an endpoint variable of AWS, to sign anew what goes on to AWS.
    pub aws_keys: Vec<AwsKeys>,
    /// How applications are told apart.
    pub apps: Apps,
    /// How often to look whether the registry changed.
    pub registry_poll: Duration,
    /// Accepts TLS connections and `CONNECT`; without it only cleartext is served.
    pub tls: Option<Tls>,
    /// Whom programs without cloud credentials are told they are; without it the clouds' identity services are left
    /// alone where they can be reached. Needs `tls`.
    pub credentials: Option<Credentials>,
    /// The proxy that tunnels to other hosts go through, where there is no other way out.
    pub parent: Option<Parent>,
    /// Whether tunnels lead to private addresses, too.
    pub private: bool,
    /// What callers may use.
    pub limits: Limits,
}

impl Config {
    /// Serves `models` on `listen` in the clear, with default limits, to callers that name their application.
    pub fn new(listen: SocketAddr, models: Arc<Models>) -> Self {
        Self {
            listen,
            models,
            objects: None,
            texts: None,
            upstream: None,
            aws_keys: Vec::new(),
            apps: Apps::default(),
            registry_poll: Duration::from_millis(500),
            tls: None,
            credentials: None,
            parent: None,
            private: true,
            limits: Limits::default(),
        }
    }

    /// All that answers.
    pub(super) fn engines(&self) -> Engines {
        let models = &self.models;
        let labels: Arc<dyn ImageLabeler> = Arc::<Models>::clone(models);
        let objects = models.detects().then(|| Arc::<Models>::clone(models) as Arc<dyn ObjectDetector>);
        let texts = models.reads().then(|| Arc::<Models>::clone(models) as Arc<dyn TextAnalyzer>);
        Engines { labels, objects: self.objects.clone().or(objects), texts: self.texts.clone().or(texts) }
    }

    /// The APIs of which something is answered here.
    pub fn apis(&self) -> Vec<CloudApi> {
        let texts = self.texts.is_some() || self.models.reads();
        let of_texts = |api: &CloudApi| matches!(api, CloudApi::Language | CloudApi::Comprehend);
        CloudApi::ALL.into_iter().filter(|api| texts || !of_texts(api)).collect()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("upstream", &self.upstream)
            .field("apps", &self.apps)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Bounds on what callers may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections served at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Calls that one HTTP/2 connection may have open.
    pub streams: u32,
    /// Calls whose images are decoded and labelled at a time.
    pub workers: usize,
    /// How long images that are answered together may take, by what images took lately.
    pub batch_time: Duration,
    /// Calls that wait for a worker; further ones get `RESOURCE_EXHAUSTED`.
    pub queue: usize,
    /// Bytes of one request body. The real API takes 10 MB of JSON, and images of 20 MB through other ways.
    pub body_bytes: usize,
    /// Bytes of all request bodies in memory.
    pub total_body_bytes: usize,
    /// Longest time from opening a connection to the head of a request, and between two requests.
    pub head_timeout: Duration,
    /// Longest pause within a request body.
    pub body_timeout: Duration,
    /// How often an idle HTTP/2 connection is asked whether it is still there; it has as long to answer.
    pub keep_alive: Duration,
    /// How long the server goes on when it is told to stop; `/readyz` says it.
    pub shutdown_delay: Duration,
    /// How long calls under way may take after that.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            connections: 16_384,
            streams: 256,
            workers: cores,
            batch_time: Duration::from_millis(50),
            queue: 64 * cores,
            body_bytes: 41 << 20,
            total_body_bytes: 1 << 30,
            head_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(60),
            shutdown_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
