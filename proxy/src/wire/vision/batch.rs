//! From a request to what has to be done for it, and from what was found to the answer.

use bytes::Bytes;
use chameleon_decision::{BoundingBox, DetectedObject, Label};

use super::DEFAULT_MAX_RESULTS;
use super::proto::{
    AnnotateImageRequest, AnnotateImageResponse, BatchAnnotateImagesResponse, BoundingPoly, EntityAnnotation, Feature,
    FeatureType, Image, LocalizedObjectAnnotation, NormalizedVertex, RpcStatus,
};
use crate::wire::status::{Code, Status};
use crate::wire::{Detected, ImageFault, Labelled};

/// What can be done for a request besides labelling its images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Objects can be found.
    pub objects: bool,
    /// What cannot be done here can be asked of the real API.
    pub upstream: bool,
}

/// A checked request.
#[derive(Debug)]
pub struct Batch {
    items: Vec<Item>,
    labelling: Vec<Bytes>,
    detecting: Vec<Bytes>,
}

/// What is done for one image.
#[derive(Debug, Default)]
struct Item {
    /// Most labels to send; its image is the next of `labelling`.
    labels: Option<usize>,
    /// Most objects to send; its image is the next of `detecting`.
    objects: Option<usize>,
    /// Places of the features that the real API is asked for.
    remote: Vec<usize>,
    /// What cannot be done.
    refused: Option<Fault>,
}

/// What the real API is asked for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The place of the image in the request.
    pub index: usize,
    /// The places of the features, in order.
    pub features: Vec<usize>,
}

/// The error of one image.
type Fault = (Code, String);

impl Batch {
    /// Checks a request and plans what is done where.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a call without images, an image without features, or a negative number of results: the
    /// API refuses such calls as a whole. What cannot be done for a single image is said in its own response.
    pub fn new(requests: Vec<AnnotateImageRequest>, offer: Offer) -> Result<Self, Status> {
        if requests.is_empty() {
            return Err(incomplete("requests"));
        }
        let mut batch =
            Self { items: Vec::with_capacity(requests.len()), labelling: Vec::new(), detecting: Vec::new() };
        for (i, request) in requests.into_iter().enumerate() {
            batch.push(i, request, offer)?;
        }
        Ok(batch)
    }

    fn push(&mut self, index: usize, request: AnnotateImageRequest, offer: Offer) -> Result<(), Status> {
        let AnnotateImageRequest { image, features } = request;
        if features.is_empty() {
            return Err(incomplete(&format!("requests[{index}].features")));
        }
        if let Some(f) = features.iter().position(|feature| feature.max_results < 0) {
            let field = format!("requests[{index}].features[{f}].max_results");
            return Err(Status::invalid_field(field, "The number of results must not be negative."));
        }
        let item = match image {
            Some(Image { content, .. }) if !content.is_empty() => {
                let item = Item::planned(&features, offer);
                self.labelling.extend(item.labels.map(|_| content.clone()));
                self.detecting.extend(item.objects.map(|_| content));
                item
            }
            Some(Image { source: Some(source), .. }) if source.is_given() => {
                if offer.upstream && !source.is_private() {
                    Item { remote: (0..features.len()).collect(), ..Item::default() }
                } else {
                    Item { refused: Some((Code::PermissionDenied, NO_REFERENCES.to_owned())), ..Item::default() }
                }
            }
            _ => return Err(incomplete(&format!("requests[{index}].image"))),
        };
        self.items.push(item);
        Ok(())
    }

    /// The images whose labels are wanted, in order.
    pub fn labelling(&self) -> &[Bytes] {
        &self.labelling
    }

    /// The images whose objects are wanted, in order.
    pub fn detecting(&self) -> &[Bytes] {
        &self.detecting
    }

    /// What the real API is asked.
    pub fn remote(&self) -> Vec<Remote> {
        let asked = self.items.iter().enumerate().filter(|(_, item)| !item.remote.is_empty());
        asked.map(|(index, item)| Remote { index, features: item.remote.clone() }).collect()
    }

    /// Whether the real API is asked everything, so that the request can go there as it is.
    pub fn is_all_remote(&self) -> bool {
        let local = |item: &Item| item.labels.is_some() || item.objects.is_some() || item.refused.is_some();
        !self.items.iter().any(local)
    }

    /// How many images the call has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the call has no images; never true of a checked request.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The answer, given what was found in [`labelling`](Self::labelling) and [`detecting`](Self::detecting), in the
    /// same order. What the real API was asked is left out.
    pub fn respond(self, labelled: Vec<Labelled>, detected: Vec<Detected>) -> BatchAnnotateImagesResponse {
        let (mut labelled, mut detected) = (labelled.into_iter(), detected.into_iter());
        let respond = |item: Item| {
            let mut response = AnnotateImageResponse::default();
            let mut fault = item.refused;
            if let Some(most) = item.labels {
                match labelled.next().unwrap_or_else(missing) {
                    Ok(labels) => response.label_annotations = labels.into_iter().take(most).map(annotation).collect(),
                    Err(why) => fault = Some(image_error(&why)),
                }
            }
            if let Some(most) = item.objects {
                match detected.next().unwrap_or_else(missing) {
                    Ok(objects) => {
                        response.localized_object_annotations = objects.into_iter().take(most).map(located).collect();
                    }
                    Err(why) => fault = Some(image_error(&why)),
                }
            }
            response.error = fault.map(|(code, message)| RpcStatus { code: code.number(), message });
            response
        };
        BatchAnnotateImagesResponse { responses: self.items.into_iter().map(respond).collect() }
    }
}

impl Item {
    /// The plan for an image that came with the request.
    fn planned(features: &[Feature], offer: Offer) -> Self {
        let mut item = Self::default();
        for (place, feature) in features.iter().enumerate() {
            // A feature may be listed more than once; the caller then gets as many results as the largest asks for.
            match FeatureType::try_from(feature.r#type) {
                Ok(FeatureType::LabelDetection) => item.labels = item.labels.max(Some(max_results(feature))),
                Ok(FeatureType::ObjectLocalization) if offer.objects => {
                    item.objects = item.objects.max(Some(max_results(feature)));
                }
                _ if offer.upstream => item.remote.push(place),
                kind => item.refused = item.refused.or_else(|| Some(refuse_feature(kind.ok(), feature.r#type))),
            }
        }
        item
    }
}

/// The API's words for an address that it may not read.
const NO_REFERENCES: &str =
    "We're not allowed to access the URL on your behalf. Please download the content and pass it in.";

const INTERNAL: &str = "Internal server error. Unexpected feature response.";

/// The API's words for a call in which something is missing.
fn incomplete(field: &str) -> Status {
    Status::invalid_field(field, "Request must specify image and features.")
}

fn missing<T>() -> Result<T, ImageFault> {
    Err(ImageFault::Model("there is no answer for this image".to_owned()))
}

fn max_results(feature: &Feature) -> usize {
    match usize::try_from(feature.max_results) {
        Ok(0) | Err(_) => DEFAULT_MAX_RESULTS,
        Ok(asked) => asked,
    }
}

fn refuse_feature(kind: Option<FeatureType>, number: i32) -> Fault {
    match kind {
        Some(FeatureType::TypeUnspecified) => (Code::InvalidArgument, "Feature type must be specified.".to_owned()),
        Some(kind) => (Code::Unimplemented, format!("{} is not implemented here.", kind.name())),
        None => (Code::InvalidArgument, format!("Unknown feature type: {number}.")),
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

fn annotation(label: Label) -> EntityAnnotation {
    let score = label.score as f32;
    EntityAnnotation { description: label.description, score, topicality: score }
}

fn located(object: DetectedObject) -> LocalizedObjectAnnotation {
    let BoundingBox { left, top, right, bottom } = object.bounds;
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    let vertices = corners.map(|(x, y)| NormalizedVertex { x: x as f32, y: y as f32 });
    LocalizedObjectAnnotation {
        name: object.name,
        score: object.score as f32,
        bounding_poly: Some(BoundingPoly { normalized_vertices: vertices.to_vec() }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::ImageSource;
    use super::*;

    const LABELS: i32 = FeatureType::LabelDetection as i32;
    const SAFE_SEARCH: i32 = FeatureType::SafeSearchDetection as i32;
    const OBJECTS: i32 = FeatureType::ObjectLocalization as i32;
    const ALONE: Offer = Offer { objects: false, upstream: false };

    fn request(features: &[(i32, i32)]) -> AnnotateImageRequest {
        let feature = |&(kind, max_results)| Feature { r#type: kind, max_results };
        let image = Image { content: Bytes::from_static(b"image"), source: None };
        AnnotateImageRequest { image: Some(image), features: features.iter().map(feature).collect() }
    }

    fn labels(n: usize) -> Vec<Label> {
        (0..n).map(|i| Label { description: format!("l{i}"), score: 1.0 / (i + 1) as f64 }).collect()
    }

    fn sent(features: &[(i32, i32)]) -> usize {
        let batch = Batch::new(vec![request(features)], ALONE).unwrap();
        batch.respond(vec![Ok(labels(30))], Vec::new()).responses[0].label_annotations.len()
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
            let status = Batch::new(requests, ALONE).unwrap_err();
            assert_eq!(status.code, Code::InvalidArgument);
            assert_eq!(status.message, "Request must specify image and features.");
        }
        assert_eq!(Batch::new(vec![request(&[(LABELS, -1)])], ALONE).unwrap_err().code, Code::InvalidArgument);
    }

    #[test]
    fn an_unserved_feature_is_an_error_of_its_image_beside_the_labels() {
        let requests = vec![request(&[(SAFE_SEARCH, 0)]), request(&[(SAFE_SEARCH, 0), (LABELS, 1)])];
        let batch = Batch::new(requests, ALONE).unwrap();
        assert_eq!(batch.labelling().len(), 1);
        let answer = batch.respond(vec![Ok(labels(2))], Vec::new());
        for (response, labels) in answer.responses.iter().zip([0, 1]) {
            assert_eq!(response.label_annotations.len(), labels);
            let error = response.error.as_ref().unwrap();
            assert_eq!(error.code, Code::Unimplemented.number());
            assert!(error.message.contains("SAFE_SEARCH_DETECTION"), "{}", error.message);
        }
    }

    #[test]
    fn each_response_answers_the_request_of_the_same_index() {
        let source = ImageSource { image_uri: "https://example.com/y.png".to_owned(), ..ImageSource::default() };
        let by_reference = Image { content: Bytes::new(), source: Some(source) };
        let by_reference = AnnotateImageRequest { image: Some(by_reference), ..request(&[(LABELS, 0)]) };
        let batch = Batch::new(vec![by_reference, request(&[(LABELS, 0)]), request(&[(LABELS, 0)])], ALONE).unwrap();
        let answer = batch.respond(vec![Err(ImageFault::Undecodable("no".to_owned())), Ok(labels(1))], Vec::new());
        let codes: Vec<_> = answer.responses.iter().map(|r| r.error.as_ref().map(|e| e.code)).collect();
        assert_eq!(codes, [Some(7), Some(3), None]);
        assert_eq!(answer.responses[1].error.as_ref().unwrap().message, "Bad image data.");
        assert_eq!(answer.responses[2].label_annotations[0].description, "l0");
    }

    #[test]
    fn json_answers_leave_defaults_out() {
        let batch = Batch::new(vec![request(&[(LABELS, 1)]), request(&[(LABELS, 1)])], ALONE).unwrap();
        let answer = batch.respond(vec![Ok(labels(1)), Ok(labels(0))], Vec::new());
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(
            json,
            r#"{"responses":[{"labelAnnotations":[{"description":"l0","score":1.0,"topicality":1.0}]},{}]}"#
        );
    }

    #[test]
    fn objects_are_boxes_of_four_corners() {
        let offer = Offer { objects: true, upstream: false };
        let batch = Batch::new(vec![request(&[(OBJECTS, 1)])], offer).unwrap();
        assert_eq!((batch.labelling().len(), batch.detecting().len()), (0, 1));
        let object = |name: &str| DetectedObject {
            name: name.to_owned(),
            score: 0.75,
            bounds: BoundingBox { left: 0.0, top: 0.25, right: 0.5, bottom: 1.0 },
        };
        let answer = batch.respond(Vec::new(), vec![Ok(vec![object("Bicycle"), object("Wheel")])]);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"responses":[{"localizedObjectAnnotations":[{"name":"Bicycle","score":0.75,"boundingPoly":{"normalizedVertices":[{"y":0.25},{"x":0.5,"y":0.25},{"x":0.5,"y":1.0},{"y":1.0}]}}]}]}"#
        );
    }

    #[test]
    fn with_an_upstream_it_is_asked_what_is_not_done_here() {
        let offer = Offer { objects: false, upstream: true };
        let source = ImageSource { image_uri: "https://example.com/y.png".to_owned(), ..ImageSource::default() };
        let image = Some(Image { content: Bytes::new(), source: Some(source) });
        let requests = vec![
            request(&[(LABELS, 0)]),
            request(&[(SAFE_SEARCH, 0), (LABELS, 0), (OBJECTS, 0)]),
            AnnotateImageRequest { image, ..request(&[(LABELS, 0)]) },
        ];
        let batch = Batch::new(requests, offer).unwrap();
        let private = ImageSource { image_uri: "http://10.0.0.7/x.png".to_owned(), ..ImageSource::default() };
        let private = AnnotateImageRequest {
            image: Some(Image { content: Bytes::new(), source: Some(private) }),
            ..request(&[(LABELS, 0)])
        };
        assert!(Batch::new(vec![private], offer).unwrap().remote().is_empty());
        let remote = [Remote { index: 1, features: vec![0, 2] }, Remote { index: 2, features: vec![0] }];
        assert_eq!(batch.remote(), remote);
        assert_eq!((batch.labelling().len(), batch.is_all_remote()), (2, false));
        assert!(Batch::new(vec![request(&[(SAFE_SEARCH, 0)])], offer).unwrap().is_all_remote());
    }
}
