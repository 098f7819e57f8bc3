//! How a request reached the proxy.

/// Set as an extension of every request that came through a `CONNECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// The host of the `CONNECT` line: lower case, no port, no trailing dot.
    pub host: String,
    /// The port of the `CONNECT` line.
    pub port: u16,
    /// Whether the client speaks TLS inside the tunnel.
    pub scheme: Scheme,
    /// The application's name: the user of the proxy credentials.
    pub app: Option<String>,
}

/// What is spoken inside a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Cleartext HTTP (Node asks for the metadata server this way).
    Http,
    /// HTTP in TLS.
    Https,
}
