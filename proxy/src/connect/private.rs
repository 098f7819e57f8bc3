//! Addresses that are somebody's own, and not the internet's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is of this machine, of its networks, or of no single machine. Source: the IANA registries of
/// special-purpose addresses (RFC 6890).
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by the customers of one provider (RFC 6598).
        || a == 100 && (64..128).contains(&b)
        // Benchmarks (RFC 2544).
        || a == 198 && matches!(b, 18 | 19)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // The same host by another name: mapped, or translated (RFC 6052).
    let translated = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        _ => address.to_ipv4_mapped(),
    };
    translated.is_some_and(is_private_v4)
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
}

/// Whether a host, as it stands in an address, is private by its name alone.
pub(crate) fn is_private_name(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match bare.parse::<IpAddr>() {
        Ok(address) => is_private(address),
        // Names of one part are of the local network; numbers alone are addresses in old spellings.
        Err(_) => {
            !bare.contains('.')
                || [".localhost", ".local", ".internal"].iter().any(|suffix| bare.ends_with(suffix))
                || bare.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b'x'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_all_their_spellings() {
        for host in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "[::1]",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "localhost",
            "LOCALHOST.",
            "db",
            "metadata.google.internal",
            "printer.local",
            "2130706433",
            "0x7f.1",
            "224.0.0.1",
            "198.18.0.1",
        ] {
            assert!(is_private_name(host), "{host}");
        }
        for host in
            ["example.com", "8.8.8.8", "2606:4700::1", "storage.googleapis.com", "172.32.0.1", "internal.example"]
        {
            assert!(!is_private_name(host), "{host}");
        }
    }
}
