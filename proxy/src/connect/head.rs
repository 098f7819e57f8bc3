//! The head of a `CONNECT` request (RFC 9110, section 9.3.6), in every dialect that clients speak: HTTP/1.0 without
//! headers (Python's `http.client` to 3.12), HTTP/1.1 with them, `Host` with and without a port.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::registry::check_name;

/// Longest head; real ones have some hundred bytes.
const MAX_HEAD: usize = 16 << 10;

/// What a `CONNECT` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connect {
    /// Lower case, no brackets, no trailing dot.
    pub(super) host: String,
    pub(super) port: u16,
    /// The user of the proxy credentials, where it is an application's name.
    pub(super) app: Option<String>,
}

/// Reads up to the end of the head. Gives the head and what came after it. `None`: the client closed the connection
/// first, or sent more than a head can be.
pub(super) async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut head = Vec::with_capacity(512);
    while head.len() < MAX_HEAD {
        let searched = head.len().saturating_sub(3);
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
        if let Some(end) = head[searched..].windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = head.split_off(searched + end + 4);
            return Ok(Some((head, rest)));
        }
    }
    Ok(None)
}

impl Connect {
    /// Reads a complete head; `None` if it is not that of a `CONNECT`.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, authority, version) = (words.next()?, words.next()?, words.next()?);
        if method != "CONNECT" || !version.starts_with("HTTP/1.") || words.next().is_some() {
            return None;
        }
        let (host, port) = split_authority(authority)?;
        let authorization = lines.filter_map(|line| line.split_once(':'));
        let mut authorization = authorization.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
        let app = authorization.next().and_then(|(_, value)| application(value));
        Some(Self { host, port, app })
    }
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
