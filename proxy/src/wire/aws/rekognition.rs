//! Amazon Rekognition: `DetectLabels`.

use std::borrow::Cow;

use bytes::Bytes;
use chameleon_decision::{BoundingBox, DetectedObject, Label};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Fault;
use crate::wire::json::base64;

/// `X-Amz-Target` without the operation.
pub const SERVICE: &str = "RekognitionService";

/// Confidence below which a label is left out unless the caller says otherwise, in percent.
const DEFAULT_MIN_CONFIDENCE: f64 = 55.0;

/// Most labels unless the caller says otherwise.
const DEFAULT_MAX_LABELS: usize = 1000;

/// Longest part of a request that is not an image; longer ones are refused before they are taken apart.
const MAX_OPTIONS: usize = 16 << 10;

/// A request for labels, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectLabels {
    /// The image; `None` if it lies in S3.
    pub image: Option<Bytes>,
    /// Whether something is asked for that no model answers: colours, categories.
    pub others: bool,
    max_labels: usize,
    /// In percent.
    min_confidence: f64,
    only: Vec<String>,
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(borrow)]
    image: Option<Image<'a>>,
    max_labels: Option<i64>,
    min_confidence: Option<f64>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
    #[serde(borrow)]
    settings: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image<'a> {
    #[serde(borrow)]
    bytes: Option<Cow<'a, str>>,
    #[serde(borrow)]
    s3_object: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    #[serde(default)]
    general_labels: GeneralLabels,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GeneralLabels {
    #[serde(rename = "LabelInclusionFilters")]
    only: Vec<String>,
    #[serde(rename = "LabelExclusionFilters")]
    never: Vec<String>,
    #[serde(rename = "LabelCategoryInclusionFilters")]
    in_categories: Vec<String>,
    #[serde(rename = "LabelCategoryExclusionFilters")]
    not_in_categories: Vec<String>,
}

impl DetectLabels {
    /// Reads a request.
    ///
    /// # Errors
    /// The API's own faults.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let body: Body = serde_json::from_slice(body).map_err(|error| Fault::malformed(&error))?;
        let image = match body.image {
            Some(Image { bytes: Some(text), .. }) if !text.is_empty() => {
                Some(base64::decode(&text).map_err(|error| Fault::malformed(&error))?)
            }
            Some(Image { s3_object: Some(_), .. }) => None,
            _ => return Err(invalid("Image must have Bytes or S3Object")),
        };
        let max_labels = match body.max_labels {
            None => DEFAULT_MAX_LABELS,
            Some(most) => usize::try_from(most).map_err(|_| invalid("MaxLabels must not be negative"))?,
        };
        let min_confidence = body.min_confidence.unwrap_or(DEFAULT_MIN_CONFIDENCE);
        if !(0.0..=100.0).contains(&min_confidence) {
            return Err(invalid("MinConfidence must be from 0 to 100"));
        }
        let features: Vec<String> = options(body.features)?.unwrap_or_default();
        let Settings { general_labels } = options(body.settings)?.unwrap_or_default();
        let GeneralLabels { only, never, in_categories, not_in_categories } = general_labels;
        let others = features.iter().any(|feature| feature != "GENERAL_LABELS")
            || !(in_categories.is_empty() && not_in_categories.is_empty());
        Ok(Self { image, others, max_labels, min_confidence, only, never })
    }

    /// The answer: the labels, surest first, each with the objects that have its name and with the more general labels
    /// that `parents` knows.
    pub fn respond(
        &self,
        labels: &[Label],
        objects: &[DetectedObject],
        parents: impl Fn(&str) -> Vec<String>,
    ) -> Value {
        let named = |names: &[String], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let wanted = |label: &&Label| {
            percent(label.score) >= self.min_confidence
                && (self.only.is_empty() || named(&self.only, &label.description))
                && !named(&self.never, &label.description)
        };
        let label = |label: &Label| {
            let name = &label.description;
            let instances = objects.iter().filter(|object| object.name.eq_ignore_ascii_case(name)).map(instance);
            let parents: Vec<Value> = parents(name).into_iter().map(|name| json!({ "Name": name })).collect();
            json!({
                "Name": name,
                "Confidence": percent(label.score),
                "Instances": instances.collect::<Vec<_>>(),
                "Parents": parents,
                "Aliases": [],
                "Categories": [],
            })
        };
        let found: Vec<Value> = labels.iter().filter(wanted).take(self.max_labels).map(label).collect();
        json!({ "Labels": found, "LabelModelVersion": "3.0" })
    }

    /// The fault when only the real API could answer and it cannot be asked.
    pub fn refusal(&self) -> Fault {
        if self.image.is_none() {
            let message = "Unable to get object metadata from S3. Check object key, region and/or access permissions.";
            return Fault::new("InvalidS3ObjectException", message);
        }
        invalid("Features other than GENERAL_LABELS, and filters of categories, are not implemented here")
    }
}

fn instance(object: &DetectedObject) -> Value {
    let BoundingBox { left, top, right, bottom } = object.bounds;
    json!({
        "BoundingBox": { "Width": right - left, "Height": bottom - top, "Left": left, "Top": top },
        "Confidence": percent(object.score),
    })
}

fn percent(score: f64) -> f64 {
    score * 100.0
}

/// A small part of a request.
fn options<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<Option<T>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    if raw.get().len() > MAX_OPTIONS {
        return Err(invalid("The request's settings are too long"));
    }
    serde_json::from_str(raw.get()).map_err(|error| Fault::malformed(&error))
}

fn invalid(message: &str) -> Fault {
    Fault::new("InvalidParameterException", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels() -> Vec<Label> {
        let label = |(name, score): (&str, f64)| Label { description: name.to_owned(), score };
        [("Dog", 0.9), ("Animal", 0.8), ("Grass", 0.56), ("Tree", 0.52)].map(label).to_vec()
    }

    fn names(body: &str) -> Vec<String> {
        let answer = DetectLabels::parse(body.as_bytes()).unwrap().respond(&labels(), &[], |_| Vec::new());
        answer["Labels"].as_array().unwrap().iter().map(|label| label["Name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn labels_are_cut_by_confidence_number_and_name() {
        for (options, expected) in [
            ("", &["Dog", "Animal", "Grass"][..]),
            (r#","MinConfidence":75.5"#, &["Dog", "Animal"]),
            (r#","MaxLabels":1,"MinConfidence":0"#, &["Dog"]),
            (r#","Settings":{"GeneralLabels":{"LabelInclusionFilters":["animal","Cat"]}}"#, &["Animal"]),
            (r#","Settings":{"GeneralLabels":{"LabelExclusionFilters":["Dog"]}}"#, &["Animal", "Grass"]),
        ] {
            assert_eq!(names(&format!(r#"{{"Image":{{"Bytes":"AAAA"}}{options}}}"#)), expected, "{options}");
        }
    }

    #[test]
    fn every_list_that_programs_index_is_there() {
        let request = DetectLabels::parse(br#"{"Image": {"Bytes": "AAAA"}, "MaxLabels": 1}"#).unwrap();
        let bounds = BoundingBox { left: 0.25, top: 0.5, right: 0.75, bottom: 1.0 };
        let object = DetectedObject { name: "Dog".to_owned(), score: 0.5, bounds };
        let answer = request.respond(&labels(), &[object], |_| vec!["Animal".to_owned()]);
        assert_eq!(
            answer["Labels"][0],
            json!({
                "Name": "Dog",
                "Confidence": 90.0,
                "Instances": [{
                    "BoundingBox": { "Width": 0.5, "Height": 0.5, "Left": 0.25, "Top": 0.5 },
                    "Confidence": 50.0,
                }],
                "Parents": [{ "Name": "Animal" }],
                "Aliases": [],
                "Categories": [],
            })
        );
    }

    #[test]
    fn what_only_the_real_api_can_do_is_told_apart() {
        let parse = |body: &str| DetectLabels::parse(body.as_bytes()).unwrap();
        let stored = parse(r#"{"Image":{"S3Object":{"Bucket":"b","Name":"k"}}}"#);
        assert_eq!((stored.image.is_none(), stored.refusal().code), (true, "InvalidS3ObjectException"));
        assert!(parse(r#"{"Image":{"Bytes":"AAAA"},"Features":["GENERAL_LABELS","IMAGE_PROPERTIES"]}"#).others);
        assert!(!parse(r#"{"Image":{"Bytes":"AAAA"},"Features":["GENERAL_LABELS"]}"#).others);
    }

    #[test]
    fn wrong_requests_have_the_apis_codes() {
        for (body, code) in [
            ("{", "SerializationException"),
            ("{}", "InvalidParameterException"),
            (r#"{"Image":{"Bytes":"*"}}"#, "SerializationException"),
            (r#"{"Image":{"Bytes":7}}"#, "SerializationException"),
            (r#"{"Image":{"Bytes":"AAAA"},"MinConfidence":101}"#, "InvalidParameterException"),
            (r#"{"Image":{"Bytes":"AAAA"},"MaxLabels":-1}"#, "InvalidParameterException"),
        ] {
            assert_eq!(DetectLabels::parse(body.as_bytes()).unwrap_err().code, code, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_fault(bytes: Vec<u8>, at in 0usize..60, byte: u8) {
            let _ = DetectLabels::parse(&bytes);
            let mut damaged = br#"{"Image":{"Bytes":"AAAA"},"Settings":{"GeneralLabels":{"L":[]}}}"#.to_vec();
            damaged[at] = byte;
            let _ = DetectLabels::parse(&damaged);
        }
    }
}
