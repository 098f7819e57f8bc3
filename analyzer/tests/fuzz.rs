//! Mutated Python and plain bytes: the analyzer ends, in time, without a panic.
//!
//! Ignored, as it runs as long as it is told (in seconds, 60 unless told); the seed is printed with the input that fails.
//!
//! ```text
//! FUZZ_SECONDS=1800 cargo test --release -p chameleon-analyzer --test fuzz -- --ignored --nocapture
//! ```

#[path = "support/corpus.rs"]
#[allow(dead_code, reason = "shared by several test crates")]
mod corpus;
mod support;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chameleon_analyzer::analyze;
use corpus::apps;
use support::{Random, cases, catalog};

/// No input may take longer.
const BUDGET: Duration = Duration::from_secs(20);

#[test]
#[ignore = "runs for as long as it is told"]
fn mutated_sources_are_analyzed_or_reported() {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let end = Instant::now() + Duration::from_secs(seconds);
    let seeds = seeds();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    // Several at once begin at numbers of their own.
    let first: u64 = std::env::var("FUZZ_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let (mut runs, mut found, mut slowest) = (first, 0_usize, Duration::ZERO);
    while Instant::now() < end {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (runs.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1));
        let bytes = mutated(&seeds, &mut random);
        let path = folder.join("app.py");
        fs::write(&path, &bytes).expect("a file");
        let started = (Instant::now(), on_processor());
        let ended =
            catch_unwind(AssertUnwindSafe(|| analyze(&folder, &catalog()).map(|analysis| analysis.processes.len())));
        // What else the machine does meanwhile is no hang.
        let took = match (started.1, on_processor()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => started.0.elapsed(),
        };
        let Ok(analysis) = ended else { panic!("run {runs} panics on\n{}", String::from_utf8_lossy(&bytes)) };
        assert!(took < BUDGET, "run {runs} took {took:?} on\n{}", String::from_utf8_lossy(&bytes));
        found += usize::from(analysis.is_ok_and(|processes| processes > 0));
        slowest = slowest.max(took);
        runs += 1;
    }
    fs::remove_dir_all(&folder).expect("the folder goes away");
    let runs = runs - first;
    println!("{runs} inputs in {seconds} s, {found} with a decision, the slowest {slowest:?}");
    assert!(found > 0 || seconds == 0, "no input holds a decision, which tests little");
}

/// How long this thread has run on a processor, where the system tells.
fn on_processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Python sources to begin with.
fn seeds() -> Vec<String> {
    let of_cases = cases().into_iter().flat_map(|case| case.files.into_iter().map(|file| file.1));
    let sources = apps().into_iter().flat_map(|app| {
        let entries = fs::read_dir(app.folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "py")).collect::<Vec<_>>()
    });
    of_cases.chain(sources.map(|path| fs::read_to_string(path).expect("a source"))).collect()
}

fn mutated(seeds: &[String], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone().into_bytes();
    for _ in 0..=random.below(8) {
        mutate(&mut bytes, seeds, random);
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
    bytes
}

/// One change: of a byte, a line, a piece of another source, a number, an indentation, or a repetition.
fn mutate(bytes: &mut Vec<u8>, seeds: &[String], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(9) {
        0 => bytes[at] = random.below(256) as u8,
        1 => drop(bytes.drain(at..(at + random.below(40)).min(bytes.len()))),
        2 => {
            let other = seeds[random.below(seeds.len())].as_bytes();
            let from = random.below(other.len());
            let piece = &other[from..(from + random.below(200)).min(other.len())];
            bytes.splice(at..at, piece.iter().copied());
        }
        3 => swap_lines(bytes, random),
        4 => {
            let line = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
            let spaces = vec![b' '; random.below(9)];
            bytes.splice(line..line, spaces);
        }
        5 => {
            let words: [&[u8]; 12] = [
                b"None",
                b"not ",
                b"lambda: ",
                b"[]",
                b"()",
                b"label",
                b" or ",
                b"0",
                b"-1",
                b"return ",
                b"break\n",
                b"yield ",
            ];
            bytes.splice(at..at, words[random.below(words.len())].iter().copied());
        }
        6 => {
            let repeated = bytes[at..(at + 1 + random.below(30)).min(bytes.len())].repeat(1 + random.below(60));
            bytes.splice(at..at, repeated);
        }
        7 => bytes.truncate(at),
        _ => {
            let digits = bytes.iter().position(u8::is_ascii_digit);
            if let Some(found) = digits {
                bytes.splice(found..=found, b"99999999999999999999".iter().copied());
            }
        }
    }
}

fn swap_lines(bytes: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(a, b);
    *bytes = lines.join(&b'\n');
}
