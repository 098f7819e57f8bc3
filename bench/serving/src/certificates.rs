//! Certificates for the stand-in of the real API, and for nginx in front of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// An authority made for one run, and one certificate of it.
pub(crate) struct Certificates {
    /// The authority's certificate, in PEM.
    pub(crate) authority: PathBuf,
    /// The host's certificate, in PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, in PEM.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Makes them for `host`, as files in `folder`.
    pub(crate) fn make(folder: &Path, host: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "bench");
        let key = KeyPair::generate()?;
        let authority = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        let own = KeyPair::generate()?;
        let certificate = CertificateParams::new([host.to_owned()])?.signed_by(&own, &issuer)?.pem();
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path)
        };
        Ok(Self {
            authority: write("authority.pem", authority)?,
            certificate: write("certificate.pem", certificate)?,
            key: write("key.pem", own.serialize_pem())?,
        })
    }
}

/// A client that believes the last certificate of a file, which is where a bundle has the authority that was made here.
pub(crate) fn client(roots: &Path) -> Result<Arc<ClientConfig>> {
    let last = CertificateDer::pem_file_iter(roots)?.last().with_context(|| roots.display().to_string())??;
    let mut store = RootCertStore::empty();
    store.add(last)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
