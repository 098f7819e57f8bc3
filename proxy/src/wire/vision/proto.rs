//! The messages of `google.cloud.vision.v1` as far as they are used here. Unknown fields are passed over.
//!
//! Field numbers are those of `google/cloud/vision/v1/image_annotator.proto`. The answers also serialize to proto
//! JSON: lower camel case, fields with default values left out.

use bytes::Bytes;
use prost::Message;
use serde::Serialize;

use super::{MAX_FEATURES, MAX_IMAGES};
use crate::connect::private::is_private_name;
use crate::wire::protobuf::{count, malformed};
use crate::wire::status::Status;

/// `BatchAnnotateImagesRequest`, one level deep: each element is an encoded [`AnnotateImageRequest`].
#[derive(Clone, PartialEq, Message)]
struct BatchAnnotateImagesRequest {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    requests: Vec<Bytes>,
}

/// What is asked of one image.
#[derive(Clone, PartialEq, Message)]
pub struct AnnotateImageRequest {
    /// The image.
    #[prost(message, optional, tag = "1")]
    pub image: Option<Image>,
    /// What to look for.
    #[prost(message, repeated, tag = "2")]
    pub features: Vec<Feature>,
}

/// An image, by value or by reference; by value wins.
#[derive(Clone, PartialEq, Message)]
pub struct Image {
    /// The bytes of an image file.
    #[prost(bytes = "bytes", tag = "1")]
    pub content: Bytes,
    /// Where the image is.
    #[prost(message, optional, tag = "2")]
    pub source: Option<ImageSource>,
}

/// Where an image is.
#[derive(Clone, PartialEq, Message)]
pub struct ImageSource {
    /// `gs://bucket/object`; superseded by `image_uri`.
    #[prost(string, tag = "1")]
    pub gcs_image_uri: String,
    /// A `gs://`, `http://` or `https://` address.
    #[prost(string, tag = "2")]
    pub image_uri: String,
}

/// One kind of annotation.
#[derive(Clone, PartialEq, Message)]
pub struct Feature {
    /// A number of [`FeatureType`]; any other number is possible too.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// Most annotations of this kind; 0 for the API's default.
    #[prost(int32, tag = "2")]
    pub max_results: i32,
}

impl ImageSource {
    /// Whether it says where.
    pub fn is_given(&self) -> bool {
        !(self.gcs_image_uri.is_empty() && self.image_uri.is_empty())
    }

    /// Whether it names a host of a private network: nobody outside is told of it, and nobody there could read it.
    pub fn is_private(&self) -> bool {
        let host = self.image_uri.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() != Some("gs"));
        host.is_some_and(|uri| uri.host().is_some_and(is_private_name))
    }
}

/// The answer to a call: one response per request, in the same order.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct BatchAnnotateImagesResponse {
    /// The responses.
    #[prost(message, repeated, tag = "1")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<AnnotateImageResponse>,
}

/// What was found in one image.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnotateImageResponse {
    /// Labels, highest score first.
    #[prost(message, repeated, tag = "4")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label_annotations: Vec<EntityAnnotation>,
    /// Objects, highest score first.
    #[prost(message, repeated, tag = "22")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub localized_object_annotations: Vec<LocalizedObjectAnnotation>,
    /// Why something asked for is missing. Annotations that are there are right even so.
    #[prost(message, optional, tag = "9")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RpcStatus>,
}

/// One label. The API's knowledge-graph id (`mid`) is not known here and left out.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct EntityAnnotation {
    /// The label's words.
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Confidence in 0..1.
    #[prost(float, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub score: f32,
    /// Relevance to the image in 0..1; the API documents it apart from `score`, and sends the same value.
    #[prost(float, tag = "6")]
    #[serde(skip_serializing_if = "is_zero")]
    pub topicality: f32,
}

/// One object. The API's knowledge-graph id (`mid`) is not known here and left out.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalizedObjectAnnotation {
    /// What it is.
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Confidence in 0..1.
    #[prost(float, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub score: f32,
    /// Where it is.
    #[prost(message, optional, tag = "5")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounding_poly: Option<BoundingPoly>,
}

/// A polygon; of an object, the four corners of its box, clockwise from the upper left.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundingPoly {
    /// The corners.
    #[prost(message, repeated, tag = "2")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub normalized_vertices: Vec<NormalizedVertex>,
}

/// A point in an image.
#[derive(Clone, Copy, PartialEq, Message, Serialize)]
pub struct NormalizedVertex {
    /// As a share of the image's width.
    #[prost(float, tag = "1")]
    #[serde(skip_serializing_if = "is_zero")]
    pub x: f32,
    /// As a share of the image's height.
    #[prost(float, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub y: f32,
}

/// `google.rpc.Status` of one image.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct RpcStatus {
    /// The number of a [`Code`](crate::wire::status::Code).
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// For the developer.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// `Feature.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum FeatureType {
    TypeUnspecified = 0,
    FaceDetection = 1,
    LandmarkDetection = 2,
    LogoDetection = 3,
    LabelDetection = 4,
    TextDetection = 5,
    SafeSearchDetection = 6,
    ImageProperties = 7,
    CropHints = 9,
    WebDetection = 10,
    DocumentTextDetection = 11,
    ProductSearch = 12,
    ObjectLocalization = 19,
}

impl FeatureType {
    /// All types.
    pub const ALL: [Self; 13] = [
        Self::TypeUnspecified,
        Self::FaceDetection,
        Self::LandmarkDetection,
        Self::LogoDetection,
        Self::LabelDetection,
        Self::TextDetection,
        Self::SafeSearchDetection,
        Self::ImageProperties,
        Self::CropHints,
        Self::WebDetection,
        Self::DocumentTextDetection,
        Self::ProductSearch,
        Self::ObjectLocalization,
    ];

    /// The name in proto JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::TypeUnspecified => "TYPE_UNSPECIFIED",
            Self::FaceDetection => "FACE_DETECTION",
            Self::LandmarkDetection => "LANDMARK_DETECTION",
            Self::LogoDetection => "LOGO_DETECTION",
            Self::LabelDetection => "LABEL_DETECTION",
            Self::TextDetection => "TEXT_DETECTION",
            Self::SafeSearchDetection => "SAFE_SEARCH_DETECTION",
            Self::ImageProperties => "IMAGE_PROPERTIES",
            Self::CropHints => "CROP_HINTS",
            Self::WebDetection => "WEB_DETECTION",
            Self::DocumentTextDetection => "DOCUMENT_TEXT_DETECTION",
            Self::ProductSearch => "PRODUCT_SEARCH",
            Self::ObjectLocalization => "OBJECT_LOCALIZATION",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Decodes a `BatchAnnotateImagesRequest`. Images share the memory of `message`.
///
/// # Errors
/// `INVALID_ARGUMENT` when the bytes are no such message, or ask for more images or features than one call may.
pub fn decode_batch(message: Bytes) -> Result<Vec<AnnotateImageRequest>, Status> {
    // Counted before they are decoded: two bytes make an empty element, which takes a hundred in memory.
    if count(message.clone(), 1).map_err(malformed)? > MAX_IMAGES {
        return Err(too_many_images());
    }
    let batch = BatchAnnotateImagesRequest::decode(message).map_err(malformed)?;
    let decode = |request: Bytes| {
        if count(request.clone(), 2).map_err(malformed)? > MAX_FEATURES {
            return Err(too_many_features());
        }
        AnnotateImageRequest::decode(request).map_err(malformed)
    };
    batch.requests.into_iter().map(decode).collect()
}

pub(super) fn too_many_images() -> Status {
    Status::invalid_field("requests", format!("Too many images per request: the limit is {MAX_IMAGES}."))
}

pub(super) fn too_many_features() -> Status {
    Status::invalid_field("features", format!("Too many features for one image: the limit is {MAX_FEATURES}."))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_label_request_decodes_from_its_bytes() {
        // requests { image { content: "abc" } features { type: LABEL_DETECTION max_results: 5 } }
        let bytes = [0x0a, 0x0d, 0x0a, 0x05, 0x0a, 0x03, b'a', b'b', b'c', 0x12, 0x04, 0x08, 0x04, 0x10, 0x05];
        let requests = decode_batch(Bytes::copy_from_slice(&bytes)).unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].image.as_ref().unwrap().content.as_ref(), b"abc");
        assert_eq!(requests[0].features, [Feature { r#type: 4, max_results: 5 }]);
    }

    #[test]
    fn a_label_encodes_to_the_apis_field_numbers() {
        let label = EntityAnnotation { description: "ox".to_owned(), score: 0.5, topicality: 0.5 };
        let expected = [0x1a, 2, b'o', b'x', 0x25, 0, 0, 0, 0x3f, 0x35, 0, 0, 0, 0x3f];
        assert_eq!(label.encode_to_vec(), expected);
    }

    #[test]
    fn empty_elements_by_the_million_are_refused_before_they_take_memory() {
        let images = Bytes::from([0x0a, 0x00].repeat(1_000_000));
        assert!(decode_batch(images).unwrap_err().message.contains("16"));
        let mut features = vec![0x0a, 0x80, 0x89, 0x7a];
        features.extend([0x12, 0x00].repeat(1_000_000));
        assert!(decode_batch(Bytes::from(features)).unwrap_err().message.contains("256"));
    }

    #[test]
    fn names_and_numbers_of_feature_types_agree() {
        for kind in FeatureType::ALL {
            assert_eq!(FeatureType::try_from(kind as i32), Ok(kind));
            assert_eq!(FeatureType::from_name(kind.name()), Some(kind));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_requests_or_a_status(bytes: Vec<u8>) {
            let _ = decode_batch(Bytes::from(bytes));
        }

        #[test]
        fn a_damaged_request_never_panics(at in 0usize..15, byte: u8, cut in 0usize..16) {
            let mut bytes =
                vec![0x0a, 0x0d, 0x0a, 0x05, 0x0a, 0x03, b'a', b'b', b'c', 0x12, 0x04, 0x08, 0x04, 0x10, 0x05];
            bytes[at] = byte;
            bytes.truncate(cut);
            let _ = decode_batch(Bytes::from(bytes));
        }
    }
}
