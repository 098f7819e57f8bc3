//! Hosts that clients reach without a proxy.

use crate::tls::is_under;

/// Reached directly.
pub(super) const THIS_MACHINE: &str = "localhost,127.0.0.1";

/// Domains whose hosts the local server may answer.
const SERVED: [&str; 2] = ["googleapis.com", "amazonaws.com"];

/// The list without entries that would lead a served host past the proxy, and with this machine.
pub(super) fn without_served(list: &str) -> String {
    let entries = list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
    let mut kept: Vec<&str> = entries.filter(|entry| !covers_served(entry)).collect();
    for own in THIS_MACHINE.split(',') {
        if !kept.contains(&own) {
            kept.push(own);
        }
    }
    kept.join(",")
}

/// Whether an entry names a served domain, something under one, or something over one (`com`, `*`).
fn covers_served(entry: &str) -> bool {
    let entry = entry.to_ascii_lowercase();
    let domain = entry.trim_start_matches('*').trim_start_matches('.');
    let domain = domain.split(':').next().unwrap_or_default();
    domain.is_empty() || SERVED.iter().any(|served| is_under(domain, served) || is_under(served, domain))
}
