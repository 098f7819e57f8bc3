//! The applications of the corpus: each decides here as in `CPython`, and its summary is the one beside it.
//!
//! `UPDATE_CASES=1 cargo test -p chameleon-analyzer --test corpus` writes the summaries that come out, to be read before
//! they are committed.

#[path = "support/corpus.rs"]
mod corpus;
mod support;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use chameleon_analyzer::{Catalog, analyze, analyze_from};
use chameleon_decision::{Api, ApiOutput, Decider, DecisionProcess, Given, Span, Vocabulary};
use corpus::{App, CALLING, Described, Material, apps, constants};
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Random, python, short};

/// Answers for each decision.
const ANSWERS: usize = 1000;

/// What `CPython` showed for one answer.
#[derive(Debug, Deserialize, PartialEq, Eq, Hash)]
struct Seen {
    kind: String,
    value: String,
    printed: Vec<String>,
    written: Vec<String>,
}

#[test]
fn every_application_has_the_summary_beside_it() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut failures = String::new();
    for app in apps() {
        let actual = short(&analyze(&app.folder, &catalog()).expect("an analysis")) + "\n";
        let path = app.folder.join("decision.txt");
        if update {
            fs::write(&path, actual).expect("the summary is written");
        } else if fs::read_to_string(&path).unwrap_or_default() != actual {
            let _ = writeln!(failures, "{}: now\n{actual}", path.display());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_application_decides_as_in_cpython() {
    let apps = apps();
    assert_eq!(apps.len(), 77, "applications");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut requests, mut runs) = (Vec::new(), Vec::new());
    let mut failures = Vec::new();
    for app in &apps {
        for (at, decision) in app.decisions.iter().enumerate() {
            let key = format!("{} {} {at}", app.name, decision.api);
            let Some(process) = process(app, decision) else {
                failures.push(format!("{key}: no decision from {}", decision.decides_in));
                continue;
            };
            let answers = answers(&process, &mut random);
            requests.push(json!({
                "name": key, "folder": app.folder, "file": decision.run.file, "call": decision.run.call,
                "api": decision.api, "answers": answers,
            }));
            runs.push((key, process, answers));
        }
    }
    let mut seen: HashMap<String, Option<Vec<Seen>>> = python("corpus_harness.py", &Value::Array(requests));
    let mut compared = 0;
    for (key, process, answers) in runs {
        match seen.remove(&key).flatten() {
            None => failures.push(format!("{key}: CPython cannot run it")),
            Some(seen) => {
                let verdict = compare(&process, &answers, &seen);
                compared += usize::from(verdict.is_ok());
                failures.extend(verdict.err().map(|error| format!("{key}: {error}")));
            }
        }
    }
    println!("{compared} decisions agree on {ANSWERS} answers each");
    let open = |failure: &String| OPEN.iter().any(|(known, _)| failure.starts_with(known));
    for failure in failures.iter().filter(|failure| open(failure)) {
        println!("open: {failure}\n");
    }
    let closed: Vec<_> =
        OPEN.iter().filter(|(known, _)| !failures.iter().any(|failure| failure.starts_with(known))).collect();
    assert!(closed.is_empty(), "these agree now, so they are no longer open: {closed:?}");
    failures.retain(|failure| !open(failure));
    assert!(failures.is_empty(), "{} disagree\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn print_statements_of_python_2_become_calls() {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/python2.py");
    let status = Command::new("python3").args(["-m", "doctest"]).arg(module).status().expect("python3 is needed");
    assert!(status.success());
}

/// Decisions that are not followed as far as they can be run, and why. They show as undecided, as read under a reported
/// assumption, or as one decision where there are two; none of them is a wrong reading of what was followed.
const OPEN: &[(&str, &str)] = &[("photob ", "the labels go through a database: SQL is not run")];

/// The APIs that ship, answering with the labels of the model that ships.
fn catalog() -> Catalog {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/zoo/image-labels/labels.json");
    let text = fs::read_to_string(path).expect("the labels of the model that ships");
    let labels: Value = serde_json::from_str(&text).expect("JSON");
    let names = labels["labels"].as_array().expect("a list").iter();
    let labels = names.map(|label| label["name"].as_str().expect("a name").to_owned()).collect();
    Catalog::new(Vocabulary { name: "image-labels".to_owned(), labels })
}

/// The process that begins where the application is run: its own module, or the call, as the last function of a copy.
fn process(app: &App, decision: &Described) -> Option<DecisionProcess> {
    let is_script = decision.run.call == "<module>";
    let (copy, entry) = if is_script { (None, "<module>") } else { (Some(app.calling(&decision.run)), CALLING) };
    let folder = copy.as_ref().unwrap_or(&app.folder);
    let analysis = analyze_from(folder, &catalog(), Some(entry)).expect("an analysis");
    if let Some(copy) = &copy {
        fs::remove_dir_all(copy).expect("the copy goes away");
    }
    let file = |process: &DecisionProcess, span: Span| process.program.files[span.file as usize].clone();
    analysis.processes.into_iter().find(|process| {
        let entry = &process.program.functions[process.program.entry.0 as usize];
        process.api.path() == decision.api
            && file(process, process.call) == decision.calls_in.file
            && (!is_script || file(process, entry.span) == decision.run.file)
    })
}

/// Random answers, by the path of the API: of the one that the process is about, and of others that its program asks.
fn answers(process: &DecisionProcess, random: &mut Random) -> Vec<Value> {
    let program = serde_json::to_value(&process.program).expect("JSON");
    let (mut words, mut numbers) = (Vec::new(), Vec::new());
    constants(&program, &mut words, &mut numbers);
    let reached = process.summary.branches.iter().flat_map(|branch| branch.labels.iter().take(6).cloned());
    words.extend(reached);
    let mut apis = vec![process.api.clone()];
    others(&program, &mut apis);
    let catalog = catalog();
    let materials: Vec<Material> = apis
        .iter()
        .map(|api| {
            let names = catalog.vocabulary(api).labels;
            let distinct = api.operation == "label_detection";
            Material { words: words.clone(), numbers: numbers.clone(), names, distinct }
        })
        .collect();
    let answer = |at: usize| {
        let each = apis.iter().zip(&materials).map(|(api, material)| {
            let answer = if at == 0 { api.answer.nothing() } else { material.answer(&api.answer, random) };
            (api.path(), answer)
        });
        Value::Object(each.collect())
    };
    (0..ANSWERS).map(answer).collect()
}

/// The other APIs that a program asks.
fn others(program: &Value, apis: &mut Vec<Api>) {
    match program {
        Value::Object(fields) => {
            if fields.get("expr").is_some_and(|kind| kind == "other_output") {
                let api: Api = serde_json::from_value(fields["api"].clone()).expect("an API");
                if !apis.contains(&api) {
                    apis.push(api);
                }
            }
            fields.values().for_each(|value| others(value, apis));
        }
        Value::Array(items) => items.iter().for_each(|item| others(item, apis)),
        _ => {}
    }
}

/// The process's decider where the other APIs answer so, and the answer of its own.
fn posed<'p>(process: &'p DecisionProcess, answers: &Value) -> (Decider<'p>, ApiOutput) {
    let own = process.api.path();
    let output = |answer: &Value| ApiOutput::Answer { answer: answer.clone() };
    let given = answers.as_object().into_iter().flatten().filter(|(api, _)| **api != own);
    let given = given.map(|(api, answer)| Given { api: api.clone(), output: output(answer) });
    (given.fold(process.decider(), Decider::given), output(&answers[&own]))
}

/// Compares what the program shows word for word with what `CPython` showed.
fn compare(process: &DecisionProcess, answers: &[Value], seen: &[Seen]) -> Result<(), String> {
    let mut observed = Vec::new();
    for answer in answers {
        let (decider, output) = posed(process, answer);
        observed.push(decider.observe(&output).map_err(|error| format!("{error} on {answer}"))?);
    }
    let ours: Vec<&String> = observed.iter().flat_map(|shown| &shown.printed).collect();
    let mut varied = 0;
    for ((answer, shown), seen) in answers.iter().zip(&observed).zip(seen) {
        let wrong = |what: String| Err(format!("{what}\n    on {answer}\n    here {shown:?}\n    CPython {seen:?}"));
        match (&shown.raised, seen.kind.as_str()) {
            (Some(class), "raise") if *class == seen.value => continue,
            (None, "return" | "exit") => {}
            _ => return wrong("raised".to_owned()),
        }
        if let Some(returned) = shown.returned.as_ref().filter(|_| seen.kind == "return") {
            varied += 1;
            if *returned != seen.value {
                return wrong("returned".to_owned());
            }
        }
        let lines = |text: &String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        if let Some(line) = shown.printed.iter().flat_map(lines).find(|line| !seen.printed.contains(line)) {
            return wrong(format!("`{line}` is printed only here"));
        }
        let known = |line: &&String| ours.iter().any(|own| own.lines().any(|own| own == line.as_str()));
        let missing = seen
            .printed
            .iter()
            .filter(known)
            .find(|line| !shown.printed.iter().flat_map(lines).any(|own| own == **line));
        if let Some(line) = missing {
            return wrong(format!("`{line}` is printed only by CPython"));
        }
        varied += usize::from(!shown.printed.is_empty());
    }
    if varied > 0 { Ok(()) } else { compare_kinds(process, answers, seen) }
}

/// Where no word of what is shown is known here: the same things must be told apart. Values of the API that pass through
/// make one decision look different in `CPython`, so only decisions without them must look alike there.
fn compare_kinds(process: &DecisionProcess, answers: &[Value], seen: &[Seen]) -> Result<(), String> {
    let mut of_seen: HashMap<&Seen, (String, &Value)> = HashMap::new();
    let mut of_decision: HashMap<String, (&Seen, &Value)> = HashMap::new();
    for (answer, seen) in answers.iter().zip(seen) {
        let (decider, output) = posed(process, answer);
        let decision = decider.decide(&output).map_err(|error| format!("{error} on {answer}"))?.to_string();
        let (known, other) = of_seen.entry(seen).or_insert((decision.clone(), answer));
        if *known != decision {
            return Err(format!(
                "CPython shows {seen:?} on\n    {other}\n    {answer}\n    here {known}\n    {decision}"
            ));
        }
        let (known, other) = of_decision.entry(decision.clone()).or_insert((seen, answer));
        if *known != seen && !decision.contains("<data>") {
            return Err(format!(
                "one decision {decision} on\n    {other}\n    {answer}\n    CPython {known:?}\n    {seen:?}"
            ));
        }
    }
    Ok(())
}
