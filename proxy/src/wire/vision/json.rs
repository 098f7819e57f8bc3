//! Requests of Vision in JSON.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::proto::{
    AnnotateImageRequest, Feature, FeatureType, Image, ImageSource, too_many_features, too_many_images,
};
use super::{MAX_FEATURES, MAX_IMAGES};
use crate::wire::json::read::{At, elements, fields, int32, text};
use crate::wire::json::{base64, enumeration, root};
use crate::wire::status::Status;

/// The root of a request.
pub(super) fn request_at() -> At {
    At::root("google.cloud.vision.v1.BatchAnnotateImagesRequest")
}

/// Parses the body of `images:annotate`.
///
/// # Errors
/// `INVALID_ARGUMENT` with the API's wording when the body is no JSON, a known field has the wrong type, or there are
/// more images or features than one call may have.
pub fn parse_batch(body: &[u8]) -> Result<Vec<AnnotateImageRequest>, Status> {
    let Some(root) = root(body)? else { return Ok(Vec::new()) };
    let at = request_at();
    let [requests] = fields(root, &at, ["requests"])?;
    let Some(requests) = requests else { return Ok(Vec::new()) };
    let at = at.field("requests", "google.cloud.vision.v1.AnnotateImageRequest");
    let (requests, total) = elements(requests, &at, MAX_IMAGES)?;
    if total > MAX_IMAGES {
        return Err(too_many_images());
    }
    requests.into_iter().enumerate().map(|(i, raw)| request(raw, &at.element(i))).collect()
}

fn request(raw: &RawValue, at: &At) -> Result<AnnotateImageRequest, Status> {
    let [raw_image, raw_features] = fields(raw, at, ["image", "features"])?;
    let image_at = at.field("image", "google.cloud.vision.v1.Image");
    let image = raw_image.map(|raw| image(raw, &image_at)).transpose()?;
    let Some(raw_features) = raw_features else { return Ok(AnnotateImageRequest { image, features: Vec::new() }) };
    let at = at.field("features", "google.cloud.vision.v1.Feature");
    let (features, total) = elements(raw_features, &at, MAX_FEATURES)?;
    if total > MAX_FEATURES {
        return Err(too_many_features());
    }
    let features =
        features.into_iter().enumerate().map(|(i, raw)| feature(raw, &at.element(i))).collect::<Result<_, _>>()?;
    Ok(AnnotateImageRequest { image, features })
}

fn image(raw: &RawValue, at: &At) -> Result<Image, Status> {
    let [content, raw_source] = fields(raw, at, ["content", "source"])?;
    let content = match content {
        None => Bytes::new(),
        Some(raw) => {
            let at = at.field("content", "TYPE_BYTES");
            let encoded = text(raw, &at)?;
            base64::decode(&encoded).map_err(|_| at.invalid_because(raw, "Base64 decoding failed for"))?
        }
    };
    let source_at = at.field("source", "google.cloud.vision.v1.ImageSource");
    let source = raw_source.map(|raw| source(raw, &source_at)).transpose()?;
    Ok(Image { content, source })
}

fn source(raw: &RawValue, at: &At) -> Result<ImageSource, Status> {
    let [gcs, uri] = fields(raw, at, ["gcsImageUri", "imageUri"])?;
    let string = |raw: Option<&RawValue>, name| match raw {
        None => Ok(String::new()),
        Some(raw) => text(raw, &at.field(name, "TYPE_STRING")).map(std::borrow::Cow::into_owned),
    };
    Ok(ImageSource { gcs_image_uri: string(gcs, "gcs_image_uri")?, image_uri: string(uri, "image_uri")? })
}

fn feature(raw: &RawValue, at: &At) -> Result<Feature, Status> {
    let [kind, max_results] = fields(raw, at, ["type", "maxResults"])?;
    let kind = kind
        .map(|raw| enumeration(raw, &at.field("type", "google.cloud.vision.v1.Feature.Type"), feature_type))
        .transpose()?;
    let max_results = max_results.map(|raw| int32(raw, &at.field("max_results", "TYPE_INT32"))).transpose()?;
    Ok(Feature { r#type: kind.unwrap_or_default(), max_results: max_results.unwrap_or_default() })
}

fn feature_type(name: &str) -> Option<i32> {
    FeatureType::from_name(name).map(|kind| kind as i32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(json: &str) -> Result<Vec<AnnotateImageRequest>, Status> {
        parse_batch(json.as_bytes())
    }

    fn one(json: &str) -> AnnotateImageRequest {
        parse(json).unwrap().remove(0)
    }

    fn refusal(json: &str) -> String {
        parse(json).unwrap_err().message
    }

    #[test]
    fn both_ways_of_writing_a_request_mean_the_same() {
        let numbers = one(r#"{"requests":[{"image":{"content":"+/8="},"features":[{"type":4,"maxResults":5}]}]}"#);
        let names = one(r#"{"requests":[{"image":{"content":"-_8"},
            "features":[{"type":"LABEL_DETECTION","max_results":"5"}],"imageContext":{"languageHints":["en"]}}],
            "labels":{},"parent":null}"#);
        assert_eq!(numbers, names);
        assert_eq!(numbers.image.unwrap().content.as_ref(), [0xfb, 0xff]);
        assert_eq!(numbers.features, [Feature { r#type: 4, max_results: 5 }]);
    }

    #[test]
    fn references_are_read() {
        let image = one(r#"{"requests":[{"image":{"source":{"imageUri":"https:\/\/x","gcs_image_uri":"gs://b/o"}}}]}"#);
        let source = image.image.unwrap().source.unwrap();
        assert_eq!((source.image_uri.as_str(), source.gcs_image_uri.as_str()), ("https://x", "gs://b/o"));
    }

    #[test]
    fn nothing_and_null_are_empty_batches() {
        for json in ["", "  ", "{}", r#"{"requests":null}"#, r#"{"requests":[]}"#] {
            assert_eq!(parse(json).unwrap(), [], "{json}");
        }
    }

    #[test]
    fn wrong_types_are_named_with_their_field() {
        for (json, expected) in [
            ("{", "Invalid JSON payload received."),
            ("[]", "Invalid JSON payload received. Root element must be a message."),
            (r#"{"requests":{}}"#, "Invalid value at 'requests'"),
            (r#"{"requests":[3]}"#, "Invalid value at 'requests[0]'"),
            (r#"{"requests":[{"image":"x"}]}"#, "Invalid value at 'requests[0].image'"),
            (
                r#"{"requests":[{"image":{"content":7}}]}"#,
                "Invalid value at 'requests[0].image.content' (TYPE_BYTES), 7",
            ),
            (r#"{"requests":[{"image":{"content":"*"}}]}"#, "(TYPE_BYTES), Base64 decoding failed for \"*\""),
            (
                r#"{"requests":[{},{"features":[{"type":"NOSE"}]}]}"#,
                "Invalid value at 'requests[1].features[0].type' \
                 (type.googleapis.com/google.cloud.vision.v1.Feature.Type), \"NOSE\"",
            ),
            (
                r#"{"requests":[{"features":[{"maxResults":1.5}]}]}"#,
                "'requests[0].features[0].max_results' (TYPE_INT32)",
            ),
            (r#"{"requests":[{"features":[{"maxResults":3000000000}]}]}"#, "(TYPE_INT32), 3000000000"),
        ] {
            let message = refusal(json);
            assert!(message.contains(expected), "{json}: {message}");
        }
    }

    #[test]
    fn more_images_or_features_than_allowed_are_refused() {
        let images = format!(r#"{{"requests":[{}]}}"#, vec!["{}"; MAX_IMAGES + 1].join(","));
        assert!(refusal(&images).contains("16"));
        let features = format!(r#"{{"requests":[{{"features":[{}]}}]}}"#, vec!["{}"; MAX_FEATURES + 1].join(","));
        assert!(refusal(&features).contains("256"));
    }

    #[test]
    fn deep_nesting_is_passed_over_or_refused_without_overflow() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        let _ = parse(&deep);
    }

    proptest! {
        #[test]
        fn any_bytes_are_requests_or_a_status(bytes: Vec<u8>) {
            let _ = parse_batch(&bytes);
        }

        #[test]
        fn a_damaged_request_never_panics(at in 0usize..80, byte: u8) {
            let mut json = br#"{"requests":[{"image":{"content":"+/8="},"features":[{"type":4,"maxResults":5}]}]}"#.to_vec();
            json[at] = byte;
            let _ = parse_batch(&json);
        }
    }
}
