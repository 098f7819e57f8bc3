//! Decisions and summaries of small applications in the idioms of real ones (`data/applications.jsonl`: source and
//! program).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chameleon_decision::{
    Api, ApiOutput, Budget, DecideError, Decider, DecisionProcess, DecisionType, Limit, MatchMode, MinScore, Order,
    Program, ReadError, Shape, Span, Summary, Vocabulary, Warning, summarize,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Application {
    name: String,
    program: Program,
}

const LABELS: [&str; 24] = [
    "Goldfish",
    "European fire salamander",
    "Dog",
    "Cat",
    "Cattle",
    "Big cat",
    "Vehicle",
    "Car",
    "Building",
    "Person",
    "Food",
    "Snack",
    "Produce",
    "Glass",
    "Plastic",
    "Plastic bottle",
    "Paper",
    "Clothing",
    "Shoe",
    "Mushroom",
    "Plant",
    "Beer bottle",
    "Body of water",
    "Fish",
];

fn vocabulary() -> Vocabulary {
    Vocabulary { name: "test".to_owned(), labels: LABELS.map(str::to_owned).to_vec() }
}

fn applications() -> Vec<Application> {
    include_str!("data/applications.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn program(name: &str) -> Program {
    applications().into_iter().find(|application| application.name == name).unwrap().program
}

fn summary(name: &str) -> (Summary, Vec<Warning>) {
    summarize(&program(name), &Api::google_label_detection(), &vocabulary())
}

fn branch_labels(summary: &Summary) -> Vec<(&str, Vec<&str>)> {
    let labels = |labels: &'_ [String]| {
        labels.iter().map(|label| LABELS[LABELS.iter().position(|l| l == label).unwrap()]).collect()
    };
    summary.branches.iter().map(|branch| (branch.name.as_str(), labels(&branch.labels))).collect()
}

fn modes(summary: &Summary, branch: usize) -> Vec<(&str, MatchMode)> {
    summary.branches[branch].words.iter().map(|word| (word.text.as_str(), word.mode)).collect()
}

fn decide(name: &str, labels: &[&str]) -> String {
    let program = program(name);
    let output = ApiOutput::labels(labels.iter().map(|label| (*label, 1.0)));
    Decider::new(&program, &Api::google_label_detection())
        .decide(&output)
        .map_or_else(|error| error.to_string(), |decision| decision.to_string())
}

#[test]
fn membership_in_a_list_is_true_false_with_exact_words() {
    let (summary, warnings) = summary("tf_list");
    assert_eq!(summary.decision_type, DecisionType::TrueFalse);
    assert_eq!(branch_labels(&summary), [("True", vec!["Mushroom", "Plant"])]);
    assert_eq!(modes(&summary, 0)[0], ("Flowerpot", MatchMode::Exact));
    assert_eq!(modes(&summary, 0).len(), 4);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn early_return_in_the_label_loop_is_api_output_order() {
    let (summary, _) = summary("heapsort");
    assert_eq!((summary.decision_type, summary.order), (DecisionType::MultiChoice, Some(Order::ApiOutput)));
    let compost = summary.branches.iter().position(|branch| branch.name == "compost").unwrap();
    assert_eq!(
        modes(&summary, compost),
        [("food", MatchMode::FirstWord), ("snack", MatchMode::FirstWord), ("produce", MatchMode::FirstWord)]
    );
}

#[test]
fn elif_over_any_is_app_priority_in_the_order_of_the_code() {
    let (summary, warnings) = summary("appprio");
    assert_eq!((summary.decision_type, summary.order), (DecisionType::MultiChoice, Some(Order::AppPriority)));
    let names: Vec<_> = summary.branches.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(names, ["construction", "person", "vehicle"]);
    assert!(summary.branches[2].labels.is_empty(), "lower-case words meet no label");
    assert!(warnings.iter().any(|warning| warning.message.contains("`vehicle` never equals")), "{warnings:?}");
}

#[test]
fn later_labels_that_overwrite_are_last_match() {
    let (summary, _) = summary("last");
    assert_eq!((summary.decision_type, summary.order), (DecisionType::MultiChoice, Some(Order::LastMatch)));
}

#[test]
fn independent_tests_are_multi_select_with_their_own_modes() {
    let (summary, _) = summary("multiselect");
    assert_eq!(summary.decision_type, DecisionType::MultiSelect);
    assert_eq!(summary.top_k, Some(5));
    assert_eq!(modes(&summary, 0), [("dog", MatchMode::Icontains)]);
    assert_eq!(summary.branches[1].labels, ["Cat", "Cattle"]);
}

#[test]
fn an_exclusive_bound_and_a_slice_are_found_to_the_bit() {
    let (summary, _) = summary("thresh");
    assert_eq!(summary.branches[0].min_score, Some(MinScore { value: 0.7, inclusive: false }));
    assert_eq!(summary.top_k, Some(3));
}

#[test]
fn a_ladder_over_a_labels_score_is_a_range() {
    let (summary, _) = summary("ladder");
    assert_eq!(summary.decision_type, DecisionType::Range);
    assert!(summary.branches.iter().all(|branch| branch.labels == summary.branches[0].labels));
    let ends: Vec<_> = summary.branches.iter().map(|branch| branch.regions[0][0].clone()).collect();
    let value = |limit: Option<Limit>| limit.unwrap().value.to_bits();
    assert!(ends.windows(2).all(|pair| value(pair[0].high) == value(pair[1].low)), "{ends:?}");
    assert!(ends.windows(2).all(|pair| pair[0].high.unwrap().inclusive != pair[1].low.unwrap().inclusive), "{ends:?}");
}

#[test]
fn a_ladder_over_percentages_has_bounds_in_percent() {
    let mut api = Api::google_label_detection();
    percentages(&mut api.answer);
    let mut json = serde_json::to_value(program("ladder")).unwrap();
    times_a_hundred(&mut json);
    let program: Program = serde_json::from_value(json).unwrap();
    let (summary, _) = summarize(&program, &api, &vocabulary());
    assert_eq!(summary.decision_type, DecisionType::Range);
    let bounds: Vec<_> = summary.branches.iter().flat_map(|branch| branch.regions.iter().flatten()).collect();
    assert!(bounds.iter().all(|bounds| bounds.percent), "{bounds:?}");
    let limits: Vec<Limit> = bounds.iter().flat_map(|bounds| [bounds.low, bounds.high]).flatten().collect();
    assert!(limits.iter().all(|limit| limit.value > 1.0 && limit.value < 100.0), "{limits:?}");
    // What it says of a score in 0..1 is what the program does.
    let decider = Decider::new(&program, &api);
    for score in (1..100).map(|percent| f64::from(percent) / 100.0) {
        let output = ApiOutput::labels([(summary.branches[0].labels[0].as_str(), score)]);
        let taken = summary.taken(&output).first().map(|&at| &summary.branches[at].outcome);
        assert_eq!(decider.decide(&output).unwrap(), *taken.unwrap_or(&summary.default), "{score}");
    }
}

/// Multiplies the fractions of a program.
fn times_a_hundred(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(fields) => {
            if let Some(number) = fields.get("float").and_then(serde_json::Value::as_f64) {
                fields["float"] = serde_json::Value::from(number * 100.0);
            }
            fields.values_mut().for_each(times_a_hundred);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(times_a_hundred),
        _ => {}
    }
}

/// Turns scores into percentages.
fn percentages(shape: &mut Shape) {
    match shape {
        Shape::Record(fields) => fields.values_mut().for_each(percentages),
        Shape::List(item) => percentages(item),
        Shape::Score => *shape = Shape::Percent,
        _ => {}
    }
}

#[test]
fn labels_of_which_it_takes_two_are_a_count() {
    let (count, _) = summary("count");
    assert_eq!(count.decision_type, DecisionType::Count);
    let [branch] = count.branches.as_slice() else { panic!("{:?}", count.branches) };
    assert_eq!(branch.labels.len(), 3);
    assert_eq!(branch.regions[0][0].low.map(|low| low.value), Some(2.0));
}

#[test]
fn a_black_list_is_negated_only_where_absence_matters() {
    let (absent, _) = summary("black");
    assert!(absent.branches[0].negated);
    assert_eq!(absent.branches[0].labels, ["Dog", "Cat"]);
    let (any_other, _) = summary("blackpos");
    assert!(!any_other.branches[0].negated);
    assert_eq!(any_other.branches[0].labels.len(), LABELS.len() - 2);
}

#[test]
fn conditions_that_never_fail_and_words_that_never_match_are_flagged() {
    let (_, warnings) = summary("lower");
    let text: Vec<_> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(text.iter().any(|text| text.contains("true on every answer")), "{text:?}");
    assert!(text.iter().any(|text| text.contains("`dog` never equals the label `Dog`")), "{text:?}");
}

#[test]
fn programs_that_need_several_labels_are_padded() {
    let (summary, _) = summary("phoenix");
    assert_eq!(summary.decision_type, DecisionType::TrueFalse);
    assert_eq!(summary.top_k, Some(3));
}

#[test]
fn a_regular_expression_reaches_exact_labels_without_a_mode() {
    let (summary, _) = summary("regex");
    assert_eq!(branch_labels(&summary)[0].1, ["Dog", "Cat", "Cattle", "Big cat"]);
    assert_eq!(modes(&summary, 0), [("dog|cat", MatchMode::Other)]);
}

#[test]
fn labels_that_pass_through_are_no_decision() {
    assert_eq!(decide("pass", &[]), decide("pass", &["Dog", "Cat"]));
    assert_eq!(summary("pass").0.decision_type, DecisionType::Other);
    // The print of each label before the test shows in no decision either.
    assert_eq!(decide("tf_list", &["Goldfish"]), "return False");
}

#[test]
fn a_test_of_user_input_is_refused_with_its_place() {
    assert_eq!(
        decide("unknown", &["Dog"]),
        "line 4: the decision depends on wanted, which the program does not determine"
    );
    assert!(summary("unknown").0.reason.unwrap().contains("wanted"));
}

#[test]
fn an_endless_loop_decides_once_per_call() {
    assert_eq!(decide("while", &["Dog"]), "camera.read(); key.pressed(); servo.open(3)");
}

#[test]
fn every_true_label_may_come_first() {
    let program = program("last");
    let api = Api::google_label_detection();
    let decider = Decider::new(&program, &api);
    let texts = |truth: &[&str]| decider.acceptable(truth).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&[]), ["return 'unknown'"]);
    assert_eq!(texts(&["Dog", "Vehicle"]), ["return 'vehicle'", "return 'animal'"]);
    assert_eq!(texts(&["Dog", "Cat"]), ["return 'animal'"]);
}

#[test]
fn the_json_form_round_trips_and_other_versions_are_refused() {
    for Application { program, .. } in applications() {
        let api = Api::google_label_detection();
        let (summary, warnings) = summarize(&program, &api, &vocabulary());
        let process = DecisionProcess {
            version: chameleon_decision::FORMAT_VERSION,
            given: Vec::new(),
            contexts: Vec::new(),
            asks_for: None,
            api,
            call: Span::default(),
            program,
            summary,
            warnings,
        };
        let json = process.to_json().unwrap();
        assert_eq!(DecisionProcess::from_json(&json).unwrap(), process);
        let known = chameleon_decision::FORMAT_VERSION;
        let newer = json.replacen(&format!("\"version\": {known}"), "\"version\": 99", 1);
        assert!(matches!(DecisionProcess::from_json(&newer), Err(ReadError::Version { found: 99, .. })));
    }
    assert!(matches!(DecisionProcess::from_json("{}"), Err(ReadError::Json(_))));
}

#[test]
fn runs_share_a_budget_and_say_when_it_is_spent() {
    let (program, api) = (program("last"), Api::google_label_detection());
    let output = ApiOutput::labels([("Dog", 0.9)]);
    let (ample, tight) = (Budget::new(1_000_000), Budget::new(1));
    assert_eq!(
        Decider::new(&program, &api).within(&ample).decide(&output),
        Decider::new(&program, &api).decide(&output)
    );
    let decider = Decider::new(&program, &api).within(&tight);
    assert!(decider.decide(&output).is_ok(), "a run that began is ended");
    assert!(matches!(decider.decide(&output), Err(DecideError::OutOfBudget { limit: 1, .. })));
    assert!(decider.summarize(&vocabulary()).0.reason.unwrap().contains("more than 1 steps"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn summaries_predict_their_programs(picked in prop::collection::vec((0..LABELS.len(), 0.0..1.0_f64), 1..9)) {
        let mut labels: Vec<(&str, f64)> = Vec::new();
        for (at, score) in picked {
            if labels.iter().all(|label| label.0 != LABELS[at]) {
                labels.push((LABELS[at], score));
            }
        }
        labels.sort_by(|a, b| b.1.total_cmp(&a.1));
        let output = ApiOutput::labels(labels.clone());
        for Application { name, program } in applications() {
            // Needs three labels; a shorter answer raises.
            if name == "phoenix" && labels.len() < 3 {
                continue;
            }
            let (summary, _) = summarize(&program, &Api::google_label_detection(), &vocabulary());
            let taken = summary.taken(&output);
            let expected = match (summary.decision_type, taken.as_slice()) {
                (DecisionType::Other, _) => continue,
                (_, []) => summary.default.clone(),
                (_, [one]) => summary.branches[*one].outcome.clone(),
                // The decision of several branches is that of one label of each.
                (_, several) => {
                    let one_each = several.iter().map(|&at| (summary.branches[at].labels[0].as_str(), 1.0));
                    Decider::new(&program, &Api::google_label_detection()).decide(&ApiOutput::labels(one_each)).unwrap()
                }
            };
            let decided = Decider::new(&program, &Api::google_label_detection()).decide(&output).unwrap();
            prop_assert_eq!(decided, expected, "{} on {:?}", name, labels);
        }
    }
}
