//! `CONNECT`: intercepted, or passed on untouched.

use std::fmt::Display;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::head::{Connect, read_head};
use super::hosts::{Target, classify};
use super::private::is_private;
use super::stream::{Io, Rewound};
use super::{Proxy, Scheme, Via};

/// Longest time a client may take for the head, and again for the handshake inside.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest time another host may take to accept a connection.
const DIAL_PATIENCE: Duration = Duration::from_secs(30);

/// The same for an identity service. Client libraries wait for tokens with every call, and retry for minutes.
const IDENTITY_PATIENCE: Duration = Duration::from_secs(5);

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// What became of a `CONNECT`.
pub enum Tunnel {
    /// The host is answered here: the stream inside, at the beginning of its first HTTP request.
    Intercepted {
        /// What the client sends inside the tunnel, decrypted.
        stream: Box<dyn Io>,
        /// Whom the client believes to talk to; belongs into the extensions of every request of this stream.
        via: Via,
    },
    /// The host is none of ours, and the tunnel to it is over; or the request was refused.
    Over,
}

impl Proxy {
    /// Takes a connection that begins with `CONNECT `. For a host that is not answered here this returns when the
    /// tunnel to it ends.
    ///
    /// # Errors
    /// The connection broke, or the client took too long or refused the certificate.
    pub async fn tunnel<S>(&self, mut stream: S) -> io::Result<Tunnel>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some((head, rest)) = timeout(PATIENCE, read_head(&mut stream)).await?? else {
            return refuse(stream, "400 Bad Request", "the head of the request is too long or incomplete").await;
        };
        let Some(connect) = Connect::parse(&head) else {
            return refuse(stream, "400 Bad Request", "not a CONNECT HOST:PORT HTTP/1.1").await;
        };
        match classify(&connect.host, connect.port, &self.apis) {
            Target::Api => self.intercept(stream, rest, connect, Scheme::Https).await,
            Target::Identity if self.credentials.is_some() => {
                self.intercept(stream, rest, connect, Scheme::Https).await
            }
            Target::Metadata if self.credentials.is_some() => self.intercept(stream, rest, connect, Scheme::Http).await,
            Target::Identity => match self.dial(&connect, IDENTITY_PATIENCE).await {
                Ok(dialled) => pass_on(stream, rest, dialled).await,
                // A machine that is offline, or made-up credentials in a test: the calls that are answered here need
                // no token, and no other call that could use one gets through either.
                Err(Unreachable { reason, .. }) => {
                    tracing::info!(reason, "Standing in for an identity service");
                    self.intercept(stream, rest, connect, Scheme::Https).await
                }
            },
            Target::Metadata | Target::Elsewhere => match self.dial(&connect, DIAL_PATIENCE).await {
                Ok(dialled) => pass_on(stream, rest, dialled).await,
                Err(Unreachable { status, reason }) => refuse(stream, status, &reason).await,
            },
        }
    }

    async fn intercept<S>(&self, mut stream: S, rest: Vec<u8>, connect: Connect, scheme: Scheme) -> io::Result<Tunnel>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tracing::debug!(host = %connect.host, app = ?connect.app, "Intercepted");
        stream.write_all(ESTABLISHED).await?;
        stream.flush().await?;
        let inner = Rewound::new(rest, stream);
        let stream: Box<dyn Io> = match scheme {
            Scheme::Http => Box::new(inner),
            Scheme::Https => Box::new(timeout(PATIENCE, self.tls.accept(inner, &connect.host)).await??),
        };
        let via = Via { host: connect.host, port: connect.port, scheme, app: connect.app };
        Ok(Tunnel::Intercepted { stream, via })
    }

    /// Connects to a host, through the parent proxy if there is one for it.
    async fn dial(&self, Connect { host, port, .. }: &Connect, patience: Duration) -> Result<Dialled, Unreachable> {
        let dialled = timeout(patience, async {
            match &self.parent {
                Some(parent) if parent.serves(host) => parent.connect(host, *port).await,
                _ => Ok((self.connect(host, *port).await?, Vec::new())),
            }
        });
        let unreachable =
            |status, reason: &dyn Display| Unreachable { status, reason: format!("{host}:{port}: {reason}") };
        match dialled.await {
            Ok(Ok((stream, early))) => {
                tracing::debug!(%host, port, "Passed on");
                Ok(Dialled { stream, early })
            }
            Ok(Err(error)) => Err(unreachable("502 Bad Gateway", &error)),
            Err(_) => Err(unreachable("504 Gateway Timeout", &"no answer")),
        }
    }
}

impl Proxy {
    /// Connects to one of a host's addresses, of those that may be reached.
    async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        if self.private {
            return TcpStream::connect((host, port)).await;
        }
        let mut refused =
            io::Error::new(io::ErrorKind::PermissionDenied, "private addresses are not reached from here");
        for address in lookup_host((host, port)).await?.filter(|address| !is_private(address.ip())) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

/// A connection to a host that is none of ours.
struct Dialled {
    stream: TcpStream,
    /// What the host sent already.
    early: Vec<u8>,
}

/// Why there is no such connection.
struct Unreachable {
    status: &'static str,
    reason: String,
}

async fn pass_on<S>(mut stream: S, rest: Vec<u8>, dialled: Dialled) -> io::Result<Tunnel>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Dialled { stream: mut upstream, early } = dialled;
    upstream.set_nodelay(true)?;
    stream.write_all(ESTABLISHED).await?;
    stream.write_all(&early).await?;
    stream.flush().await?;
    upstream.write_all(&rest).await?;
    // Ends when both sides have ended; the end of one is passed on while the other still sends.
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(Tunnel::Over)
}

async fn refuse<S: AsyncWrite + Unpin>(mut stream: S, status: &str, reason: &str) -> io::Result<Tunnel> {
    tracing::debug!(status, reason, "CONNECT refused");
    let length = reason.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{reason}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(Tunnel::Over)
}
