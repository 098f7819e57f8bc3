//! An address in place of a host's own.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// Where a host is reached instead of under its name: `http://127.0.0.1:9000`, `https://cloud.example:8443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host or address; IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether TLS is spoken. The certificate must be the original host's.
    pub tls: bool,
}

/// A text is no [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not http://HOST[:PORT] or https://HOST[:PORT]")]
pub struct EndpointError {
    text: String,
}

impl Endpoint {
    /// The host itself.
    pub(super) fn itself(uri: &Uri) -> Option<Self> {
        let tls = uri.scheme_str() != Some("http");
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }), tls })
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = || EndpointError { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let plain = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let named = matches!(uri.scheme_str(), Some("http" | "https")) && !text.contains('@');
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
        let is_host = |host: &str| !host.is_empty() && host.bytes().all(known);
        Self::itself(&uri).filter(|endpoint| plain && named && is_host(&endpoint.host)).ok_or_else(wrong)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_with_their_default_ports() {
        for (text, host, port, tls) in [
            ("http://127.0.0.1:9000", "127.0.0.1", 9000, false),
            ("https://cloud.example/", "cloud.example", 443, true),
            ("http://[::1]", "::1", 80, false),
        ] {
            assert_eq!(text.parse(), Ok(Endpoint { host: host.to_owned(), port, tls }), "{text}");
        }
        for text in ["", "127.0.0.1:9000", "ftp://x", "http://x/path", "http://x?y", "http://user:secret@x", "http://"]
        {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_endpoint_that_reads_back_or_an_error(text in "(http(s)?://)?[a-z0-9.:\\[\\]/-]{0,20}") {
            if let Ok(endpoint) = text.parse::<Endpoint>() {
                prop_assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
            }
        }
    }
}
