//! What the interpreter shows word for word against `CPython` 3.11: every line of `data/observations.jsonl` is a
//! function's source, its program, and what `CPython` returned, raised and printed, without what the program does not
//! determine.

#![allow(clippy::unwrap_used, clippy::format_push_string, reason = "a test fails by panicking")]

use chameleon_decision::{Api, ApiOutput, Decider, Observation, Program, Shape};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Case {
    name: String,
    program: Program,
    /// Labels with scores, and what is seen.
    outputs: Vec<(Vec<(String, f64)>, Seen)>,
}

#[derive(Deserialize)]
struct Seen {
    returned: Option<String>,
    raised: Option<String>,
    printed: Vec<String>,
}

/// The cases of these names.
fn cases(names: &[&str]) -> Vec<Case> {
    let lines = include_str!("data/observations.jsonl").lines();
    let cases: Vec<Case> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let cases: Vec<Case> = cases.into_iter().filter(|case| names.contains(&case.name.as_str())).collect();
    assert_eq!(cases.len(), names.len());
    cases
}

/// Checks the cases of these names.
fn check(names: &[&str]) {
    let mut differences = String::new();
    for Case { name, program, outputs } in cases(names) {
        let api = Api::google_label_detection();
        for (labels, seen) in outputs {
            let Seen { returned, raised, printed } = seen;
            let expected = Observation { returned, raised, printed };
            let observed = Decider::new(&program, &api).observe(&ApiOutput::labels(labels.clone()));
            if observed.as_ref() != Ok(&expected) {
                differences += &format!("{name} on {labels:?}\n  here    {observed:?}\n  CPython {expected:?}\n");
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn json_is_written_and_read_as_in_cpython() {
    check(&["json_text", "json_style", "json_back", "json_bad"]);
}

#[test]
fn collections_are_written_as_in_cpython() {
    check(&["dictionaries", "deque"]);
}

#[test]
fn what_was_joined_keeps_its_order() {
    check(&["joined"]);
}

#[test]
fn the_order_of_a_set_is_not_claimed() {
    check(&["sets"]);
}

#[test]
fn the_order_after_a_shuffle_is_not_claimed() {
    check(&["shuffled"]);
}

#[test]
fn ways_through_an_unknown_test_show_what_they_have_in_common() {
    check(&["ways"]);
}

#[test]
fn the_length_of_an_unknown_collection_is_not_claimed() {
    check(&["unknown_length"]);
}

#[test]
fn library_functions_compute_as_in_cpython() {
    check(&["library"]);
}

#[test]
fn a_part_of_a_response_is_no_text() {
    check(&["text_of_a_record"]);
}

#[test]
fn values_are_formatted_as_in_cpython() {
    check(&["formats", "texts"]);
}

#[test]
fn what_the_program_adds_to_something_unknown_shows() {
    check(&["offset"]);
    let program = cases(&["offset"]).remove(0).program;
    let decide = |label: &str| {
        let decided = Decider::new(&program, &Api::google_label_detection()).decide(&ApiOutput::labels([(label, 0.9)]));
        decided.unwrap().to_string()
    };
    assert_eq!([decide("Dog"), decide("Cat")], ["return base - 7", "return base - 0"]);
}

#[test]
fn truth_values_of_the_api_are_written_as_truth_values() {
    let mut api = Api::google_label_detection();
    let label = Shape::record([("description", Shape::Name), ("smiling", Shape::Flag)]);
    api.answer = Shape::record([("label_annotations", Shape::list(label))]);
    let Case { program, outputs, .. } = cases(&["flags"]).remove(0);
    for (labels, seen) in outputs {
        let labels = labels.iter().map(|(name, score)| json!({"description": name, "smiling": *score > 0.5}));
        let answer = json!({"label_annotations": labels.collect::<Vec<_>>()});
        let observed = Decider::new(&program, &api).observe(&ApiOutput::Answer { answer }).unwrap();
        assert_eq!((observed.returned, observed.raised, observed.printed), (seen.returned, seen.raised, seen.printed));
    }
}
