//! Cases: one Markdown file each, with the source of an application and the decision expected from it.

// Each test crate uses a part.
#![allow(dead_code, reason = "shared by several test crates")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use chameleon_analyzer::{Analysis, Catalog, analyze};
use chameleon_decision::{Bounds, Context, DecisionProcess, Given, Limit, Summary, Vocabulary};

/// A case file.
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    /// Path and text of every source file; the first is the main one.
    pub(crate) files: Vec<(String, String)>,
    /// Whether `CPython` can run it with the stand-in client.
    pub(crate) runs: bool,
    /// For an entry that is a method: the function to run instead.
    pub(crate) run_instead: Option<String>,
    /// The expected block.
    pub(crate) expected: String,
    text: String,
}

/// Labels of the API in all tests.
pub(crate) fn vocabulary() -> Vocabulary {
    let text = include_str!("vocabulary.txt");
    Vocabulary { name: "test".to_owned(), labels: text.lines().map(str::to_owned).collect() }
}

/// The APIs that ship, answering with those labels.
pub(crate) fn catalog() -> Catalog {
    Catalog::new(vocabulary())
}

/// All cases, by name.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder of cases").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a case");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut case = Self {
            path: path.to_owned(),
            name,
            files: Vec::new(),
            runs: false,
            run_instead: None,
            expected: String::new(),
            text: text.clone(),
        };
        let mut blocks = text.split("\n```");
        blocks.next();
        while let Some(block) = blocks.next() {
            let (info, body) = block.split_once('\n').unwrap_or((block, ""));
            case.add(info, format!("{body}\n"));
            blocks.next();
        }
        assert!(!case.files.is_empty(), "{} holds no python block", case.name);
        case
    }

    fn add(&mut self, info: &str, body: String) {
        let words: Vec<&str> = info.split_whitespace().collect();
        match words[..] {
            ["python"] => self.files.push(("app.py".to_owned(), body)),
            ["python", "run", ref rest @ ..] => {
                self.runs = true;
                self.run_instead = rest.first().map(|name| (*name).to_owned());
                self.files.push(("app.py".to_owned(), body));
            }
            ["text" | "python", path] => self.files.push((path.to_owned(), body)),
            ["decision"] => body.trim_end().clone_into(&mut self.expected),
            _ => panic!("{}: what is a block `{info}`?", self.name),
        }
    }

    /// Analyzes the case's files in a folder of their own.
    pub(crate) fn analyze(&self) -> Analysis {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let own = format!("{}-{}-{}", self.name, std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(own);
        fs::create_dir_all(&folder).expect("a folder");
        for (path, text) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder around it")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let analysis = analyze(&folder, &catalog());
        fs::remove_dir_all(&folder).expect("the folder goes away");
        analysis.expect("an analysis")
    }

    /// Replaces the expected block in the file.
    pub(crate) fn accept(&self, actual: &str) {
        let (before, _) = self.text.split_once("\n```decision\n").expect("a decision block");
        fs::write(&self.path, format!("{before}\n```decision\n{actual}\n```\n")).expect("the case is written");
    }
}

/// An analysis in short.
pub(crate) fn short(analysis: &Analysis) -> String {
    let mut out = String::new();
    for process in &analysis.processes {
        short_process(&mut out, process);
    }
    for problem in &analysis.problems {
        let _ = writeln!(out, "problem {}:{} {}", problem.file, problem.line, problem.reason);
    }
    out.trim_end().to_owned()
}

fn short_process(out: &mut String, process: &DecisionProcess) {
    let program = &process.program;
    let file = &program.files[process.call.file as usize];
    let entry = &program.functions[program.entry.0 as usize].name;
    let _ = writeln!(out, "call {file}:{} decided in {entry}", process.call.line);
    if !process.contexts.is_empty() {
        short_given(out, &process.given);
    }
    short_summary(out, &process.summary);
    for Context { given, summary, warnings } in &process.contexts {
        short_given(out, given);
        match summary.branches_of(&process.summary) {
            Some(places) if !places.is_empty() => {
                for (branch, place) in summary.branches.iter().zip(places) {
                    let _ = writeln!(out, "- as {}: {}", place + 1, branch.outcome.describe());
                }
                let _ = writeln!(out, "default {}", summary.default.describe());
            }
            _ => short_summary(out, summary),
        }
        for warning in warnings.iter().filter(|warning| !process.warnings.contains(warning)) {
            let _ = writeln!(out, "warning line {}: {}", warning.span.line, warning.message);
        }
    }
    for warning in &process.warnings {
        let _ = writeln!(out, "warning line {}: {}", warning.span.line, warning.message);
    }
}

/// What other APIs answer.
fn short_given(out: &mut String, given: &[Given]) {
    let catalog = catalog();
    for Given { api, output } in given {
        let known = catalog.apis().find(|known| known.path() == *api).expect("an API");
        let _ = writeln!(out, "where {api} answers {}", known.answer.describe(&output.answer(&known.answer)));
    }
}

fn short_summary(out: &mut String, summary: &Summary) {
    let _ = write!(out, "{}", word(&summary.decision_type));
    if let Some(order) = &summary.order {
        let _ = write!(out, ", {}", word(order));
    }
    if summary.by_line {
        out.push_str(", by line");
    }
    if let Some(within) = &summary.within {
        let what = if summary.by_line { "line" } else { "label" };
        let _ = write!(out, ", within a {what} {}", word(within));
    }
    if let Some(k) = summary.top_k {
        let _ = write!(out, ", first {k}");
    }
    if summary.left_out > 0 {
        let _ = write!(out, ", all after the first {}", summary.left_out);
    }
    if let Some(field) = &summary.ranked {
        let _ = write!(out, " by {field}");
    }
    if let Some(field) = summary.field.as_ref().filter(|field| *field != "label_annotations[].description") {
        let _ = write!(out, ", by {field}");
    }
    if summary.per_element {
        let _ = write!(out, ", per element");
    }
    if let Some(handed) = &summary.handed {
        let _ = write!(out, ", {} handed on", word(handed));
    }
    if summary.again {
        let _ = write!(out, ", again");
    }
    if let Some(reason) = &summary.reason {
        let _ = write!(out, ": {reason}");
    }
    out.push('\n');
    if let Some(several) = &summary.several {
        let _ = writeln!(out, "several: {several}");
    }
    for branch in &summary.branches {
        let _ = writeln!(out, "- {}", branch.outcome.describe());
        for at in &branch.words {
            let _ = writeln!(out, "    {} {:?} line {}", word(&at.mode), at.text, at.span.line);
        }
        for at in &branch.unless {
            let _ = writeln!(out, "    unless called {:?}, {} line {}", at.text, word(&at.mode), at.span.line);
        }
        if let Some(base) = &branch.with {
            let _ = writeln!(out, "    with a label of {base}");
        }
        if branch.except {
            let _ = writeln!(out, "    any but those words");
        }
        let name = if branch.negated { "unless" } else { "labels" };
        if branch.regions.is_empty() || !branch.labels.is_empty() {
            let _ = writeln!(out, "    {name} {}", branch.labels.join(", "));
        }
        for region in &branch.regions {
            let bounds: Vec<String> = region.iter().map(interval).collect();
            let _ = writeln!(out, "    where {}", bounds.join(" and "));
        }
        if let Some(min) = branch.min_score {
            let _ = writeln!(out, "    score {} {}", if min.inclusive { ">=" } else { ">" }, min.value);
        }
        for condition in &branch.conditions {
            let intervals: Vec<String> = condition.intervals.iter().map(interval).collect();
            let _ = match condition.values.as_slice() {
                [] => writeln!(out, "    and {}", intervals.join(" or ")),
                values => writeln!(out, "    and {} is {}", condition.field, values.join(", ")),
            };
        }
    }
    let _ = writeln!(out, "default {}", summary.default.describe());
    for word in &summary.idle {
        let _ = writeln!(out, "idle {:?} line {}", word.text, word.span.line);
    }
}

fn interval(bounds: &Bounds) -> String {
    let end = |limit: Option<Limit>, brackets: [char; 2], lower: bool| match limit {
        None => "..".to_owned(),
        Some(Limit { value, inclusive }) if lower => format!("{}{value}", brackets[usize::from(!inclusive)]),
        Some(Limit { value, inclusive }) => format!("{value}{}", brackets[usize::from(!inclusive)]),
    };
    format!("{} in {}, {}", bounds.field, end(bounds.low, ['[', '('], true), end(bounds.high, [']', ')'], false))
}

/// The name a unit variant has in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).expect("a name").as_str().expect("a unit variant").to_owned()
}

/// What a harness of `tests/fixtures` says of these requests, run by `CPython`.
pub(crate) fn python<T: serde::de::DeserializeOwned>(harness: &str, requests: &serde_json::Value) -> T {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut child = Command::new("python3")
        .arg(fixtures.join(harness))
        .env("PYTHONPATH", &fixtures)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed for this test");
    let mut stdin = child.stdin.take().expect("a pipe");
    let request = requests.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(request.as_bytes()));
    let output = child.wait_with_output().expect("python3 ends");
    writer.join().expect("the writer ends").expect("the request is read");
    assert!(output.status.success(), "the harness failed");
    serde_json::from_slice(&output.stdout).expect("the harness answers in JSON")
}

/// Xorshift, so that every run sees the same answers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }
}
