//! Programs that ask two APIs decide by both answers, of which a decider is given the other one.

mod support;

use std::fs;
use std::path::PathBuf;

use chameleon_analyzer::{Analysis, analyze};
use chameleon_decision::{ApiOutput, DecideError, Decider, Given};
use serde_json::json;
use support::catalog;

const SOURCE: &str = r#"
from google.cloud import language_v1, vision

def classify(path, caption):
    labels = vision.ImageAnnotatorClient().label_detection(image=path).label_annotations
    document = language_v1.Document(content=caption)
    score = language_v1.LanguageServiceClient().analyze_sentiment(request={"document": document}).document_sentiment.score
    found = [label.description for label in labels]
    if "Dog" in found and score > 0.5:
        return "happy dog"
    return "nothing"
"#;

const SENTIMENT: &str = "google/language/analyze_sentiment";

fn analysis(test: &str) -> Analysis {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("others-{test}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("app.py"), SOURCE).expect("a file");
    let analysis = analyze(&folder, &catalog());
    fs::remove_dir_all(&folder).expect("the folder goes away");
    analysis.expect("an analysis")
}

#[test]
fn a_conjunction_of_two_answers_is_decided_by_both() {
    let analysis = analysis("conjunction");
    let process = analysis.processes.iter().find(|process| process.api.operation == "label_detection");
    let process = process.expect("the decision by labels");
    let dog = ApiOutput::labels([("Dog", 0.9)]);
    let sentiment = |score: f64| Given {
        api: SENTIMENT.to_owned(),
        output: ApiOutput::Answer { answer: json!({ "document_sentiment": { "score": score } }) },
    };
    let decided = |score| process.decider().given(sentiment(score)).decide(&dog).expect("a decision").to_string();
    assert_eq!(decided(0.9), "return 'happy dog'");
    assert_eq!(decided(0.5), "return 'nothing'");
    let nothing = Decider::new(&process.program, &process.api).decide(&dog);
    assert!(matches!(nothing, Err(DecideError::Undetermined { .. })), "{nothing:?}");
}

#[test]
fn the_summary_holds_for_the_answer_that_the_process_is_given() {
    let analysis = analysis("summary");
    for process in &analysis.processes {
        let [given] = &process.given[..] else { panic!("{} answers are given", process.given.len()) };
        assert_ne!(given.api, process.api.path());
        assert_eq!(process.summary.branches.len(), 1, "{:?}", process.summary);
        assert_eq!(process.summary.branches[0].outcome.to_string(), "return 'happy dog'");
    }
    assert_eq!(analysis.processes.len(), 2);
}
