//! Which hosts are answered here.

/// Google's services that are served, by the first part of their host names. (`language` joins with its model.)
const GOOGLE_SERVICES: [&str; 1] = ["vision"];

/// What a host is to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An API served here.
    Api,
    /// Where access tokens come from, and what client libraries ask about service accounts.
    Identity,
    /// The metadata server of Google's virtual machines.
    Metadata,
    /// None of our business.
    Elsewhere,
}

/// Finds out what a host (lower case, no trailing dot) is.
pub(super) fn classify(host: &str, port: u16) -> Target {
    match (host, port) {
        ("oauth2.googleapis.com" | "iamcredentials.googleapis.com", 443) => Target::Identity,
        ("169.254.169.254" | "metadata.google.internal" | "metadata", 80) => Target::Metadata,
        (host, 443) if GOOGLE_SERVICES.iter().any(|service| is_google_endpoint(host, service)) => Target::Api,
        _ => Target::Elsewhere,
    }
}

/// Global (`vision.`), regional (`eu-vision.`, `vision.europe-west1.rep.`) and mutual-TLS (`vision.mtls.`) endpoints.
fn is_google_endpoint(host: &str, service: &str) -> bool {
    let Some(name) = host.strip_suffix(".googleapis.com") else { return false };
    let first = name.split('.').next().unwrap_or_default();
    let own = first.strip_suffix(service).is_some_and(|region| region.is_empty() || region.ends_with('-'));
    let rest: Vec<&str> = name.split('.').skip(1).collect();
    own && matches!(rest[..], [] | ["mtls"]) || first == service && matches!(rest[..], [_region, "rep"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_served_apis_are_known_in_all_their_forms() {
        for host in ["vision", "eu-vision", "us-vision", "vision.mtls", "vision.europe-west1.rep"] {
            assert_eq!(classify(&format!("{host}.googleapis.com"), 443), Target::Api, "{host}");
        }
    }

    #[test]
    fn other_hosts_and_ports_are_left_alone() {
        for host in ["storage.googleapis.com", "television.googleapis.com", "vision.googleapis.com.example.org"] {
            assert_eq!(classify(host, 443), Target::Elsewhere, "{host}");
        }
        assert_eq!(classify("language.googleapis.com", 443), Target::Elsewhere);
        assert_eq!(classify("vision.googleapis.com", 8443), Target::Elsewhere);
        assert_eq!(classify("169.254.169.254", 443), Target::Elsewhere);
    }
}
