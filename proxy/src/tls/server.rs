//! The server's side of a handshake: certificates by name, made when first asked for.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::{LEAF_LIFE, Leaf};
use super::{Authority, TlsError, names};

/// The host whose certificate a client gets that names none: an IP address as endpoint sends no SNI.
pub const THIS_MACHINE: &str = "127.0.0.1";

/// Protocols offered by ALPN. gRPC clients insist on `h2`.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Certificates kept; a client can ask for any number of names under the permitted domains.
const MAX_LEAVES: usize = 1024;

/// Accepts TLS connections for every host the local authority may certify. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls {
    leaves: Arc<Leaves>,
    provider: Arc<CryptoProvider>,
    /// By the host to assume when the client names none. One configuration for all of a host's connections, so that
    /// sessions can be resumed.
    configs: Arc<Mutex<HashMap<String, Arc<ServerConfig>>>>,
}

impl Tls {
    /// Accepts with certificates of this authority.
    pub fn new(authority: Authority) -> Self {
        let provider = Arc::new(ring::default_provider());
        let leaves = Leaves { authority, provider: Arc::clone(&provider), made: Mutex::default() };
        Self { leaves: Arc::new(leaves), provider, configs: Arc::default() }
    }

    /// The authority behind it.
    pub fn authority(&self) -> &Authority {
        &self.leaves.authority
    }

    /// Does the handshake on a stream. `host` is what to certify when the client sends no SNI: the target of a
    /// `CONNECT`, or [`THIS_MACHINE`].
    ///
    /// # Errors
    /// The host is none the authority may certify, or the handshake failed.
    pub async fn accept<S>(&self, stream: S, host: &str) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self.config(host).map_err(io::Error::other)?;
        TlsAcceptor::from(config).accept(stream).await
    }

    fn config(&self, host: &str) -> Result<Arc<ServerConfig>, TlsError> {
        if !names::is_permitted(host) {
            return Err(TlsError::NotPermitted { host: host.to_owned() });
        }
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(host) {
            return Ok(Arc::clone(config));
        }
        let resolver = Resolver { leaves: Arc::clone(&self.leaves), host: host.to_owned() };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        let config = Arc::new(config);
        if configs.len() >= MAX_LEAVES {
            configs.clear();
        }
        configs.insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }
}

/// The certificates made so far.
struct Leaves {
    authority: Authority,
    provider: Arc<CryptoProvider>,
    made: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    certified: Arc<CertifiedKey>,
    not_after: OffsetDateTime,
}

impl Leaves {
    fn get(&self, host: &str) -> Result<Arc<CertifiedKey>, TlsError> {
        // Held while making one: threads that ask for the same name at once get the same certificate.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |kept: &Kept| kept.not_after - OffsetDateTime::now_utc() > LEAF_LIFE / 3;
        if let Some(kept) = made.get(host).filter(|kept| fresh(kept)) {
            return Ok(Arc::clone(&kept.certified));
        }
        let Leaf { chain, key, not_after } = self.authority.certify(host)?;
        let certified = Arc::new(CertifiedKey::from_der(chain, key, &self.provider)?);
        if made.len() >= MAX_LEAVES {
            made.clear();
        }
        made.insert(host.to_owned(), Kept { certified: Arc::clone(&certified), not_after });
        Ok(certified)
    }
}

impl std::fmt::Debug for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaves").field("authority", &self.authority).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Resolver {
    leaves: Arc<Leaves>,
    host: String,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().map_or_else(|| self.host.clone(), str::to_ascii_lowercase);
        let leaf = self.leaves.get(&host);
        leaf.inspect_err(|error| tracing::warn!(%host, %error, "No certificate")).ok()
    }
}
