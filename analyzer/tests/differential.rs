//! The slice decides as `CPython` does.
//!
//! The runnable cases are run by `CPython` with a stand-in client, and by the interpreter, over the same random answers
//! of the API. What `CPython` shows (value, prints, exception) and the decision must tell the same answers apart, and
//! where the decision is a constant it must be the very constant.

mod support;

use std::collections::HashMap;

use chameleon_decision::{ApiOutput, Decision, Rendered};
use serde_json::{Value, json};
use support::{Case, Random, cases, python, vocabulary};

/// Answers per case.
const OUTPUTS: usize = 120;

type Output = Vec<(String, f64)>;

/// What `CPython` shows: how it ended, the value, the lines printed.
type Seen = (String, String, Vec<String>);

#[test]
fn the_slice_decides_as_cpython_does() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.runs).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut requests = Vec::new();
    let mut runs = Vec::new();
    for case in cases {
        let analysis = case.analyze();
        let [process] = &analysis.processes[..] else { panic!("{}: one process expected", case.name) };
        let entry = &process.program.functions[process.program.entry.0 as usize].name;
        let entry = case.run_instead.clone().unwrap_or_else(|| entry.clone());
        let outputs = outputs(&mut random, &words(&analysis));
        let files: HashMap<&str, &str> = case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        requests.push(json!({
            "name": case.name, "files": files, "main": case.files[0].0, "entry": entry, "outputs": outputs,
        }));
        let decider = process.decider();
        let decide = |output: &Output| {
            let output = ApiOutput::labels(output.iter().map(|(name, score)| (name.as_str(), *score)));
            decider.decide(&output).unwrap_or_else(|error| panic!("{}: {error} on {output:?}", case.name))
        };
        let decisions: Vec<Decision> = outputs.iter().map(decide).collect();
        runs.push((case.name, outputs, decisions));
    }
    assert!(runs.len() >= 30, "only {} runnable cases", runs.len());
    let seen: HashMap<String, Vec<Seen>> = python("harness.py", &Value::Array(requests));
    for (name, outputs, decisions) in &runs {
        compare(name, outputs, decisions, &seen[name]);
    }
}

fn compare(name: &str, outputs: &[Output], decisions: &[Decision], seen: &[Seen]) {
    assert_eq!(decisions.len(), seen.len(), "{name}");
    let mut by_decision: HashMap<String, (usize, &Seen)> = HashMap::new();
    let mut by_seen: HashMap<Seen, (usize, String)> = HashMap::new();
    for (at, (decision, seen)) in decisions.iter().zip(seen).enumerate() {
        let shown = decision.to_string();
        let (first, other) = by_decision.entry(shown.clone()).or_insert((at, seen));
        assert_eq!(
            once(other),
            once(seen),
            "{name}: one decision `{shown}`, on\n{:?}\n{:?}",
            outputs[*first],
            outputs[at]
        );
        let (first, other) = by_seen.entry(once(seen)).or_insert((at, shown.clone()));
        assert_eq!(*other, shown, "{name}: CPython shows {seen:?} on both\n{:?}\n{:?}", outputs[*first], outputs[at]);
        for effect in decision.effects.iter().filter(|effect| effect.action == "return") {
            if let [Rendered::Chosen(value)] = &effect.values[..] {
                assert_eq!(*value, seen.1, "{name}: the value on {:?}", outputs[at]);
            }
        }
    }
    assert!(
        by_seen.len() > 1 || name == "never-matches",
        "{name}: all answers lead to one outcome, which tests nothing"
    );
}

/// Repeated lines count once, as effects do.
fn once(seen: &Seen) -> Seen {
    let mut lines: Vec<String> = Vec::new();
    for line in &seen.2 {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    (seen.0.clone(), seen.1.clone(), lines)
}

/// Labels that matter to the application come up often enough to meet each other.
fn words(analysis: &chameleon_analyzer::Analysis) -> Vec<String> {
    let branches = analysis.processes.iter().flat_map(|process| &process.summary.branches);
    branches.flat_map(|branch| branch.labels.iter().take(6).cloned()).collect()
}

fn outputs(random: &mut Random, words: &[String]) -> Vec<Output> {
    let all = vocabulary().labels;
    let mut outputs = vec![Vec::new()];
    while outputs.len() < OUTPUTS {
        let mut output: Output = Vec::new();
        for _ in 0..random.below(13) {
            let pool = if !words.is_empty() && random.below(3) > 0 { words } else { &all };
            let name = pool[random.below(pool.len())].clone();
            if output.iter().all(|(known, _)| *known != name) {
                output.push((name, random.below(1001) as f64 / 1000.0));
            }
        }
        output.sort_by(|a, b| b.1.total_cmp(&a.1));
        outputs.push(output);
    }
    outputs
}
