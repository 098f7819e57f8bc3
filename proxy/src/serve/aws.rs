//! Calls of Amazon Rekognition and Comprehend.

use http::Response;
use hyper::body::Incoming;

use super::context::Context;
use super::images::ImageCall;
use super::reply;
use super::service::Shared;
use super::timing::timed;
use crate::connect::Body;
use crate::route::CloudApi;
use crate::wire::TextFault;
use crate::wire::aws::comprehend::{self, Found, Kind};
use crate::wire::aws::rekognition::DetectLabels;
use crate::wire::aws::{Fault, is_cbor};
use crate::wire::language::detect;
use crate::wire::status::{Code, Status};

impl Shared {
    pub(super) async fn detect_labels(&self, context: &mut Context, body: Incoming) -> Result<Response<Body>, Fault> {
        let body = self.admit(context, body).await.map_err(|status| fault_of(context.call.api, &status))?;
        let request = DetectLabels::parse(body.bytes())?;
        let image = match &request.image {
            Some(image) if !request.others => image.clone(),
            _ => {
                let Some(way) = self.way(context) else { return Err(request.refusal()) };
                let passed = self.pass_whole(context, way, body.bytes().clone()).await;
                return passed.map_err(|status| fault_of(context.call.api, &status));
            }
        };
        context.outcome.images = 1;
        let app = context.outcome.app.clone();
        let call = ImageCall { labelling: vec![image.clone()], detecting: vec![image], app };
        let (found, took) = timed(self.look(call)).await;
        context.timing.model += took;
        context.timing.answers += took;
        let mut found = found.map_err(|status| fault_of(context.call.api, &status))?;
        let missing = || Fault::new("InternalServerError", "Internal server error");
        let refused = |fault| Fault::of_image(&fault);
        let labels = found.labelled.pop().ok_or_else(missing)?.map_err(refused)?;
        let objects = found.detected.pop().transpose().map_err(refused)?.unwrap_or_default();
        let answer = request.respond(&labels, &objects, |label| self.engines.labels.parents(label));
        Ok(reply::aws(&answer))
    }

    pub(super) async fn comprehend(
        &self,
        context: &mut Context,
        operation: comprehend::Operation,
        body: Incoming,
    ) -> Result<Response<Body>, Fault> {
        let api = context.call.api;
        if is_cbor(context.headers()) {
            return self.other_aws(context, body).await;
        }
        let body = self.admit(context, body).await.map_err(|status| fault_of(api, &status))?;
        let request = comprehend::Request::parse(operation, body.bytes())?;
        if request.custom || !self.covers(operation, &request) {
            let Some(way) = self.way(context) else { return Err(request.refusal()) };
            let passed = self.pass_whole(context, way, body.bytes().clone()).await;
            return passed.map_err(|status| fault_of(api, &status));
        }
        let texts: Vec<String> = request.texts().map(str::to_owned).collect();
        let (analyzer, app) = (self.engines.texts.clone(), context.outcome.app.clone());
        let work = move || -> Vec<Result<Found, TextFault>> {
            let find = |text: &String| match (&analyzer, operation.kind) {
                (_, Kind::Language) => Ok(Found::Language(detect(text))),
                (Some(analyzer), _) => {
                    let app = app.as_deref().filter(|app| analyzer.knows(app));
                    analyzer.analyze(text, operation.aspects(), app).map(Found::Analysis)
                }
                (None, _) => Err(TextFault::Model("there is no model".to_owned())),
            };
            texts.iter().map(find).collect()
        };
        let (found, took) = timed(self.pool.run(work)).await;
        context.timing.model += took;
        context.timing.answers += took;
        let found = found.map_err(|status| fault_of(api, &status))?;
        for fault in found.iter().filter_map(|one| one.as_ref().err()) {
            tracing::error!(%fault, "A text was not answered");
        }
        Ok(reply::aws(&request.respond(found)?))
    }

    /// A call that only AWS answers.
    pub(super) async fn other_aws(&self, context: &mut Context, body: Incoming) -> Result<Response<Body>, Fault> {
        let api = context.call.api;
        match self.other(context, body).await {
            Ok(answer) => Ok(answer),
            Err(status) => Err(fault_of(api, &status)),
        }
    }

    fn covers(&self, operation: comprehend::Operation, request: &comprehend::Request) -> bool {
        let wanted = operation.aspects();
        let language = request.language.split(['-', '_']).next().unwrap_or_default();
        let covered = self.engines.texts.as_ref().map(|texts| texts.covers(language)).unwrap_or_default();
        wanted.and(covered) == wanted
    }
}

/// A failure in the words of a service of AWS.
pub(super) fn fault_of(api: CloudApi, status: &Status) -> Fault {
    match api {
        CloudApi::Comprehend => Fault::of(status, "InvalidRequestException", "InternalServerException"),
        _ => Fault::of(status, "InvalidParameterException", "InternalServerError"),
    }
}

/// The failure of a call that AWS alone answers and that cannot go there: because nothing may, or because this one cannot.
pub(super) fn unanswered(has_upstream: bool) -> Status {
    let reason = if has_upstream {
        "cannot be passed on: its signature is for this address, or there are no credentials"
    } else {
        "is not passed on: this server asks no real API"
    };
    Status::new(Code::Unimplemented, format!("This operation is answered by no model here, and the call {reason}"))
}
