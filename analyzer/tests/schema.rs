//! `schema.json` describes what an analysis gives in JSON.

#[path = "support/corpus.rs"]
#[allow(dead_code, reason = "shared by several test crates")]
mod corpus;
#[path = "support/schema.rs"]
mod schema;
mod support;

use chameleon_analyzer::analyze;
use chameleon_decision::FORMAT_VERSION;
use corpus::apps;
use serde_json::{Value, json};
use support::{cases, catalog};

fn schema() -> Value {
    serde_json::from_str(include_str!("../schema.json")).expect("JSON")
}

#[test]
fn every_application_and_every_case_is_as_the_schema_says() {
    let schema = schema();
    let of_apps = apps().into_iter().map(|app| (app.name, analyze(&app.folder, &catalog()).expect("an analysis")));
    let of_cases = cases().into_iter().map(|case| (case.name.clone(), case.analyze()));
    let mut processes = 0;
    for (name, analysis) in of_apps.chain(of_cases) {
        let json = analysis.to_json();
        let found = schema::violations(&schema, &schema, &json, &name);
        assert!(found.is_empty(), "{}", found.join("\n"));
        processes += analysis.processes.len();
    }
    assert!(processes > 100, "{processes} processes");
}

#[test]
fn the_schema_refuses_what_is_no_analysis() {
    let schema = schema();
    let good = json!({ "version": FORMAT_VERSION, "files": 1, "processes": [], "problems": [], "skipped": [] });
    assert!(schema::violations(&schema, &schema, &good, "analysis").is_empty());
    for (field, value) in [
        ("version", json!(1)),
        ("files", json!("one")),
        ("processes", json!([{ "version": FORMAT_VERSION }])),
        ("problems", json!([{ "file": "app.py", "line": 1 }])),
        ("skipped", json!([{ "folder": "venv", "reason": "is hidden", "size": 3 }])),
        ("more", json!(null)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!schema::violations(&schema, &schema, &bad, "analysis").is_empty(), "{field}");
    }
}
