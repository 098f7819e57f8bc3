//! From a request to the images that need a model, and from their labels to the answer.

use bytes::Bytes;
use chameleon_decision::Label;

use super::DEFAULT_MAX_RESULTS;
use super::proto::{
    AnnotateImageRequest, AnnotateImageResponse, BatchAnnotateImagesResponse, EntityAnnotation, FeatureType, Image,
    RpcStatus,
};
use crate::wire::status::{Code, Status};
use crate::wire::{ImageFault, Labelled};

/// A checked request.
#[derive(Debug)]
pub struct Batch {
    items: Vec<Item>,
    images: Vec<Bytes>,
}

/// What is asked of one image.
#[derive(Debug)]
enum Item {
    /// Nothing of it can be done.
    Refused(Fault),
    /// Its image is the next of `images`.
    Labels {
        /// Most labels to send.
        max_results: usize,
        /// What else was asked, and cannot be done.
        refused: Option<Fault>,
    },
}

/// The error of one image.
type Fault = (Code, String);

impl Batch {
    /// Checks a request.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a call without images, an image without features, or a negative number of results: the
    /// API refuses such calls as a whole. What cannot be done for a single image is said in its own response.
    pub fn new(requests: Vec<AnnotateImageRequest>) -> Result<Self, Status> {
        if requests.is_empty() {
            return Err(incomplete("requests"));
        }
        let mut batch = Self { items: Vec::with_capacity(requests.len()), images: Vec::new() };
        for (i, request) in requests.into_iter().enumerate() {
            batch.push(i, request)?;
        }
        Ok(batch)
    }

    fn push(&mut self, index: usize, request: AnnotateImageRequest) -> Result<(), Status> {
        let AnnotateImageRequest { image, features } = request;
        if features.is_empty() {
            return Err(incomplete(&format!("requests[{index}].features")));
        }
        if let Some(f) = features.iter().position(|feature| feature.max_results < 0) {
            let field = format!("requests[{index}].features[{f}].max_results");
            return Err(Status::invalid_field(field, "The number of results must not be negative."));
        }
        let content = match image {
            Some(Image { content, .. }) if !content.is_empty() => Ok(content),
            Some(Image { source: Some(source), .. }) if source.is_given() => {
                Err((Code::PermissionDenied, NO_REFERENCES.to_owned()))
            }
            _ => return Err(incomplete(&format!("requests[{index}].image"))),
        };
        let is_label = |kind: i32| kind == FeatureType::LabelDetection as i32;
        let unserved = features.iter().map(|feature| feature.r#type).find(|&kind| !is_label(kind)).map(refuse_feature);
        // A feature may be listed more than once; the caller then gets as many results as the largest asks for.
        let labels = features.iter().filter(|feature| is_label(feature.r#type));
        let max_results = labels.map(|feature| max_results(feature.max_results)).max();
        self.items.push(match (content, max_results, unserved) {
            (Err(fault), _, _) | (_, None, Some(fault)) => Item::Refused(fault),
            (Ok(content), max_results, refused) => {
                self.images.push(content);
                Item::Labels { max_results: max_results.unwrap_or(DEFAULT_MAX_RESULTS), refused }
            }
        });
        Ok(())
    }

    /// The images that need labels.
    pub fn images(&self) -> &[Bytes] {
        &self.images
    }

    /// How many images the call has, those that need no labels included.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the call has no images; never true of a checked request.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The answer, given the labels of [`images`](Self::images) in the same order.
    pub fn respond(self, labelled: Vec<Labelled>) -> BatchAnnotateImagesResponse {
        let mut labelled = labelled.into_iter();
        let respond = |item| match item {
            Item::Refused(fault) => response(Vec::new(), Some(fault)),
            Item::Labels { max_results, refused } => match labelled.next() {
                Some(Ok(labels)) => response(annotations(labels, max_results), refused),
                Some(Err(fault)) => response(Vec::new(), Some(image_error(&fault))),
                None => response(Vec::new(), Some((Code::Internal, INTERNAL.to_owned()))),
            },
        };
        BatchAnnotateImagesResponse { responses: self.items.into_iter().map(respond).collect() }
    }
}

/// The API's words for an address that it may not read. There is no upstream here that could.
const NO_REFERENCES: &str =
    "We're not allowed to access the URL on your behalf. Please download the content and pass it in.";

const INTERNAL: &str = "Internal server error. Unexpected feature response.";

/// The API's words for a call in which something is missing.
fn incomplete(field: &str) -> Status {
    Status::invalid_field(field, "Request must specify image and features.")
}

fn max_results(asked: i32) -> usize {
    match usize::try_from(asked) {
        Ok(0) | Err(_) => DEFAULT_MAX_RESULTS,
        Ok(asked) => asked,
    }
}

fn refuse_feature(kind: i32) -> Fault {
    match FeatureType::try_from(kind) {
        Ok(FeatureType::TypeUnspecified) => (Code::InvalidArgument, "Feature type must be specified.".to_owned()),
        Ok(kind) => (Code::Unimplemented, format!("{} is not implemented; LABEL_DETECTION is.", kind.name())),
        Err(_) => (Code::InvalidArgument, format!("Unknown feature type: {kind}.")),
    }
}

fn image_error(fault: &ImageFault) -> Fault {
    match fault {
        ImageFault::Undecodable(_) => (Code::InvalidArgument, "Bad image data.".to_owned()),
        ImageFault::TooLarge(why) => (Code::InvalidArgument, format!("Image size is too large: {why}.")),
        ImageFault::AppWithdrawn(_) => (Code::NotFound, fault.to_string()),
        ImageFault::Model(_) => (Code::Internal, INTERNAL.to_owned()),
    }
}

fn annotations(labels: Vec<Label>, max_results: usize) -> Vec<EntityAnnotation> {
    let annotation = |label: Label| {
        let score = label.score as f32;
        EntityAnnotation { description: label.description, score, topicality: score }
    };
    labels.into_iter().take(max_results).map(annotation).collect()
}

fn response(label_annotations: Vec<EntityAnnotation>, fault: Option<Fault>) -> AnnotateImageResponse {
    let error = fault.map(|(code, message)| RpcStatus { code: code.number(), message });
    AnnotateImageResponse { label_annotations, error }
}

#[cfg(test)]
mod tests {
    use super::super::proto::{Feature, ImageSource};
    use super::*;

    const LABELS: i32 = FeatureType::LabelDetection as i32;
    const SAFE_SEARCH: i32 = FeatureType::SafeSearchDetection as i32;

    fn request(features: &[(i32, i32)]) -> AnnotateImageRequest {
        let feature = |&(kind, max_results)| Feature { r#type: kind, max_results };
        let image = Image { content: Bytes::from_static(b"image"), source: None };
        AnnotateImageRequest { image: Some(image), features: features.iter().map(feature).collect() }
    }

    fn labels(n: usize) -> Vec<Label> {
        (0..n).map(|i| Label { description: format!("l{i}"), score: 1.0 / (i + 1) as f64 }).collect()
    }

    fn sent(features: &[(i32, i32)]) -> usize {
        let batch = Batch::new(vec![request(features)]).unwrap();
        batch.respond(vec![Ok(labels(30))]).responses[0].label_annotations.len()
    }

    #[test]
    fn the_number_of_results_is_the_one_asked_for_or_ten() {
        assert_eq!(sent(&[(LABELS, 0)]), 10);
        assert_eq!(sent(&[(LABELS, 3)]), 3);
        assert_eq!(sent(&[(LABELS, 100)]), 30);
        assert_eq!(sent(&[(LABELS, 3), (LABELS, 12)]), 12);
    }

    #[test]
    fn calls_that_lack_something_are_refused_as_a_whole() {
        let no_image = AnnotateImageRequest { image: None, ..request(&[(LABELS, 1)]) };
        let empty_image = AnnotateImageRequest { image: Some(Image::default()), ..request(&[(LABELS, 1)]) };
        for requests in [vec![], vec![request(&[])], vec![no_image], vec![empty_image]] {
            let status = Batch::new(requests).unwrap_err();
            assert_eq!(status.code, Code::InvalidArgument);
            assert_eq!(status.message, "Request must specify image and features.");
        }
        assert_eq!(Batch::new(vec![request(&[(LABELS, -1)])]).unwrap_err().code, Code::InvalidArgument);
    }

    #[test]
    fn an_unserved_feature_is_an_error_of_its_image_beside_the_labels() {
        let batch = Batch::new(vec![request(&[(SAFE_SEARCH, 0)]), request(&[(SAFE_SEARCH, 0), (LABELS, 1)])]).unwrap();
        assert_eq!(batch.images().len(), 1);
        let answer = batch.respond(vec![Ok(labels(2))]);
        for (response, labels) in answer.responses.iter().zip([0, 1]) {
            assert_eq!(response.label_annotations.len(), labels);
            let error = response.error.as_ref().unwrap();
            assert_eq!(error.code, Code::Unimplemented.number());
            assert!(error.message.contains("SAFE_SEARCH_DETECTION"), "{}", error.message);
        }
    }

    #[test]
    fn each_response_answers_the_request_of_the_same_index() {
        let source = ImageSource { image_uri: "https://x/y.png".to_owned(), ..ImageSource::default() };
        let by_reference = Image { content: Bytes::new(), source: Some(source) };
        let by_reference = AnnotateImageRequest { image: Some(by_reference), ..request(&[(LABELS, 0)]) };
        let batch = Batch::new(vec![by_reference, request(&[(LABELS, 0)]), request(&[(LABELS, 0)])]).unwrap();
        let answer = batch.respond(vec![Err(ImageFault::Undecodable("no".to_owned())), Ok(labels(1))]);
        let codes: Vec<_> = answer.responses.iter().map(|r| r.error.as_ref().map(|e| e.code)).collect();
        assert_eq!(codes, [Some(7), Some(3), None]);
        assert_eq!(answer.responses[1].error.as_ref().unwrap().message, "Bad image data.");
        assert_eq!(answer.responses[2].label_annotations[0].description, "l0");
    }

    #[test]
    fn json_answers_leave_defaults_out() {
        let batch = Batch::new(vec![request(&[(LABELS, 1)]), request(&[(LABELS, 1)])]).unwrap();
        let answer = batch.respond(vec![Ok(labels(1)), Ok(labels(0))]);
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(
            json,
            r#"{"responses":[{"labelAnnotations":[{"description":"l0","score":1.0,"topicality":1.0}]},{}]}"#
        );
    }
}
