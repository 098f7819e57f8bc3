//! The trust bundle: public roots and the local authority in one PEM file.
//!
//! The variables that name a root file (`REQUESTS_CA_BUNDLE`, `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH`, …) *replace* a
//! program's roots. A file with the local authority alone would cut the program off from every other server.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chameleon_models::files::replace;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use super::authority::at;
use super::{Authority, TlsError};

/// How the files of bundles are called.
const NAME: &str = "bundle";
const EXTENSION: &str = ".pem";

/// Where operating systems keep their roots in one file: Debian, Fedora, openSUSE, Alpine and macOS, FreeBSD.
const SYSTEM_ROOTS: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Writes the bundle into a folder: the certificates in the files of `extra` (those a program already trusts by its
/// environment; unreadable ones are passed over, as TLS libraries do), the system's roots, or Mozilla's where the system
/// has none, and last the authority. Each once. Replaces the file in one step and gives its path, which is another for
/// programs that trust others: what one trusts is not taken away from it when the next is started elsewhere.
///
/// # Errors
/// The file cannot be written.
pub fn write_bundle(dir: &Path, authority: &Authority, extra: &[PathBuf]) -> Result<PathBuf, TlsError> {
    let mut certificates: Vec<_> = public_roots();
    certificates.push(authority.certificate().clone());
    let known: BTreeSet<_> = certificates.iter().map(|certificate| certificate.to_vec()).collect();
    let own: BTreeSet<_> = extra.iter().flat_map(|file| read_certificates(file)).map(|one| one.to_vec()).collect();
    let own: Vec<_> = own.difference(&known).cloned().map(CertificateDer::from).collect();
    let path = dir.join(name(&own));
    certificates.splice(0..0, own);
    let mut seen = BTreeSet::new();
    certificates.retain(|certificate| seen.insert(certificate.to_vec()));
    write(&path, &certificates)?;
    Ok(path)
}

/// The file for programs that trust these beside the public roots.
fn name(own: &[CertificateDer<'_>]) -> String {
    if own.is_empty() {
        return format!("{NAME}{EXTENSION}");
    }
    let digest = own.iter().fold(Sha256::new(), Digest::chain_update).finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{NAME}-{number:016x}{EXTENSION}")
}

/// Takes an authority out of the bundles in a folder: shells that were pointed to one go on with it, and what is written
/// next may be made from it.
pub(super) fn withdraw(dir: &Path, authority: &CertificateDer<'_>) -> Result<(), TlsError> {
    let entries = fs::read_dir(dir).map_err(at(dir))?;
    let named = |name: &str| name.starts_with(NAME) && name.ends_with(EXTENSION);
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(named)) {
        let path = entry.path();
        let mut certificates = read_certificates(&path);
        let before = certificates.len();
        certificates.retain(|certificate| certificate != authority);
        if certificates.len() < before {
            write(&path, &certificates)?;
        }
    }
    Ok(())
}

/// Whom the server itself believes when it talks to the real APIs: the public roots and those in the files of `extra`.
/// Certificates that the TLS library cannot read are passed over.
pub fn public_root_store(extra: &[PathBuf]) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(extra.iter().flat_map(|file| read_certificates(file)));
    store.add_parsable_certificates(public_roots());
    store
}

/// The public roots of this machine, or those compiled in.
fn public_roots() -> Vec<CertificateDer<'static>> {
    let system = SYSTEM_ROOTS.iter().map(|file| read_certificates(Path::new(file))).find(|roots| !roots.is_empty());
    system.unwrap_or_else(|| webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec())
}

fn write(path: &Path, certificates: &[CertificateDer<'static>]) -> Result<(), TlsError> {
    let text: String = certificates.iter().map(pem).collect();
    replace(path, text.as_bytes()).map_err(at(path))
}

pub(super) fn read_certificates(file: &Path) -> Vec<CertificateDer<'static>> {
    let content = fs::read(file).unwrap_or_default();
    rustls_pemfile::certs(&mut content.as_slice()).filter_map(Result::ok).collect()
}

/// One certificate as RFC 7468 writes it: base64 in lines of 64.
fn pem(certificate: &CertificateDer<'static>) -> String {
    let encoded = STANDARD.encode(certificate);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
