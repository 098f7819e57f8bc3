//! The local certificate authority: made at first use, kept beside the registry, constrained by name.

use std::fs::{self, File};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use chameleon_models::files::{replace, replace_private};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use x509_parser::parse_x509_certificate;

use super::{TlsError, bundle, names};

const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// An authority with less than this left is replaced: a bundle lives as long as the program it was given to.
const AUTHORITY_RENEWAL: Duration = Duration::days(90);
pub(super) const LEAF_LIFE: Duration = Duration::days(90);
/// Clocks differ: certificates are valid from this long before they were made.
const BACKDATE: Duration = Duration::days(1);

const CERTIFICATE_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca-key.pem";

/// The authority: its certificate, and its key in memory.
pub struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    path: PathBuf,
    not_after: OffsetDateTime,
    issuer: Issuer<'static, KeyPair>,
}

/// What there is to know about an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityInfo {
    /// Its certificate, in PEM.
    pub path: PathBuf,
    /// SHA-256 of the certificate in DER, lower-case hexadecimal.
    pub fingerprint: String,
    /// When it ends, in seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// The domains and addresses it can certify.
    pub permitted: Vec<String>,
}

/// A certificate for one host with its key.
pub(super) struct Leaf {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) not_after: OffsetDateTime,
}

impl Authority {
    /// The authority kept in `dir`; made if there is none, or if the one there is about to end. Safe against another
    /// process doing the same.
    ///
    /// # Errors
    /// The directory cannot be used, or holds files that are not an authority's.
    pub fn open(dir: &Path) -> Result<Self, TlsError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        let lock = dir.join("ca.lock");
        let guard = File::options().create(true).append(true).open(&lock).map_err(at(&lock))?;
        guard.lock().map_err(at(&lock))?;
        match Self::load(dir)? {
            Some(authority) if authority.not_after - OffsetDateTime::now_utc() > AUTHORITY_RENEWAL => Ok(authority),
            _ => Self::create(dir),
        }
    }

    /// The authority kept in `dir`, if there is one whose key and certificate belong together. (They do not if a
    /// process died between writing the one and the other.)
    ///
    /// # Errors
    /// A file cannot be read, or is neither certificate nor key.
    pub fn load(dir: &Path) -> Result<Option<Self>, TlsError> {
        let (certificate_path, key_path) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
        let (Some(pem), Some(key_pem)) = (read(&certificate_path)?, read(&key_path)?) else { return Ok(None) };
        let bad = |path: &Path, problem: &str| TlsError::Stored { path: path.to_owned(), problem: problem.to_owned() };
        let certificate = rustls_pemfile::certs(&mut pem.as_bytes()).next().and_then(Result::ok);
        let certificate = certificate.ok_or_else(|| bad(&certificate_path, "not a certificate in PEM"))?;
        let key = KeyPair::from_pem(&key_pem).map_err(|_| bad(&key_path, "not a private key in PEM"))?;
        let (_, parsed) =
            parse_x509_certificate(&certificate).map_err(|_| bad(&certificate_path, "not an X.509 certificate"))?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Ok(None);
        }
        let not_after = parsed.validity().not_after.to_datetime();
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Some(Self { certificate: certificate.clone(), pem, path: certificate_path, not_after, issuer }))
    }

    fn create(dir: &Path) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let params = params();
        let certificate = params.self_signed(&key)?;
        // The key first: a certificate without its key could be handed out already.
        let key_path = dir.join(KEY_FILE);
        replace_private(&key_path, key.serialize_pem().as_bytes()).map_err(at(&key_path))?;
        let path = dir.join(CERTIFICATE_FILE);
        replace(&path, certificate.pem().as_bytes()).map_err(at(&path))?;
        tracing::info!(path = %path.display(), "Local certificate authority made");
        Ok(Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            path,
            not_after: params.not_after,
            issuer: Issuer::new(params, key),
        })
    }

    /// Removes the authority from `dir`, and from the bundles there: what it certified is trusted no more by programs
    /// started from now on. Gives whether there was one.
    ///
    /// # Errors
    /// A file cannot be removed or written.
    pub fn remove(dir: &Path) -> Result<bool, TlsError> {
        let mut removed = false;
        for certificate in bundle::read_certificates(&dir.join(CERTIFICATE_FILE)) {
            bundle::withdraw(dir, &certificate)?;
        }
        for path in [dir.join(KEY_FILE), dir.join(CERTIFICATE_FILE)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => {
                    other.map_err(at(&path))?;
                    removed = true;
                }
            }
        }
        Ok(removed)
    }

    /// The certificate, in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate, in DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What there is to know about it.
    pub fn info(&self) -> AuthorityInfo {
        let addresses = names::PERMITTED_ADDRESSES.iter().map(ToString::to_string);
        AuthorityInfo {
            path: self.path.clone(),
            fingerprint: format!("{:x}", Sha256::digest(&self.certificate)),
            not_after: self.not_after.unix_timestamp(),
            permitted: names::PERMITTED_DOMAINS.iter().map(ToString::to_string).chain(addresses).collect(),
        }
    }

    /// Makes a certificate for one host, or for this machine under all its names if the host is one of its addresses.
    ///
    /// `localhost` has a certificate without the addresses: gRPC's TLS library knows no name constraints for addresses
    /// and refuses every certificate that they apply to.
    pub(super) fn certify(&self, host: &str) -> Result<Leaf, TlsError> {
        if !names::is_permitted(host) {
            return Err(TlsError::NotPermitted { host: host.to_owned() });
        }
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::new([host.to_owned()])?;
        if host.parse::<IpAddr>().is_ok() {
            params.subject_alt_names = vec![SanType::DnsName("localhost".try_into()?)];
            params.subject_alt_names.extend(names::PERMITTED_ADDRESSES.map(SanType::IpAddress));
        }
        params.distinguished_name = rcgen::DistinguishedName::new();
        // Not the host: verifiers read names from the alternative names, and a common name is limited to 64 bytes.
        params.distinguished_name.push(DnType::CommonName, "Chameleon local server");
        params.not_before = now - BACKDATE;
        params.not_after = (now + LEAF_LIFE).min(self.not_after);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        Ok(Leaf { chain, key, not_after: params.not_after })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("path", &self.path)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

fn params() -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    // The date tells authorities of different times apart where a program lists them.
    let name = format!("Chameleon local authority {}", now.date());
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - BACKDATE;
    params.not_after = now + AUTHORITY_LIFE;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(names::constraints());
    params
}

fn read(path: &Path) -> Result<Option<String>, TlsError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Io { path, source }
}
