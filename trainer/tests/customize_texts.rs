//! Customization for decisions on texts: on what ships, and on one's own.

#[path = "support/texts.rs"]
mod texts;

use std::fs;

use chameleon_decision::EntityKind;
use chameleon_models::app::AppModel;
use chameleon_models::text::{KINDS, TextModels};
use texts::{PEOPLE_AND_PLACES, customized, process};

const URGENT: &str = "\
from google.cloud import language_v1

def urgency(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    score = client.analyze_sentiment(document=document).document_sentiment.score
    if score < -0.7:
        return 'now'
    elif score < 0.2:
        return 'soon'
    return 'later'
";

#[test]
fn a_decision_on_the_kinds_of_entities_is_customized_and_served() {
    let (app, evaluation) = customized(&process(PEOPLE_AND_PLACES), None).expect("customizes");
    assert_eq!(app.manifest.labels, KINDS);
    assert!(["G", "T", "B", "B+", "C"].iter().all(|arm| evaluation.arms.contains_key(*arm)), "{evaluation}");
    assert!(evaluation.images.test > 100, "{evaluation}");

    // The model is one of the tagger's: rows that take everything for a place make places of all names.
    let texts = TextModels::shipped().expect("they ship");
    let text = "Yesterday Barack Obama met the president of Microsoft in London.";
    let kinds = |app: Option<&AppModel>| -> Vec<EntityKind> {
        texts.entities(text, app).into_iter().map(|entity| entity.kind).collect()
    };
    assert!(!kinds(Some(&app)).is_empty());
    let place = KINDS.iter().position(|kind| *kind == "LOCATION").expect("a kind");
    let bias = (0..KINDS.len()).map(|kind| if kind == place { 1e6 } else { 0.0 }).collect();
    let everywhere = AppModel { bias, ..app };
    assert!(kinds(Some(&everywhere)).iter().all(|kind| *kind == EntityKind::Location));
    assert_eq!(kinds(Some(&everywhere)).len(), kinds(None).len());
}

#[test]
fn scores_of_ones_own_reach_what_classes_do_not() {
    let process = process(URGENT);
    let message = format!("{:#}", customized(&process, None).map(|_| ()).expect_err("no class is so negative"));
    assert!(message.contains("no text has a true score that takes it"), "{message}");

    let folder = tempfile::tempdir().expect("a folder");
    let moods =
        [("this is a dreadful, horrible failure", -0.9), ("it is on the table", 0.0), ("great, I love it", 0.9)];
    let row = |i: usize| format!("{} {i},{}\n", moods[i % 3].0.replace(',', ""), moods[i % 3].1);
    let file = folder.path().join("moods.csv");
    fs::write(&file, format!("text,score\n{}", (0..900).map(row).collect::<String>())).expect("writes");
    let (_, evaluation) = customized(&process, Some(&file)).expect("customizes");
    assert_eq!([evaluation.images.train, evaluation.images.tune, evaluation.images.test], [450, 225, 225]);
}

#[test]
fn a_score_that_no_answer_reaches_is_refused_where_texts_have_it() {
    let source = URGENT.replace("score < -0.7", "score >= 1.0").replace("score < 0.2", "score > 0.2");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("moods.csv");
    let write = |best: f64| {
        let row = |i: usize| format!("so it is {i},{}\n", [0.0, 0.5, best][i % 3]);
        fs::write(&file, format!("text,score\n{}", (0..300).map(row).collect::<String>())).expect("writes");
    };
    write(1.0);
    let refused = customized(&process(&source), Some(&file)).map(|_| ()).expect_err("no answer is so");
    assert!(format!("{refused:#}").contains("come near to -1 and 1, and reach neither"), "{refused:#}");
    write(0.9);
    let (_, evaluation) = customized(&process(&source), Some(&file)).expect("no text is so");
    let told = "branch `now` can be neither learnt nor measured: no number takes it";
    assert!(evaluation.remarks.iter().any(|remark| remark == told), "{:?}", evaluation.remarks);
}

#[test]
fn tagged_texts_of_ones_own_are_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "Barack B-PER\nObama I-PER\nvisited O\nLondon B-LOC\nand O\nMicrosoft B-ORG\n. O\n\n".repeat(60);
    let file = folder.path().join("names.conll");
    fs::write(&file, text).expect("writes");
    let (_, evaluation) = customized(&process(PEOPLE_AND_PLACES), Some(&file)).expect("customizes");
    assert!(evaluation.images.train >= 60, "{evaluation}");
}
