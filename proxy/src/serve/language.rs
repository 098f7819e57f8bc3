//! Calls of Google Natural Language.

use std::time::Instant;

use bytes::Bytes;
use http::Response;
use hyper::body::Incoming;

use super::context::Context;
use super::real::{Refusal, Way};
use super::reply;
use super::service::Shared;
use super::timing::timed;
use crate::connect::Body;
use crate::route::Framing;
use crate::wire::language::{Answer, Kind, Method, Request, detect, rest_json, rest_proto};
use crate::wire::status::{Code, Status};
use crate::wire::{Analysis, Aspects, TextFault, grpc, rest};

/// What a text is taken for when nobody says and it is too short to tell.
const DEFAULT_LANGUAGE: &str = "en";

impl Shared {
    pub(super) async fn language(
        &self,
        context: &mut Context,
        method: Method,
        body: Incoming,
    ) -> Result<Response<Body>, Status> {
        let body = self.admit(context, body).await?;
        let way = self.way(context);
        let (message, request) = match context.call.framing {
            Framing::Grpc => {
                let message = grpc::unframe(body.bytes())?;
                (message.clone(), Request::from_proto(method, message)?)
            }
            _ => (body.bytes().clone(), Request::from_json(method, body.bytes())?),
        };
        let language = language_of(&request);
        let local = self.local(&request, &language);
        let left = request.others || local != request.aspects;
        // Only `AnnotateText` asks for several things, of which some can be left out.
        let divides = method.kind == Kind::AnnotateText && local.any();
        match way {
            None if left => Err(request.unsupported(&language)),
            Some(way) if left && !divides => self.pass_whole(context, way, body.bytes().clone()).await,
            Some(way) if left => {
                let part = match context.call.framing {
                    Framing::Grpc => grpc::frame_bytes(&rest_proto(method.version, message, local)?),
                    _ => rest_json(&message, local)?.into(),
                };
                self.annotate_text_with(context, way, method, &request, (&language, local), part).await
            }
            _ => {
                let (analysis, took) = timed(self.analyze(context, &request, local)).await;
                context.timing.model += took;
                context.timing.answers += took;
                let answer = Answer::new(&request.document.content, &language, request.encoding, analysis?);
                Ok(written(context, method, &answer))
            }
        }
    }

    /// Answers one part and has the real API answer the other, at the same time.
    async fn annotate_text_with(
        &self,
        context: &mut Context,
        way: Way,
        method: Method,
        request: &Request,
        (language, local): (&str, Aspects),
        part: Bytes,
    ) -> Result<Response<Body>, Status> {
        context.outcome.upstream = true;
        let started = Instant::now();
        let (analyze, ask) = (self.analyze(context, request, local), self.ask(context, way, part));
        let ((analysis, analyzing), (said, asking)) = tokio::join!(timed(analyze), timed(ask));
        context.timing.model += analyzing;
        context.timing.upstream += asking;
        context.timing.answers += started.elapsed();
        let answer = Answer::new(&request.document.content, language, request.encoding, analysis?);
        // Nothing in the answer could say that a part of it is missing.
        said.and_then(|said| merged(context, method, &answer, said)).map_err(|(_, message)| {
            Status::new(Code::Internal, format!("A part of the request is answered by the real API: {message}"))
        })
    }

    /// What is found out here.
    fn local(&self, request: &Request, language: &str) -> Aspects {
        let covered = match &self.engines.texts {
            Some(texts) if request.document.is_plain() => texts.covers(language),
            _ => Aspects::default(),
        };
        let mut local = request.aspects.and(covered);
        if request.aspects.entity_sentiment && !local.entity_sentiment {
            // Entities with and without their sentiment are one list.
            local.entities = false;
        }
        local
    }

    async fn analyze(&self, context: &Context, request: &Request, aspects: Aspects) -> Result<Analysis, Status> {
        let Some(texts) = self.engines.texts.clone() else { return Ok(Analysis::default()) };
        let app = context.outcome.app.clone().filter(|app| texts.knows(app));
        let text = request.document.content.clone();
        let analysis = self.pool.run(move || texts.analyze(&text, aspects, app.as_deref())).await?;
        analysis.map_err(|fault| match fault {
            TextFault::AppWithdrawn(_) => Status::new(Code::NotFound, fault.to_string()),
            TextFault::Model(_) => {
                tracing::error!(%fault, "A text was not answered");
                Status::new(Code::Internal, "Internal error encountered.")
            }
        })
    }
}

/// The primary language of a text: what the caller says, or else a good guess.
fn language_of(request: &Request) -> String {
    let said = request.document.language.split(['-', '_']).next().unwrap_or_default();
    if !said.is_empty() {
        return said.to_ascii_lowercase();
    }
    let guess = detect(&request.document.content).filter(|guess| guess.reliable);
    guess.map_or(DEFAULT_LANGUAGE, |guess| guess.code).to_owned()
}

fn written(context: &Context, method: Method, answer: &Answer) -> Response<Body> {
    match context.call.framing {
        Framing::Grpc => reply::grpc_bytes(&answer.to_proto(method)),
        _ => reply::rest(&answer.to_json(method, context.query.enums_as_numbers)),
    }
}

fn merged(context: &Context, method: Method, local: &Answer, said: Bytes) -> Result<Response<Body>, Refusal> {
    let whole = if context.call.framing == Framing::Grpc {
        grpc::merge(said, local.to_proto(method)).map(|whole| reply::grpc_bytes(&whole))
    } else {
        let mut local = local.to_json(method, context.query.enums_as_numbers);
        // Of what was not found out here the other answer has the list.
        if let Some(fields) = local.as_object_mut() {
            fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
        }
        rest::merge(&said, &local.to_string()).map(|whole| reply::rest_bytes(whole.into()))
    };
    whole.ok_or_else(|| (Code::Internal.number(), "its answer is not one to this request.".to_owned()))
}
