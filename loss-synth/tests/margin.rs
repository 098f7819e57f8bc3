//! The margin is the decision: above zero exactly when the application decides right.

mod support;

use chameleon_loss::{DecisionLoss, LossConfig, Space};
use proptest::prelude::*;
use support::{any_logits, any_summary, any_truth, decide, right, vocabulary};

const DEFAULT_TOP_K: u32 = 3;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn margin_is_positive_exactly_when_the_decision_is_right(
        summary in any_summary(), logits in any_logits(), truth in any_truth(), probability in any::<bool>(),
    ) {
        let space = if probability { Space::Probability } else { Space::Logit };
        let config = LossConfig { default_top_k: Some(DEFAULT_TOP_K), space, ..LossConfig::default() };
        let loss = DecisionLoss::new(&summary, &vocabulary(), config).expect("a valid application");
        let margin = loss.margin(&logits, &truth);
        prop_assume!(margin.abs() > 1e-6);
        let is_right = right(&summary, &truth).contains(&decide(&summary, DEFAULT_TOP_K, &logits));
        prop_assert_eq!(margin > 0.0, is_right, "margin {}, decision {:?}", margin, decide(&summary, DEFAULT_TOP_K, &logits));
    }
}

proptest! {
    // Most random decisions are wrong, and have no room to test.
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn moving_every_score_by_less_than_half_the_margin_keeps_the_decision_right(
        summary in any_summary(), logits in any_logits(), truth in any_truth(),
        moves in prop::collection::vec(-1.0f32..1.0, support::WIDTH),
    ) {
        let config = LossConfig { default_top_k: Some(DEFAULT_TOP_K), ..LossConfig::default() };
        let loss = DecisionLoss::new(&summary, &vocabulary(), config).expect("a valid application");
        let margin = loss.margin(&logits, &truth);
        prop_assume!(margin > 1e-3 && margin.is_finite());
        let half = 0.499 * margin as f32;
        let moved: Vec<f32> = logits.iter().zip(&moves).map(|(z, m)| z + half * m).collect();
        prop_assert!(right(&summary, &truth).contains(&decide(&summary, DEFAULT_TOP_K, &moved)));
    }
}
