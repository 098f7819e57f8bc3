use http::Request;
use proptest::prelude::*;

use crate::connect::head::{Connect, application};

fn connect(target: &str) -> Option<Connect> {
    Connect::of(&Request::connect(target).body(()).ok()?)
}

#[test]
fn hosts_are_made_comparable() {
    for (authority, host, port) in [
        ("metadata.google.internal.:80", "metadata.google.internal", 80),
        ("Vision.GoogleAPIs.com:443", "vision.googleapis.com", 443),
        ("[::1]:8443", "::1", 8443),
        ("10.0.0.1:1", "10.0.0.1", 1),
    ] {
        let connect = connect(authority).expect(authority);
        assert_eq!((connect.host.as_str(), connect.port, connect.app), (host, port, None));
    }
}

#[test]
fn targets_that_are_not_a_host_and_a_port_are_refused() {
    for target in ["/", "a", "a:0", "a:65536", ":443", "a/b:443", "[::1:443", "http://a:443/", "a:443/x", "u@a:443"] {
        assert_eq!(connect(target), None, "{target:?}");
    }
}

#[test]
fn the_user_of_the_proxy_url_is_the_application_if_it_can_be_one() {
    // "sorter:app", "sorter:", "sorter"
    for credential in ["Basic c29ydGVyOmFwcA==", " basic c29ydGVyOg== ", "Basic c29ydGVy"] {
        assert_eq!(application(credential).as_deref(), Some("sorter"), "{credential}");
    }
    // "Domain User:x", ":x", not base64, another scheme, nothing
    for credential in ["Basic RG9tYWluIFVzZXI6eA==", "Basic Ong=", "Basic !!", "Bearer c29ydGVy", ""] {
        assert_eq!(application(credential), None, "{credential}");
    }
    let request = Request::connect("a:443").header("proxy-authorization", "Basic c29ydGVyOmFwcA==").body(()).unwrap();
    assert_eq!(Connect::of(&request).unwrap().app.as_deref(), Some("sorter"));
}

proptest! {
    #[test]
    fn what_is_read_is_a_host_and_nothing_else(text in "[ -~]{1,40}") {
        if let Some(connect) = connect(&format!("{text}:443")) {
            prop_assert!(!connect.host.is_empty());
            prop_assert!(!connect.host.contains(['/', '@', ' ', '?', '[', ']']), "{}", connect.host);
            prop_assert!(!connect.host.bytes().any(|b| b.is_ascii_uppercase()));
        }
    }

    #[test]
    fn any_credential_is_an_application_or_none(text in "(Basic )?[ -~]{0,40}") {
        application(&text);
    }
}
