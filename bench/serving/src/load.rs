//! Clients: each a thread with a connection of its own, HTTP/1.1 in TLS, one call after the other.
//!
//! Threads that block rather than tasks: the timers of an event loop are a millisecond coarse, which is what is to be
//! measured here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// Calls of each connection before the clock starts.
const WARM_UP: usize = 20;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whom to call and with what.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) host: &'static str,
    pub(crate) tls: Arc<ClientConfig>,
    /// Whole requests; each connection sends them in turn, and each begins with another.
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) calls: usize,
    pub(crate) elapsed: Duration,
    /// Of every call, in order of length.
    pub(crate) latencies: Vec<Duration>,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that a share `q` of the calls does not exceed.
    pub(crate) fn quantile(&self, q: f64) -> Duration {
        let place = (q * self.latencies.len() as f64) as usize;
        self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Calls as fast as the answers come.
pub(crate) fn closed(target: &Target, connections: usize, duration: Duration) -> Result<Load> {
    on_threads(target, connections, |mut client, _, began| {
        let mut latencies = Vec::new();
        while began.elapsed() < duration {
            let sent = Instant::now();
            client.call()?;
            latencies.push(sent.elapsed());
        }
        Ok(latencies)
    })
}

/// Calls at a steady `rate` a second, all connections together. A latency counts from when the call was due, so that
/// calls that wait for a slow one before them are not better for it.
pub(crate) fn open(target: &Target, connections: usize, rate: f64, duration: Duration) -> Result<Load> {
    on_threads(target, connections, |mut client, place, began| {
        let mut latencies = Vec::new();
        for turn in 0.. {
            let due = Duration::from_secs_f64((turn * connections + place) as f64 / rate);
            if due >= duration {
                break;
            }
            thread::sleep(due.saturating_sub(began.elapsed()));
            client.call()?;
            latencies.push(began.elapsed().saturating_sub(due));
        }
        Ok(latencies)
    })
}

fn on_threads<F>(target: &Target, connections: usize, work: F) -> Result<Load>
where
    F: Fn(Client, usize, Instant) -> Result<Vec<Duration>> + Sync,
{
    let ready = Barrier::new(connections + 1);
    let (mut latencies, elapsed) = thread::scope(|scope| {
        let client = |place| {
            let (work, ready) = (&work, &ready);
            scope.spawn(move || {
                let client = Client::warm(target, place);
                // Whoever fails must not keep the others waiting.
                ready.wait();
                work(client?, place, Instant::now())
            })
        };
        let threads: Vec<_> = (0..connections).map(client).collect();
        ready.wait();
        let began = Instant::now();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        anyhow::Ok((all, began.elapsed()))
    })?;
    latencies.sort_unstable();
    Ok(Load { calls: latencies.len(), elapsed, latencies })
}

/// One connection.
struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    requests: Arc<Vec<Vec<u8>>>,
    next: usize,
    answer: Vec<u8>,
}

impl Client {
    fn warm(target: &Target, place: usize) -> Result<Self> {
        let tcp = TcpStream::connect(target.address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(Arc::clone(&target.tls), ServerName::try_from(target.host)?)?;
        let stream = StreamOwned::new(connection, tcp);
        let mut client =
            Self { stream, requests: Arc::clone(&target.requests), next: place, answer: vec![0; 64 << 10] };
        for _ in 0..WARM_UP {
            client.call()?;
        }
        Ok(client)
    }

    /// Sends a request and reads its whole answer, which must be a success.
    fn call(&mut self) -> Result<()> {
        self.stream.write_all(&self.requests[self.next % self.requests.len()])?;
        self.stream.flush()?;
        self.next += 1;
        let mut filled = 0;
        let whole = loop {
            if let Some(whole) = length(&self.answer[..filled])? {
                break whole;
            }
            filled += self.read(filled)?;
        };
        while filled < whole {
            filled += self.read(filled)?;
        }
        ensure!(filled == whole, "more than an answer");
        Ok(())
    }

    fn read(&mut self, filled: usize) -> Result<usize> {
        if filled == self.answer.len() {
            self.answer.resize(2 * filled, 0);
        }
        let read = self.stream.read(&mut self.answer[filled..])?;
        ensure!(read > 0, "the server closed the connection");
        Ok(read)
    }
}

/// How long an answer is with its head; `None` while the head is incomplete.
fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("an answer that is no success: {}", String::from_utf8_lossy(bytes));
    }
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.with_context(|| format!("an answer without a length: {head}"))?;
    Ok(Some(end + 4 + length.trim().parse::<usize>()?))
}
