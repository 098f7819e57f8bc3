//! Whether a call of AWS was signed with a key, so that it may be signed anew with it: an access key's id is no secret,
//! and who knows no more than that must get nothing signed.

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::request::Parts;
use ring::hmac;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::AwsKeys;
use super::sign::{ALGORITHM, DATE, hash, signing_key, to_sign};

/// How far the clocks of caller and server may be apart, as with AWS. A signature is good for as long.
const TOLERANCE: Duration = Duration::minutes(15);

/// Whether `request`, with this body, is signed with `keys` and not older than AWS would allow.
pub(crate) fn is_signed_with(keys: &AwsKeys, request: &Parts, body: &[u8], now: OffsetDateTime) -> bool {
    verified(keys, request, body, now).is_some()
}

fn verified(keys: &AwsKeys, request: &Parts, body: &[u8], now: OffsetDateTime) -> Option<()> {
    let authorization = request.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(ALGORITHM)?;
    let field = |name: &str| authorization.split(',').find_map(|field| field.trim().strip_prefix(name));
    let scope = field("Credential=")?.strip_prefix(keys.id.as_str())?.strip_prefix('/')?;
    let (day, service) = scope.strip_suffix("/aws4_request")?.split_once('/')?;
    let (region, service) = service.split_once('/')?;
    let second = request.headers.get(DATE)?.to_str().ok()?;
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed_at = PrimitiveDateTime::parse(second, format).ok()?.assume_utc();
    (second.starts_with(day) && (now - signed_at).abs() <= TOLERANCE).then_some(())?;
    let names = field("SignedHeaders=")?;
    let canonical = canonical(request, names, body)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &signing_key(keys, day, region, service));
    let text = to_sign(second, scope, &canonical);
    // Takes the same time whatever is wrong with the signature.
    hmac::verify(&key, text.as_bytes(), &bytes(field("Signature=")?)?).ok()
}

/// The canonical request, made of the headers that were signed; the host must be among them. Calls that have a query
/// are none of the APIs served here.
fn canonical(request: &Parts, names: &str, body: &[u8]) -> Option<String> {
    let (method, path) = (request.method.as_str(), encoded(request.uri.path()));
    (request.uri.query().is_none_or(str::is_empty) && names.split(';').any(|name| name == "host")).then_some(())?;
    let line = |name: &str| Some(format!("{name}:{}\n", value(&request.headers, name)?));
    let headers: String = names.split(';').map(line).collect::<Option<_>>()?;
    Some(format!("{method}\n{path}\n\n{headers}\n{names}\n{}", hash(body)))
}

/// A header's values, each without blanks around it and with one for several within.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let one = |value: &HeaderValue| Some(value.to_str().ok()?.split_whitespace().collect::<Vec<_>>().join(" "));
    let all: Vec<String> = headers.get_all(name).iter().map(one).collect::<Option<_>>()?;
    (!all.is_empty()).then(|| all.join(","))
}

/// A path, encoded once more than it is on the wire.
fn encoded(path: &str) -> String {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/');
    path.bytes().map(|byte| if keeps(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    hex.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;
    use serde_json::Value;
    use time::macros::datetime;

    use super::*;

    /// The signed calls of a file of captures whose bodies were not cut.
    fn captured(file: &str) -> Vec<(Parts, Vec<u8>)> {
        let path = format!("{}/tests/wire/captures/{file}", env!("CARGO_MANIFEST_DIR"));
        let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let signed = |call: &Value| {
            let request = &call["request"];
            let mut parts = Request::post(request["target"].as_str()?);
            for pair in request["headers"].as_array()? {
                parts = parts.header(pair[0].as_str()?, pair[1].as_str()?);
            }
            let (parts, ()) = parts.body(()).ok()?.into_parts();
            parts.headers.get(AUTHORIZATION).filter(|value| value.as_bytes().starts_with(ALGORITHM.as_bytes()))?;
            let body = request["body_utf8"].as_str()?.as_bytes().to_vec();
            (parts.headers["content-length"] == body.len().to_string()).then_some((parts, body))
        };
        all.iter().filter_map(signed).collect()
    }

    /// The made-up key of the captures; those of Node have another secret.
    fn keys(secret: &str) -> AwsKeys {
        AwsKeys { id: "wire-test".to_owned(), secret: secret.to_owned(), token: None }
    }

    fn signed_at(parts: &Parts) -> OffsetDateTime {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        PrimitiveDateTime::parse(parts.headers[DATE].to_str().unwrap(), format).unwrap().assume_utc()
    }

    #[test]
    fn what_real_clients_sign_is_verified_and_nothing_else() {
        for (file, secret) in
            [("rekognition.json", "wire-test"), ("comprehend.json", "wire-test"), ("node.json", "wire")]
        {
            let keys = keys(secret);
            let calls = captured(file);
            assert!(!calls.is_empty(), "{file} has signed calls");
            for (parts, body) in calls {
                let now = signed_at(&parts);
                assert!(is_signed_with(&keys, &parts, &body, now + Duration::minutes(14)), "{file}: {parts:?}");
                assert!(!is_signed_with(&keys, &parts, &body, now + Duration::minutes(16)));
                assert!(!is_signed_with(&keys, &parts, &[&body[..], b" "].concat(), now));
                assert!(!is_signed_with(&AwsKeys { secret: "guess".to_owned(), ..keys.clone() }, &parts, &body, now));
                assert!(!is_signed_with(&AwsKeys { id: "other".to_owned(), ..keys.clone() }, &parts, &body, now));
                let mut elsewhere = parts.clone();
                elsewhere.headers.insert("host", HeaderValue::from_static("elsewhere"));
                assert!(!is_signed_with(&keys, &elsewhere, &body, now));
            }
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_the_check_panic(authorization in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}", path in "/[ -~&&[^ <>\"`{}|\\\\^]]{0,9}") {
            let request = Request::post(path).header(AUTHORIZATION, authorization).header(DATE, "20260101T000000Z");
            if let Ok(request) = request.body(()) {
                let (parts, ()) = request.into_parts();
                prop_assert!(!is_signed_with(&keys("s"), &parts, b"", datetime!(2026-01-01 0:00 UTC)));
            }
        }
    }
}
