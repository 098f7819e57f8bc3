//! The proxy behind the proxy: where programs reach the internet through one, so must the tunnels.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::head::{normal_host, split_authority};
use crate::percent::decode_strict;
use crate::tls::is_under;

/// Longest head of an answer; real ones have some hundred bytes.
const MAX_HEAD: usize = 16 << 10;

/// A proxy that tunnels go through, as a program's `https_proxy` named it before it was redirected here.
#[derive(Clone, PartialEq, Eq)]
pub struct Parent {
    host: String,
    port: u16,
    /// Value of `Proxy-Authorization`.
    authorization: Option<String>,
    /// Hosts, and domains with all below them, that are reached without it.
    exceptions: Vec<String>,
}

impl Parent {
    /// Reads the values of `https_proxy` (`http://[USER:PASSWORD@]HOST:PORT`) and `no_proxy`. `None` if the former
    /// names no proxy that is spoken to in cleartext HTTP, or the latter excepts every host (`*`).
    pub fn parse(https_proxy: &str, no_proxy: &str) -> Option<Self> {
        let rest = https_proxy.trim().strip_prefix("http://")?.trim_end_matches('/');
        let (user, authority) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
        let (host, port) = split_authority(authority).or_else(|| split_authority(&format!("{authority}:80")))?;
        let authorization = match user {
            Some(user) => Some(format!("Basic {}", STANDARD.encode(decode_strict(user)?))),
            None => None,
        };
        if no_proxy.split([',', ' ']).any(|entry| entry == "*") {
            return None;
        }
        let exceptions = no_proxy.split([',', ' ']).map(|entry| entry.trim_start_matches('*').trim_start_matches('.'));
        let exceptions = exceptions.filter(|entry| !entry.is_empty()).map(normal_host).collect();
        Some(Self { host, port, authorization, exceptions })
    }

    /// Whether a host is reached through it: not this machine, and no exception.
    pub(crate) fn serves(&self, host: &str) -> bool {
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        !here && !self.exceptions.iter().any(|entry| is_under(host, entry))
    }

    /// Opens a tunnel to a host through it. Gives the stream, and bytes of the host that came with the answer.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> io::Result<(TcpStream, Vec<u8>)> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let authorization = self.authorization.as_ref();
        let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let refused = |line: &str| io::Error::other(format!("proxy {}:{}: {line}", self.host, self.port));
        let (head, rest) = read_head(&mut stream).await?.ok_or_else(|| refused("no answer"))?;
        let head = String::from_utf8_lossy(&head);
        let line = head.lines().next().unwrap_or_default();
        match line.split(' ').nth(1) {
            Some(status) if status.len() == 3 && status.starts_with('2') => Ok((stream, rest)),
            _ => Err(refused(line)),
        }
    }
}

/// Reads up to the end of the head. Gives the head and what came after it. `None`: the other end closed the
/// connection first, or sent more than a head can be.
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

/// The credentials stay out of logs.
impl std::fmt::Debug for Parent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parent").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}
