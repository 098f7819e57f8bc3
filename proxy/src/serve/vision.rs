//! Calls of Google Vision.

use std::time::Instant;

use bytes::Bytes;
use http::Response;
use hyper::body::Incoming;

use super::context::Context;
use super::images::{Found, ImageCall};
use super::real::{Refusal, Way};
use super::reply;
use super::service::Shared;
use super::timing::timed;
use crate::connect::Body;
use crate::route::Framing;
use crate::wire::grpc;
use crate::wire::status::{Code, Status};
use crate::wire::vision::proto::{BatchAnnotateImagesResponse, decode_batch};
use crate::wire::vision::{Batch, Offer, Remote, json, split};

impl Shared {
    pub(super) async fn vision(&self, context: &mut Context, body: Incoming) -> Result<Response<Body>, Status> {
        let body = self.admit(context, body).await?;
        let way = self.way(context);
        let offer = Offer { objects: self.engines.objects.is_some(), upstream: way.is_some() };
        // What the caller wrote, without the framing.
        let (message, requests) = match context.call.framing {
            Framing::Grpc => {
                let message = grpc::unframe(body.bytes())?;
                (message.clone(), decode_batch(message)?)
            }
            _ => (body.bytes().clone(), json::parse_batch(body.bytes())?),
        };
        let batch = Batch::new(requests, offer)?;
        context.outcome.images = batch.len();
        let remote = batch.remote();
        match way {
            Some(way) if batch.is_all_remote() => self.pass_whole(context, way, body.bytes().clone()).await,
            Some(way) if !remote.is_empty() => self.annotate_with(context, way, batch, message, &remote).await,
            _ => {
                let (found, took) = timed(self.find(context, &batch)).await;
                context.timing.model += took;
                context.timing.answers += took;
                let answer = respond(context, batch, found?);
                Ok(written(context, &answer))
            }
        }
    }

    /// Answers one part and has the real API answer the other, at the same time.
    async fn annotate_with(
        &self,
        context: &mut Context,
        way: Way,
        batch: Batch,
        message: Bytes,
        remote: &[Remote],
    ) -> Result<Response<Body>, Status> {
        let part = match context.call.framing {
            Framing::Grpc => grpc::frame_bytes(&split::request_proto(message, remote)?),
            _ => split::request_json(&message, remote)?.into(),
        };
        context.outcome.upstream = true;
        let started = Instant::now();
        let (find, ask) = (self.find(context, &batch), self.ask(context, way, part));
        let ((found, finding), (said, asking)) = tokio::join!(timed(find), timed(ask));
        context.timing.model += finding;
        context.timing.upstream += asking;
        context.timing.answers += started.elapsed();
        let mut answer = respond(context, batch, found?);
        let whole = said.and_then(|said| merged(context, &answer, said, remote));
        match whole {
            Ok(whole) => Ok(whole),
            Err((code, message)) => {
                split::without_upstream(&mut answer, remote, code, &message);
                context.outcome.image_errors = errors(&answer);
                Ok(written(context, &answer))
            }
        }
    }

    /// Runs the models over the images of a request.
    async fn find(&self, context: &Context, batch: &Batch) -> Result<Found, Status> {
        let (labelling, detecting) = (batch.labelling().to_vec(), batch.detecting().to_vec());
        self.look(ImageCall { labelling, detecting, app: context.outcome.app.clone() }).await
    }
}

fn respond(context: &mut Context, batch: Batch, found: Found) -> BatchAnnotateImagesResponse {
    let answer = batch.respond(found.labelled, found.detected);
    context.outcome.image_errors = errors(&answer);
    answer
}

fn errors(answer: &BatchAnnotateImagesResponse) -> usize {
    answer.responses.iter().filter(|response| response.error.is_some()).count()
}

fn written(context: &Context, answer: &BatchAnnotateImagesResponse) -> Response<Body> {
    match context.call.framing {
        Framing::Grpc => reply::grpc_message(answer),
        // No field of the answer is an enum, so `enum-encoding=int` changes nothing.
        _ => reply::rest(answer),
    }
}

fn merged(
    context: &Context,
    local: &BatchAnnotateImagesResponse,
    said: Bytes,
    remote: &[Remote],
) -> Result<Response<Body>, Refusal> {
    let whole = match context.call.framing {
        Framing::Grpc => split::answer_proto(local, said, remote).map(|whole| reply::grpc_bytes(&whole)),
        _ => split::answer_json(local, &said, remote).map(|whole| reply::rest_bytes(whole.into())),
    };
    whole.ok_or_else(|| (Code::Internal.number(), "The real API's answer is not one to this request.".to_owned()))
}
