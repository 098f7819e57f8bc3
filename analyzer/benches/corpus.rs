//! How long the analysis of an application takes, on one core: every application of the corpus, from its files on disk to
//! its decision processes.
//!
//!     cargo bench -p chameleon-analyzer [-- NAME...]
//!
//! Prints milliseconds of processor time, the median of several runs each, slowest first: what other programs on the
//! machine take meanwhile does not count. Where the system does not tell (`/proc/thread-self/schedstat`), the clock does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chameleon_analyzer::{Catalog, analyze};
use chameleon_decision::Vocabulary;

/// Runs of each application, after one that is not timed.
const RUNS: usize = 5;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let catalog = Catalog::new(labels(&root.join("models/zoo/image-labels/labels.json")));
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |folder: &PathBuf| names.is_empty() || names.iter().any(|name| folder.ends_with(name));
    let mut timed: Vec<(Duration, String)> = applications(&root.join("apps-corpus"))
        .into_iter()
        .filter(wanted)
        .map(|folder| {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (median(&folder, &catalog), name)
        })
        .collect();
    timed.sort_by(|a, b| b.cmp(a));
    for (time, name) in &timed {
        println!("{:>9.2}  {name}", milliseconds(*time));
    }
    let total: Duration = timed.iter().map(|timed| timed.0).sum();
    println!("{:>9.2}  the median of {} applications", milliseconds(timed[timed.len() / 2].0), timed.len());
    println!("{:>9.2}  all together", milliseconds(total));
}

/// Folders of applications, by name.
fn applications(corpus: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus).expect("the corpus").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.join("app.json").is_file()).collect();
    folders.sort();
    folders
}

fn median(folder: &Path, catalog: &Catalog) -> Duration {
    let run = |_| {
        let (clock, processor) = (Instant::now(), on_processor());
        analyze(folder, catalog).expect("an analysis");
        match (processor, on_processor()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => clock.elapsed(),
        }
    };
    let mut times: Vec<Duration> = (0..=RUNS).map(run).skip(1).collect();
    times.sort();
    times[RUNS / 2]
}

/// How long this thread has run on a processor.
fn on_processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn labels(path: &Path) -> Vocabulary {
    let text = fs::read_to_string(path).expect("the labels of the model that ships");
    let labels: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let names = labels["labels"].as_array().expect("a list").iter();
    let labels = names.map(|label| label["name"].as_str().expect("a name").to_owned()).collect();
    Vocabulary { name: "image-labels".to_owned(), labels }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
