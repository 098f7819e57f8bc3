//! The real clients of Google and AWS, unchanged, against `chameleon serve` and through `chameleon run`. What no model
//! answers is answered by a stand-in for the clouds.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use chameleon_tests::{Chameleon, Cloud, node, oldest_python, photographs, python, repository, skipped};
use serde_json::Value;

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
    let calls: Vec<Value> = stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let failed: Vec<&Value> = calls.iter().filter(|call| call["pass"] != true).collect();
    ensure!(failed.is_empty() && !calls.is_empty() && output.status.success(), "{failed:#?}\n{stderr}");
    Ok(stdout.into_owned())
}

/// A home whose server leads to the stand-in, and a key.
fn prepared(cloud: &Cloud) -> Result<Chameleon> {
    let chameleon = Chameleon::new()?;
    fs::write(chameleon.home().join("config.toml"), cloud.settings())?;
    write_key(&words(&python()?), chameleon.home())?;
    Ok(chameleon)
}

fn driver(name: &str) -> String {
    words(&repository().join("tests/tests/clients").join(name))
}

fn words(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Takes away what this machine's user has, and gives the credentials that were made for this test.
fn as_somebody(command: &mut Command, home: &Path) {
    as_nobody(command, home);
    command.env("AWS_ACCESS_KEY_ID", "made-up").env("AWS_SECRET_ACCESS_KEY", "made-up");
    // Python's name for it, and all others'.
    command.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_REGION", "us-east-1");
    command.env("GOOGLE_APPLICATION_CREDENTIALS", home.join("key.json"));
}

/// Takes away what this machine's user has.
fn as_nobody(command: &mut Command, home: &Path) {
    for name in FOREIGN {
        command.env_remove(name);
    }
    command.env("HOME", home).env("CLOUDSDK_CONFIG", home).env("AWS_EC2_METADATA_DISABLED", "true");
    // Nobody there: this machine may be one of Google's.
    command.env("GCE_METADATA_HOST", "127.0.0.1:1");
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
    let chameleon = prepared(&cloud)?;
    let mut command = chameleon.command(&["run", "--generic", "--", &words(&python()?), &driver("drive.py")])?;
    as_somebody(&mut command, chameleon.home());
    let lines = passes(command)?;
    assert!(lines.lines().count() > 50, "{lines}");
    Ok(())
}

/// They ask for a token where newer ones sign for themselves: it comes from the metadata server that is played here.
#[test]
fn the_oldest_clients_get_what_they_count_on_through_run() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let python = words(&oldest_python()?);
    let arguments = ["run", "--generic", "--no-upstream", "--", &python, &driver("drive_oldest.py")];
    let mut command = chameleon.command(&arguments)?;
    as_nobody(&mut command, chameleon.home());
    passes(command).map(drop)
}

#[test]
fn clients_without_any_credentials_are_served_what_models_answer() -> Result<()> {
    let cloud = Cloud::start()?;
    let chameleon = prepared(&cloud)?;
    let python = words(&python()?);
    let arguments = ["run", "--generic", "--no-upstream", "--", &python, &driver("drive.py"), "vision-async"];
    let mut command = chameleon.command(&arguments)?;
    as_nobody(&mut command, chameleon.home());
    passes(command).map(drop)
}

#[test]
fn sentences_and_photographs_that_no_model_was_trained_on_get_answers_that_make_sense() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let (python, photographs) = (words(&python()?), words(&photographs()?));
    let arguments = ["run", "--generic", "--no-upstream", "--", &python, &driver("samples.py"), &photographs];
    let mut command = chameleon.command(&arguments)?;
    as_nobody(&mut command, chameleon.home());
    let lines = passes(command)?;
    assert!(lines.lines().count() > 60, "{lines}");
    Ok(())
}

#[test]
fn the_clients_get_what_they_count_on_from_serve_with_the_lines_it_prints() -> Result<()> {
    let cloud = Cloud::start()?;
    let chameleon = prepared(&cloud)?;
    let suites = "vision-grpc vision-rest language-v1-grpc language-v2-rest rekognition comprehend";
    let command = format!("{} {} {suites}", words(&python()?), driver("drive.py"));
    serves(&chameleon, &command)
}

#[test]
fn the_clients_for_node_get_what_they_count_on() -> Result<()> {
    let folder = match node()? {
        Ok(folder) => words(&folder),
        Err(why) => {
            skipped("the_clients_for_node_get_what_they_count_on", &why);
            return Ok(());
        }
    };
    let cloud = Cloud::start()?;
    let chameleon = prepared(&cloud)?;
    let driver = driver("drive.mjs");
    let mut command = chameleon.command(&["run", "--generic", "--", "node", &driver, &folder])?;
    as_somebody(&mut command, chameleon.home());
    let lines = passes(command)?;
    assert!(lines.lines().count() > 25, "{lines}");
    serves(&chameleon, &format!("node {driver} {folder}"))
}

/// Runs a command in a shell that has read the lines of `serve`.
fn serves(chameleon: &Chameleon, command: &str) -> Result<()> {
    // The keys that calls are signed anew with are those in the server's environment.
    let mut server = chameleon.serve_as(&[], |server| as_somebody(server, chameleon.home()))?;
    let script = format!("{}exec {command}\n", server.exports()?);
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]);
    as_somebody(&mut shell, chameleon.home());
    passes(shell).map(drop)
}
