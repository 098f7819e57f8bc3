//! Probing with a decision that is given as a function, image by image.

mod support;

use chameleon_loss::{LossConfig, Pooling, Probe};
use proptest::prelude::*;
use support::{WIDTH, any_logits, any_truth};

/// Labels that count, in kinds.
const KINDS: [&[usize]; 3] = [&[0, 1, 2], &[3, 4], &[5]];
/// A score that decisions compare with.
const BOUND: f64 = 0.8;
const TOP_K: usize = 6;

fn probe() -> Probe {
    let config = LossConfig { pooling: Pooling::Max, ..LossConfig::default() };
    let kinds = KINDS.map(<[usize]>::to_vec).to_vec();
    Probe::new(kinds, vec![BOUND], false, Some(TOP_K), config).expect("a valid configuration")
}

/// A decision about kinds: more of the first than of the second, unless the third is sure; or what comes first.
fn decide(output: &[(usize, f64)], by_order: bool) -> usize {
    let kind = |label: usize| KINDS.iter().position(|kind| kind.contains(&label));
    if by_order {
        return output.iter().find_map(|&(label, _)| kind(label)).unwrap_or(3);
    }
    let count = |which: usize| output.iter().filter(|seen| kind(seen.0) == Some(which)).count();
    if output.iter().any(|&(label, score)| label == 5 && score >= BOUND) {
        return 2;
    }
    usize::from(count(0) > count(1))
}

/// The decisions that are right: on what is true, with each of the true labels first.
fn right(truth: &[u16], by_order: bool) -> Vec<usize> {
    let labels: Vec<usize> = truth.iter().map(|&label| usize::from(label)).collect();
    let first = |first: usize| {
        let rest = labels.iter().copied().filter(|&label| label != first);
        let output: Vec<(usize, f64)> = std::iter::once(first).chain(rest).map(|label| (label, 1.0)).collect();
        decide(&output, by_order)
    };
    if labels.is_empty() { vec![decide(&[], by_order)] } else { labels.iter().map(|&label| first(label)).collect() }
}

fn output(logits: &[f32]) -> Vec<(usize, f64)> {
    let mut seen: Vec<usize> = (0..logits.len()).filter(|&label| logits[label] >= 0.0).collect();
    seen.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    seen.truncate(TOP_K);
    seen.into_iter().map(|label| (label, 1.0 / (1.0 + (-f64::from(logits[label])).exp()))).collect()
}

proptest! {
    // Most random decisions are wrong, and have no room to test.
    #![proptest_config(ProptestConfig { cases: 600, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_sign_is_the_decision(logits in any_logits(), truth in any_truth(), by_order in any::<bool>()) {
        let right = right(&truth, by_order);
        let margin = probe().margin(&logits, &truth, &mut |output| right.contains(&decide(output, by_order)));
        prop_assume!(margin.abs() > 1e-6);
        prop_assert_eq!(margin > 0.0, right.contains(&decide(&output(&logits), by_order)));
    }

    #[test]
    fn one_label_can_move_by_less_than_the_margin(
        logits in any_logits(), truth in any_truth(), by_order in any::<bool>(), moves in (0..6usize, -1.0f32..1.0),
    ) {
        let right = right(&truth, by_order);
        let margin = probe().margin(&logits, &truth, &mut |output| right.contains(&decide(output, by_order)));
        prop_assume!(margin > 1e-3);
        let mut moved = logits.clone();
        moved[moves.0] += moves.1 * 0.999 * (margin as f32).min(8.0);
        prop_assert!(right.contains(&decide(&output(&moved), by_order)));
    }

    /// Every label has a place for each result, each bound and the threshold, and a step beyond the last.
    #[test]
    fn the_number_of_runs_is_bounded(logits in any_logits(), truth in any_truth(), by_order in any::<bool>()) {
        let right = right(&truth, by_order);
        let mut runs = 0;
        probe().margin(&logits, &truth, &mut |output| {
            runs += 1;
            right.contains(&decide(output, by_order))
        });
        let labels = KINDS.concat().len();
        let stretches = TOP_K + 2;
        // Itself, single labels, kinds; then the ideal, what is put back, and how far.
        prop_assert!(runs <= 1 + (labels + KINDS.len()) * stretches + 5 + WIDTH + WIDTH * stretches, "{} runs", runs);
    }
}

/// What another API says of each image is context of the decision about this one's labels.
#[test]
fn a_decision_can_hang_on_more_than_the_labels() {
    let logits = [vec![1.0; WIDTH], vec![1.0; WIDTH]].concat();
    let truth = [vec![], vec![]];
    let speaks = [true, false];
    let mut gradient = vec![0.0; logits.len()];
    // In the first image label 5 must not be seen, in the second nothing matters.
    let mut right = |image: usize, output: &[(usize, f64)]| !speaks[image] || output.iter().all(|seen| seen.0 != 5);
    let value = probe().value_and_gradient(&logits, &truth, &mut right, &mut gradient);
    assert!(value > 0.0 && gradient[5] > 0.0, "{value}");
    assert!(gradient[WIDTH..].iter().all(|&slope| slope == 0.0));
}

#[test]
fn what_no_label_corrects_teaches_nothing() {
    for truth in [vec![], vec![0]] {
        let mut gradient = vec![f32::NAN; WIDTH];
        let value = probe().value_and_gradient(&[1.0; WIDTH], &[truth], &mut |_, _| false, &mut gradient);
        assert!(value == 0.0 && gradient.iter().all(|&slope| slope == 0.0));
    }
}
