//! What a `CONNECT` request asks for (RFC 9110, section 9.3.6), in every dialect that clients speak: HTTP/1.0 without
//! headers (Python's `http.client` to 3.12), HTTP/1.1 with them, `Host` with and without a port.

use ::http::header::{HeaderMap, PROXY_AUTHORIZATION};
use ::http::{Request, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::registry::check_name;

/// What a `CONNECT` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connect {
    /// Lower case, no brackets, no trailing dot.
    pub(super) host: String,
    pub(super) port: u16,
    /// The user of the proxy credentials, where it is an application's name.
    pub(super) app: Option<String>,
}

impl Connect {
    /// Reads the target, which is all of the request's address; `None` if it is not a host and a port.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        let authority = request.uri().authority().filter(|_| is_authority(request.uri()))?;
        let (host, port) = split_authority(authority.as_str())?;
        Some(Self { host, port, app: proxy_user(request.headers()) })
    }
}

/// Whether an address is a host and a port alone.
fn is_authority(uri: &Uri) -> bool {
    uri.scheme().is_none() && uri.path_and_query().is_none_or(|path| path.as_str().is_empty())
}

/// The application that a program names as user of its proxy.
fn proxy_user(headers: &HeaderMap) -> Option<String> {
    application(headers.get(PROXY_AUTHORIZATION)?.to_str().ok()?)
}

/// `host:port`, with the host in brackets if it is an IPv6 address.
pub(super) fn split_authority(authority: &str) -> Option<(String, u16)> {
    let (host, port) = authority.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']')?,
        None => host,
    };
    let host = normal_host(host);
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    (!host.is_empty() && host.bytes().all(known)).then_some(())?;
    Some((host, port.parse().ok().filter(|port| *port != 0)?))
}

/// Lower case, without the dot that marks a name as complete.
pub(crate) fn normal_host(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// The application's name in a `Basic` credential. Users that cannot be one belong to somebody else's proxy.
pub(super) fn application(credential: &str) -> Option<String> {
    let (scheme, encoded) = credential.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    check_name(user).ok()?;
    Some(user.to_owned())
}
