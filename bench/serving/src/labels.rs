//! Labels of images: the whole server with clients over HTTPS on the same cores, against the engine alone on the same
//! images. Both decode, scale, run the network and make labels; the server also does everything around it.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::preprocess::{self, DecodeLimits};
use chameleon_models::zoo;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

use crate::certificates::client;
use crate::load::{Target, closed};
use crate::machine::{processor_seconds, stay_on, two_cores};
use crate::numbers::median;
use crate::peers::{authority, chameleon};

const HOST: &str = "vision.googleapis.com";

/// How it is measured.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of images [default: 32 that are made, 320x240, JPEG]
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Rounds; in each, both are measured once
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of one measurement
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Connections
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (first, second) = two_cores()?;
    stay_on(&[first, second])?;
    let images = match &arguments.images {
        Some(folder) => read(folder)?,
        None => (0..32).map(made).collect::<Result<_>>()?,
    };
    let labeler = ImageLabeler::new(&zoo::image_labels()?)?;
    let home = folder.path().join("home");
    let server = chameleon(&home, "[upstream]\nenabled = false\n", Path::new("/dev/null"))?;
    let requests = Arc::new(images.iter().map(|image| request(image)).collect());
    let target = Target { address: server.address, host: HOST, tls: client(&authority(&home))?, requests };
    let duration = Duration::from_secs_f64(arguments.seconds);
    let (mut alone, mut served) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let before = processor_seconds(std::process::id())?;
        let (done, per_second) = engine(&labeler, &images, duration)?;
        let millis = (processor_seconds(std::process::id())? - before) * 1e3 / done as f64;
        alone.push(Round { per_second, millis });
        let before = server.seconds()?;
        let load = closed(&target, arguments.connections, duration)?;
        let millis = (server.seconds()? - before) * 1e3 / load.calls as f64;
        served.push(Round { per_second: load.per_second(), millis });
    }
    report(arguments, images.len(), &alone, &served);
    Ok(())
}

/// One measurement.
struct Round {
    per_second: f64,
    /// Processor time of one image, in milliseconds. For the server, without that of its clients.
    millis: f64,
}

fn report(arguments: &Arguments, images: usize, alone: &[Round], served: &[Round]) {
    let ratio = |of: fn(&Round) -> f64| median(served.iter().zip(alone).map(|(served, alone)| of(served) / of(alone)));
    let (throughput, processor) = (ratio(|round| round.per_second), ratio(|round| round.millis));
    let all = |rounds: &[Round], of: fn(&Round) -> f64| median(rounds.iter().map(of));
    let line = |rounds| (all(rounds, |round| round.per_second), all(rounds, |round| round.millis));
    let ((engine, engine_ms), (server, server_ms)) = (line(alone), line(served));
    if arguments.json {
        let all = json!({
            "engine_per_second": engine, "engine_processor_ms": engine_ms,
            "served_per_second": server, "served_processor_ms": server_ms,
            "throughput_to_engine": throughput, "processor_to_engine": processor,
        });
        println!("{all}");
        return;
    }
    println!(
        "{images} images on two cores, {} connections; medians of {} rounds",
        arguments.connections, arguments.rounds
    );
    println!("| | images/s | processor ms/image |\n|---|---|---|");
    println!("| engine alone, 2 threads | {engine:.0} | {engine_ms:.2} |");
    println!("| server, HTTPS | {server:.0} | {server_ms:.2} |");
    println!("server to engine, round by round: throughput {throughput:.2}, processor time {processor:.2}");
}

/// Labels images on two threads; gives how many, and how many a second.
fn engine(labeler: &ImageLabeler, images: &[Vec<u8>], duration: Duration) -> Result<(usize, f64)> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let work = || -> Result<()> {
        while began.elapsed() < duration {
            let image = &images[next.fetch_add(1, Ordering::Relaxed) % images.len()];
            let image = preprocess::decode(image, DecodeLimits::default())?;
            let features = labeler.features(&[preprocess::tensor(&image, labeler.input())]);
            std::hint::black_box(labeler.labels(&features[0]));
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().try_for_each(|one| one.join().map_err(|_| anyhow::anyhow!("the engine panicked"))?)
    })?;
    let done = next.into_inner();
    Ok((done, done as f64 / began.elapsed().as_secs_f64()))
}

fn read(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let images: Vec<Vec<u8>> = paths.iter().map(fs::read).collect::<Result<_, _>>()?;
    ensure!(!images.is_empty(), "{} is empty", folder.display());
    Ok(images)
}

/// A picture with smooth parts, edges and a little noise, as photographs have.
fn made(seed: u32) -> Result<Vec<u8>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let image = RgbImage::from_fn(320, 240, |x, y| {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let inside = x.abs_diff(100 + seed * 3) + y.abs_diff(120) < 70;
        let base = if inside { [200, 80, 40] } else { [x / 2, y / 2 + seed, (x + y) / 4] };
        Rgb(base.map(|value| (value + state % 12).min(255) as u8))
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

fn request(image: &[u8]) -> Vec<u8> {
    let features = json!([{ "type": "LABEL_DETECTION", "maxResults": 10 }]);
    let body = json!({ "requests": [{ "image": { "content": STANDARD.encode(image) }, "features": features }] });
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "POST /v1/images:annotate HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    [head, body].concat().into_bytes()
}
