//! From a request to its answer.

use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::aws::{fault_of, unanswered};
use super::batch::{Batcher, Bound};
use super::context::{Context, cloud_host, expects_continue, text};
use super::drain::Drain;
use super::images::{self, ImageCall};
use super::metrics::{Call, Connected, Measured, Metrics};
use super::pool::Pool;
use super::real::deadline;
use super::timing::{SERVER_TIMING, timed};
use super::{Config, reply};
use crate::connect::{Body, Proxy, Via};
use crate::percent;
use crate::route::{Apps, CloudApi, Clues, Endpoint, Framing, Method, split_app};
use crate::upstream::headers::APP;
use crate::upstream::{AwsKeys, Idle, Upstream};
use crate::wire::body::{self, BodyLimits, Budget, Buffered};
use crate::wire::status::{Code, Status};
use crate::wire::{Engines, aws};

/// Answers requests, whatever connection they came by. Clones share everything.
#[derive(Clone)]
pub(super) struct Service {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    /// Answers what is addressed to the machine rather than to an API.
    proxy: Option<Proxy>,
    pub(super) engines: Engines,
    pub(super) upstream: Option<Upstream>,
    /// The keys of programs that are led here by an endpoint variable of AWS.
    pub(super) aws_keys: Vec<AwsKeys>,
    pub(super) apps: Apps,
    pub(super) pool: Pool,
    /// The models that look at images, on `pool`.
    pub(super) images: Batcher<ImageCall>,
    pub(super) body: BodyLimits,
    metrics: Metrics,
    drain: Drain,
}

/// Most images that a worker answers together. The engine runs as many on the thread that asks, and more gain nothing.
const BATCH: usize = 4;

/// How many bodies' worth is read and thrown away of a body that is too large.
const DISCARDED_BODIES: usize = 8;

impl Service {
    pub(super) fn new(config: Config, proxy: Option<Proxy>, drain: Drain) -> Self {
        let limits = &config.limits;
        let body = BodyLimits {
            max_bytes: limits.body_bytes,
            max_discarded: limits.body_bytes.saturating_mul(DISCARDED_BODIES),
            idle: limits.body_timeout,
            budget: Budget::new(limits.total_body_bytes),
        };
        let pool = Pool::new(limits.workers, limits.queue);
        let engines = config.engines();
        let images = Batcher::new(pool.clone(), Bound { items: BATCH, time: limits.batch_time }, {
            let engines = engines.clone();
            move |calls| images::answer(&engines, &calls)
        });
        let shared = Shared {
            proxy,
            engines,
            upstream: config.upstream,
            aws_keys: config.aws_keys,
            apps: config.apps,
            pool,
            images,
            body,
            metrics: Metrics::default(),
            drain,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers a request. Failures are answers too.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let shared = &self.shared;
        let request = match &shared.proxy {
            None => request,
            Some(proxy) => match proxy.local(request).await {
                Ok(answer) => return answer,
                Err(request) => request,
            },
        };
        let (parts, body) = request.into_parts();
        let (_, path) = split_app(parts.uri.path());
        let host = cloud_host(&parts).and_then(|host| CloudApi::at(&host));
        match Endpoint::of(&parts.method, &parts.headers, path, host) {
            Endpoint::Call(call) if call.framing == Framing::Grpc && parts.version != Version::HTTP_2 => {
                let status = Status::new(Code::Unimplemented, "gRPC needs HTTP/2.");
                reply::rest_error(&status.with_http(StatusCode::HTTP_VERSION_NOT_SUPPORTED))
            }
            Endpoint::Call(call) => shared.call(Context::new(parts, call), body).await,
            other => {
                let answer = shared.own(other, &parts);
                shared.discard(&parts, body).await;
                answer
            }
        }
    }

    /// Counts a connection for as long as the guard lives.
    pub(super) fn connected(&self) -> Connected<'_> {
        self.shared.metrics.connected()
    }
}

impl Shared {
    /// The server's own pages, and what is none.
    fn own(&self, endpoint: Endpoint, parts: &Parts) -> Response<Body> {
        match endpoint {
            Endpoint::Health => reply::text("text/plain; charset=utf-8", "ok\n".to_owned()),
            Endpoint::Ready if self.drain.is_announced() => {
                let mut answer = reply::text("text/plain; charset=utf-8", "shutting down\n".to_owned());
                *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                answer
            }
            Endpoint::Ready => reply::text("text/plain; charset=utf-8", "ready\n".to_owned()),
            Endpoint::Version => reply::rest(&serde_json::json!({
                "name": "chameleon",
                "version": env!("CARGO_PKG_VERSION"),
                "upstream": self.upstream.is_some(),
                "models": { "labels": true, "objects": self.engines.objects.is_some(), "texts": self.engines.texts.is_some() },
            })),
            Endpoint::Metrics => reply::text("text/plain; version=0.0.4", self.metrics.render()),
            Endpoint::WrongMethod { allowed } => reply::wrong_method(allowed),
            Endpoint::Unknown | Endpoint::Call(_) => {
                let message = format!("Nothing is served at {} {}.", parts.method, parts.uri.path());
                if crate::wire::grpc::is_grpc(&parts.headers) && parts.version == Version::HTTP_2 {
                    let path = parts.uri.path();
                    reply::grpc_error(&Status::new(Code::Unimplemented, format!("Unknown method: {path}.")))
                } else {
                    reply::rest_error(&Status::new(Code::NotFound, message))
                }
            }
        }
    }

    /// Answers a call of an API.
    async fn call(&self, mut context: Context, body: Incoming) -> Response<Body> {
        let limit = deadline(&context);
        let answer = self.dispatch(&mut context, body);
        let answer = match limit {
            None => Some(answer.await),
            Some(limit) => tokio::time::timeout(limit, answer).await.ok(),
        };
        let answer = answer.unwrap_or_else(|| {
            let late = Status::new(Code::DeadlineExceeded, "Deadline Exceeded");
            context.outcome.error = Some(late.code.name());
            reply::grpc_error(&late)
        });
        self.finish(&context, answer)
    }

    async fn dispatch(&self, context: &mut Context, body: Incoming) -> Response<Body> {
        let (api, framing) = (context.call.api, context.call.framing);
        let answer = match context.call.method {
            Method::AnnotateImages => self.vision(context, body).await,
            Method::Text(method) => self.language(context, method, body).await,
            Method::Other | Method::Unknown if framing != Framing::Aws => self.other(context, body).await,
            method => {
                let answer = match method {
                    Method::DetectLabels => self.detect_labels(context, body).await,
                    Method::Comprehend(operation) => self.comprehend(context, operation, body).await,
                    _ => self.other_aws(context, body).await,
                };
                return answer.unwrap_or_else(|fault| {
                    context.outcome.error = Some(fault.code);
                    reply::aws_error(&fault)
                });
            }
        };
        answer.unwrap_or_else(|status| {
            context.outcome.error = Some(status.code.name());
            match framing {
                Framing::Rest => reply::rest_error(&status),
                Framing::Grpc => reply::grpc_error(&status),
                Framing::Aws => reply::aws_error(&fault_of(api, &status)),
            }
        })
    }

    /// A call that only the real API answers.
    pub(super) async fn other(&self, context: &mut Context, body: Incoming) -> Result<Response<Body>, Status> {
        if let Some(way) = self.way(context) {
            // It is counted for its application, and the real API knows none.
            context.outcome.app = self.choose(context).ok().flatten();
            if way.needs_whole() {
                let body = self.read(context, body).await?;
                return self.pass_whole(context, way, body.bytes().clone()).await;
            }
            return self.pass(context, way, Idle::new(body, self.body.idle).boxed()).await;
        }
        self.discard(&context.parts, body).await;
        let (_, path) = split_app(context.parts.uri.path());
        Err(match context.call.framing {
            Framing::Aws => unanswered(self.upstream.is_some()),
            Framing::Grpc => Status::new(Code::Unimplemented, format!("Unknown method: {path}.")),
            Framing::Rest if context.call.method == Method::Unknown => {
                Status::new(Code::NotFound, format!("Nothing is served at {} {path}.", context.parts.method))
            }
            Framing::Rest => Status::new(Code::Unimplemented, format!("{path} is not implemented here.")),
        })
    }

    /// Finds out who is asking, and reads the message of a call that is answered here.
    pub(super) async fn admit(&self, context: &mut Context, body: Incoming) -> Result<Buffered, Status> {
        match context.query.check_alt().and_then(|()| self.choose(context)) {
            Ok(app) => context.outcome.app = app,
            Err(status) => {
                self.discard(&context.parts, body).await;
                return Err(status);
            }
        }
        self.read(context, body).await
    }

    /// Reads a message.
    async fn read(&self, context: &mut Context, body: Incoming) -> Result<Buffered, Status> {
        if context.expects_continue() {
            body::check_length(context.content_length(), &self.body)?;
        }
        let (read, took) = timed(body::read(body, &self.body)).await;
        context.timing.receive += took;
        read
    }

    /// The application of a request.
    fn choose(&self, context: &Context) -> Result<Option<String>, Status> {
        let headers = context.headers();
        let (path, _) = split_app(context.parts.uri.path());
        let path = path.map(percent::decode);
        let proxy_user = context.parts.extensions.get::<Via>().and_then(|via| via.app.as_deref());
        let aws_key = aws::scope(headers).map(|scope| scope.key);
        let clues = Clues {
            path: path.as_deref(),
            header: text(headers, APP.as_str()),
            proxy_user,
            api_key: text(headers, "x-goog-api-key").or(context.query.key.as_deref()).or(aws_key),
        };
        let exists = |app: &str| self.engines.know(app);
        self.apps.choose(&clues, exists).map_err(|error| Status::new(Code::NotFound, error.to_string()))
    }

    /// Throws the body of a refused request away, so that the client gets to read the answer.
    async fn discard(&self, parts: &Parts, body: Incoming) {
        if !expects_continue(&parts.headers) {
            body::discard(body, &self.body).await;
        }
    }

    /// Notes what came of a call.
    fn finish(&self, context: &Context, mut answer: Response<Body>) -> Response<Body> {
        let (elapsed, own) = (context.timing.total(), context.timing.own());
        let outcome = &context.outcome;
        tracing::info!(
            api = context.call.api.name(),
            protocol = context.call.framing.name(),
            app = outcome.app.as_deref().unwrap_or("(generic)"),
            images = outcome.images,
            image_errors = outcome.image_errors,
            upstream = outcome.upstream,
            error = outcome.error,
            ?elapsed,
            ?own,
            "Answered"
        );
        let call = Call {
            api: context.call.api.name(),
            protocol: context.call.framing.name(),
            app: outcome.app.clone(),
            error: outcome.error,
        };
        let (images, image_errors, upstream) = (outcome.images, outcome.image_errors, outcome.upstream);
        self.metrics.record(call, Measured { elapsed, own, images, image_errors, upstream });
        if let Some(timing) = context.timing.header() {
            // The real API may send its own; a list of both is one header too.
            answer.headers_mut().append(SERVER_TIMING, timing);
        }
        answer
    }
}
