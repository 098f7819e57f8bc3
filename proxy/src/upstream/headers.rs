//! Headers that are not passed on.

use http::Version;
use http::header::{
    CONNECTION, EXPECT, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};

/// Headers that concern one connection only (RFC 9110, section 7.6.1), and those meant for a proxy.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Names the application to this server.
pub(crate) const APP: HeaderName = HeaderName::from_static("x-chameleon-app");

/// Takes away what concerns the connection that a message came on.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers.get_all(CONNECTION).iter().flat_map(names).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// The same for a request, and what is for this server alone.
pub(super) fn strip_request(headers: &mut HeaderMap, version: Version) {
    let trailers = version == Version::HTTP_2 && headers.get(TE).is_some_and(|te| te == "trailers");
    strip(headers);
    headers.remove(APP);
    // The client was already told to go on.
    headers.remove(EXPECT);
    if trailers {
        // gRPC asks for it of every hop.
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// The header names in one `Connection` value.
fn names(value: &HeaderValue) -> Vec<HeaderName> {
    let text = value.to_str().unwrap_or_default();
    text.split(',').filter_map(|name| name.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_concerns_one_connection_stays_behind_and_credentials_go_on() {
        let mut all = headers(&[
            ("connection", "keep-alive, x-only-here"),
            ("x-only-here", "1"),
            ("proxy-authorization", "Basic x"),
            ("x-chameleon-app", "bins"),
            ("te", "trailers"),
            ("authorization", "Bearer x"),
            ("x-goog-api-key", "k"),
        ]);
        strip_request(&mut all, Version::HTTP_11);
        assert_eq!(all, headers(&[("authorization", "Bearer x"), ("x-goog-api-key", "k")]));
    }

    #[test]
    fn grpc_is_asked_for_trailers_at_every_hop() {
        let mut all = headers(&[("te", "trailers")]);
        strip_request(&mut all, Version::HTTP_2);
        assert_eq!(all["te"], "trailers");
    }
}
