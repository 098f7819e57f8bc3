//! The local certificate authority and the TLS end of intercepted connections.
//!
//! [`Authority`] is made at first use and kept with its key (readable by its owner alone) in a directory of the user's.
//! Its certificate is constrained by name to the domains of the APIs served and to this machine, and it is never put
//! into the system's trust store: only programs started with the [bundle](write_bundle) in their environment trust it.
//! [`Tls`] makes a certificate per host when a client first asks for it, in memory.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails should panic"))]

mod authority;
mod bundle;
mod error;
mod names;
mod server;

#[cfg(test)]
mod tests;

pub use authority::{Authority, AuthorityInfo};
pub use bundle::{public_root_store, write_bundle};
pub use error::TlsError;
pub(crate) use names::is_under;
pub use names::{PERMITTED_ADDRESSES, PERMITTED_DOMAINS, is_permitted};
pub use server::{THIS_MACHINE, Tls};
