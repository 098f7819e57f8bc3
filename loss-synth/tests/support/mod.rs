//! Small applications and a direct implementation of what their summaries say.

#![allow(dead_code, reason = "each test file uses a part")]

use chameleon_decision::{Branch, Decision, DecisionType, MinScore, Order, Summary, Vocabulary};
use proptest::prelude::*;

/// Size of the test vocabulary.
pub(crate) const WIDTH: usize = 14;

pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary { name: "letters".to_owned(), labels: (0..WIDTH).map(letter).collect() }
}

pub(crate) fn letter(i: usize) -> String {
    char::from(b'A' + i as u8).to_string()
}

pub(crate) fn branch(name: &str, labels: &[usize]) -> Branch {
    Branch { name: name.to_owned(), labels: labels.iter().map(|&i| letter(i)).collect(), ..Branch::default() }
}

pub(crate) fn summary(decision_type: DecisionType, order: Option<Order>, branches: Vec<Branch>) -> Summary {
    let default = Decision::default();
    Summary {
        decision_type,
        field: None,
        per_element: false,
        by_line: false,
        again: false,
        handed: None,
        several: None,
        within: None,
        ranked: None,
        order,
        branches,
        idle: Vec::new(),
        top_k: None,
        left_out: 0,
        default,
        vocabulary: "letters".to_owned(),
        reason: None,
    }
}

/// The branches an application takes for these logits, straight from the meaning of the summary: keep scores of at
/// least one half, highest first, cut to `k`, then look at labels in the application's way.
pub(crate) fn decide(summary: &Summary, default_top_k: u32, logits: &[f32]) -> Vec<usize> {
    let mut output: Vec<usize> = (0..logits.len()).filter(|&i| logits[i] > 0.0).collect();
    output.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    output.truncate(summary.top_k.unwrap_or(default_top_k) as usize);
    let matches = |k: usize, label: usize| {
        let branch = &summary.branches[k];
        let score = 1.0 / (1.0 + (-f64::from(logits[label])).exp());
        branch.labels.contains(&letter(label)) && branch.min_score.is_none_or(|min| score > min.value)
    };
    taken(summary, &output, &matches)
}

/// The branches that are right for these true labels: each alternative is a right decision.
pub(crate) fn right(summary: &Summary, truth: &[u16]) -> Vec<Vec<usize>> {
    let truth: Vec<usize> = truth.iter().map(|&label| usize::from(label)).collect();
    let matches = |k: usize, label: usize| summary.branches[k].labels.contains(&letter(label));
    // Of one result the application's order does not count, but where nothing takes a branch.
    let of_one = summary.top_k == Some(1) && summary.branches.iter().all(|branch| !branch.negated);
    let any_order =
        summary.decision_type == DecisionType::MultiChoice && (summary.order != Some(Order::AppPriority) || of_one);
    if any_order && !truth.is_empty() {
        // Whichever true label comes first (or last) wins; labels of no branch change nothing.
        let mut decisions: Vec<Vec<usize>> =
            truth.iter().map(|&label| taken(summary, &[label], &matches)).filter(|d| !d.is_empty()).collect();
        if decisions.is_empty() {
            decisions.push(Vec::new());
        }
        return decisions;
    }
    vec![taken(summary, &truth, &matches)]
}

fn taken(summary: &Summary, output: &[usize], matches: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let branches = 0..summary.branches.len();
    let seen = |k: usize| output.iter().any(|&label| matches(k, label)) != summary.branches[k].negated;
    let branch_of = |&label: &usize| branches.clone().find(|&k| matches(k, label));
    match (summary.decision_type, summary.order) {
        (DecisionType::MultiChoice, Some(Order::AppPriority)) => {
            branches.clone().find(|&k| seen(k)).into_iter().collect()
        }
        (DecisionType::MultiChoice, Some(Order::LastMatch)) => {
            output.iter().rev().find_map(branch_of).into_iter().collect()
        }
        (DecisionType::MultiChoice, _) => output.iter().find_map(branch_of).into_iter().collect(),
        _ => branches.filter(|&k| seen(k)).collect(),
    }
}

/// Applications of every form, with score thresholds, cuts, black-lists (where they make sense) and unreached labels.
pub(crate) fn any_summary() -> impl Strategy<Value = Summary> {
    let form = prop_oneof![
        Just((DecisionType::TrueFalse, None)),
        Just((DecisionType::MultiSelect, None)),
        Just((DecisionType::MultiChoice, Some(Order::ApiOutput))),
        Just((DecisionType::MultiChoice, Some(Order::AppPriority))),
        Just((DecisionType::MultiChoice, Some(Order::LastMatch))),
    ];
    let owner = prop::collection::vec(0usize..5, WIDTH);
    let bounds = prop::collection::vec(prop::option::of(0.3f64..0.9), 4);
    let negated = prop::collection::vec(prop::bool::weighted(0.3), 4);
    (form, owner, bounds, negated, prop::option::of(1u32..6)).prop_filter_map(
        "no branch has a label",
        |((decision_type, order), owner, bounds, negated, top_k)| {
            let count = if decision_type == DecisionType::TrueFalse { 1 } else { 4 };
            let in_order = matches!(order, Some(Order::ApiOutput | Order::LastMatch));
            let branches: Vec<Branch> = (0..count)
                .map(|k| {
                    let labels: Vec<usize> = (0..WIDTH).filter(|&i| owner[i] == k).collect();
                    let min_score = bounds[k].map(|value| MinScore { value, inclusive: false });
                    Branch { min_score, negated: negated[k] && !in_order, ..branch(&format!("b{k}"), &labels) }
                })
                .filter(|branch| !branch.labels.is_empty())
                .collect();
            (!branches.is_empty()).then(|| Summary { top_k, ..summary(decision_type, order, branches) })
        },
    )
}

/// Logits of one image, some positive, most of them apart.
pub(crate) fn any_logits() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-4.0f32..4.0, WIDTH)
}

/// True labels of one image.
pub(crate) fn any_truth() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::btree_set(0..WIDTH as u16, 0..5).prop_map(|set| set.into_iter().collect())
}
