//! Clients: connections that make one call after the other, HTTP/1.1 in TLS.
//!
//! As fast as it goes each has a thread of its own that blocks. At a steady rate one thread has them all and looks at the
//! clock again and again: timers come late, a millisecond in an event loop and tens of milliseconds in some virtual machines,
//! which is what is to be measured here.

use std::io::{ErrorKind, Read, Write};
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

/// How long a time has a 99th percentile of its own.
const WINDOW: Duration = Duration::from_millis(100);

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
    /// At a steady rate, the 99th percentile of each tenth of a second.
    pub(crate) windows: Vec<Duration>,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that a share `q` of the calls does not exceed.
    pub(crate) fn quantile(&self, q: f64) -> Duration {
        quantile(&self.latencies, q)
    }
}

fn quantile(sorted: &[Duration], q: f64) -> Duration {
    let place = (q * sorted.len() as f64) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Calls as fast as the answers come.
pub(crate) fn closed(target: &Target, connections: usize, duration: Duration) -> Result<Load> {
    on_threads(target, connections, |mut client, began| {
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
///
/// A virtual machine stands still or crawls for tens of milliseconds now and then, which a 99th percentile of all calls is
/// about; those of tenths of a second tell what it is at other times.
pub(crate) fn open(target: &Target, connections: usize, rate: f64, duration: Duration) -> Result<Load> {
    let warm = |place| Client::warm(target, place).and_then(Client::unblocked);
    let mut clients = (0..connections).map(warm).collect::<Result<Vec<_>>>()?;
    let due = |call: usize| Duration::from_secs_f64(call as f64 / rate);
    let calls = (duration.as_secs_f64() * rate) as usize;
    // Of each connection the call that is under way, or its next one.
    let mut turns: Vec<(usize, bool)> = (0..connections).map(|place| (place, false)).collect();
    let mut answered = Vec::with_capacity(calls);
    let began = Instant::now();
    while answered.len() < calls {
        let mut idle = true;
        for (client, (call, sent)) in clients.iter_mut().zip(&mut turns) {
            if !*sent && *call < calls && due(*call) <= began.elapsed() {
                client.send()?;
                (*sent, idle) = (true, false);
            }
            if *sent && client.receive()? {
                answered.push((due(*call), began.elapsed().saturating_sub(due(*call))));
                (*call, *sent, idle) = (*call + connections, false, false);
            }
        }
        if idle {
            ensure!(began.elapsed() < duration + PATIENCE, "no answer within {PATIENCE:?}");
            // Whoever answers may be on this core.
            thread::yield_now();
        }
    }
    let elapsed = began.elapsed();
    let mut latencies: Vec<_> = answered.iter().map(|(_, latency)| *latency).collect();
    latencies.sort_unstable();
    Ok(Load { calls, elapsed, latencies, windows: windows(answered) })
}

/// The 99th percentile of each whole [`WINDOW`], of calls with the times when they were due.
fn windows(mut calls: Vec<(Duration, Duration)>) -> Vec<Duration> {
    calls.sort_unstable();
    let window = |due: Duration| due.as_nanos() / WINDOW.as_nanos();
    let percentile = |calls: &[(Duration, Duration)]| {
        let mut latencies: Vec<_> = calls.iter().map(|(_, latency)| *latency).collect();
        latencies.sort_unstable();
        quantile(&latencies, 0.99)
    };
    calls.chunk_by(|one, next| window(one.0) == window(next.0)).map(percentile).collect()
}

fn on_threads<F>(target: &Target, connections: usize, work: F) -> Result<Load>
where
    F: Fn(Client, Instant) -> Result<Vec<Duration>> + Sync,
{
    let ready = Barrier::new(connections + 1);
    let (mut latencies, elapsed) = thread::scope(|scope| {
        let client = |place| {
            let (work, ready) = (&work, &ready);
            scope.spawn(move || {
                let client = Client::warm(target, place);
                // Whoever fails must not keep the others waiting.
                ready.wait();
                work(client?, Instant::now())
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
    Ok(Load { calls: latencies.len(), elapsed, latencies, windows: Vec::new() })
}

/// One connection.
struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    requests: Arc<Vec<Vec<u8>>>,
    next: usize,
    answer: Vec<u8>,
    /// How much of the answer has come.
    filled: usize,
}

impl Client {
    fn warm(target: &Target, place: usize) -> Result<Self> {
        let tcp = TcpStream::connect(target.address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(Arc::clone(&target.tls), ServerName::try_from(target.host)?)?;
        let stream = StreamOwned::new(connection, tcp);
        let requests = Arc::clone(&target.requests);
        let mut client = Self { stream, requests, next: place, answer: vec![0; 64 << 10], filled: 0 };
        for _ in 0..WARM_UP {
            client.call()?;
        }
        Ok(client)
    }

    /// One that does not wait for an answer.
    fn unblocked(self) -> Result<Self> {
        self.stream.sock.set_nonblocking(true)?;
        Ok(self)
    }

    /// Sends a request and reads its whole answer, which must be a success.
    fn call(&mut self) -> Result<()> {
        self.send()?;
        let asked = Instant::now();
        while !self.receive()? {
            ensure!(asked.elapsed() < PATIENCE, "no answer within {PATIENCE:?}");
        }
        Ok(())
    }

    /// Sends the next request. What the socket does not take now goes when an answer is looked for.
    fn send(&mut self) -> Result<()> {
        self.stream.write_all(&self.requests[self.next % self.requests.len()])?;
        self.next += 1;
        self.filled = 0;
        match self.stream.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    /// Reads what has come of the answer; whether that is all of it.
    fn receive(&mut self) -> Result<bool> {
        if self.filled == self.answer.len() {
            self.answer.resize(2 * self.filled, 0);
        }
        match self.stream.read(&mut self.answer[self.filled..]) {
            Ok(0) => bail!("the server closed the connection"),
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        let whole = length(&self.answer[..self.filled])?;
        ensure!(whole.is_none_or(|whole| self.filled <= whole), "more than an answer");
        Ok(whole == Some(self.filled))
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
