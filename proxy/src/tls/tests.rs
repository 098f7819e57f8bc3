//! Handshakes with a client that trusts nothing but the local authority.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_parser::parse_x509_certificate;

use super::*;

fn authority() -> (TempDir, Authority) {
    let dir = TempDir::new().unwrap();
    let authority = Authority::open(dir.path()).unwrap();
    (dir, authority)
}

fn client(pem: &str, protocols: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_pemfile::certs(&mut pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(config).into()
}

/// Shakes hands; gives the protocol chosen, or the client's error.
async fn shake(tls: &Tls, assumed: &str, wanted: &str, protocols: &[&[u8]]) -> io::Result<Option<Vec<u8>>> {
    let (near, far) = tokio::io::duplex(64 << 10);
    let connector = client(tls.authority().pem(), protocols);
    let name = ServerName::try_from(wanted.to_owned()).unwrap();
    let (served, connected) = tokio::join!(tls.accept(far, assumed), connector.connect(name, near));
    let connected = connected?;
    served?;
    Ok(connected.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
}

#[tokio::test]
async fn a_client_gets_a_certificate_for_the_host_it_names_and_the_protocol_it_wants() {
    let (_dir, authority) = authority();
    let tls = Tls::new(authority);
    for host in [
        "vision.googleapis.com",
        "vision.mtls.googleapis.com",
        "rekognition.us-east-1.amazonaws.com",
        "vision.localhost",
    ] {
        let shaken = shake(&tls, THIS_MACHINE, host, &[b"h2", b"http/1.1"]).await.unwrap();
        assert_eq!(shaken.as_deref(), Some(b"h2".as_slice()), "{host}");
    }
    let host = "vision.googleapis.com";
    assert_eq!(shake(&tls, host, host, &[b"http/1.1"]).await.unwrap().as_deref(), Some(b"http/1.1".as_slice()));
    assert_eq!(shake(&tls, host, host, &[]).await.unwrap(), None);
}

#[tokio::test]
async fn a_client_of_an_address_names_no_host_and_is_served_all_the_same() {
    let (_dir, authority) = authority();
    let tls = Tls::new(authority);
    for address in ["127.0.0.1", "::1", "localhost"] {
        shake(&tls, THIS_MACHINE, address, &[b"h2"]).await.unwrap();
    }
}

#[test]
fn a_certificate_for_a_name_has_no_addresses_which_grpc_would_refuse() {
    let (_dir, authority) = authority();
    for (host, names) in [("localhost", 1), ("vision.googleapis.com", 1), ("127.0.0.1", 3), ("::1", 3)] {
        let leaf = authority.certify(host).unwrap();
        let (_, parsed) = parse_x509_certificate(&leaf.chain[0]).unwrap();
        let alternatives = &parsed.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert_eq!(alternatives.len(), names, "{host}: {alternatives:?}");
    }
}

#[tokio::test]
async fn a_host_outside_the_permitted_domains_gets_no_certificate() {
    let (_dir, authority) = authority();
    let tls = Tls::new(authority);
    assert!(shake(&tls, THIS_MACHINE, "example.com", &[]).await.is_err());
    assert!(shake(&tls, "example.com", "vision.googleapis.com", &[]).await.is_err());
}

#[tokio::test]
async fn a_certificate_forged_with_the_stolen_key_for_another_host_is_refused_by_clients() {
    let (dir, authority) = authority();
    let key = KeyPair::from_pem(&fs::read_to_string(dir.path().join("ca-key.pem")).unwrap()).unwrap();
    let issuer = Issuer::from_ca_cert_pem(authority.pem(), key).unwrap();
    for (host, accepted) in [("mail.example.com", false), ("vision.googleapis.com", true), ("127.0.0.2", false)] {
        let key = KeyPair::generate().unwrap();
        let forged = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![forged.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let (near, far) = tokio::io::duplex(64 << 10);
        let connector = client(authority.pem(), &[]);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let name = ServerName::try_from(host).unwrap();
        let (_, connected) = tokio::join!(acceptor.accept(far), connector.connect(name, near));
        assert_eq!(connected.is_ok(), accepted, "{host}");
    }
}

#[test]
fn the_authority_is_made_once_and_found_again() {
    let (dir, authority) = authority();
    let again = Authority::open(dir.path()).unwrap();
    assert_eq!(again.info(), authority.info());
    assert_eq!(authority.info().fingerprint.len(), 64);
    // A leaf made after the reload chains to the certificate made before it.
    assert_eq!(again.certify("localhost").unwrap().chain[1], *authority.certificate());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, _) = authority();
    let mode = |name| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("ca-key.pem"), mode("ca.pem")), (0o600, 0o644));
}

#[test]
fn processes_that_start_together_agree_on_one_authority() {
    let dir = TempDir::new().unwrap();
    let made: Vec<String> = std::thread::scope(|scope| {
        let open = || Authority::open(dir.path()).unwrap().pem().to_owned();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_key_without_its_certificate_is_replaced_and_garbage_is_reported() {
    let (dir, authority) = authority();
    // As after a death between the two files: the key is new, the certificate old.
    fs::write(dir.path().join("ca-key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let renewed = Authority::open(dir.path()).unwrap();
    assert_ne!(renewed.pem(), authority.pem());
    for file in ["ca.pem", "ca-key.pem"] {
        let kept = fs::read(dir.path().join(file)).unwrap();
        for garbage in [&b"\xff\xfe"[..], b"", &kept[..kept.len() / 2]] {
            fs::write(dir.path().join(file), garbage).unwrap();
            let error = Authority::open(dir.path()).expect_err("garbage").to_string();
            assert!(error.contains(file) && error.contains("chameleon ca remove"), "{error}");
        }
        fs::write(dir.path().join(file), kept).unwrap();
    }
    assert!(Authority::remove(dir.path()).unwrap());
    assert!(!Authority::remove(dir.path()).unwrap());
    assert!(Authority::load(dir.path()).unwrap().is_none());
}

fn certificates(path: &Path) -> Vec<Vec<u8>> {
    let content = fs::read(path).unwrap();
    rustls_pemfile::certs(&mut content.as_slice()).map(|one| one.unwrap().to_vec()).collect()
}

#[test]
fn a_removed_authority_leaves_the_bundles_and_those_made_from_them() {
    let (dir, removed) = authority();
    let (_other_dir, other) = authority();
    let corporate = dir.path().join("corporate.pem");
    fs::write(&corporate, other.pem()).unwrap();
    let bundle = write_bundle(dir.path(), &removed, &[corporate]).unwrap();
    let holds = |authority: &Authority| certificates(&bundle).iter().any(|one| one == authority.certificate().as_ref());
    let before = certificates(&bundle).len();
    assert!(holds(&removed) && Authority::remove(dir.path()).unwrap());
    assert_eq!((holds(&removed), holds(&other), certificates(&bundle).len()), (false, true, before - 1));
    // As in a shell that was led here before.
    let renewed = Authority::open(dir.path()).unwrap();
    assert_eq!(write_bundle(dir.path(), &renewed, std::slice::from_ref(&bundle)).unwrap(), bundle);
    assert_eq!((holds(&removed), holds(&other), holds(&renewed)), (false, true, true));
}

#[test]
fn a_bundle_holds_public_roots_those_trusted_before_and_the_authority_each_once() {
    let (dir, authority) = authority();
    let (_other_dir, other) = self::authority();
    let corporate = dir.path().join("corporate.pem");
    fs::write(&corporate, format!("some text\n{0}{0}", other.pem())).unwrap();
    let extra = [corporate, PathBuf::from("/nowhere.pem"), dir.path().to_owned()];
    let bundle = write_bundle(dir.path(), &authority, &extra).unwrap();
    let held = certificates(&bundle);
    assert!(held.len() > 50, "{} certificates", held.len());
    for wanted in [authority.certificate(), other.certificate()] {
        assert_eq!(held.iter().filter(|one| one.as_slice() == wanted.as_ref()).count(), 1);
    }
    // A program that trusts nobody else takes nothing away.
    let plain = write_bundle(dir.path(), &authority, &[]).unwrap();
    assert_eq!((certificates(&plain).len(), certificates(&bundle).len()), (held.len() - 1, held.len()));
    // Made again from itself, as in a run inside a run, each stays the same.
    for bundle in [bundle, plain] {
        let before = certificates(&bundle);
        assert_eq!(write_bundle(dir.path(), &authority, std::slice::from_ref(&bundle)).unwrap(), bundle);
        assert_eq!(certificates(&bundle), before);
    }
}
