//! The gradient is that of the value, and only critical errors have one.

mod slopes;
mod support;

use chameleon_decision::{Branch, DecisionType, Order, Summary};
use chameleon_loss::{DecisionLoss, LossConfig, Pooling, Space, Step, TermWeights};
use proptest::prelude::*;
use slopes::check_slopes;
use support::{WIDTH, any_logits, any_summary, any_truth, branch, summary, vocabulary};

fn loss(summary: &Summary, config: LossConfig) -> DecisionLoss {
    DecisionLoss::new(summary, &vocabulary(), config).expect("a valid application")
}

fn gradient(loss: &DecisionLoss, logits: &[f32], truth: &[u16]) -> Vec<f32> {
    let mut gradient = vec![f32::NAN; logits.len()];
    loss.value_and_gradient(logits, &[truth.to_vec()], &mut gradient);
    gradient
}

fn any_config() -> impl Strategy<Value = LossConfig> {
    let pooling = prop_oneof![Just(Pooling::Max), (0.2f64..2.0).prop_map(|t| Pooling::LogSumExp { temperature: t })];
    let space = prop_oneof![Just(Space::Logit), Just(Space::Probability)];
    let step = prop_oneof![
        (0.5f64..6.0, 0.0f64..1.0).prop_map(|(beta, margin)| Step::Softplus { beta, margin }),
        (0.5f64..6.0, 0.0f64..0.3).prop_map(|(beta, margin)| Step::Sigmoid { beta, margin }),
    ];
    let weights = (0.1f64..3.0, 0.1f64..3.0, 0.1f64..3.0).prop_map(|(miss, overtake, false_alarm)| TermWeights {
        miss,
        overtake,
        false_alarm,
    });
    let wrong_weight = prop_oneof![Just(1.0), 1.0f64..6.0];
    (pooling, space, step, weights, wrong_weight).prop_map(|(pooling, space, step, weights, wrong_weight)| LossConfig {
        pooling,
        space,
        step,
        weights,
        wrong_weight,
        default_top_k: None,
        ..LossConfig::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    // Without a cut: some of it is a constant of the gradient on purpose.
    #[test]
    fn gradient_matches_finite_differences(
        summary in any_summary(), logits in any_logits(), truth in any_truth(), config in any_config(),
    ) {
        let summary = Summary { top_k: None, ..summary };
        let loss = loss(&summary, config);
        let value_and_gradient = |logits: &[f32]| {
            let mut gradient = [0.0; WIDTH];
            let value = loss.value_and_gradient(logits, std::slice::from_ref(&truth), &mut gradient);
            (value, gradient.to_vec())
        };
        check_slopes(&value_and_gradient, &logits, 0..WIDTH)?;
    }

    #[test]
    fn labels_outside_every_branch_have_no_gradient(
        summary in any_summary(), logits in any_logits(), truth in any_truth(), config in any_config(),
    ) {
        let loss = loss(&summary, LossConfig { default_top_k: Some(3), ..config });
        let gradient = gradient(&loss, &logits, &truth);
        let inside = loss.labels();
        for i in (0..WIDTH).filter(|i| !inside.contains(i)) {
            prop_assert!(gradient[i] == 0.0, "label {i}");
        }
    }

    #[test]
    fn a_batch_is_the_mean_of_its_images(
        summary in any_summary(), a in any_logits(), b in any_logits(), truths in (any_truth(), any_truth()),
    ) {
        let loss = loss(&summary, LossConfig::default());
        let (mut ga, mut gb, mut both) = (vec![0.0; WIDTH], vec![0.0; WIDTH], vec![0.0; 2 * WIDTH]);
        let va = loss.value_and_gradient(&a, std::slice::from_ref(&truths.0), &mut ga);
        let vb = loss.value_and_gradient(&b, std::slice::from_ref(&truths.1), &mut gb);
        let mean = loss.value_and_gradient(&[a, b].concat(), &[truths.0, truths.1], &mut both);
        prop_assert!((mean - f64::midpoint(va, vb)).abs() < 1e-9);
        for (got, alone) in both.iter().zip(ga.iter().chain(&gb)) {
            prop_assert!((got - alone / 2.0).abs() < 1e-6);
        }
    }
}

const HARD: LossConfig = LossConfig {
    space: Space::Logit,
    step: Step::Softplus { beta: 2.0, margin: 0.5 },
    pooling: Pooling::Max,
    weights: TermWeights { miss: 1.0, overtake: 1.0, false_alarm: 1.0 },
    wrong_weight: 1.0,
    min_score: 0.5,
    default_top_k: Some(10),
};

fn two_branches() -> Vec<Branch> {
    vec![branch("first", &[0, 1]), branch("second", &[2, 3])]
}

#[test]
fn later_branches_under_app_priority_are_free() {
    let summary = summary(DecisionType::MultiChoice, Some(Order::AppPriority), two_branches());
    let mut logits = vec![-3.0; WIDTH];
    (logits[0], logits[2], logits[3]) = (-1.0, 4.0, 3.0);
    let gradient = gradient(&loss(&summary, HARD), &logits, &[0]);
    assert!(gradient[0] < 0.0, "the right branch must rise");
    assert_eq!(&gradient[2..4], &[0.0, 0.0]);
}

#[test]
fn a_second_label_of_a_branch_already_taken_is_free() {
    for (kind, order) in [
        (DecisionType::MultiChoice, Some(Order::ApiOutput)),
        (DecisionType::MultiChoice, Some(Order::AppPriority)),
        (DecisionType::MultiSelect, None),
    ] {
        let mut logits = vec![-3.0; WIDTH];
        logits[0] = 2.0;
        let gradient = gradient(&loss(&summary(kind, order, two_branches()), HARD), &logits, &[0, 1]);
        assert!(gradient[1] == 0.0 && gradient[0] < 0.0, "{kind:?} {order:?}");
    }
}

#[test]
fn a_wrong_branch_under_its_threshold_is_pushed_from_it_and_not_from_the_right_one() {
    let summary = summary(DecisionType::MultiChoice, Some(Order::ApiOutput), two_branches());
    let mut logits = vec![-3.0; WIDTH];
    (logits[0], logits[2]) = (-2.0, -1.0);
    let with_low = gradient(&loss(&summary, HARD), &logits, &[0]);
    logits[0] = -1.5;
    let with_higher = gradient(&loss(&summary, HARD), &logits, &[0]);
    assert!(with_low[2] > 0.0 && (with_low[2] - with_higher[2]).abs() < 1e-7);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Without a cut, and where one result is looked at: with more of them a label can be in the way of another and not
    /// the last that is. Where the last match wins, another label of the right branch can be nearer to being right.
    #[test]
    fn a_label_of_the_application_that_alone_makes_its_decision_wrong_learns(
        summary in any_summary(), logits in any_logits(), truth in 0..WIDTH as u16, one in any::<bool>(),
    ) {
        let summary = Summary { top_k: one.then_some(1), ..summary };
        prop_assume!(one || summary.order != Some(Order::LastMatch));
        let loss = loss(&summary, LossConfig { default_top_k: None, ..HARD });
        prop_assume!(loss.margin(&logits, &[truth]) < -1e-6);
        let gradient = gradient(&loss, &logits, &[truth]);
        for label in loss.labels().into_iter().filter(|&label| label != usize::from(truth)) {
            let mut without = logits.clone();
            without[label] = -9.0;
            if loss.margin(&without, &[truth]) > 1e-6 {
                prop_assert!(gradient[label] != 0.0, "label {} of {:?}", label, summary.branches);
            }
        }
    }

    /// That an image takes no branch of the application is as far away as its highest label, whichever branch that is of.
    #[test]
    fn lowering_all_labels_of_the_application_by_minus_the_margin_stops_a_false_alarm(
        summary in any_summary(), logits in any_logits(), top_k in prop::option::of(1u32..6),
    ) {
        prop_assume!(summary.branches.iter().all(|branch| !branch.negated));
        // A label below a threshold of its own crowds others out, and would be lowered with them.
        let branches = summary.branches.into_iter().map(|branch| Branch { min_score: None, ..branch }).collect();
        let summary = Summary { top_k, branches, ..summary };
        let loss = loss(&summary, LossConfig { default_top_k: None, ..HARD });
        let margin = loss.margin(&logits, &[]);
        prop_assume!(margin < -1e-6);
        let mut lowered = logits;
        loss.labels().into_iter().for_each(|label| lowered[label] += margin as f32 - 1e-3);
        prop_assert!(loss.margin(&lowered, &[]) > 0.0, "{} after {}", loss.margin(&lowered, &[]), margin);
    }
}

#[test]
fn where_one_result_is_looked_at_branches_do_not_drive_one_another_up() {
    let order = Some(Order::AppPriority);
    let summary = Summary { top_k: Some(1), ..summary(DecisionType::MultiChoice, order, two_branches()) };
    let loss = loss(&summary, HARD);
    // On an image of each branch the other's label is above, and above every label of the application's on one of neither.
    let rows = [[1.0, 2.0, -1.0], [2.0, 1.0, -1.0], [2.0, 2.0, 1.0]];
    let truths = [vec![0], vec![2], vec![9]];
    let slopes = rows.iter().zip(&truths).map(|(row, truth)| {
        let mut logits = vec![-3.0; WIDTH];
        (logits[0], logits[2], logits[9]) = (row[0], row[1], row[2]);
        let gradient = gradient(&loss, &logits, truth);
        [gradient[0], gradient[2]]
    });
    let total = slopes.fold([0.0, 0.0], |total, slopes: [f32; 2]| [total[0] + slopes[0], total[1] + slopes[1]]);
    assert!(total.iter().all(|&slope| slope >= 0.0), "{total:?}");
}

#[test]
fn the_cut_has_no_gradient_but_counts() {
    let summary = Summary { top_k: Some(1), ..summary(DecisionType::TrueFalse, None, vec![branch("yes", &[0])]) };
    let mut logits = vec![-3.0; WIDTH];
    (logits[0], logits[5]) = (1.0, 2.0);
    let loss = loss(&summary, HARD);
    assert!(loss.margin(&logits, &[0]) < 0.0, "label 5 takes the only place");
    let gradient = gradient(&loss, &logits, &[0]);
    assert!(gradient[0] < 0.0 && gradient[5] == 0.0);
}

/// Repairs of one critical error each: logits before and after, with the true labels.
#[test]
fn loss_falls_when_a_critical_error_is_repaired() {
    type Repair = (&'static str, Option<Order>, [f32; 4], [f32; 4], Vec<u16>);
    let cases: [Repair; 6] = [
        ("miss", Some(Order::ApiOutput), [-1.0, -2.0, -2.0, -2.0], [1.0, -2.0, -2.0, -2.0], vec![0]),
        ("overtake", Some(Order::ApiOutput), [1.0, -2.0, 2.0, -2.0], [1.0, -2.0, 0.5, -2.0], vec![0]),
        ("false alarm", Some(Order::ApiOutput), [1.0, -2.0, -2.0, -2.0], [-1.0, -2.0, -2.0, -2.0], vec![9]),
        ("earlier branch", Some(Order::AppPriority), [1.0, -2.0, 2.0, -2.0], [-1.0, -2.0, 2.0, -2.0], vec![2]),
        ("later label", Some(Order::LastMatch), [2.0, -2.0, 1.0, -2.0], [2.0, -2.0, 3.0, -2.0], vec![0]),
        ("branch too many", None, [1.0, -2.0, 2.0, -2.0], [-1.0, -2.0, 2.0, -2.0], vec![2]),
    ];
    for config in [HARD, LossConfig::default(), LossConfig::reference()] {
        for (name, order, before, after, truth) in &cases {
            let kind = if order.is_some() { DecisionType::MultiChoice } else { DecisionType::MultiSelect };
            let loss = loss(&summary(kind, *order, two_branches()), config);
            let value = |start: &[f32; 4]| {
                let mut logits = vec![-3.0; WIDTH];
                logits[..4].copy_from_slice(start);
                (
                    loss.value_and_gradient(&logits, std::slice::from_ref(truth), &mut [0.0; WIDTH]),
                    loss.margin(&logits, truth),
                )
            };
            let ((wrong, wrong_margin), (right, right_margin)) = (value(before), value(after));
            assert!(wrong_margin < 0.0 && right_margin > 0.0, "{name}: {wrong_margin} then {right_margin}");
            assert!(right < wrong, "{name}: {wrong} then {right}");
        }
    }
}
