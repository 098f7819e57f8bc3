//! A decision on labels that hangs on another API's answer for the same image, too.

use std::path::Path;

use chameleon_analyzer::Catalog;
use chameleon_decision::{ApiOutput, Decision, DecisionProcess, Given, Vocabulary};
use chameleon_loss::{DecisionLoss, LossConfig, LossError, Pooling, Truth};
use proptest::prelude::*;

const LABELS: [&str; 6] = ["Sky", "Food", "Fruit", "Water", "Vegetable", "Street"];
/// What the other API answers: only some of it is told apart.
const SITUATIONS: [&[(&str, f64)]; 8] = [
    &[],
    &[("Tree", 0.9)],
    &[("Plate", 0.9), ("Tree", 0.6)],
    &[("Tree", 0.8), ("Plate", 0.7)],
    &[("Person", 0.9)],
    &[("Bowl", 0.9)],
    &[("Person", 0.9), ("Plate", 0.8), ("Bowl", 0.6)],
    &[("Bowl", 0.9), ("Plate", 0.8), ("Person", 0.7), ("Person", 0.6)],
];

fn process() -> DecisionProcess {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/hot_dinner.py");
    let analysis = chameleon_analyzer::analyze(&path, &Catalog::new(vocabulary())).expect("the source is there");
    let of_labels = |process: &DecisionProcess| process.api.operation == "label_detection";
    analysis.processes.into_iter().find(of_labels).expect("it decides by labels")
}

fn vocabulary() -> Vocabulary {
    Vocabulary { name: "image-labels".to_owned(), labels: LABELS.map(str::to_owned).to_vec() }
}

fn situation(objects: &[(&str, f64)]) -> Vec<Given> {
    vec![Given {
        api: "google/vision/object_localization".to_owned(),
        output: ApiOutput::labels(objects.iter().copied()),
    }]
}

fn config() -> LossConfig {
    LossConfig { pooling: Pooling::Max, ..LossConfig::default() }
}

fn loss(process: &DecisionProcess) -> DecisionLoss {
    let situations: Vec<Vec<Given>> = SITUATIONS.iter().map(|objects| situation(objects)).collect();
    DecisionLoss::beside(process, &vocabulary(), config(), &situations).expect("labels change what it does")
}

/// What the program does with these logits where the other API answers so.
fn decided(process: &DecisionProcess, logits: &[f32], objects: &[(&str, f64)]) -> Decision {
    let mut seen: Vec<(&str, f64)> =
        LABELS.into_iter().zip(logits.iter().map(|&z| 1.0 / (1.0 + (-f64::from(z)).exp()))).collect();
    seen.retain(|label| label.1 >= 0.5);
    seen.sort_by(|a, b| b.1.total_cmp(&a.1));
    let decider = situation(objects).into_iter().fold(process.decider(), chameleon_decision::Decider::given);
    decider.decide(&ApiOutput::labels(seen)).expect("nothing else decides")
}

fn acceptable(process: &DecisionProcess, labels: &[u16], objects: &[(&str, f64)]) -> Vec<Decision> {
    let names: Vec<&str> = labels.iter().map(|&label| LABELS[usize::from(label)]).collect();
    let decider = situation(objects).into_iter().fold(process.decider(), chameleon_decision::Decider::given);
    decider.acceptable(&names).expect("nothing else decides")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_margin_is_above_zero_where_the_program_does_what_it_does_on_both_truths(
        logits in proptest::collection::vec(-3.0_f32..3.0, LABELS.len()),
        labels in proptest::sample::subsequence((0..LABELS.len() as u16).collect::<Vec<_>>(), 0..4),
        answered in 0..SITUATIONS.len(),
        right in 0..SITUATIONS.len(),
    ) {
        let (process, loss) = KNOWN.with(Clone::clone);
        let truth = Truth::Beside { labels: &labels, answered: answered as u32, right: &[right as u32] };
        let is_right = acceptable(&process, &labels, SITUATIONS[right])
            .contains(&decided(&process, &logits, SITUATIONS[answered]));
        prop_assert_eq!(loss.margin_of(&logits, truth) > 0.0, is_right);
        prop_assert_eq!(loss.errors_of(&logits, truth).is_empty(), is_right);
    }
}

thread_local! {
    static KNOWN: (DecisionProcess, DecisionLoss) = {
        let process = process();
        let loss = loss(&process);
        (process, loss)
    };
}

#[test]
fn situations_that_the_program_treats_alike_are_of_one_class() {
    let loss = loss(&process());
    let classes: Vec<u32> = (0..SITUATIONS.len() as u32).map(|place| loss.situation_class(place)).collect();
    assert_eq!(classes, [0, 0, 1, 1, 2, 3, 4, 4]);
}

#[test]
fn what_a_request_does_not_get_of_an_answer_makes_no_difference() {
    let crowd = |plate: usize| {
        let names = (0..12).map(|place| if place == plate { "Plate" } else { "Tree" });
        let objects: Vec<(&str, f64)> = names.zip((0..).map(|place| 0.9 - 0.01 * f64::from(place))).collect();
        situation(&objects)
    };
    let situations = [situation(&[]), crowd(0), crowd(9), crowd(10)];
    let loss = DecisionLoss::beside(&process(), &vocabulary(), config(), &situations).expect("a plate counts");
    let classes: Vec<u32> = (0..4).map(|place| loss.situation_class(place)).collect();
    assert_eq!(classes, [0, 1, 1, 0], "ten objects are asked for");
}

#[test]
fn labels_that_count_only_beside_something_are_learnt_too() {
    let process = process();
    let labels = |objects: &[&[(&str, f64)]]| {
        let situations: Vec<Vec<Given>> = objects.iter().map(|objects| situation(objects)).collect();
        DecisionLoss::beside(&process, &vocabulary(), config(), &situations).map(|loss| loss.labels())
    };
    assert_eq!(labels(&[&[("Plate", 0.9)]]).expect("one"), [1]);
    assert_eq!(labels(&[&[("Person", 0.9)], &[("Plate", 0.9)]]).expect("three"), [1, 2, 4]);
    let none = labels(&[&[], &[("Bowl", 0.9)]]);
    assert!(matches!(none, Err(LossError::Unreachable { .. })), "no label decides: {none:?}");
}

#[test]
fn where_the_other_api_is_wrong_labels_are_not_taught_what_they_cannot_mend() {
    let loss = loss(&process());
    let logits = [-2.0, 2.0, -2.0, -2.0, -2.0, -2.0];
    let mut gradient = [0.0; LABELS.len()];
    let mut at = |answered, right| {
        let truth = Truth::Beside { labels: &[1], answered, right: &[right] };
        (loss.value_and_gradient_of(&logits, &[truth], &mut gradient), gradient)
    };
    let (value, slopes) = at(0, 2);
    assert!(value == 0.0 && slopes.iter().all(|&slope| slope == 0.0), "no plate was answered: {slopes:?}");
    // A plate that is none: not to see the food is what mends the decision.
    let (_, slopes) = at(2, 0);
    assert!(slopes[1] > 0.0 && slopes[2] == 0.0, "{slopes:?}");
    // Both right: Food is to be seen.
    let (_, slopes) = at(2, 2);
    assert!(slopes[1] < 0.0, "{slopes:?}");
}
