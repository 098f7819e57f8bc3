//! The framing of AWS: JSON 1.1, one path, the operation in a header. Errors have a code for which client libraries
//! have a class. Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>.

pub mod comprehend;
mod fault;
pub mod rekognition;

pub use fault::{Fault, answer, failure};

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Header that names the operation.
const TARGET: &str = "x-amz-target";

/// The service and the operation that a request names, e.g. `RekognitionService` and `DetectLabels`. `path` counts for
/// RPC v2 CBOR, which has `/service/NAME/operation/NAME` and no header.
pub fn target<'r>(headers: &'r HeaderMap, path: &'r str) -> Option<(&'r str, &'r str)> {
    if let Some(target) = headers.get(TARGET) {
        return target.to_str().ok()?.split_once('.');
    }
    headers.get("smithy-protocol")?;
    path.strip_prefix("/service/")?.split_once("/operation/")
}

/// Whether a request is in CBOR, which is not read here.
pub fn is_cbor(headers: &HeaderMap) -> bool {
    headers.get("smithy-protocol").is_some_and(|protocol| protocol == "rpc-v2-cbor")
}

/// Who signed a request and for what, as Signature Version 4 writes it into `Authorization`:
/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'h> {
    /// The access key's public id.
    pub key: &'h str,
    /// E.g. `us-east-1`.
    pub region: &'h str,
    /// E.g. `rekognition`.
    pub service: &'h str,
}

/// The scope of a request's signature.
pub fn scope(headers: &HeaderMap) -> Option<Scope<'_>> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let credential = authorization.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential=")?.1;
    let mut parts = credential.split([',', ' ']).next()?.split('/');
    let (key, _date, region, service) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (parts.next() == Some("aws4_request")).then_some(Scope { key, region, service })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .filter_map(|(name, value)| Some(((*name).parse().ok()?, HeaderValue::from_str(value).ok()?)))
            .collect()
    }

    #[test]
    fn the_operation_is_named_by_a_header_or_a_path() {
        let json = headers(&[(TARGET, "RekognitionService.DetectLabels")]);
        assert_eq!(target(&json, "/"), Some(("RekognitionService", "DetectLabels")));
        let cbor = headers(&[("smithy-protocol", "rpc-v2-cbor")]);
        let path = "/service/Comprehend_20171127/operation/DetectSentiment";
        assert_eq!(target(&cbor, path), Some(("Comprehend_20171127", "DetectSentiment")));
        assert!(is_cbor(&cbor) && !is_cbor(&json));
        assert_eq!(target(&HeaderMap::new(), path), None);
    }

    #[test]
    fn the_scope_of_a_signature_is_read() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/comprehend/aws4_request, SignedHeaders=host, Signature=00";
        let all = headers(&[("authorization", signed)]);
        assert_eq!(scope(&all), Some(Scope { key: "AKID", region: "eu-west-1", service: "comprehend" }));
        assert_eq!(scope(&headers(&[("authorization", "Bearer x")])), None);
    }

    proptest! {
        #[test]
        fn any_header_has_a_scope_or_none(value in "(AWS4-HMAC-SHA256 Credential=)?[ -~]{0,60}") {
            scope(&headers(&[("authorization", &value)]));
        }
    }
}
