//! The processes that are measured, and the stand-in of the real API.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::certificates::Certificates;
use crate::machine::processor_seconds;

/// A running process; ended with its value.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: a server whose greeting nobody reads would end.
    _stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Processor time so far, in seconds.
    pub(crate) fn seconds(&self) -> Result<f64> {
        processor_seconds(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A polite end: nginx takes its worker along, which a killed one leaves behind.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// An nginx with one worker and one `server` of this text.
pub(crate) fn nginx(folder: &Path, upstreams: &str, server: &str) -> Result<Running> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    fs::create_dir_all(folder)?;
    let at = folder.display();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{ worker_connections 4096; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 1000000000;\nclient_max_body_size 64m;\n\
         client_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\nfastcgi_temp_path {at}/fastcgi;\n\
         uwsgi_temp_path {at}/uwsgi;\nscgi_temp_path {at}/scgi;\n{upstreams}\n\
         server {{\nlisten {address} ssl;\n{server}\n}}\n}}\n"
    );
    let config = folder.join("nginx.conf");
    fs::write(&config, text)?;
    let mut command = Command::new("nginx");
    let child = command.arg("-p").arg(folder).arg("-c").arg(&config).stdin(Stdio::null()).spawn();
    let child = child.context("nginx does not start; it is a package of every distribution")?;
    let mut running = Running { child, address, _stdout: None };
    for _ in 0..200 {
        if TcpStream::connect(address).is_ok() {
            return Ok(running);
        }
        ensure!(running.child.try_wait()?.is_none(), "nginx ended; see {at}/error.log");
        sleep(Duration::from_millis(20));
    }
    bail!("nginx does not listen")
}

/// The lines that give an nginx its certificate.
pub(crate) fn identity(certificates: &Certificates) -> String {
    let Certificates { certificate, key, .. } = certificates;
    format!("ssl_certificate {};\nssl_certificate_key {};", certificate.display(), key.display())
}

/// `chameleon serve` with a home in `folder` and a configuration of this text; it believes the authority of `roots`.
pub(crate) fn chameleon(folder: &Path, config: &str, roots: &Path) -> Result<Running> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("config.toml"), config)?;
    let mut command = Command::new(binary()?);
    command.args(["serve", "--listen", "127.0.0.1:0", "--home"]).arg(folder);
    command.env("SSL_CERT_FILE", roots).env_remove("https_proxy").env_remove("HTTPS_PROXY");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let mut stdout = BufReader::new(stdout);
    let mut first = String::new();
    stdout.read_line(&mut first)?;
    // Made first, so that the process is ended even if it says something else.
    let mut running = Running { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), _stdout: Some(stdout) };
    let address = first.split_whitespace().find_map(|word| word.strip_prefix("http://")?.parse().ok());
    running.address = address.with_context(|| format!("no address in {first:?}"))?;
    Ok(running)
}

/// Where a home keeps the certificate of its authority.
pub(crate) fn authority(home: &Path) -> PathBuf {
    home.join("ca/ca.pem")
}

/// The program, built with the same profile as this one.
fn binary() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("chameleon");
    ensure!(path.is_file(), "{} is not built; run `cargo build --release`", path.display());
    Ok(path)
}
