//! The configuration file: everything of a server that an operator may set, in TOML, each with its default.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytesize::ByteSize;
use chameleon_models::preprocess::DecodeLimits;
use serde::{Deserialize, Serialize};

use super::Limits;
use crate::registry::check_name;
use crate::upstream::{Endpoint, Options};

/// A configuration file. Whatever it does not set has its default; what it sets must be known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `[server]`
    pub server: ServerSettings,
    /// `[limits]`
    pub limits: LimitSettings,
    /// `[upstream]`
    pub upstream: UpstreamSettings,
    /// `[tunnels]`
    pub tunnels: TunnelSettings,
    /// `[api_keys]`
    pub api_keys: ApiKeys,
}

/// Where and for whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whose model callers get that name no application; without it the generic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// How often to look whether models were published or withdrawn.
    #[serde(with = "humantime_serde")]
    pub reload: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8088)), app: None, reload: Duration::from_millis(500) }
    }
}

/// Bounds on what callers may use; see [`Limits`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Connections served at a time.
    pub connections: usize,
    /// Calls that one HTTP/2 connection may have open.
    pub streams: u32,
    /// Calls that are answered by models at a time.
    pub workers: usize,
    /// How long images that are answered together may take.
    #[serde(with = "humantime_serde")]
    pub batch_time: Duration,
    /// Calls that wait for a model; further ones are refused.
    pub queue: usize,
    /// Size of one request.
    pub body: ByteSize,
    /// Size of all requests in memory.
    pub bodies: ByteSize,
    /// Size of one image file.
    pub image: ByteSize,
    /// Pixels of one image.
    pub pixels: u64,
    /// Time for the head of a request, and between two requests.
    #[serde(with = "humantime_serde")]
    pub head_timeout: Duration,
    /// Pause within a request.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// How often an idle HTTP/2 connection is asked whether it is still there.
    #[serde(with = "humantime_serde")]
    pub keep_alive: Duration,
    /// How long the server goes on when it is told to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_delay: Duration,
    /// How long calls under way may take after that.
    #[serde(with = "humantime_serde")]
    pub shutdown_grace: Duration,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let Limits {
            connections,
            streams,
            workers,
            batch_time,
            queue,
            body_bytes,
            total_body_bytes,
            head_timeout,
            body_timeout,
            keep_alive,
            shutdown_delay,
            shutdown_grace,
        } = Limits::default();
        let decode = DecodeLimits::default();
        Self {
            connections,
            streams,
            workers,
            batch_time,
            queue,
            body: ByteSize(body_bytes as u64),
            bodies: ByteSize(total_body_bytes as u64),
            image: ByteSize(decode.bytes as u64),
            pixels: decode.pixels,
            head_timeout,
            body_timeout,
            keep_alive,
            shutdown_delay,
            shutdown_grace,
        }
    }
}

/// The way to the real APIs; see [`Options`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamSettings {
    /// Whether what no model answers goes to the real API.
    pub enabled: bool,
    /// Time to open a connection.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// Time from the end of a request to the head of its answer.
    #[serde(with = "humantime_serde")]
    pub answer_timeout: Duration,
    /// Pause within an answer.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// Hosts that are reached elsewhere, e.g. `"vision.googleapis.com" = "https://gateway.example:8443"`.
    pub connect_to: BTreeMap<String, String>,
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        let Options { connect_timeout, answer_timeout, idle_timeout, .. } =
            Options::new(rustls::RootCertStore::empty());
        Self { enabled: true, connect_timeout, answer_timeout, idle_timeout, connect_to: BTreeMap::new() }
    }
}

/// What programs may reach through the forward proxy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TunnelSettings {
    /// Whether private addresses (this machine's and its networks') are reached. By default only if the server listens
    /// on this machine alone, so that it opens a network to nobody outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

/// API keys, and AWS access key ids, given out for applications: key to application. They are not shown.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiKeys(pub BTreeMap<String, String>);

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} API keys", self.0.len())
    }
}

/// Why a file is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{path}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no TOML, or sets something unknown or of a wrong type. The message shows the line, unless it is one that
    /// could hold a key.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, and where.
        message: String,
    },
    /// A value makes no sense.
    #[error("{field}: {problem}")]
    Value {
        /// `section.name`.
        field: String,
        /// What is wrong.
        problem: String,
    },
}

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// It cannot be read, or is no valid configuration.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Io { path: name.clone(), source })?;
        Self::parse(&text).map_err(|error| match error {
            SettingsError::Malformed { message, .. } => SettingsError::Malformed { path: name, message },
            other => other,
        })
    }

    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// It is no valid configuration.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            // The error's own display quotes the line, and that may be a key.
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let message = format!("line {line}: {}", error.message());
            SettingsError::Malformed { path: "configuration".to_owned(), message }
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// The file that says the same, with all defaults filled in and without the API keys.
    pub fn to_toml(&self) -> String {
        let shown = Self { api_keys: ApiKeys::default(), ..self.clone() };
        // Every field is a table, string, number or boolean, which TOML can hold.
        toml::to_string_pretty(&shown).unwrap_or_default()
    }

    fn check(&self) -> Result<(), SettingsError> {
        let LimitSettings { connections, streams, workers, body, bodies, image, pixels, .. } = self.limits;
        let wrong = |field: &str, problem: String| Err(SettingsError::Value { field: field.to_owned(), problem });
        for (field, value) in [
            ("limits.connections", connections as u64),
            ("limits.streams", u64::from(streams)),
            ("limits.workers", workers as u64),
            ("limits.body", body.0),
            ("limits.image", image.0),
            ("limits.pixels", pixels),
        ] {
            if value == 0 {
                return wrong(field, "must be more than 0".to_owned());
            }
        }
        if bodies < body {
            return wrong("limits.bodies", format!("{bodies} holds not even one request of {body}"));
        }
        for (field, time) in [
            ("server.reload", self.server.reload),
            ("limits.head_timeout", self.limits.head_timeout),
            ("limits.body_timeout", self.limits.body_timeout),
            ("limits.keep_alive", self.limits.keep_alive),
            ("upstream.connect_timeout", self.upstream.connect_timeout),
            ("upstream.answer_timeout", self.upstream.answer_timeout),
            ("upstream.idle_timeout", self.upstream.idle_timeout),
        ] {
            if time.is_zero() {
                return wrong(field, "must be more than 0".to_owned());
            }
        }
        for app in self.server.app.iter().chain(self.api_keys.0.values()) {
            if let Err(error) = check_name(app) {
                return wrong("api_keys, server.app", error.to_string());
            }
        }
        self.connect_to().map(drop)
    }

    /// [`Limits`].
    pub fn limits(&self) -> Limits {
        let bytes = |size: ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
        let limits = &self.limits;
        Limits {
            connections: limits.connections,
            streams: limits.streams,
            workers: limits.workers,
            batch_time: limits.batch_time,
            queue: limits.queue,
            body_bytes: bytes(limits.body),
            total_body_bytes: bytes(limits.bodies),
            head_timeout: limits.head_timeout,
            body_timeout: limits.body_timeout,
            keep_alive: limits.keep_alive,
            shutdown_delay: limits.shutdown_delay,
            shutdown_grace: limits.shutdown_grace,
        }
    }

    /// What images are decoded at most.
    pub fn decode_limits(&self) -> DecodeLimits {
        let bytes = usize::try_from(self.limits.image.0).unwrap_or(usize::MAX);
        DecodeLimits { bytes, pixels: self.limits.pixels }
    }

    /// Where hosts are reached instead of under their names.
    ///
    /// # Errors
    /// One of the addresses is none.
    pub fn connect_to(&self) -> Result<BTreeMap<String, Endpoint>, SettingsError> {
        let endpoint = |(host, address): (&String, &String)| match address.parse() {
            Ok(endpoint) => Ok((host.to_ascii_lowercase(), endpoint)),
            Err(error) => {
                let error: crate::upstream::EndpointError = error;
                Err(SettingsError::Value { field: format!("upstream.connect_to.{host}"), problem: error.to_string() })
            }
        };
        self.upstream.connect_to.iter().map(endpoint).collect()
    }

    /// Whether the forward proxy reaches private addresses when it listens on `listen`.
    pub fn reaches_private(&self, listen: SocketAddr) -> bool {
        self.tunnels.private.unwrap_or(listen.ip().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults_and_the_defaults_are_a_file() {
        let defaults = Settings::parse("").unwrap();
        let again = Settings::parse(&defaults.to_toml()).unwrap();
        assert_eq!(again.to_toml(), defaults.to_toml());
        assert_eq!(again.limits().body_bytes, Limits::default().body_bytes);
        assert!(again.upstream.enabled && again.reaches_private("127.0.0.1:1".parse().unwrap()));
        assert!(!again.reaches_private("0.0.0.0:1".parse().unwrap()));
    }

    #[test]
    fn sizes_and_times_have_units() {
        let text = "[limits]\nbody = \"2 MiB\"\nhead_timeout = \"1m 30s\"\n[upstream.connect_to]\n\
                    \"Vision.googleapis.com\" = \"http://127.0.0.1:9000\"\n[api_keys]\nsecret = \"bins\"\n";
        let settings = Settings::parse(text).unwrap();
        assert_eq!(settings.limits().body_bytes, 2 << 20);
        assert_eq!(settings.limits().head_timeout, Duration::from_secs(90));
        assert_eq!(settings.connect_to().unwrap()["vision.googleapis.com"].port, 9000);
        assert!(!format!("{settings:?}{}", settings.to_toml()).contains("secret"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[limits]\nbodys = 1", "line 2"),
            ("[limits]\nbody = \"many\"", "line 2"),
            ("[limits]\nworkers = 0", "limits.workers: must be more than 0"),
            ("[limits]\nbodies = \"1 KiB\"", "limits.bodies"),
            ("[upstream]\nidle_timeout = \"0s\"", "upstream.idle_timeout"),
            ("[upstream.connect_to]\n\"a.b\" = \"nowhere\"", "upstream.connect_to.a.b: `nowhere`"),
            ("[api_keys]\nk = \"../x\"", "api_keys"),
        ] {
            let error = Settings::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = Settings::parse("[api_keys]\nS3CR3T = 5").unwrap_err();
        assert!(!error.to_string().contains("S3CR3T"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_configuration_or_an_error(text: String, line in "\\[?[a-z_.]{0,12}\\]? ?=? ?[\"0-9a-zé]{0,8}") {
            let _ = Settings::parse(&text);
            let _ = Settings::parse(&format!("[limits]\n{line}\n"));
        }
    }
}
