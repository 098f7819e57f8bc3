use std::process::Command;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn redirect() -> Redirect {
    Redirect {
        server: ([127, 0, 0, 1], 8089).into(),
        app: Some("sorter".to_owned()),
        ca_bundle: "/opt/chameleon/bundle.pem".into(),
        google: Identity::Own,
        aws: None,
        aws_region: false,
    }
}

/// The environment after the redirection.
fn after(redirect: &Redirect, existing: &[(&str, &str)]) -> Environment {
    let mut all: Environment = existing.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let set = environment(redirect, &all);
    all.extend(set);
    all
}

#[test]
fn both_cases_of_the_proxy_variable_name_the_application() {
    let all = after(&redirect(), &[("HTTPS_PROXY", "http://old:1")]);
    assert_eq!(all["https_proxy"], "http://sorter:app@127.0.0.1:8089");
    assert_eq!(all["HTTPS_PROXY"], all["https_proxy"]);
    assert!(!all.contains_key("http_proxy"), "cleartext traffic is left alone");
}

#[test]
fn a_server_is_addressed_where_it_listens() {
    for (listening, reached) in [
        ("192.0.2.7:80", "192.0.2.7:80"),
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("[2001:db8::7]:80", "[2001:db8::7]:80"),
    ] {
        let redirect =
            Redirect { server: listening.parse().unwrap(), google: Identity::Local, app: None, ..redirect() };
        let all = after(&redirect, &[]);
        assert_eq!(all["https_proxy"], format!("http://{reached}"));
        assert_eq!(all["GCE_METADATA_IP"], reached);
    }
}

#[test]
fn every_client_trusts_the_bundle_over_the_file_it_trusted_before() {
    let all = after(&redirect(), &[("SSL_CERT_FILE", "/corporate.pem"), ("REQUESTS_CA_BUNDLE", "/corporate.pem")]);
    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "NODE_EXTRA_CA_CERTS"] {
        assert_eq!(all[name], "/opt/chameleon/bundle.pem", "{name}");
    }
}

#[test]
fn a_variable_that_wins_over_https_proxy_is_redirected_too() {
    let all = after(&redirect(), &[("grpc_proxy", "http://old:1"), ("no_grpc_proxy", "vision.googleapis.com,a.b")]);
    assert_eq!(all["grpc_proxy"], all["https_proxy"]);
    assert_eq!(all["no_grpc_proxy"], "a.b,localhost,127.0.0.1");
}

#[test]
fn exceptions_are_kept_unless_they_cover_a_served_host() {
    for (before, kept) in [
        ("internal.example,10.0.0.0/8", "internal.example,10.0.0.0/8,"),
        ("googleapis.com, a.b", "a.b,"),
        (".googleapis.com,*.googleapis.com:443,vision.googleapis.com", ""),
        ("*", ""),
        ("com,COM,.com", ""),
        ("notgoogleapis.com", "notgoogleapis.com,"),
        ("localhost", ""),
        ("", ""),
    ] {
        assert_eq!(after(&redirect(), &[("no_proxy", before)])["no_proxy"], format!("{kept}localhost,127.0.0.1"));
    }
}

#[test]
fn the_metadata_server_is_played_only_for_programs_without_credentials() {
    assert!(!after(&redirect(), &[]).contains_key("GCE_METADATA_HOST"));
    let all = after(&Redirect { google: Identity::Local, ..redirect() }, &[]);
    assert_eq!((&*all["GCE_METADATA_HOST"], &*all["GCE_METADATA_IP"]), ("127.0.0.1:8089", "127.0.0.1:8089"));
}

#[test]
fn aws_is_left_alone_unless_it_is_served_and_keeps_its_own_settings_if_it_is() {
    assert!(
        environment(&redirect(), &Environment::new())
            .iter()
            .all(|(name, _)| !name.starts_with("AWS_") || name == "AWS_CA_BUNDLE")
    );
    let served = Redirect { aws: Some(Identity::Local), ..redirect() };
    let all = after(&served, &[]);
    assert_eq!(all["AWS_ENDPOINT_URL_REKOGNITION"], "http://127.0.0.1:8089/apps/sorter");
    assert_eq!((&*all["AWS_ACCESS_KEY_ID"], &*all["AWS_REGION"]), ("chameleon-local", "us-east-1"));
    let own = Redirect { aws: Some(Identity::Own), aws_region: true, ..redirect() };
    let all = after(&own, &[("AWS_ACCESS_KEY_ID", "mine"), ("AWS_REGION", "eu-west-1")]);
    assert_eq!((&*all["AWS_ACCESS_KEY_ID"], &*all["AWS_REGION"]), ("mine", "eu-west-1"));
    assert!(!all.contains_key("AWS_DEFAULT_REGION"));
}

#[test]
fn roots_that_a_program_trusts_already_are_found() {
    let all = Environment::from([
        ("REQUESTS_CA_BUNDLE".to_owned(), "/corporate.pem".to_owned()),
        ("SSL_CERT_FILE".to_owned(), "/other.pem".to_owned()),
        ("AWS_CA_BUNDLE".to_owned(), String::new()),
    ]);
    assert_eq!(trusted_files(&all), [PathBuf::from("/corporate.pem"), PathBuf::from("/other.pem")]);
}

#[test]
fn credentials_are_found_where_client_libraries_look() {
    let home = tempfile::TempDir::new().unwrap();
    let mut all = Environment::from([("HOME".to_owned(), home.path().display().to_string())]);
    assert!(!has_google_credentials(&all) && !has_aws_credentials(&all));
    for (folder, file, text) in [
        (".config/gcloud", "application_default_credentials.json", "{}"),
        (".aws", "credentials", "[default]\naws_access_key_id = x\n"),
    ] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        std::fs::write(home.path().join(folder).join(file), text).unwrap();
    }
    assert!(has_google_credentials(&all) && has_aws_credentials(&all));
    all.insert("HOME".to_owned(), "/nowhere".to_owned());
    all.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), "key.json".to_owned());
    all.insert("AWS_PROFILE".to_owned(), "work".to_owned());
    assert!(has_google_credentials(&all) && has_aws_credentials(&all));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_shell_reads_back_every_value(value in "[ -~\n\té]{0,40}") {
        let script = export_lines(&[("CHAMELEON_TEST".to_owned(), value.clone())]) + "printf '%s' \"$CHAMELEON_TEST\"";
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
    }
}

/// Whether an account is found where the metadata server says `answer`; nothing, and it says nothing.
async fn finds_account(answer: &'static str) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        let length = stream.read(&mut asked).await.unwrap();
        let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
        assert!(asked.contains("\r\nMetadata-Flavor: Google\r\n"), "{asked}");
        match answer {
            "" => std::future::pending().await,
            answer => stream.write_all(answer.as_bytes()).await.unwrap(),
        }
    });
    has_google_machine(&Environment::from([("GCE_METADATA_HOST".to_owned(), server)])).await
}

#[tokio::test]
async fn a_machine_of_googles_cloud_has_its_own_account() {
    assert!(finds_account("HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\n\r\na@p.iam.gserviceaccount.com").await);
    // One without an account, something else at the same address, and nothing there.
    assert!(!finds_account("HTTP/1.1 404 Not Found\r\nMetadata-Flavor: Google\r\n\r\n").await);
    assert!(!finds_account("HTTP/1.1 200 OK\r\n\r\nhello").await);
    assert!(!finds_account("").await);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    assert!(!has_google_machine(&Environment::from([("GCE_METADATA_HOST".to_owned(), closed)])).await);
}
