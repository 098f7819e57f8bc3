//! Customization for decisions on texts: on what ships, and on one's own.

use std::fs;
use std::path::Path;

use chameleon_analyzer::Catalog;
use chameleon_decision::{DecisionProcess, EntityKind, Vocabulary};
use chameleon_models::app::AppModel;
use chameleon_models::text::{KINDS, TextModels};
use chameleon_trainer::customize::recipe::Recipe;
use chameleon_trainer::customize::report::Evaluation;
use chameleon_trainer::customize::{self, Depth, Inputs, Material};
use chameleon_trainer::data::View;
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::Service;

const PEOPLE_AND_PLACES: &str = "\
from google.cloud import language_v1
from google.cloud.language_v1 import enums

def found(text):
    client = language_v1.LanguageServiceClient()
    document = {'content': text, 'type': enums.Document.Type.PLAIN_TEXT}
    for entity in client.analyze_entities(document).entities:
        kind = enums.Entity.Type(entity.type).name
        if kind == 'PERSON':
            return 'who'
        elif kind == 'LOCATION':
            return 'where'
    return 'neither'
";

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

fn process(source: &str) -> DecisionProcess {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app.py"), source).expect("writes");
    let catalog = Catalog::new(Vocabulary { name: "none".to_owned(), labels: vec!["Dog".to_owned()] });
    let analysis = chameleon_analyzer::analyze(folder.path(), &catalog).expect("reads");
    assert_eq!(analysis.processes.len(), 1, "{:?}", analysis.problems);
    analysis.processes.into_iter().next().expect("one")
}

/// Customizes with few steps, on what ships or on `data`.
fn customized(process: &DecisionProcess, data: Option<&Path>) -> anyhow::Result<(AppModel, Evaluation)> {
    let service = Service::of(&process.api)?;
    let inputs = Inputs {
        depth: Depth::Head,
        device: tch::Device::Cpu,
        data: data.map(Path::to_owned),
        labels_map: None,
        base: None,
        recipe: None,
        weighting: None,
        seed: 1,
        seeds: 2,
        steps: Some(20),
        quiet: true,
        progress: ProgressMode::None,
    };
    let material = inputs.read(service, None, &[View::Plain])?;
    let recipe = Recipe { resamples: 100, ..material.recipe.clone() };
    customize::customize("app", process, Material { recipe, ..material }, None, ProgressMode::None)
}

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
