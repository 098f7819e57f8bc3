//! Calls that no model answers, on their way to the real API and back: HTTPS in, HTTPS out, against nginx on the same
//! route. Clients and the stand-in for the real API have one core, the proxy under test the other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::certificates::{Certificates, client};
use crate::load::{Load, Target, closed, open};
use crate::machine::{stay_on, two_cores};
use crate::numbers::median;
use crate::peers::{Running, authority, chameleon, identity, nginx};

const HOST: &str = "vision.googleapis.com";

/// A method of the API that no model answers.
const PATH: &str = "/v1/files:annotate";

/// How it is measured.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Rounds; in each, every route is measured once
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Seconds of one measurement
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Bytes of a request's body
    #[arg(long, default_value_t = 1024)]
    body: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// One way from the clients to the stand-in.
struct Route {
    name: &'static str,
    target: Target,
    /// None where there is nothing in between.
    proxy: Option<Running>,
    peaks: Vec<Peak>,
    /// Of every round the latencies, in milliseconds, at the shares of [`QUANTILES`].
    latencies: Vec<[f64; QUANTILES.len()]>,
    /// The 99th percentile of each tenth of a second of all rounds, in milliseconds.
    windows: Vec<f64>,
}

/// Shares of calls that a latency is given for.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// One measurement as fast as it goes.
struct Peak {
    per_second: f64,
    /// Processor time of the proxy for one call, in microseconds.
    micros: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (measuring, measured) = two_cores()?;
    let certificates = Certificates::make(folder.path(), HOST)?;
    stay_on(&[measuring])?;
    let cloud = stand_in(&folder.path().join("cloud"), &certificates)?;
    stay_on(&[measured])?;
    let home = folder.path().join("home");
    let ours = ours(&home, &certificates, &cloud)?;
    let theirs = theirs(&folder.path().join("nginx"), &certificates, &cloud)?;
    stay_on(&[measuring])?;
    let requests = Arc::new(vec![request(arguments.body)]);
    let route = |name, address, roots: &Path, proxy| -> Result<Route> {
        let target = Target { address, host: HOST, tls: client(roots)?, requests: Arc::clone(&requests) };
        Ok(Route { name, target, proxy, peaks: Vec::new(), latencies: Vec::new(), windows: Vec::new() })
    };
    let mut routes = [
        route("no proxy", cloud.address, &certificates.authority, None)?,
        route("nginx", theirs.address, &certificates.authority, Some(theirs))?,
        route("chameleon", ours.address, &authority(&home), Some(ours))?,
    ];
    let duration = Duration::from_secs_f64(arguments.seconds);
    for _ in 0..arguments.rounds {
        for route in &mut routes {
            route.measure_peak(arguments.connections, duration)?;
        }
    }
    // Half of what our own can do, so that it queues nowhere.
    let rate = routes[2].peak() / 2.0;
    for _ in 0..arguments.rounds {
        for route in &mut routes {
            let load = open(&route.target, arguments.connections, rate, duration)?;
            route.latencies.push(QUANTILES.map(|share| load.quantile(share).as_secs_f64() * 1e3));
            route.windows.extend(load.windows.iter().map(|window| window.as_secs_f64() * 1e3));
        }
    }
    report(arguments, &routes, rate);
    Ok(())
}

/// An nginx that gives every call the same answer of a kilobyte.
fn stand_in(folder: &Path, certificates: &Certificates) -> Result<Running> {
    let answer = json!({ "responses": [{ "responses": [{ "fullTextAnnotation": { "text": "x".repeat(960) } }] }] });
    let serve = format!(
        "ssl_protocols TLSv1.2 TLSv1.3;\ndefault_type application/json;\nlocation / {{ return 200 '{answer}'; }}"
    );
    nginx(folder, "", &format!("{}\n{serve}", identity(certificates)))
}

/// nginx in front of it, as its documentation has a TLS reverse proxy with kept-alive connections upstream.
fn theirs(folder: &Path, certificates: &Certificates, cloud: &Running) -> Result<Running> {
    let upstreams =
        format!("upstream cloud {{ server {}; keepalive 64; keepalive_requests 1000000000; }}", cloud.address);
    let proxy = format!(
        "{}\nserver_name {HOST};\nssl_protocols TLSv1.2 TLSv1.3;\nproxy_ssl_protocols TLSv1.2 TLSv1.3;\nlocation / {{\nproxy_pass https://cloud;\nproxy_http_version 1.1;\n\
         proxy_set_header Connection \"\";\nproxy_set_header Host {HOST};\nclient_body_buffer_size 16m;\nproxy_ssl_server_name on;\n\
         proxy_ssl_name {HOST};\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate {};\n}}",
        identity(certificates),
        certificates.authority.display()
    );
    nginx(folder, &upstreams, &proxy)
}

fn ours(home: &Path, certificates: &Certificates, cloud: &Running) -> Result<Running> {
    let config = format!("[upstream.connect_to]\n\"{HOST}\" = \"https://{}\"\n", cloud.address);
    chameleon(home, &config, &certificates.authority)
}

fn request(body: usize) -> Vec<u8> {
    let body =
        json!({ "requests": [{ "inputConfig": { "content": "A".repeat(body.saturating_sub(45)) } }] }).to_string();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {HOST}\r\nuser-agent: bench\r\naccept-encoding: gzip, deflate\r\n\
         accept: */*\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        "t".repeat(200),
        body.len()
    );
    [head, body].concat().into_bytes()
}

impl Route {
    fn measure_peak(&mut self, connections: usize, duration: Duration) -> Result<()> {
        let before = self.proxy.as_ref().map_or(Ok(0.0), Running::seconds)?;
        let load: Load = closed(&self.target, connections, duration)?;
        let after = self.proxy.as_ref().map_or(Ok(0.0), Running::seconds)?;
        let micros = (after - before) * 1e6 / load.calls as f64;
        self.peaks.push(Peak { per_second: load.per_second(), micros });
        Ok(())
    }

    fn peak(&self) -> f64 {
        median(self.peaks.iter().map(|peak| peak.per_second))
    }

    fn micros(&self) -> f64 {
        median(self.peaks.iter().map(|peak| peak.micros))
    }

    fn latencies(&self) -> [f64; QUANTILES.len()] {
        std::array::from_fn(|i| median(self.latencies.iter().map(|round| round[i])))
    }

    /// The 99th percentile of most tenths of a second.
    fn usual(&self) -> f64 {
        median(self.windows.iter().copied())
    }

    /// How much later the answers come than on the `direct` way, round by round.
    fn added(&self, direct: &Self) -> [f64; QUANTILES.len()] {
        let rounds = || self.latencies.iter().zip(&direct.latencies);
        std::array::from_fn(|i| median(rounds().map(|(with, without)| with[i] - without[i])))
    }
}

/// The median of the rounds' ratios: what slows both down cancels.
fn ratio(ours: &Route, theirs: &Route, of: impl Fn(&Peak) -> f64) -> f64 {
    median(ours.peaks.iter().zip(&theirs.peaks).map(|(ours, theirs)| of(ours) / of(theirs)))
}

fn report(arguments: &Arguments, routes: &[Route; 3], rate: f64) {
    let [direct, nginx, ours] = routes;
    let throughput = ratio(ours, nginx, |peak| peak.per_second);
    let processor = ratio(ours, nginx, |peak| peak.micros);
    if arguments.json {
        let route = |route: &Route| -> Value {
            json!({
                "name": route.name, "calls_per_second": route.peak(), "processor_micros_per_call": route.micros(),
                "quantiles": QUANTILES, "latencies_ms": route.latencies(), "added_ms": route.added(direct),
                "usual_p99_ms": route.usual(), "usual_p99_added_ms": route.usual() - direct.usual(),
            })
        };
        let all = json!({
            "routes": routes.iter().map(route).collect::<Vec<_>>(),
            "throughput_to_nginx": throughput, "processor_to_nginx": processor, "rate": rate,
        });
        println!("{all}");
        return;
    }
    println!(
        "{} connections, {} bytes a request; medians of {} rounds of {} s; latencies at {rate:.0} calls a second",
        arguments.connections, arguments.body, arguments.rounds, arguments.seconds
    );
    println!(
        "| route | calls/s | processor µs/call | p50 ms | p90 | p99 | p99.9 | added p50 | p90 | p99 | p99.9 | usual p99 | added |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for route in routes {
        let usual = [route.usual(), route.usual() - direct.usual()];
        let latencies = route.latencies().into_iter().chain(route.added(direct)).chain(usual);
        let latencies: Vec<String> = latencies.map(|millis| format!("{millis:.2}")).collect();
        println!("| {} | {:.0} | {:.0} | {} |", route.name, route.peak(), route.micros(), latencies.join(" | "));
    }
    println!("chameleon to nginx, round by round: throughput {throughput:.2}, processor time {processor:.2}");
}
