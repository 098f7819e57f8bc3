//! Progress on stderr: a bar for people, JSON lines for a parent process, or nothing.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar if stderr is a terminal, else nothing
    Auto,
    /// One JSON object a line: `{"type":"progress","stage":...,"done":...,"total":...}`
    Json,
    /// Nothing
    None,
}

/// How many JSON lines one stage writes at most.
const LINES: u64 = 50;

/// Progress through one stage of known length.
pub struct Progress {
    bar: Option<ProgressBar>,
    json: bool,
    stage: &'static str,
    done: u64,
    total: u64,
}

impl Progress {
    /// Starts a stage.
    pub fn start(mode: ProgressMode, stage: &'static str, total: u64) -> Self {
        let bar = (mode == ProgressMode::Auto && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
            let bar = ProgressBar::new(total).with_message(stage);
            // A template that does not parse only costs the looks.
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self { bar, json: mode == ProgressMode::Json, stage, done: 0, total }
    }

    /// One more step is done.
    pub fn tick(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        let every = (self.total / LINES).max(1);
        if self.json && (self.done.is_multiple_of(every) || self.done == self.total) {
            let line = json!({"type": "progress", "stage": self.stage, "done": self.done, "total": self.total});
            eprintln!("{line}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
