//! Credentials that programs have of where they run: in Google's cloud a metadata server gives them the account of the
//! machine or of the service.

use std::fs;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Environment;

/// Where client libraries look for the server, if it is set.
const HOST: &str = "GCE_METADATA_HOST";

/// Set where containers run without a machine of their own: Cloud Run, its jobs, functions, App Engine.
const SERVICES: [&str; 4] = ["K_SERVICE", "CLOUD_RUN_JOB", "FUNCTION_NAME", "GAE_SERVICE"];

/// What the firmware calls the machine.
const PRODUCT: &str = "/sys/class/dmi/id/product_name";

const ADDRESS: &str = "169.254.169.254:80";

/// The server is on the machine itself or next to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest answer; real ones have some hundred bytes.
const MAX_ANSWER: u64 = 16 << 10;

/// Whether Google's client libraries find credentials at a metadata server. It is asked only where there should be one:
/// elsewhere there are networks that swallow the question.
pub async fn has_google_machine(environment: &Environment) -> bool {
    let Some(server) = metadata_server(environment) else { return false };
    matches!(timeout(PATIENCE, has_account(&server)).await, Ok(Ok(true)))
}

fn metadata_server(environment: &Environment) -> Option<String> {
    if let Some(host) = environment.get(HOST).filter(|host| !host.is_empty()) {
        return Some(if host.contains(':') { host.clone() } else { format!("{host}:80") });
    }
    let service = SERVICES.iter().any(|name| environment.contains_key(*name));
    let machine = || fs::read_to_string(PRODUCT).is_ok_and(|name| name.starts_with("Google"));
    (service || machine()).then(|| ADDRESS.to_owned())
}

async fn has_account(server: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(server).await?;
    let path = "/computeMetadata/v1/instance/service-accounts/default/email";
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nMetadata-Flavor: Google\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    Ok(answer.split(' ').nth(1) == Some("200") && answer.contains("\r\nmetadata-flavor: google\r\n"))
}
