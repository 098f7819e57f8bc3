//! The environment that makes an unchanged program reach the local server.
//!
//! [`environment`] is a pure function from what the program's environment is to what must be set in it. Every variable
//! is there because some client honours it and no other; see the comment at each.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod found;
mod machine;
mod no_proxy;
mod profiles;
mod shell;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

pub use found::{has_aws_credentials, has_google_credentials, trusted_files};
pub use machine::has_google_machine;
pub use profiles::{aws_keys, has_aws_region, signs_with_key};
pub use shell::export_lines;

use crate::connect::STAND_IN;

/// A program's environment.
pub type Environment = BTreeMap<String, String>;

/// Where to redirect to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Where the local server listens; on all addresses is reached through the loopback one.
    pub server: SocketAddr,
    /// The application's name, if it has a model of its own.
    pub app: Option<String>,
    /// Public roots and the local authority in one file, see [`write_bundle`](crate::tls::write_bundle).
    pub ca_bundle: PathBuf,
    /// How the program proves to Google who it is.
    pub google: Identity,
    /// How the program proves to AWS who it is; `None` if the server answers no API of AWS, whose variables are then
    /// left alone.
    pub aws: Option<Identity>,
    /// Whether its clients of AWS find a region, see [`has_aws_region`].
    pub aws_region: bool,
}

/// Whose credentials a program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Its own, which are there.
    Own,
    /// Made up here: it has none, and its client library would refuse to make a call.
    Local,
}

/// Variables naming a file of roots, each with the client that reads it.
const CA_VARIABLES: [&str; 7] = [
    // Python and Node gRPC.
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    // Python requests: `transport="rest"` and every token fetch of google-auth, also under gRPC.
    "REQUESTS_CA_BUNDLE",
    // requests too, where the other is not set; and curl.
    "CURL_CA_BUNDLE",
    // boto3 and the AWS command line.
    "AWS_CA_BUNDLE",
    // httplib2: googleapiclient's discovery clients.
    "HTTPLIB2_CA_CERTS",
    // OpenSSL, and with it Python's urllib, httpx and aiohttp; Go.
    "SSL_CERT_FILE",
    // Node, for AWS and Google REST; adds to the built-in roots where the others replace them.
    "NODE_EXTRA_CA_CERTS",
];

/// What has to be set in a program's environment, over what is there, in a fixed order.
pub fn environment(redirect: &Redirect, existing: &Environment) -> Vec<(String, String)> {
    let mut set = Vec::new();
    let mut put = |name: &str, value: &str| set.push((name.to_owned(), value.to_owned()));

    let proxy = redirect.proxy_url();
    // gRPC reads the lower case only, boto3 and requests either; a program may look at one of them itself.
    put("https_proxy", &proxy);
    put("HTTPS_PROXY", &proxy);
    if existing.contains_key("grpc_proxy") {
        // Wins over https_proxy in gRPC.
        put("grpc_proxy", &proxy);
    }
    for name in ["no_proxy", "NO_PROXY", "no_grpc_proxy"] {
        match existing.get(name) {
            Some(list) => put(name, &no_proxy::without_served(list)),
            // The metadata server below is reached directly, whatever http_proxy says.
            None if name != "no_grpc_proxy" => put(name, no_proxy::THIS_MACHINE),
            None => {}
        }
    }
    let bundle = redirect.ca_bundle.to_string_lossy();
    for name in CA_VARIABLES {
        put(name, &bundle);
    }
    if redirect.google == Identity::Local {
        // google-auth and google-auth-library ask here for a token. Python pings the one and asks the other.
        let address = redirect.address().to_string();
        put("GCE_METADATA_HOST", &address);
        put("GCE_METADATA_IP", &address);
    }
    if let Some(identity) = redirect.aws {
        redirect.aws(identity, existing, &mut put);
    }
    set
}

impl Redirect {
    fn address(&self) -> SocketAddr {
        let loopback = match self.server.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => Some(Ipv6Addr::LOCALHOST.into()),
            _ => None,
        };
        SocketAddr::new(loopback.unwrap_or(self.server.ip()), self.server.port())
    }

    /// The name travels as user; a password must be there, or requests sends neither.
    fn proxy_url(&self) -> String {
        let address = self.address();
        match &self.app {
            Some(app) => format!("http://{app}:app@{address}"),
            None => format!("http://{address}"),
        }
    }

    fn aws(&self, identity: Identity, existing: &Environment, put: &mut impl FnMut(&str, &str)) {
        let address = self.address();
        let endpoint =
            self.app.as_ref().map_or_else(|| format!("http://{address}"), |app| format!("http://{address}/apps/{app}"));
        // Node's AWS clients know no proxy variable. By service, for AWS_ENDPOINT_URL would also redirect S3.
        for service in ["REKOGNITION", "COMPREHEND"] {
            put(&format!("AWS_ENDPOINT_URL_{service}"), &endpoint);
        }
        if existing.contains_key("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            put("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false");
        }
        if identity == Identity::Local {
            // Signatures are not verified here.
            put("AWS_ACCESS_KEY_ID", STAND_IN);
            put("AWS_SECRET_ACCESS_KEY", STAND_IN);
        }
        // boto3 refuses to make a client without a region; the two names are boto3's and the other SDKs'.
        if !self.aws_region {
            put("AWS_DEFAULT_REGION", "us-east-1");
            put("AWS_REGION", "us-east-1");
        }
    }
}
