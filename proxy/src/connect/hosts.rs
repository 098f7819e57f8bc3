//! Which hosts are answered here.

use crate::route::CloudApi;

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

/// Finds out what a host (lower case, no trailing dot) is, where `apis` are served.
pub(super) fn classify(host: &str, port: u16, apis: &[CloudApi]) -> Target {
    match (host, port) {
        ("oauth2.googleapis.com" | "iamcredentials.googleapis.com", 443) => Target::Identity,
        ("169.254.169.254" | "metadata.google.internal" | "metadata", 80) => Target::Metadata,
        (host, 443) if CloudApi::at(host).is_some_and(|api| apis.contains(&api)) => Target::Api,
        _ => Target::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_served_apis_are_answered() {
        let vision = [CloudApi::Vision];
        assert_eq!(classify("vision.googleapis.com", 443, &vision), Target::Api);
        assert_eq!(classify("language.googleapis.com", 443, &vision), Target::Elsewhere);
        assert_eq!(classify("language.googleapis.com", 443, &CloudApi::ALL), Target::Api);
        assert_eq!(classify("vision.googleapis.com", 8443, &vision), Target::Elsewhere);
        assert_eq!(classify("169.254.169.254", 443, &vision), Target::Elsewhere);
    }
}
