//! What happens when labels of several branches, or several labels of one, come together.

use super::Reason;
use super::branches::Branches;
use super::probe::{Outcome, Probe};
use crate::decider::DecideError;
use crate::summary::{DecisionType, Order};

/// Beyond this many branches only neighbours are paired.
const MAX_PAIRED: usize = 24;

/// The verdict of one pair of branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    First,
    Last,
    /// The branch of the lower index wins.
    Lower,
    Higher,
    /// Neither alone: both are taken.
    Both,
    /// Neither is taken.
    Neither,
}

type Class = (DecisionType, Option<Order>);

/// The class and order; branches are sorted by priority where the application has one.
pub(super) fn find(probe: &mut Probe<'_>, found: &mut Branches) -> Result<Result<Class, Reason>, DecideError> {
    split_unions(probe, found)?;
    if found.branches.len() == 1 {
        return Ok(Ok((DecisionType::TrueFalse, None)));
    }
    let pairs = all_pairs(probe, found)?;
    if let Some((i, j, _)) = pairs.iter().find(|pair| pair.2 == Pair::Neither) {
        let (a, b) = (probe.decision(found.branches[*i].outcome), probe.decision(found.branches[*j].outcome));
        return Ok(Err(Reason(format!("one label each for `{a}` and `{b}` leads to neither"))));
    }
    let all = |wanted: &[Pair]| pairs.iter().all(|pair| wanted.contains(&pair.2));
    Ok(if all(&[Pair::First]) {
        Ok((DecisionType::MultiChoice, Some(Order::ApiOutput)))
    } else if all(&[Pair::Last]) {
        Ok((DecisionType::MultiChoice, Some(Order::LastMatch)))
    } else if all(&[Pair::Both]) {
        Ok((DecisionType::MultiSelect, None))
    } else if all(&[Pair::Lower, Pair::Higher]) {
        sort_by_priority(found, &pairs)
    } else {
        let mixed = "labels of several branches together are handled in more than one way";
        Err(Reason(mixed.to_owned()))
    })
}

/// A label that takes two branches at once is no branch of its own.
fn split_unions(probe: &mut Probe<'_>, found: &mut Branches) -> Result<(), DecideError> {
    let count = found.branches.len();
    if !(3..=MAX_PAIRED).contains(&count) {
        return Ok(());
    }
    let mut unions: Vec<(Outcome, [Outcome; 2])> = Vec::new();
    for i in 0..count {
        for j in i + 1..count {
            let (a, b) = (&found.branches[i], &found.branches[j]);
            let (Some(first), Some(second)) = (a.samples.first(), b.samples.first()) else { continue };
            let both = probe.labels(&[first, second])?;
            if both != a.outcome && both != b.outcome {
                unions.push((both, [a.outcome, b.outcome]));
            }
        }
    }
    let is_union = |outcome: Outcome| unions.iter().any(|union| union.0 == outcome);
    for (whole, parts) in &unions {
        if parts.iter().any(|&part| is_union(part)) {
            continue;
        }
        let Some(at) = found.branches.iter().position(|branch| branch.outcome == *whole) else { continue };
        let labels = found.branches.remove(at).labels;
        for part in parts {
            if let Some(branch) = found.branches.iter_mut().find(|branch| branch.outcome == *part) {
                branch.labels.extend(&labels);
                branch.labels.sort_unstable();
                branch.labels.dedup();
            }
        }
        found.unions.push((*whole, *parts));
    }
    Ok(())
}

/// Several labels of one branch must be that branch still.
pub(super) fn same_branch(
    probe: &mut Probe<'_>,
    found: &Branches,
    repeats: bool,
) -> Result<Result<(), Reason>, DecideError> {
    let repeats = repeats || probe.subject.repeats();
    for branch in &found.branches {
        let mut samples: Vec<&str> = branch.samples.iter().map(String::as_str).collect();
        if let (true, &[only]) = (repeats, samples.as_slice()) {
            samples.push(only);
        }
        for together in [&samples[..samples.len().min(2)], &samples[..]] {
            if together.len() > 1 && probe.labels(together)? != branch.outcome {
                let outcome = probe.decision(branch.outcome);
                return Ok(Err(Reason(format!("how many labels lead to `{outcome}` makes a difference"))));
            }
        }
    }
    Ok(Ok(()))
}

fn all_pairs(probe: &mut Probe<'_>, found: &Branches) -> Result<Vec<(usize, usize, Pair)>, DecideError> {
    let count = found.branches.len();
    let mut pairs = Vec::new();
    for i in 0..count {
        let reach = if count > MAX_PAIRED { (i + 2).min(count) } else { count };
        for j in i + 1..reach {
            let (a, b) = (&found.branches[i], &found.branches[j]);
            let (Some(first), Some(second)) = (a.samples.first(), b.samples.first()) else { continue };
            let forward = probe.labels(&[first, second])?;
            let backward = probe.labels(&[second, first])?;
            let pair = if forward == a.outcome && backward == b.outcome {
                Pair::First
            } else if forward == b.outcome && backward == a.outcome {
                Pair::Last
            } else if forward == a.outcome && backward == a.outcome {
                Pair::Lower
            } else if forward == b.outcome && backward == b.outcome {
                Pair::Higher
            } else if forward == found.default && backward == found.default {
                Pair::Neither
            } else {
                Pair::Both
            };
            pairs.push((i, j, pair));
        }
    }
    Ok(pairs)
}

/// Sorts the branches so that each wins over those after it.
fn sort_by_priority(found: &mut Branches, pairs: &[(usize, usize, Pair)]) -> Result<Class, Reason> {
    let count = found.branches.len();
    let mut wins = vec![0_usize; count];
    for &(i, j, pair) in pairs {
        wins[if pair == Pair::Lower { i } else { j }] += 1;
    }
    if count <= MAX_PAIRED {
        // In a strict order of n the wins are n-1, n-2, ..., 0; anything else is a cycle.
        let mut ranks = wins.clone();
        ranks.sort_unstable();
        if ranks.iter().enumerate().any(|(rank, &wins)| rank != wins) {
            return Err(Reason("the priority of the branches runs in a circle".to_owned()));
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(wins[at]));
    let mut sorted: Vec<_> = std::mem::take(&mut found.branches).into_iter().map(Some).collect();
    found.branches = order.into_iter().filter_map(|at| sorted[at].take()).collect();
    Ok((DecisionType::MultiChoice, Some(Order::AppPriority)))
}
