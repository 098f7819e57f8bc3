//! Customization of a small model, from its bank to decisions taken by the program on what would be served.

mod support;

use std::sync::Arc;

use chameleon_analyzer::Catalog;
use chameleon_decision::{ApiOutput, DecisionProcess, MinScore, Order};
use chameleon_models::app::AppModel;
use chameleon_models::bank::{Bank, Split};
use chameleon_models::labeler::ImageLabeler;
use chameleon_models::zoo::Generic as _;
use chameleon_trainer::customize::examples::Examples;
use chameleon_trainer::customize::pool::Pool;
use chameleon_trainer::customize::recipe::{Recipe, Stage};
use chameleon_trainer::customize::report::Evaluation;
use chameleon_trainer::customize::task::Task;
use chameleon_trainer::customize::{Material, customize, output};
use chameleon_trainer::evaluation::judge::Judge;
use chameleon_trainer::evaluation::panel::Shifts;
use chameleon_trainer::measure::measure;
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::{Model, Service};
use support::{bank, garbage, model, needing_labels, process};

fn recipe() -> Recipe {
    // Of the small model's head, whose weights are about 0.6.
    let stage = Stage { steps: 60, batch: 64, learning_rate: 2e-2 / 0.6, ..Stage::default() };
    Recipe { first: stage.clone(), second: stage, resamples: 200, ..Recipe::default() }
}

fn material(bank: Bank, seeds: &[u64]) -> anyhow::Result<Material> {
    let examples = Examples::from_bank(bank, "synthetic".to_owned())?;
    let (service, model) = (Service::ImageLabels, Model::Images(Box::new(model())));
    Ok(Material { service, model, examples, body: None, recipe: recipe(), seeds: seeds.to_vec() })
}

fn run(process: &DecisionProcess) -> anyhow::Result<(AppModel, Evaluation)> {
    customize("garbage", process, material(bank(), &[1, 2])?, None, ProgressMode::None)
}

/// The balanced rate, counted anew: labels as they would be served, decided by the program.
fn served_error(process: &DecisionProcess, app: Option<&AppModel>) -> f64 {
    error_from(process, app, 0.5)
}

/// As [`served_error`], of the labels that score so much.
fn served_error_from(process: &DecisionProcess, app: &AppModel, least: f64) -> f64 {
    error_from(process, Some(app), least)
}

fn error_from(process: &DecisionProcess, app: Option<&AppModel>, least: f64) -> f64 {
    let (model, bank) = (model(), bank());
    let mut labeler = ImageLabeler::new(&model).expect("the small network");
    if let Some(app) = app {
        labeler = labeler.for_app(&model, Arc::new(app.clone())).expect("made for it");
    }
    let names = model.vocabulary().labels;
    let decider = process.decider();
    let mut by_decision = std::collections::BTreeMap::<String, (usize, usize)>::new();
    for i in (0..bank.len()).filter(|&i| bank.split[i] == Split::Test) {
        let truth: Vec<&str> = bank.targets[i].iter().map(|&label| names[usize::from(label)].as_str()).collect();
        let acceptable = decider.acceptable(&truth).expect("a program that runs");
        let default = decider.decide(&ApiOutput::labels(Vec::<(String, f64)>::new())).expect("a program that runs");
        let mut labels = labeler.labels(bank.feature(i));
        labels.retain(|label| label.score >= least);
        let served = decider
            .decide(&ApiOutput::labels(labels.into_iter().map(|label| (label.description, label.score))))
            .expect("a program that runs");
        let right = acceptable.iter().find(|&decision| *decision != default).unwrap_or(&default);
        let (wrong, all) = by_decision.entry(format!("{right:?}")).or_default();
        *wrong += usize::from(!acceptable.contains(&served));
        *all += 1;
    }
    by_decision.values().map(|(wrong, all)| *wrong as f64 / *all as f64).sum::<f64>() / by_decision.len() as f64
}

#[test]
fn the_decision_loss_makes_fewer_wrong_decisions_than_the_generic_model() {
    for order in [Order::ApiOutput, Order::AppPriority] {
        let (_, evaluation) = run(&garbage(order)).expect("customizes");
        let mean = |arm: &str| evaluation.arms[arm].balanced.mean;
        assert!(mean("G") > 0.2, "the generic model is too good to show anything: {}", mean("G"));
        assert!(mean("C") < 0.7 * mean("G"), "{order:?}: {} of {}", mean("C"), mean("G"));
        assert!(evaluation.served.passes, "{}", evaluation.served.reason);
    }
}

#[test]
fn the_folder_serves_what_was_measured() {
    let process = garbage(Order::ApiOutput);
    let (app, evaluation) = run(&process).expect("customizes");
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("garbage");
    output::write(&folder, &app, &evaluation).expect("writes");
    let read = AppModel::read(&folder, &model()).expect("reads");
    let generic = served_error(&process, None);
    assert!((generic - evaluation.arms["G"].balanced.mean).abs() < 1e-9, "{generic}");
    let served = served_error(&process, Some(&read));
    assert!((served - evaluation.served.test).abs() < 1e-9, "{served} and {}", evaluation.served.test);
    let json = std::fs::read_to_string(folder.join(output::EVALUATION_JSON)).expect("is there");
    let written: Evaluation = serde_json::from_str(&json).expect("parses");
    assert_eq!(written.served.arm, evaluation.served.arm);
}

#[test]
fn a_program_that_needs_other_labels_too_is_tuned_with_them() {
    let process = needing_labels(garbage(Order::ApiOutput), 2);
    let (app, evaluation) = run(&process).expect("customizes");
    let served = &evaluation.served;
    assert!((served_error(&process, Some(&app)) - served.test).abs() < 1e-9);
    // Tuning and test images are alike: a tuning rate far from the test rate is that of another program.
    assert!((served.tuning - served.test).abs() < 0.15, "{} and {}", served.tuning, served.test);
    assert!((served.tuning_generic - evaluation.arms["G"].balanced.mean).abs() < 0.15, "{}", served.tuning_generic);
}

/// The same program on answers of AWS, of which the request wants only those of so many percent.
fn on_rekognition(mut process: DecisionProcess, percent: f64) -> DecisionProcess {
    let catalog = Catalog::new(model().vocabulary());
    let api = catalog.apis().find(|api| api.is("aws", "rekognition", "detect_labels"));
    process.asks_for = Some(MinScore { value: percent / 100.0, inclusive: true });
    process.api = api.expect("the table has it").clone();
    let mut program = serde_json::to_string(&process.program).expect("serializes");
    for (google, aws) in [("label_annotations", "labels"), ("description", "name")] {
        program = program.replace(google, aws);
    }
    process.program = serde_json::from_str(&program).expect("parses");
    process
}

#[test]
fn labels_below_what_the_request_asks_for_are_not_seen() {
    let process = on_rekognition(garbage(Order::ApiOutput), 80.0);
    assert_eq!(Service::of(&process.api).expect("is answered"), Service::ImageLabels);
    let (app, evaluation) = run(&process).expect("customizes");
    assert!(evaluation.formula.contains("(score 0.8)"), "{}", evaluation.formula);
    let (all, sure) = (served_error_from(&process, &app, 0.5), served_error_from(&process, &app, 0.8));
    assert!((sure - evaluation.served.test).abs() < 1e-9, "{sure} and {}; of all {all}", evaluation.served.test);
    assert!(sure < 0.7 * evaluation.arms["G"].balanced.mean, "{sure} of {}", evaluation.arms["G"].balanced.mean);
}

#[test]
fn the_same_seeds_give_the_same_model() {
    let (a, b) = (run(&garbage(Order::AppPriority)), run(&garbage(Order::AppPriority)));
    let ((a, a_evaluation), (b, b_evaluation)) = (a.expect("customizes"), b.expect("customizes"));
    assert_eq!(a, b);
    assert_eq!(a_evaluation, b_evaluation);
}

#[test]
fn a_new_run_replaces_an_app_model_and_nothing_else() {
    let (app, evaluation) = run(&process(Order::ApiOutput, &[("water", vec!["Lake"])])).expect("customizes");
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("app");
    output::write(&folder, &app, &evaluation).expect("writes");
    output::write(&folder, &app, &evaluation).expect("replaces");
    let entries = std::fs::read_dir(parent.path()).expect("is there").count();
    assert_eq!(entries, 1, "nothing temporary stays");
    let stranger = parent.path().join("stranger");
    std::fs::create_dir(&stranger).expect("a folder");
    std::fs::write(stranger.join("thesis.txt"), "dear").expect("a file");
    let error = output::write(&stranger, &app, &evaluation).expect_err("is not an app model");
    assert!(error.to_string().contains("not an app model"), "{error}");
    assert!(stranger.join("thesis.txt").is_file());
}

#[test]
fn what_cannot_be_customized_is_said_in_one_message() {
    let unreachable = process(Order::ApiOutput, &[("nothing", vec![])]);
    let error = format!("{:#}", run(&unreachable).expect_err("no label reaches a branch"));
    assert!(error.contains("no label of vocabulary `small` reaches any branch"), "{error}");

    let mut few = bank();
    for (class, split) in few.classes.clone().iter().zip(&mut few.split) {
        if *class == 7 && *split == Split::Tune {
            *split = Split::Train;
        }
    }
    let lake = process(Order::ApiOutput, &[("water", vec!["Lake"])]);
    let error = customize("lake", &lake, material(few, &[1]).expect("examples"), None, ProgressMode::None);
    let error = error.expect_err("too few images").to_string();
    assert_eq!(error, "branch `water`: 0 tuning examples carry one of its labels, at least 5 are needed");
}

#[test]
fn measuring_the_published_model_on_the_test_images_gives_the_evaluations_rates() {
    let process = garbage(Order::ApiOutput);
    let (app, evaluation) = run(&process).expect("customizes");
    let bank = bank();
    let test: Vec<usize> = (0..bank.len()).filter(|&i| bank.split[i] == Split::Test).collect();
    let only = Bank::new(
        bank.dim,
        test.iter().flat_map(|&i| bank.feature(i).to_vec()).collect(),
        test.iter().map(|&i| bank.classes[i]).collect(),
        vec![Split::Test; test.len()],
        &model().labels,
    );
    let measured = measure(&app, material(only.expect("a bank"), &[1]).expect("examples")).expect("measures");
    assert!((measured.generic.balanced - evaluation.arms["G"].balanced.mean).abs() < 1e-9);
    assert!((measured.published.balanced - evaluation.served.test).abs() < 1e-9);
    assert!(measured.better && measured.images == test.len());
}

#[test]
fn images_that_look_like_a_branch_and_are_of_none_are_drawn_as_often_as_asked() {
    let process = garbage(Order::ApiOutput);
    let material = material(bank(), &[1]).expect("fits");
    let pool = Pool::new(material.service, &material.model, material.examples, None).expect("fits");
    let groups = |hard_negatives| {
        let mut judge = Judge::new(&process, pool.form(), &pool.vocabulary.labels).expect("a program that runs");
        let task = Task::new(&process, &pool, &Recipe { hard_negatives, ..recipe() }, &mut judge).expect("a loss");
        (task.train.groups.clone(), task.train.len(), task.labels)
    };
    let ((plain, plain_count, own), (hard, hard_count, _)) = (groups(1), groups(3));
    assert_eq!(plain_count, hard_count, "an image is one, however often it is drawn");
    let carries = |image: usize| pool.examples.targets[image].iter().any(|label| own.contains(label));
    let score = |image: usize| own.iter().map(|&label| pool.row(image)[usize::from(label)]).fold(f32::MIN, f32::max);
    for (plain, hard) in plain.iter().zip(&hard) {
        let times = |image: usize| hard.iter().filter(|&&other| other == image).count();
        let (more, once): (Vec<usize>, Vec<usize>) = plain.iter().partition(|&&image| times(image) == 3);
        let negatives = plain.iter().filter(|&&image| !carries(image)).count();
        assert_eq!(more.len(), negatives / 4);
        assert!(more.iter().all(|&image| !carries(image)) && once.iter().all(|&image| times(image) == 1));
        let least = more.iter().map(|&image| score(image)).fold(f32::MAX, f32::min);
        assert!(once.iter().filter(|&&image| !carries(image)).all(|&image| score(image) <= least));
    }
    assert!(plain.iter().flatten().any(|&image| !carries(image)), "there are such images");
}

/// Adds scores up, so that the slightest change of one may count.
const SUM: &str = r#"
from google.cloud import vision


def rate(image):
    labels = vision.ImageAnnotatorClient().label_detection(image=image).label_annotations
    total = sum(label.score for label in labels if label.description in ("Apple", "Bread", "Food"))
    return "meal" if total > 1.3 else "snack" if total > 0.6 else "nothing"
"#;

#[test]
fn thresholds_of_a_program_that_calculates_are_tuned_by_its_own_decisions() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("app.py"), SUM).expect("writes");
    let vocabulary = model().vocabulary();
    let analysis = chameleon_analyzer::analyze(folder.path(), &Catalog::new(vocabulary)).expect("reads");
    let process = analysis.processes.into_iter().next().expect("it decides");
    let material = material(bank(), &[1]).expect("fits");
    let pool = Pool::new(material.service, &material.model, material.examples, None).expect("fits");
    let mut judge = Judge::new(&process, pool.form(), &pool.vocabulary.labels).expect("a program that runs");
    let task = Task::new(&process, &pool, &recipe(), &mut judge).expect("a loss");
    let panel = &task.tune;
    let logits = task.generic.logits(&pool.examples.select(&panel.images)).expect("numbers");
    let mut seen = std::collections::BTreeSet::new();
    for shift in [-1.5, -0.5, 0.0, 0.25, 1.0, 3.0] {
        let own = vec![shift; task.labels.len()];
        let quick = panel.wrong(&logits, Shifts { own: &own, others: 0.0 }, &mut judge).expect("runs");
        let exact = panel.wrong_exactly(&logits, Shifts { own: &own, others: 0.0 }, &mut judge).expect("runs");
        assert_eq!(quick, exact, "shifted by {shift}");
        seen.insert(quick);
    }
    assert!(seen.len() > 3, "shifts change what is decided");
}
