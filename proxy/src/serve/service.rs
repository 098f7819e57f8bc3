//! From a request to its answer.

use std::sync::Arc;
use std::time::Instant;

use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use hyper::body::Incoming;

use super::metrics::{Call, Connected, Metrics, Protocol};
use super::pool::Pool;
use super::{Config, reply};
use crate::connect::{Body, Proxy, Via};
use crate::route::{Apps, Clues, Endpoint, split_app};
use crate::wire::body::{self, BodyLimits, Budget, Buffered};
use crate::wire::rest::{self, Query, percent_decode};
use crate::wire::status::{Code, Status};
use crate::wire::vision::{Batch, json, proto};
use crate::wire::{ImageFault, ImageLabeler, grpc};

/// Answers requests, whatever connection they came by. Clones share everything.
#[derive(Clone)]
pub(super) struct Service {
    shared: Arc<Shared>,
}

struct Shared {
    /// Answers what is addressed to the machine rather than to an API.
    proxy: Option<Proxy>,
    labeler: Arc<dyn ImageLabeler>,
    apps: Apps,
    pool: Pool,
    body: BodyLimits,
    metrics: Metrics,
}

/// How many bodies' worth is read and thrown away of a body that is too large.
const DISCARDED_BODIES: usize = 8;

impl Service {
    pub(super) fn new(config: Config, proxy: Option<Proxy>) -> Self {
        let limits = config.limits;
        let body = BodyLimits {
            max_bytes: limits.body_bytes,
            max_discarded: limits.body_bytes.saturating_mul(DISCARDED_BODIES),
            idle: limits.body_timeout,
            budget: Budget::new(limits.total_body_bytes),
        };
        let pool = Pool::new(limits.workers, limits.queue);
        let shared =
            Shared { proxy, labeler: config.models, apps: config.apps, pool, body, metrics: Metrics::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Answers a request. Failures are answers too.
    pub(super) async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        let shared = &self.shared;
        let request = match &shared.proxy {
            None => request,
            Some(proxy) => match proxy.local(request).await {
                Ok(answer) => return answer,
                Err(request) => request,
            },
        };
        let (parts, body) = request.into_parts();
        if !grpc::is_grpc(&parts.headers) {
            shared.rest(&parts, body).await
        } else if parts.version == Version::HTTP_2 {
            shared.grpc(&parts, body).await
        } else {
            let status = Status::new(Code::Unimplemented, "gRPC needs HTTP/2.");
            reply::rest_error(&status.with_http(StatusCode::HTTP_VERSION_NOT_SUPPORTED))
        }
    }

    /// Counts a connection for as long as the guard lives.
    pub(super) fn connected(&self) -> Connected<'_> {
        self.shared.metrics.connected()
    }
}

/// What is known of a call when it is over.
#[derive(Default)]
struct Outcome {
    app: Option<String>,
    images: usize,
    image_errors: usize,
}

impl Shared {
    async fn rest(&self, parts: &Parts, body: Incoming) -> Response<Body> {
        let (app, path) = split_app(parts.uri.path());
        let refused = match Endpoint::rest(&parts.method, path) {
            Endpoint::AnnotateImages => return self.annotate_rest(parts, app, body).await,
            Endpoint::Health => return reply::text("text/plain; charset=utf-8", "ok\n".to_owned()),
            Endpoint::Metrics => return reply::text("text/plain; version=0.0.4", self.metrics.render()),
            Endpoint::WrongMethod { allowed } => reply::wrong_method(allowed),
            Endpoint::Unserved(method) => reply::rest_error(&unserved(method)),
            Endpoint::Unknown => {
                let message = format!("Nothing is served at {} {path}.", parts.method);
                reply::rest_error(&Status::new(Code::NotFound, message))
            }
        };
        self.discard(parts, body).await;
        refused
    }

    async fn annotate_rest(&self, parts: &Parts, app: Option<&str>, body: Incoming) -> Response<Body> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let query = Query::parse(parts.uri.query());
        let answer = async {
            let app = self.choose(parts, app, query.key.as_deref());
            let (app, body) = match query.check_alt().and(app) {
                Ok(app) => (app, self.read(parts, body).await?),
                Err(status) => return Err(self.refuse(parts, body, status).await),
            };
            outcome.app.clone_from(&app);
            self.annotate(&mut outcome, Batch::new(json::parse_batch(body.bytes())?)?, app).await
        };
        let answer = answer.await;
        self.record(Protocol::Rest, outcome, answer.as_ref().err(), started);
        match answer {
            // No field of the answer is an enum, so `enum-encoding=int` changes nothing.
            Ok(answer) => reply::full(rest::ok(&answer)),
            Err(status) => reply::rest_error(&status),
        }
    }

    async fn grpc(&self, parts: &Parts, body: Incoming) -> Response<Body> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let answer = self.annotate_grpc(parts, body, &mut outcome);
        let answer = match grpc::timeout(&parts.headers) {
            None => answer.await,
            Some(limit) => {
                let late = |_| Err(Status::new(Code::DeadlineExceeded, "Deadline Exceeded"));
                tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
            }
        };
        self.record(Protocol::Grpc, outcome, answer.as_ref().err(), started);
        match answer {
            Ok(answer) => reply::grpc_message(&answer),
            Err(status) => reply::grpc_error(&status),
        }
    }

    async fn annotate_grpc(
        &self,
        parts: &Parts,
        body: Incoming,
        outcome: &mut Outcome,
    ) -> Result<proto::BatchAnnotateImagesResponse, Status> {
        let (app, path) = split_app(parts.uri.path());
        let app = match Endpoint::grpc(path) {
            Endpoint::AnnotateImages => self.choose(parts, app, None),
            Endpoint::Unserved(method) => Err(unserved(method)),
            _ => Err(Status::new(Code::Unimplemented, format!("Unknown method: {path}."))),
        };
        let (app, body) = match app {
            Ok(app) => (app, self.read(parts, body).await?),
            Err(status) => return Err(self.refuse(parts, body, status).await),
        };
        outcome.app.clone_from(&app);
        let requests = proto::decode_batch(grpc::unframe(body.bytes())?)?;
        self.annotate(outcome, Batch::new(requests)?, app).await
    }

    /// Labels the images of a checked request.
    async fn annotate(
        &self,
        outcome: &mut Outcome,
        batch: Batch,
        app: Option<String>,
    ) -> Result<proto::BatchAnnotateImagesResponse, Status> {
        outcome.images = batch.len();
        let images = batch.images().to_vec();
        let labelled = if images.is_empty() {
            Vec::new()
        } else {
            let labeler = Arc::clone(&self.labeler);
            self.pool.run(move || labeler.label(&images, app.as_deref())).await?
        };
        for fault in labelled.iter().filter_map(|labelled| labelled.as_ref().err()) {
            if let ImageFault::Model(_) = fault {
                tracing::error!(%fault, "An image was not labelled");
            } else {
                tracing::debug!(%fault, "An image was not labelled");
            }
        }
        let answer = batch.respond(labelled);
        outcome.image_errors = answer.responses.iter().filter(|response| response.error.is_some()).count();
        Ok(answer)
    }

    /// The application of a request.
    fn choose(&self, parts: &Parts, path: Option<&str>, key: Option<&str>) -> Result<Option<String>, Status> {
        let path = path.map(percent_decode);
        let proxy_user = parts.extensions.get::<Via>().and_then(|via| via.app.as_deref());
        let clues = Clues {
            path: path.as_deref(),
            header: text(&parts.headers, "x-chameleon-app"),
            proxy_user,
            api_key: text(&parts.headers, "x-goog-api-key").or(key),
        };
        let exists = |app: &str| self.labeler.knows(app);
        self.apps.choose(&clues, exists).map_err(|error| Status::new(Code::NotFound, error.to_string()))
    }

    async fn read(&self, parts: &Parts, body: Incoming) -> Result<Buffered, Status> {
        if expects_continue(parts) {
            body::check_length(content_length(parts), &self.body)?;
        }
        body::read(body, &self.body).await
    }

    /// Throws the body of a refused request away, so that the client gets to read the answer.
    async fn discard(&self, parts: &Parts, body: Incoming) {
        if !expects_continue(parts) {
            body::discard(body, &self.body).await;
        }
    }

    async fn refuse(&self, parts: &Parts, body: Incoming, status: Status) -> Status {
        self.discard(parts, body).await;
        status
    }

    fn record(&self, protocol: Protocol, outcome: Outcome, error: Option<&Status>, started: Instant) {
        let elapsed = started.elapsed();
        let Outcome { app, images, image_errors } = outcome;
        let app_name = app.as_deref().unwrap_or("(generic)");
        tracing::info!(
            protocol = protocol.name(),
            app = app_name,
            images,
            image_errors,
            error = error.map(tracing::field::display),
            ?elapsed,
            "Answered"
        );
        let call = Call { api: "vision", protocol, app, error: error.map(|status| status.code) };
        self.metrics.record(call, elapsed, images, image_errors);
    }
}

fn unserved(method: &str) -> Status {
    Status::new(Code::Unimplemented, format!("{method} is not implemented; BatchAnnotateImages is."))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Whether the client waits to be asked for the body: then a refusal need not read it.
fn expects_continue(parts: &Parts) -> bool {
    text(&parts.headers, EXPECT.as_str()).is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
}

fn content_length(parts: &Parts) -> u64 {
    text(&parts.headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()).unwrap_or(0)
}
