//! Customization for decisions by how many objects there are, with the detector that ships.

use std::collections::BTreeMap;

use chameleon_analyzer::Catalog;
use chameleon_decision::{ApiOutput, BoundingBox, DecisionProcess};
use chameleon_models::app::AppModel;
use chameleon_models::bank::Split;
use chameleon_models::objects::{Candidate, ObjectDetector};
use chameleon_models::zoo::{self, Generic as _, ImageObjects};
use chameleon_trainer::customize::examples::Examples;
use chameleon_trainer::customize::pool::Pool;
use chameleon_trainer::customize::recipe::{Recipe, Stage};
use chameleon_trainer::customize::report::Evaluation;
use chameleon_trainer::customize::{Material, customize};
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::{Model, Service};

/// What of the API's objects an application asks for.
fn process(decision: &str) -> DecisionProcess {
    let source = format!(
        "from google.cloud import vision\n\n\n\
         def look(content):\n    \
             client = vision.ImageAnnotatorClient()\n    \
             image = vision.Image(content=content)\n    \
             objects = client.object_localization(image=image).localized_object_annotations\n    \
             names = [thing.name for thing in objects]\n    {decision}\n"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("look.py");
    std::fs::write(&path, source).expect("writes");
    let analysis = chameleon_analyzer::analyze(&path, &Catalog::new(model().vocabulary())).expect("reads");
    analysis.processes.into_iter().next().expect("it decides something")
}

fn model() -> ImageObjects {
    zoo::image_objects(&zoo::image_labels().expect("ships")).expect("ships")
}

fn examples() -> Examples {
    Examples::from_object_bank(zoo::object_bank(&model()).expect("ships"), "scenes".to_owned()).expect("fits")
}

fn recipe() -> Recipe {
    let stage = Stage { steps: 60, ..Stage::default() };
    Recipe { first: stage.clone(), second: stage, resamples: 200, ..Recipe::default() }
}

fn run(process: &DecisionProcess, examples: Examples) -> anyhow::Result<(AppModel, Evaluation)> {
    let (service, model) = (Service::ImageObjects, Model::Objects(Box::new(model())));
    let material = Material { service, model, examples, body: None, recipe: recipe(), seeds: vec![1, 2] };
    customize("counts", process, material, None, ProgressMode::None)
}

/// The balanced rate, counted anew: objects as they are served for the candidates of each test scene, decided by the
/// program.
fn served_error(process: &DecisionProcess, app: &AppModel) -> f64 {
    let (model, decider) = (model(), process.decider());
    let bank = zoo::object_bank(&model).expect("ships");
    let names = model.vocabulary().labels;
    let detector = ObjectDetector::new(&zoo::image_labels().expect("ships"), &model).expect("fits");
    let nowhere = BoundingBox { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
    let mut by_decision = BTreeMap::<String, (usize, usize)>::new();
    for (scene, objects) in bank.scenes.iter().zip(&bank.objects).filter(|(scene, _)| scene.split == Split::Test) {
        let shown: Vec<(&str, f64)> = objects.iter().map(|&name| (names[usize::from(name)].as_str(), 1.0)).collect();
        let right = decider.decide(&ApiOutput::labels(shown)).expect("a program that runs");
        let candidate = |features: &[f32]| Candidate { bounds: nowhere, features: features.to_vec() };
        let candidates: Vec<Candidate> = scene.features.chunks_exact(bank.dim).map(candidate).collect();
        let found = detector.name(&candidates, Some(app), 0.5).into_iter().map(|object| (object.name, object.score));
        let served = decider.decide(&ApiOutput::labels(found)).expect("a program that runs");
        let (wrong, all) = by_decision.entry(format!("{right:?}")).or_default();
        *wrong += usize::from(served != right);
        *all += 1;
    }
    by_decision.values().map(|(wrong, all)| *wrong as f64 / *all as f64).sum::<f64>() / by_decision.len() as f64
}

#[test]
fn two_are_told_from_one_and_what_is_served_counts_as_what_was_measured() {
    let process =
        process("return 'none' if names.count('Animal') == 0 else 'one' if names.count('Animal') == 1 else 'more'");
    let (app, evaluation) = run(&process, examples()).expect("customizes");
    assert_eq!(app.manifest.labels, ["Animal"], "however often it is counted, it is one row");
    assert_eq!(evaluation.images.test_by_decision.len(), 3);
    assert!(!evaluation.remarks.iter().any(|remark| remark.contains("neither learnt nor measured")));
    let mean = |arm: &str| evaluation.arms[arm].balanced.mean;
    assert!(mean("C") < 0.9 * mean("G"), "{} of {}", mean("C"), mean("G"));
    let served = served_error(&process, &app);
    assert!((served - evaluation.served.test).abs() < 1e-9, "{served} and {}", evaluation.served.test);
}

#[test]
fn pictures_of_which_only_the_names_are_known_are_refused_where_the_decision_counts() {
    let mut named = examples();
    named.shown.iter_mut().for_each(|shown| shown.objects.clear());
    let refused = run(&process("return 'herd' if names.count('Animal') >= 2 else 'none'"), named).expect_err("unknown");
    let refused = format!("{refused:#}");
    assert!(refused.contains("only what it shows is known, not how often"), "{refused}");
}

fn refusal(decision: &str) -> String {
    let refused = run(&process(decision), examples()).map(|_| ()).expect_err(decision);
    format!("{refused:#}")
}

#[test]
fn numbers_that_decide_beside_other_names_are_refused() {
    for decision in [
        "return 'a' if names.count('Animal') >= 2 else 'b' if names.count('Vehicle') >= 1 else 'c'",
        "return 'a' if names.count('Animal') > names.count('Vehicle') else 'c'",
    ] {
        let refused = refusal(decision);
        assert!(refused.contains("how many there are of some names beside others"), "{decision}: {refused}");
    }
}

#[test]
fn numbers_of_whatever_name_are_refused() {
    let refused = refusal("return 'many' if len(names) >= 3 else 'few'");
    assert!(refused.contains("how many items there are of whatever name decides"), "{refused}");
}

#[test]
fn what_is_learnt_of_numbers_is_all_that_the_decision_hangs_on() {
    let refused = refusal("return 'empty' if not names else 'one' if names.count('Animal') == 1 else 'other'");
    assert!(refused.contains("hangs on more than how many there are of its names"), "{refused}");
    assert!(refused.contains("on no object it does `return 'empty'`"), "{refused}");
}

#[test]
fn a_decision_that_does_not_count_has_one_output_a_name() {
    let (service, model) = (Service::ImageObjects, Model::Objects(Box::new(model())));
    let pool = Pool::new(service, &model, examples(), None).expect("fits");
    let ranks = |decision: &str| {
        pool.counting(&process(decision), &recipe()).expect("all are counted").map(|pool| pool.examples.ranks)
    };
    assert_eq!(ranks("return 'animal' if 'Animal' in names else 'none'"), None);
    assert_eq!(ranks("return 'herd' if names.count('Animal') >= 3 else 'none'"), Some(3));
    assert_eq!(ranks("return 'pair' if names.count('Animal') == 2 else 'none'"), Some(3));
}
