//! Real programs of every type of decision: the margin is above zero exactly when the program decides right, and the
//! gradient is that of the loss.

mod applications;
mod slopes;

use applications::{Application, any_raw, any_truth};
use chameleon_loss::{Answer, DecisionLoss, LossConfig, LossError, Pooling, Space, Truth};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use slopes::check_slopes;

/// Programs with a form, with the type of answer they decide by.
const NAMED: [&str; 18] = [
    "sentiment_ladder",
    "sentiment_sign",
    "magnitude",
    "comprehend_sentiment",
    "comprehend_score",
    "face_count",
    "entity_types",
    "first_entity",
    "last_entity",
    "safe_search",
    "smoke_ladder",
    "jar_count",
    "garbage_order",
    "shopping_list",
    "both_are_asked",
    "without_people",
    "crowd",
    "fruit_pair",
];

/// Programs about classes of sentiment and their shares.
const OF_CLASSES: [&str; 6] = [
    "comprehend_sentiment",
    "comprehend_score",
    "two_shares",
    "surest_share",
    "sure_and_negative",
    "more_good_than_bad",
];

/// Programs about labels that are probed: those without a form, and some that have one.
const PROBED: [&str; 8] = [
    "two_required",
    "bottle_count",
    "score_band",
    "majority",
    "smoke_ladder",
    "garbage_order",
    "shopping_list",
    "without_people",
];

fn config(space: Space) -> LossConfig {
    LossConfig { space, pooling: Pooling::Max, ..LossConfig::default() }
}

/// Runs a property on random rows and truths of an application.
fn on_random_rows(
    application: &Application,
    cases: u32,
    property: impl Fn(&[f32], &applications::Truths) -> Result<(), TestCaseError>,
) {
    let rows = (any_raw(&application.answer), any_truth(&application.answer));
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    runner.run(&rows, |(raw, truth)| property(&raw, &truth)).unwrap_or_else(|e| panic!("{}: {e}", application.name));
}

fn positive_exactly_when_right(application: &Application, loss: &DecisionLoss) {
    on_random_rows(application, 300, |raw, truth| {
        let margin = loss.margin_of(raw, truth.as_truth());
        prop_assume!(margin.abs() > 1e-6);
        prop_assert_eq!(margin > 0.0, application.is_right(raw, truth), "{} has margin {}", application.name, margin);
        Ok(())
    });
}

#[test]
fn margin_is_positive_exactly_when_the_program_decides_right() {
    for name in NAMED {
        let application = Application::read(name);
        for space in [Space::Logit, Space::Probability] {
            let loss = application.loss(config(space)).unwrap_or_else(|e| panic!("{name}: {e}"));
            positive_exactly_when_right(&application, &loss);
        }
    }
}

/// Of an item of a list, such as an object, only the best label is in the answer.
#[test]
fn margin_of_a_single_item_is_positive_exactly_when_the_program_decides_right() {
    for name in ["smoke_ladder", "garbage_order", "shopping_list", "without_people"] {
        let application = Application::read(name).of_single_items();
        for space in [Space::Logit, Space::Probability] {
            let loss = application.loss(config(space)).unwrap_or_else(|e| panic!("{name}: {e}"));
            positive_exactly_when_right(&application, &loss);
        }
    }
}

/// Glass needs a score of one half, fruit of 0.7: fruit at 0.61 takes no branch.
#[test]
fn an_item_below_the_threshold_of_its_own_branch_takes_none() {
    let application = Application::read("garbage_order").of_single_items();
    let mut raw = vec![0.0; 14];
    raw[1] = 0.46;
    for space in [Space::Logit, Space::Probability] {
        let loss = application.loss(config(space)).expect("a loss");
        assert!(loss.margin_of(&raw, Truth::Labels(&[6])) > 0.0, "{space:?}");
        assert!(loss.margin_of(&raw, Truth::Labels(&[1])) < 0.0, "{space:?}");
    }
}

/// What the API does not send takes no branch.
#[test]
fn labels_that_are_less_sure_than_the_request_asks_for_are_not_seen() {
    let application = Application::read("sure_enough");
    for loss in [application.any_loss(config(Space::Logit)), application.probed(config(Space::Logit))] {
        positive_exactly_when_right(&application, &loss);
    }
    let formula = application.any_loss(config(Space::Logit)).formula();
    assert!(formula.contains("compost: 3 labels, threshold 1.386 (score 0.8)"), "{formula}");
}

/// A classifier of ordered classes expects a number, which is compared as such.
#[test]
fn margin_of_an_expected_number_is_positive_exactly_when_the_program_decides_right() {
    for name in ["sentiment_ladder", "sentiment_sign"] {
        let application = Application::read(name).of_ordered_classes();
        let loss = application.loss(config(Space::Logit)).unwrap_or_else(|e| panic!("{name}: {e}"));
        positive_exactly_when_right(&application, &loss);
    }
}

/// Whether the class decides, its share, or both.
#[test]
fn margin_of_classes_is_positive_exactly_when_the_program_decides_right() {
    for name in OF_CLASSES {
        let application = Application::read(name).of_classes();
        for space in [Space::Logit, Space::Probability] {
            let loss = application.loss(config(space)).unwrap_or_else(|e| panic!("{name}: {e}"));
            positive_exactly_when_right(&application, &loss);
        }
    }
}

/// One sentence is not mixed, so what only mixed texts take is left out and told.
#[test]
fn what_only_a_class_without_a_share_takes_is_told() {
    let told = |name: &str| {
        let loss = Application::read(name).of_classes().loss(LossConfig::default());
        loss.unwrap_or_else(|e| panic!("{name}: {e}")).unreached().remarks()
    };
    assert_eq!(told("comprehend_sentiment"), ["no label of the model is meant by MIXED"]);
    let branch = "branch `a form` can be neither learnt nor measured: no number takes it";
    assert!(told("sure_and_negative").contains(&branch.to_owned()), "{:?}", told("sure_and_negative"));
    assert!(told("comprehend_score").is_empty());
}

#[test]
fn gradients_of_every_form_match_finite_differences() {
    let named = NAMED.map(Application::read);
    for application in named.into_iter().chain(OF_CLASSES.map(|name| Application::read(name).of_classes())) {
        let name = &application.name;
        for (space, pooling) in
            [(Space::Logit, Pooling::LogSumExp { temperature: 0.5 }), (Space::Probability, Pooling::Max)]
        {
            let config = LossConfig { pooling, default_top_k: None, wrong_weight: 2.0, ..config(space) };
            let loss = application.loss(config).unwrap_or_else(|e| panic!("{name}: {e}"));
            // The cut is a constant of the gradient, so labels that only cut are left out.
            let own = if loss.labels().is_empty() { (0..application.answer.width()).collect() } else { loss.labels() };
            on_random_rows(&application, 60, |raw, truth| {
                let value_and_gradient = |raw: &[f32]| {
                    let mut gradient = vec![0.0; raw.len()];
                    let value = loss.value_and_gradient_of(raw, &[truth.as_truth()], &mut gradient);
                    (value, gradient)
                };
                check_slopes(&value_and_gradient, raw, own.iter().copied())
            });
        }
    }
}

#[test]
fn a_count_of_objects_has_an_output_for_each_of_a_name_that_the_decision_tells_apart() {
    let loss = Application::read("crowd").any_loss(LossConfig::default());
    assert!(loss.unreached().is_empty(), "{}", loss.unreached());
    for branch in loss.terms().branches {
        assert_eq!(branch.labels, ["Person", "2nd Person", "3rd Person"], "{}", branch.name);
    }
    let formula = loss.formula();
    assert!(formula.contains("taken when 3 or more are seen"), "{formula}");
}

/// The label-detection API answers each label once.
#[test]
fn a_label_that_an_answer_cannot_repeat_has_one_output() {
    let application = Application::read("jar_count");
    assert!(matches!(application.answer, Answer::Labels { most: 1, .. }), "{:?}", application.answer);
}

#[test]
fn probing_has_the_sign_of_the_decision() {
    for name in PROBED {
        let application = Application::read(name);
        let loss = application.probed(config(Space::Logit));
        on_random_rows(&application, 200, |raw, truth| {
            let margin = loss.margin_of(raw, truth.as_truth());
            prop_assume!(margin.abs() > 1e-6);
            prop_assert_eq!(margin > 0.0, application.is_right(raw, truth), "{} has margin {}", name, margin);
            Ok(())
        });
    }
}

#[test]
fn errors_happen_where_a_margin_is_below_zero() {
    for name in PROBED {
        let application = Application::read(name);
        for loss in [Some(application.probed(config(Space::Logit))), application.loss(config(Space::Logit)).ok()] {
            let Some(loss) = loss else { continue };
            on_random_rows(&application, 100, |raw, truth| {
                let margins = loss.term_margins_of(raw, truth.as_truth());
                prop_assume!(margins.iter().all(|term| term.margin.abs() > 1e-6));
                let below: Vec<_> = margins.iter().filter(|term| term.margin < 0.0).map(|term| term.kind).collect();
                prop_assert_eq!(loss.errors_of(raw, truth.as_truth()), below, "{}", name);
                Ok(())
            });
        }
    }
}

#[test]
fn a_program_without_a_form_is_probed_by_the_labels_it_needs() {
    let loss = Application::read("two_required").any_loss(LossConfig::default());
    let mut names = loss.terms().branches.into_iter().flat_map(|branch| branch.labels).collect::<Vec<_>>();
    names.sort_unstable();
    assert_eq!(names, ["Bottle", "Plastic"]);
    assert_eq!(loss.to_pytorch("two required"), Err(LossError::NoFormula));
    assert!(loss.formula().contains("the program itself decides"));
}

#[test]
fn what_hangs_on_more_than_names_is_refused_for_that() {
    let refused = Application::read("traffic").try_any_loss(LossConfig::default()).expect_err("names are not enough");
    assert!(refused.to_string().contains("labels[].instances"), "{refused}");
}

/// Where one label, or labels of one kind, are all that is asked about, both ask for the same change.
#[test]
fn probing_finds_the_margin_of_the_formula() {
    for name in ["without_people", "shopping_list", "smoke_ladder"] {
        let application = Application::read(name);
        let (named, probed) = (application.loss(config(Space::Logit)), application.probed(config(Space::Logit)));
        let named = named.unwrap_or_else(|e| panic!("{name}: {e}"));
        on_random_rows(&application, 200, |raw, truth| {
            let (a, b) = (named.margin_of(raw, truth.as_truth()), probed.margin_of(raw, truth.as_truth()));
            prop_assert!((a - b).abs() < 1e-6, "{}: formula {}, probing {}", name, a, b);
            Ok(())
        });
    }
}

#[test]
fn gradients_of_probed_programs_match_finite_differences() {
    // The cut is a constant of the gradient, so other labels are left out, and programs that ask for few results.
    for name in ["two_required", "majority"] {
        let application = Application::read(name);
        let loss: DecisionLoss = application.probed(LossConfig { default_top_k: None, ..config(Space::Logit) });
        on_random_rows(&application, 40, |raw, truth| {
            let value_and_gradient = |raw: &[f32]| {
                let mut gradient = vec![0.0; raw.len()];
                let value = loss.value_and_gradient_of(raw, &[truth.as_truth()], &mut gradient);
                (value, gradient)
            };
            check_slopes(&value_and_gradient, raw, loss.labels())
        });
    }
}
