//! Which names the local authority may certify.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};

/// The DNS domains, each with everything below it. A stolen key of the local authority opens nothing else.
pub const PERMITTED_DOMAINS: [&str; 3] = ["googleapis.com", "amazonaws.com", "localhost"];

/// The addresses: this machine.
pub const PERMITTED_ADDRESSES: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Whether a host (lower case, no trailing dot) may get a certificate.
pub fn is_permitted(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => PERMITTED_ADDRESSES.contains(&address),
        Err(_) => is_dns_name(host) && PERMITTED_DOMAINS.iter().any(|domain| is_under(host, domain)),
    }
}

/// Whether `host` is `domain` or below it, by whole labels.
pub(crate) fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_dns_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// The same, as RFC 5280 (section 4.2.1.10) writes it into the authority's certificate.
pub(super) fn constraints() -> NameConstraints {
    let domains = PERMITTED_DOMAINS.iter().map(|domain| GeneralSubtree::DnsName((*domain).to_owned()));
    let addresses = PERMITTED_ADDRESSES.iter().map(|address| {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, bits))
    });
    NameConstraints { permitted_subtrees: domains.chain(addresses).collect(), excluded_subtrees: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_labels_under_a_permitted_domain_pass() {
        for host in ["vision.googleapis.com", "googleapis.com", "rekognition.us-east-1.amazonaws.com", "localhost"] {
            assert!(is_permitted(host), "{host}");
        }
        for host in ["127.0.0.1", "::1", "vision.mtls.googleapis.com", "vision.localhost"] {
            assert!(is_permitted(host), "{host}");
        }
        for host in ["evilgoogleapis.com", "googleapis.com.evil.example", "example.com", "com", "", "127.0.0.2"] {
            assert!(!is_permitted(host), "{host}");
        }
        for host in ["..googleapis.com", "*.googleapis.com", "a b.googleapis.com", "VISION.googleapis.com"] {
            assert!(!is_permitted(host), "{host}");
        }
    }
}
