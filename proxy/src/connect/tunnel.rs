//! `CONNECT`: intercepted, or passed on untouched.
//!
//! The request is one of its connection's like any other: [`Proxy::connect`] answers it, and once the answer is sent
//! [`Proxy::enter`] takes what follows.

use std::fmt::Display;
use std::io;
use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded, on};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::head::Connect;
use super::hosts::{Target, classify};
use super::local::{full, text};
use super::private::is_private;
use super::stream::Io;
use super::{Body, BoxError, Proxy, Scheme, Via};

/// Longest time a client may take for the handshake inside.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest time another host may take to accept a connection.
const DIAL_PATIENCE: Duration = Duration::from_secs(30);

/// The same for an identity service. Client libraries wait for tokens with every call, and retry for minutes.
const IDENTITY_PATIENCE: Duration = Duration::from_secs(5);

/// A tunnel that was granted; it begins where the answer ends.
pub struct Opened {
    upgrade: OnUpgrade,
    end: End,
}

/// Where a tunnel leads.
enum End {
    /// To this server.
    Here(Via),
    /// To another host.
    There(Dialled),
}

/// What became of a tunnel.
pub enum Tunnel {
    /// The host is answered here: the stream inside, at the beginning of its first HTTP request.
    Intercepted {
        /// What the client sends inside the tunnel, decrypted.
        stream: Box<dyn Io>,
        /// Whom the client believes to talk to; belongs into the extensions of every request of this stream.
        via: Via,
    },
    /// The host is none of ours, and the tunnel to it is over.
    Over,
}

impl Proxy {
    /// Answers a `CONNECT`; with a tunnel, unless it is refused.
    pub async fn connect(&self, request: Request<Incoming>) -> (Response<Body>, Option<Opened>) {
        let Some(connect) = Connect::of(&request) else {
            return (refusal(StatusCode::BAD_REQUEST, "not a CONNECT HOST:PORT"), None);
        };
        match self.end(connect).await {
            Ok(end) => {
                let granted = full(StatusCode::OK, Bytes::new());
                (granted, Some(Opened { upgrade: on(request), end }))
            }
            Err(Unreachable { status, reason }) => (refusal(status, &reason), None),
        }
    }

    /// Takes what follows the answer to a `CONNECT`. For a host that is not answered here this returns when the tunnel
    /// to it ends.
    ///
    /// # Errors
    /// The connection broke, or the client took too long or refused the certificate.
    pub async fn enter(&self, Opened { upgrade, end }: Opened) -> Result<Tunnel, BoxError> {
        let stream = TokioIo::new(upgrade.await?);
        match end {
            End::There(dialled) => pass_on(stream, dialled).await?,
            End::Here(via) => {
                let stream: Box<dyn Io> = match via.scheme {
                    Scheme::Http => Box::new(stream),
                    Scheme::Https => Box::new(timeout(PATIENCE, self.tls.accept(stream, &via.host)).await??),
                };
                return Ok(Tunnel::Intercepted { stream, via });
            }
        }
        Ok(Tunnel::Over)
    }

    /// Finds out where a tunnel leads, and is connected to its end.
    async fn end(&self, connect: Connect) -> Result<End, Unreachable> {
        let plays = self.credentials.is_some();
        match classify(&connect.host, connect.port, &self.apis) {
            Target::Api => Ok(here(connect, Scheme::Https)),
            Target::Identity if plays => Ok(here(connect, Scheme::Https)),
            Target::Metadata if plays => Ok(here(connect, Scheme::Http)),
            Target::Identity => match self.dial(&connect, IDENTITY_PATIENCE).await {
                Ok(dialled) => Ok(End::There(dialled)),
                // A machine that is offline, or made-up credentials in a test: the calls that are answered here need
                // no token, and no other call that could use one gets through either.
                Err(Unreachable { reason, .. }) => {
                    tracing::info!(reason, "Standing in for an identity service");
                    Ok(here(connect, Scheme::Https))
                }
            },
            Target::Metadata | Target::Elsewhere => self.dial(&connect, DIAL_PATIENCE).await.map(End::There),
        }
    }

    /// Connects to a host, through the parent proxy if there is one for it.
    async fn dial(&self, Connect { host, port, .. }: &Connect, patience: Duration) -> Result<Dialled, Unreachable> {
        let dialled = timeout(patience, async {
            match &self.parent {
                Some(parent) if parent.serves(host) => parent.connect(host, *port).await,
                _ => Ok((self.reach(host, *port).await?, Vec::new())),
            }
        });
        let unreachable =
            |status, reason: &dyn Display| Unreachable { status, reason: format!("{host}:{port}: {reason}") };
        match dialled.await {
            Ok(Ok((stream, early))) => {
                tracing::debug!(%host, port, "Passed on");
                Ok(Dialled { stream, early })
            }
            Ok(Err(error)) => Err(unreachable(StatusCode::BAD_GATEWAY, &error)),
            Err(_) => Err(unreachable(StatusCode::GATEWAY_TIMEOUT, &"no answer")),
        }
    }

    /// Connects to one of a host's addresses, of those that may be reached.
    async fn reach(&self, host: &str, port: u16) -> io::Result<TcpStream> {
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

fn here(Connect { host, port, app }: Connect, scheme: Scheme) -> End {
    tracing::debug!(%host, ?app, "Intercepted");
    End::Here(Via { host, port, scheme, app })
}

/// A connection to a host that is none of ours.
struct Dialled {
    stream: TcpStream,
    /// What the host sent already.
    early: Vec<u8>,
}

/// Why there is no such connection.
struct Unreachable {
    status: StatusCode,
    reason: String,
}

async fn pass_on(mut stream: TokioIo<Upgraded>, Dialled { stream: mut upstream, early }: Dialled) -> io::Result<()> {
    upstream.set_nodelay(true)?;
    stream.write_all(&early).await?;
    stream.flush().await?;
    // Ends when both sides have ended; the end of one is passed on while the other still sends.
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}

fn refusal(status: StatusCode, reason: &str) -> Response<Body> {
    tracing::debug!(%status, reason, "CONNECT refused");
    text(status, reason.to_owned())
}
