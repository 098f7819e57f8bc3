//! The interpreter against CPython 3.11: every line of `data/cpython.jsonl` is a function's source, its program, and
//! what CPython returned or raised, on API outputs where the function calls the API.

#![allow(clippy::unwrap_used, clippy::doc_markdown, clippy::format_push_string, reason = "a test fails by panicking")]

use chameleon_decision::{Api, ApiOutput, Decider, Program};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    source: String,
    program: Program,
    /// Labels with scores, and `return <repr>` or `raise <class>`.
    outputs: Vec<(Vec<(String, f64)>, String)>,
}

#[test]
fn programs_do_what_cpython_does() {
    let cases: Vec<Case> =
        include_str!("data/cpython.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut differences = String::new();
    for Case { source, program, outputs } in &cases {
        let api = Api::google_label_detection();
        let decider = Decider::new(program, &api);
        for (labels, expected) in outputs {
            let decided = decider.decide(&ApiOutput::labels(labels.clone()));
            let decided = decided.map_or_else(|error| format!("error: {error}"), |decision| decision.to_string());
            if decided != *expected {
                differences += &format!("{source}on {labels:?}\n  here    {decided}\n  CPython {expected}\n");
            }
        }
    }
    assert!(cases.len() > 200);
    assert!(differences.is_empty(), "{differences}");
}
