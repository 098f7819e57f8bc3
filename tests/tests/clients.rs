//! The real clients of Google and AWS, unchanged, against `chameleon serve` and through `chameleon run`. What no model
//! answers is answered by a stand-in for the clouds.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use chameleon_tests::{Chameleon, Cloud, python, repository};

/// Variables that would lead a client elsewhere.
const FOREIGN: [&str; 8] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "https_proxy",
    "HTTPS_PROXY",
];

/// Runs the driver and checks that every call gave what its caller counts on; gives what it printed.
fn passes(mut command: Command) -> Result<String> {
    let output = command.output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let failed: Vec<&str> = stdout.lines().filter(|line| line.contains("\"pass\": false")).collect();
    ensure!(failed.is_empty() && output.status.success(), "{failed:#?}\n{stderr}");
    ensure!(stdout.contains("\"pass\": true"), "{stdout}{stderr}");
    Ok(stdout.into_owned())
}

/// A home whose server leads to the stand-in, and the driver's words.
fn prepared(cloud: &Cloud) -> Result<(Chameleon, String, String)> {
    let chameleon = Chameleon::new()?;
    fs::write(chameleon.home().join("config.toml"), cloud.settings())?;
    let driver = repository().join("tests/tests/clients/drive.py");
    Ok((chameleon, python()?.to_string_lossy().into_owned(), driver.to_string_lossy().into_owned()))
}

/// Takes away what this machine's user has, and gives the credentials that were made for this test.
fn as_somebody(command: &mut Command, home: &Path) {
    as_nobody(command, home);
    command.env("AWS_ACCESS_KEY_ID", "made-up").env("AWS_SECRET_ACCESS_KEY", "made-up");
    command.env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("GOOGLE_APPLICATION_CREDENTIALS", home.join("key.json"));
}

/// Takes away what this machine's user has.
fn as_nobody(command: &mut Command, home: &Path) {
    for name in FOREIGN {
        command.env_remove(name);
    }
    command.env("HOME", home).env("CLOUDSDK_CONFIG", home).env("AWS_EC2_METADATA_DISABLED", "true");
}

/// A key of the kind that the caller of the real API has; it was made for this test and opens nothing.
fn write_key(python: &str, home: &Path) -> Result<()> {
    let script = r#"
import json, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
json.dump({"type": "service_account", "project_id": "p", "private_key_id": "0", "private_key": pem,
           "client_email": "t@p.iam.gserviceaccount.com", "client_id": "1",
           "token_uri": "https://oauth2.googleapis.com/token"}, open(sys.argv[1], "w"))
"#;
    let made = Command::new(python).args(["-c", script]).arg(home.join("key.json")).status()?;
    ensure!(made.success(), "no key was made");
    Ok(())
}

#[test]
fn the_clients_get_what_they_count_on_through_run() -> Result<()> {
    let cloud = Cloud::start()?;
    let (chameleon, python, driver) = prepared(&cloud)?;
    write_key(&python, chameleon.home())?;
    let mut command = chameleon.command(&["run", "--generic", "--", &python, &driver])?;
    as_somebody(&mut command, chameleon.home());
    let lines = passes(command)?;
    assert!(lines.lines().count() > 50, "{lines}");
    Ok(())
}

#[test]
fn clients_without_any_credentials_are_served_what_models_answer() -> Result<()> {
    let cloud = Cloud::start()?;
    let (chameleon, python, driver) = prepared(&cloud)?;
    let mut command =
        chameleon.command(&["run", "--generic", "--no-upstream", "--", &python, &driver, "vision-async"])?;
    as_nobody(&mut command, chameleon.home());
    passes(command).map(drop)
}

#[test]
fn the_clients_get_what_they_count_on_from_serve_with_the_lines_it_prints() -> Result<()> {
    let cloud = Cloud::start()?;
    let (chameleon, python, driver) = prepared(&cloud)?;
    write_key(&python, chameleon.home())?;
    let mut server = chameleon.serve(&[])?;
    let suites = "vision-grpc vision-rest language-v1-grpc language-v2-rest rekognition comprehend";
    let script = format!("{}exec {python} {driver} {suites}\n", server.exports()?);
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    as_somebody(&mut command, chameleon.home());
    passes(command).map(drop)
}
