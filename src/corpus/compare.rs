//! An expected decision against the one that was found.

use std::collections::BTreeSet;

use chameleon_decision::{Branch, DecisionType, Limit, Summary};

use super::{Expected, ExpectedBranch};

/// In what the summary differs from what is expected.
pub(crate) fn differences(expected: &Expected, found: &Summary) -> Vec<String> {
    let mut differences = Vec::new();
    let kind = name(&found.decision_type);
    if !same_kind(expected, found) {
        let reason = found.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        differences.push(format!("{kind}{reason}, expected {}", expected.decision_type));
    }
    let order = found.order.map(|order| name(&order));
    if found.decision_type == DecisionType::MultiChoice && expected.order != order {
        let shown = |order: &Option<String>| order.clone().unwrap_or_else(|| "none".to_owned());
        differences.push(format!("order {}, expected {}", shown(&order), shown(&expected.order)));
    }
    if expected.top_k != found.top_k {
        let shown = |k: Option<u32>| k.map_or_else(|| "all".to_owned(), |k| k.to_string());
        differences.push(format!("looks at {} results, expected {}", shown(found.top_k), shown(expected.top_k)));
    }
    if found.left_out > 0 {
        differences.push(format!("leaves out the first {} results", found.left_out));
    }
    let own = expected.branches.iter().filter(|branch| branch.api.as_ref().is_none_or(|api| *api == expected.api));
    for branch in own.filter(|branch| !branch.words.is_empty()) {
        differences.extend(branch_differences(branch, &found.branches));
    }
    differences.extend(range_differences(expected, found));
    differences.extend(idle_differences(expected, found));
    differences
}

/// Words without effect are told of both sides, so that none of the application's words is lost.
fn idle_differences(expected: &Expected, found: &Summary) -> Vec<String> {
    let wanted: BTreeSet<&str> = expected.idle.iter().map(String::as_str).collect();
    let own: BTreeSet<&str> = found.idle.iter().map(|word| word.text.as_str()).collect();
    let missing = wanted.difference(&own).map(|word| format!("`{word}` is not said to change nothing"));
    let extra = own.difference(&wanted).map(|word| format!("`{word}` is said to change nothing"));
    missing.chain(extra).collect()
}

/// A multi-select of one branch is a true-false.
fn same_kind(expected: &Expected, found: &Summary) -> bool {
    let kind = name(&found.decision_type);
    let one = |kind: &str| matches!(kind, "true_false" | "multi_select");
    let single = expected.branches.len() <= 1 && found.branches.len() <= 1;
    kind == expected.decision_type || (single && one(&kind) && one(&expected.decision_type))
}

fn branch_differences(expected: &ExpectedBranch, found: &[Branch]) -> Vec<String> {
    let words: BTreeSet<&str> = expected.words.iter().map(String::as_str).collect();
    let of = |branch: &'_ Branch| -> BTreeSet<String> { branch.words.iter().map(|word| word.text.clone()).collect() };
    let shared = |branch: &&Branch| of(branch).iter().filter(|word| words.contains(word.as_str())).count();
    let Some(branch) = found.iter().max_by_key(shared).filter(|branch| shared(branch) > 0) else {
        return vec![format!("branch `{}` is missing", expected.outcome)];
    };
    let mut differences = Vec::new();
    let own = of(branch);
    let list = |words: Vec<&str>| words.iter().take(6).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let missing: Vec<&str> = words.iter().copied().filter(|word| !own.contains(*word)).collect();
    let extra: Vec<&str> = own.iter().map(String::as_str).filter(|word| !words.contains(word)).collect();
    if !missing.is_empty() {
        differences.push(format!("branch `{}` lacks {}", expected.outcome, list(missing)));
    }
    if !extra.is_empty() {
        differences.push(format!("branch `{}` also has {}", expected.outcome, list(extra)));
    }
    let modes: BTreeSet<String> = branch.words.iter().map(|word| name(&word.mode)).collect();
    if !modes.iter().all(|mode| same_mode(mode, &expected.mode)) {
        let modes = modes.into_iter().collect::<Vec<_>>().join(", ");
        differences.push(format!("branch `{}` matches {modes}, expected {}", expected.outcome, expected.mode));
    }
    if (branch.negated || branch.except) != expected.negated {
        differences.push(format!(
            "branch `{}` is {}a black-list",
            expected.outcome,
            if branch.negated || branch.except { "" } else { "not " }
        ));
    }
    differences.extend(condition_differences(expected, branch));
    if !branch.unless.is_empty() {
        let names: Vec<&str> = branch.unless.iter().map(|word| word.text.as_str()).collect();
        differences.push(format!("branch `{}` leaves out items called {}", expected.outcome, list(names)));
    }
    let bound = branch.min_score.map(|min| (min.value, min.inclusive));
    if bound != expected.min_score.map(|value| (value, expected.min_score_inclusive)) {
        let shown = |bound: Option<(f64, bool)>| {
            bound.map_or_else(
                || "none".to_owned(),
                |(value, inclusive)| format!("{}{value}", if inclusive { ">=" } else { ">" }),
            )
        };
        let expected_bound = expected.min_score.map(|value| (value, expected.min_score_inclusive));
        differences.push(format!(
            "branch `{}` needs a score {}, expected {}",
            expected.outcome,
            shown(bound),
            shown(expected_bound)
        ));
    }
    differences
}

fn condition_differences(expected: &ExpectedBranch, found: &Branch) -> Option<String> {
    let shown = |conditions: Vec<(&String, &Vec<String>)>| {
        let all: Vec<String> =
            conditions.iter().map(|(field, values)| format!("{field} in {}", values.join(", "))).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(" and ") }
    };
    let wanted = shown(expected.conditions.iter().map(|condition| (&condition.field, &condition.values)).collect());
    let own = shown(found.conditions.iter().map(|condition| (&condition.field, &condition.values)).collect());
    (wanted != own).then(|| format!("branch `{}` also needs {own}, expected {wanted}", expected.outcome))
}

/// Ways that the summary has no name for are `other`.
fn same_mode(found: &str, expected: &str) -> bool {
    found == expected
        || (found == "path_segment" && expected == "path_segment_1")
        || (found == "other" && matches!(expected, "contained_in"))
}

/// The ends of an interval; what the API never goes beyond is no end.
type Ends = (Option<(f64, bool)>, Option<(f64, bool)>);

fn range_differences(expected: &Expected, found: &Summary) -> Vec<String> {
    let counts = found.decision_type == DecisionType::Count;
    let least_or_greatest = |value: f64| !counts && (value.abs() - 1.0).abs() < f64::EPSILON;
    let inner = |end: Option<(f64, bool)>| end.filter(|(value, inclusive)| !(*inclusive && least_or_greatest(*value)));
    let wanted: Vec<Ends> = expected
        .ranges
        .iter()
        .map(|range| {
            let low = range.low.map(|value| (value, range.low_inclusive));
            let high = range.high.map(|value| (value, range.high_inclusive));
            (inner(low), inner(high))
        })
        .collect();
    let limit = |limit: Option<Limit>| limit.map(|limit| (limit.value, limit.inclusive));
    let own: Vec<Ends> = found
        .branches
        .iter()
        .flat_map(|branch| &branch.regions)
        .flatten()
        .map(|bounds| (inner(limit(bounds.low)), inner(limit(bounds.high))))
        .collect();
    let shown = |ends: &Ends| {
        let end = |end: Option<(f64, bool)>| {
            end.map_or_else(
                || "..".to_owned(),
                |(value, inclusive)| format!("{value}{}", if inclusive { " in" } else { " out" }),
            )
        };
        format!("{} to {}", end(ends.0), end(ends.1))
    };
    if wanted.is_empty() && counts {
        return Vec::new();
    }
    let mut differences: Vec<String> = own
        .iter()
        .filter(|ends| !wanted.contains(ends))
        .map(|ends| format!("range {} is not expected", shown(ends)))
        .collect();
    // Of two outcomes only one is a branch; the other is the default.
    if found.decision_type != DecisionType::TrueFalse {
        let missing = wanted.iter().filter(|ends| !own.contains(ends));
        differences.extend(missing.map(|ends| format!("range {} is missing", shown(ends))));
    }
    differences
}

/// The name a unit variant has in JSON.
fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
