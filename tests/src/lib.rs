//! What the tests of the whole share: the built binaries, a private home for each test, a Python with the real clients,
//! and a running server that is stopped when it goes out of scope.
//!
//! `make test` builds the binaries first; the tests find them beside their own.

#![forbid(unsafe_code)]

mod cloud;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

pub use cloud::Cloud;

/// The packages of the real clients, pinned.
const CLIENTS: [&str; 3] = ["google-cloud-vision==3.16.0", "google-cloud-language==2.22.0", "boto3==1.44.5"];

/// The oldest of Google's that still install and run; they read their own version with setuptools.
const OLDEST_CLIENTS: [&str; 3] = ["google-cloud-vision==0.33.0", "google-cloud-language==1.0.2", "setuptools<81"];

/// The packages of the real clients for Node, pinned.
const NODE_CLIENTS: [&str; 4] = [
    "@google-cloud/vision@5.3.7",
    "@google-cloud/language@7.2.3",
    "@aws-sdk/client-rekognition@3.1142.0",
    "@aws-sdk/client-comprehend@3.1138.0",
];

/// Packages with example photographs, pinned; installed without what they depend on.
const PHOTOGRAPHS: [&str; 2] = ["scikit-image==0.26.0", "scikit-learn==1.9.1"];

/// Longest wait for one reply of a server on loopback.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// A binary of the workspace, built with the same profile as this test.
///
/// # Errors
/// It was not built.
pub fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("a test lies in target/PROFILE/deps")?;
    let path = folder.join(name);
    ensure!(path.is_file(), "{} is not built; run `make test`", path.display());
    Ok(path)
}

/// The interpreter of an environment with the real clients, made once.
///
/// # Errors
/// Python or its packages cannot be had.
pub fn python() -> Result<PathBuf> {
    python_with("clients", &CLIENTS)
}

/// The same with the oldest clients of Google that still install.
///
/// # Errors
/// Python or its packages cannot be had.
pub fn oldest_python() -> Result<PathBuf> {
    python_with("oldest-clients", &OLDEST_CLIENTS)
}

/// The folder of Python packages that hold example photographs, made once.
///
/// # Errors
/// Python or its packages cannot be had.
pub fn photographs() -> Result<PathBuf> {
    let python = python_with("photographs", &[&["--bare"], &PHOTOGRAPHS[..]].concat())?;
    let packages = python.parent().and_then(Path::parent).context("an interpreter lies in bin/")?.join("lib");
    let versions = std::fs::read_dir(&packages)?.collect::<Result<Vec<_>, _>>()?;
    let folders = versions.iter().map(|version| version.path().join("site-packages"));
    folders.into_iter().find(|folder| folder.is_dir()).with_context(|| format!("{}: no packages", packages.display()))
}

fn python_with(name: &str, arguments: &[&str]) -> Result<PathBuf> {
    let script = repository().join("scripts/python_env.py");
    let output = Command::new("python3").arg(script).arg(name).args(arguments).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the Python environment `{name}` could not be made");
    Ok(String::from_utf8(output.stdout)?.trim().into())
}

/// The folder with the real clients for Node, made once; or why this machine has no Node to run them.
///
/// # Errors
/// There is a Node, and its packages cannot be had.
pub fn node() -> Result<Result<PathBuf, String>> {
    let script = repository().join("scripts/node_env.py");
    let output =
        Command::new("python3").arg(script).arg("clients").args(NODE_CLIENTS).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8(output.stdout)?.trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(Ok(said.into())),
        Some(3) => Ok(Err(said)),
        _ => bail!("the folder for the real clients could not be made"),
    }
}

/// Says that a test tests nothing here, and why. Unlike what a test prints, this is seen though the test passes.
pub fn skipped(test: &str, why: &str) {
    // Nobody to read it is nobody to tell.
    let _ = writeln!(std::io::stderr(), "test {test} skipped: {why}");
}

/// The program with a home of its own, which vanishes with it.
pub struct Chameleon {
    home: TempDir,
}

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    /// Exit status; None when a signal ended it.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Chameleon {
    /// A fresh home.
    ///
    /// # Errors
    /// No temporary folder can be made.
    pub fn new() -> Result<Self> {
        Ok(Self { home: tempfile::tempdir()? })
    }

    /// Its home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The command with these arguments, not started; it runs in the repository's root.
    ///
    /// # Errors
    /// The binary was not built.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary("chameleon")?);
        command.args(arguments).env("CHAMELEON_HOME", self.home()).env_remove("CHAMELEON_LOG");
        command.current_dir(repository()).stdin(Stdio::null());
        Ok(command)
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Result<Finished> {
        Ok(self.command(arguments)?.output()?.into())
    }

    /// Starts `chameleon serve` on a free port and waits until it listens.
    ///
    /// # Errors
    /// It ends, or says something else than where it listens.
    pub fn serve(&self, arguments: &[&str]) -> Result<Server> {
        self.serve_as(arguments, |_| {})
    }

    /// The same, with an environment that `adjust` changes.
    ///
    /// # Errors
    /// It ends, or says something else than where it listens.
    pub fn serve_as(&self, arguments: &[&str], adjust: impl FnOnce(&mut Command)) -> Result<Server> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"])?;
        adjust(&mut command);
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        stdout.read_line(&mut first)?;
        let address = first.split_whitespace().find_map(|word| word.strip_prefix("http://")?.parse().ok());
        // Made first, so that the child is ended even if it says something else.
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), stdout };
        server.address = address.with_context(|| format!("no address in {first:?}"))?;
        Ok(server)
    }
}

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// The lines for a shell that lead programs to it, of a server that was started with a key and a region of AWS.
    ///
    /// # Errors
    /// The server ends before the last of them.
    pub fn exports(&mut self) -> Result<String> {
        let mut lines = String::new();
        loop {
            let mut line = String::new();
            ensure!(self.stdout.read_line(&mut line)? > 0, "the server ended");
            lines.push_str(&line);
            // The last of those that a program with a key and a region of AWS needs.
            if line.starts_with("export AWS_ENDPOINT_URL_COMPREHEND") {
                return Ok(lines);
            }
        }
    }

    /// Sends bytes on a fresh connection, closes the sending side, and reads the whole reply.
    ///
    /// # Errors
    /// The connection fails; a server that stops reading early is no failure.
    pub fn exchange(&self, request: &[u8]) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
        // The server may refuse a request before it has read all of it.
        let _ = stream.write_all(request);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        Ok(String::from_utf8_lossy(&reply).into_owned())
    }

    /// Posts JSON and returns the status and the reply's body.
    ///
    /// # Errors
    /// The connection fails or the reply is not HTTP with a JSON body.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, serde_json::Value)> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let reply = self.exchange(format!("{head}{body}").as_bytes())?;
        let (head, body) = reply.split_once("\r\n\r\n").with_context(|| format!("no HTTP reply: {reply:?}"))?;
        let status = head.split_whitespace().nth(1).context("no status")?.parse()?;
        Ok((status, serde_json::from_str(body).with_context(|| format!("not JSON: {body:?}"))?))
    }
}
