//! Signing a call of AWS anew.
//!
//! A program that is led here by an endpoint variable signs its calls for this server's address. AWS would refuse them:
//! the host is part of what is signed. Where the program's key is known (it stands in the environment that the program
//! was started with), the call is signed for AWS instead, with that same key.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::fmt;
use std::fmt::Write as _;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ring::hmac;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::hex::Hex;

pub(super) const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// An access key of AWS. Its secret is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// `AWS_ACCESS_KEY_ID`
    pub id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret: String,
    /// `AWS_SESSION_TOKEN`
    pub token: Option<String>,
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys").finish_non_exhaustive()
    }
}

/// What is signed: a `POST` to the root of a service.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The host that it is sent to.
    pub host: &'a str,
    /// E.g. `us-east-1`.
    pub region: &'a str,
    /// E.g. `rekognition`.
    pub service: &'a str,
    /// The whole message.
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// Takes the old signature out of the headers and puts the new one in.
    pub fn sign(&self, keys: &AwsKeys, headers: &mut HeaderMap, now: OffsetDateTime) {
        for name in [AUTHORIZATION, DATE, TOKEN, CONTENT_HASH] {
            headers.remove(name);
        }
        let day = now.format(format_description!("[year][month][day]")).unwrap_or_default();
        let second = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap_or_default();
        let mut put = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put(DATE, &second);
        if let Some(token) = &keys.token {
            put(TOKEN, token);
        }
        let (names, canonical) = self.canonical(headers);
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let key = signing_key(keys, &day, self.region, self.service);
        let signature = Hex(mac(&key, &to_sign(&second, &scope, &canonical)).as_ref()).to_string();
        let id = &keys.id;
        put_authorization(
            headers,
            &format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"),
        );
    }

    /// The names of the signed headers, and the canonical request.
    fn canonical(&self, headers: &HeaderMap) -> (String, String) {
        // In the order of their names.
        let mut all = Vec::new();
        let mut put = |name, value: Option<String>| all.extend(value.map(|value| (name, value)));
        put("content-type", value(headers, &CONTENT_TYPE));
        put("host", Some(self.host.to_owned()));
        put("x-amz-date", value(headers, &DATE));
        put("x-amz-security-token", value(headers, &TOKEN));
        put("x-amz-target", value(headers, &TARGET));
        let names = all.iter().map(|(name, _): &(&str, String)| *name).collect::<Vec<_>>().join(";");
        let lines: String = all.iter().fold(String::new(), |mut lines, (name, value)| {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{name}:{}", value.trim());
            lines
        });
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hash(self.body));
        (names, canonical)
    }
}

/// The key that is good for one day, region and service.
pub(super) fn signing_key(keys: &AwsKeys, day: &str, region: &str, service: &str) -> Vec<u8> {
    let first = format!("AWS4{}", keys.secret).into_bytes();
    let parts = [day, region, service, "aws4_request"];
    parts.into_iter().fold(first, |key, part| mac(&key, part).as_ref().to_vec())
}

/// What is signed of a canonical request.
pub(super) fn to_sign(second: &str, scope: &str, canonical: &str) -> String {
    format!("{ALGORITHM}\n{second}\n{scope}\n{}", hash(canonical.as_bytes()))
}

/// SHA-256 in hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

fn put_authorization(headers: &mut HeaderMap, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
}

fn value(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// `post-vanilla` of AWS's published test suite for Signature Version 4.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let keys = AwsKeys {
            id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
        };
        let signed = Signed { host: "example.amazonaws.com", region: "us-east-1", service: "service", body: b"" };
        let mut headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("old"))]);
        signed.sign(&keys, &mut headers, datetime!(2015-08-30 12:36:00 UTC));
        assert_eq!(
            headers[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        assert!(!format!("{keys:?}{headers:?}").contains("EXAMPLEKEY"));
    }

    #[test]
    fn a_temporary_key_sends_its_token() {
        let keys = AwsKeys { id: "A".to_owned(), secret: "s".to_owned(), token: Some("session".to_owned()) };
        let signed = Signed { host: "h", region: "r", service: "s", body: b"{}" };
        let mut headers = HeaderMap::from_iter([
            (TARGET, HeaderValue::from_static("A.B")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1")),
        ]);
        signed.sign(&keys, &mut headers, datetime!(2015-08-30 12:36:00 UTC));
        assert_eq!(headers[TOKEN], "session");
        let names = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,";
        assert!(headers[AUTHORIZATION].to_str().unwrap().contains(names));
    }
}
