//! Evaluation of several decisions on a small model: what is measured, what is left out, and how it goes on.

mod support;

use std::fs;
use std::path::Path;

use chameleon_decision::{DecisionProcess, Order};
use chameleon_trainer::customize::Material;
use chameleon_trainer::customize::examples::Examples;
use chameleon_trainer::customize::recipe::{Recipe, Stage};
use chameleon_trainer::customize::report::{ArmReport, Rate};
use chameleon_trainer::evaluate::plan::{FORMAT_VERSION, Plan, Planned};
use chameleon_trainer::evaluate::results::Results;
use chameleon_trainer::evaluate::{Read, evaluate};
use chameleon_trainer::evaluation::strata::Weighting;
use chameleon_trainer::progress::ProgressMode;
use chameleon_trainer::service::{Model, Service};
use support::{bank, garbage, model, process};

fn planned(name: &str, process: DecisionProcess) -> Planned {
    Planned { name: name.to_owned(), process }
}

fn plan() -> Plan {
    let decisions = vec![
        planned("by-score", garbage(Order::ApiOutput)),
        planned("by-priority", garbage(Order::AppPriority)),
        planned("water", process(Order::ApiOutput, &[("water", vec!["Lake"])])),
        planned("half", process(Order::ApiOutput, &[("water", vec!["Lake"]), ("desert", vec![])])),
    ];
    Plan { version: FORMAT_VERSION, decisions, skipped: Vec::new() }
}

fn material(seeds: &[u64]) -> Material {
    let examples = Examples::from_bank(bank(), "synthetic".to_owned()).expect("examples");
    let stage = Stage { steps: 40, batch: 64, learning_rate: 2e-2, ..Stage::default() };
    let recipe = Recipe { first: stage.clone(), second: stage, resamples: 200, ..Recipe::default() };
    let (service, model) = (Service::ImageLabels, Model::Images(Box::new(model())));
    Material { service, model, examples, body: None, recipe, seeds: seeds.to_vec() }
}

fn run(out: &Path, seeds: &[u64]) -> Results {
    evaluate(plan(), &|_| Ok(Read::Material(Box::new(material(seeds)))), out, ProgressMode::None).expect("evaluates")
}

#[test]
fn a_trainer_of_another_build_says_so() {
    let trainer = |build: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chameleon-trainer"));
        let output = command.args(["customize", "--process", "no/such", "--out", "no/such", "--build", build]).output();
        let output = output.expect("starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, told) = trainer("0");
    assert!(status == Some(2) && told.contains("another build") && told.contains("make build"), "{told}");
    let (status, told) = trainer(chameleon_decision::BUILD);
    assert!(status == Some(2) && told.contains("no/such:"), "{told}");
}

#[test]
fn every_arm_of_every_decision_is_measured_and_the_rest_is_explained() {
    let out = tempfile::tempdir().expect("a folder");
    let results = run(out.path(), &[1, 2]);
    let names: Vec<&str> = results.decisions.iter().map(|decision| decision.name.as_str()).collect();
    assert_eq!(names, ["by-score", "by-priority", "water"]);
    for decision in &results.decisions {
        let arms: Vec<&str> = decision.evaluation.arms.keys().map(String::as_str).collect();
        assert_eq!(arms, ["B", "B+", "C", "G", "K", "T"]);
    }
    assert_eq!(results.skipped.len(), 1);
    assert_eq!(results.skipped[0].reason, "branch `desert`: none of the model's labels reaches it");
    let all = &results.groups[0];
    let mean = |arm: &str| {
        let rates = results.decisions.iter().map(|decision| decision.evaluation.arms[arm].balanced.mean);
        rates.sum::<f64>() / results.decisions.len() as f64
    };
    for arm in ["G", "T", "K", "B", "B+", "C"] {
        assert!((all.arms[arm].rate - mean(arm)).abs() < 1e-6, "{arm}: {} and {}", all.arms[arm].rate, mean(arm));
    }
    assert!(all.arms["S"].rate < 0.8 * all.arms["G"].rate, "{:?}", all.arms);
    assert_eq!(all.decisions, 3);
}

#[test]
fn a_second_run_takes_what_is_there_and_other_settings_do_not() {
    let out = tempfile::tempdir().expect("a folder");
    let first = serde_json::to_value(run(out.path(), &[1])).expect("JSON");
    let row = out.path().join("decisions/water.json");
    let text = fs::read_to_string(&row).expect("a row");
    // What is read back can be told from what would be made anew.
    fs::write(&row, text.replacen("\"app\":\"water\"", "\"app\":\"kept\"", 1)).expect("written");
    let again = run(out.path(), &[1]);
    assert_eq!(again.decisions[2].evaluation.app, "kept");
    assert_eq!(run(out.path(), &[2]).decisions[2].evaluation.app, "water");
    // The same again from nothing, and after a row was damaged.
    fs::write(&row, &text[..text.len() / 2]).expect("written");
    assert_eq!(serde_json::to_value(run(out.path(), &[1])).expect("JSON"), first);
}

#[test]
fn a_plan_with_a_bad_name_or_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.json");
    let message = |plan: &Plan| {
        fs::write(&file, serde_json::to_vec(plan).expect("JSON")).expect("written");
        format!("{:#}", Plan::read(&file).expect_err("refused"))
    };
    let mut outside = plan();
    outside.decisions[0].name = "../outside".to_owned();
    assert!(message(&outside).contains("`../outside` cannot name a file"));
    let mut twice = plan();
    twice.decisions[1].name = "by-score".to_owned();
    assert!(message(&twice).contains("`by-score` twice"));
    let mut other = plan();
    other.version = 99;
    assert!(message(&other).contains("version 99, expected 1"));
}

#[test]
fn a_service_that_the_data_is_not_of_is_left_out() {
    let out = tempfile::tempdir().expect("a folder");
    let plan = || {
        let mut text = garbage(Order::ApiOutput);
        (text.api.service, text.api.operation) = ("language".to_owned(), "classify_text".to_owned());
        let mut plan = plan();
        plan.decisions.push(planned("topics", text));
        plan
    };
    let read = |service| match service {
        Service::ImageLabels => Ok(Read::Material(Box::new(material(&[1])))),
        other => Ok(Read::NotOf(format!("no data of {other}"))),
    };
    let results = evaluate(plan(), &read, out.path(), ProgressMode::None).expect("evaluates the others");
    assert_eq!(results.decisions.len(), 3);
    let left_out = results.skipped.iter().find(|skipped| skipped.name == "topics").expect("told");
    assert_eq!(left_out.reason, format!("no data of {}", Service::TextTopics));
    let refused = |read: &dyn Fn(Service) -> anyhow::Result<Read>| {
        format!("{:#}", evaluate(plan(), read, out.path(), ProgressMode::None).expect_err("refused"))
    };
    let of_none = refused(&|service| Ok(Read::NotOf(format!("no data of {service}"))));
    assert_eq!(of_none, format!("no data of {}; no data of {}", Service::ImageLabels, Service::TextTopics));
    // What is damaged is not left out in silence.
    let damaged = |service| match service {
        Service::ImageLabels => Ok(Read::Material(Box::new(material(&[1])))),
        _ => anyhow::bail!("damaged"),
    };
    assert_eq!(refused(&damaged), "damaged");
}

#[test]
fn images_can_count_as_frequently_as_they_are() {
    let out = tempfile::tempdir().expect("a folder");
    let with = |weighting| {
        let mut material = material(&[1]);
        material.recipe.weighting = weighting;
        Ok(Read::Material(Box::new(material)))
    };
    let [balanced, natural] = [Weighting::Balanced, Weighting::Natural]
        .map(|weighting| evaluate(plan(), &|_| with(weighting), out.path(), ProgressMode::None).expect("evaluates"));
    let mean = |results: &Results, rate: fn(&ArmReport) -> &Rate| {
        let rates = results.decisions.iter().map(|decision| rate(&decision.evaluation.arms["T"]).mean);
        rates.sum::<f64>() / results.decisions.len() as f64
    };
    for (results, rate) in
        [(&balanced, (|arm| &arm.balanced) as fn(&ArmReport) -> &Rate), (&natural, |arm| &arm.natural)]
    {
        assert!((results.groups[0].arms["T"].rate - mean(results, rate)).abs() < 1e-6);
    }
    // What thresholds are tuned by, they make lower, on the tuning images and here on others, too.
    assert!(mean(&natural, |arm| &arm.natural) <= mean(&balanced, |arm| &arm.natural));
    assert!(mean(&balanced, |arm| &arm.balanced) <= mean(&natural, |arm| &arm.balanced));
    for decision in &natural.decisions {
        let evaluation = &decision.evaluation;
        let [c, g] = ["C", "G"].map(|arm| evaluation.arms[arm].natural.mean);
        assert!((evaluation.ratios["C/G"].value.expect("finite") - c / g).abs() < 1e-9);
    }
}
