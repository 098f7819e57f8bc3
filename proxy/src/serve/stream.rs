//! The accepted TCP connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A TLS handshake.
    Tls,
    /// HTTP/1, `CONNECT` included, or HTTP/2 in the clear.
    Http,
}

/// First byte of a TLS handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// A client's connection, both ways without delay.
///
/// Nagle's algorithm is switched off for what is sent. What is received is acknowledged at once: some clients (urllib3
/// behind a proxy) leave Nagle on and send head and body apart; the kernel's delayed acknowledgement of the head then
/// holds back the body for 40 ms in every call on a kept-alive connection.
#[derive(Debug)]
pub(super) struct ClientStream {
    tcp: TcpStream,
}

impl ClientStream {
    pub(super) fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let stream = Self { tcp };
        stream.acknowledge_at_once();
        Ok(stream)
    }

    /// Waits for the first byte, which stays in the stream. `None`: the client closed the connection without one.
    pub(super) async fn opening(&self) -> io::Result<Option<Opening>> {
        let mut first = [0];
        let seen = self.tcp.peek(&mut first).await?;
        Ok((seen > 0).then_some(match first {
            [TLS_HANDSHAKE] => Opening::Tls,
            _ => Opening::Http,
        }))
    }

    /// Linux clears the setting by itself, so it is made again after every read.
    #[cfg(target_os = "linux")]
    fn acknowledge_at_once(&self) {
        // Only a matter of speed: a kernel that refuses it is no reason to refuse the client.
        let _ = self.tcp.set_quickack(true);
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge_at_once(&self) {}
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if polled.is_ready() && buf.filled().len() > before {
            self.acknowledge_at_once();
        }
        polled
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
