//! Branches whose labels together lead to something of its own, distinct for every set of them: still a decision on
//! which of them are there.

use super::branches::Branches;
use super::probe::{Outcome, Probe};
use super::union;
use crate::decider::DecideError;
use crate::process::Warning;
use crate::program::Span;

/// Of so many branches every set is tried, in every order.
const MAX_BRANCHES: usize = 4;

/// What labels of several branches lead to together, where that is not what each of them does.
pub(super) struct Joint {
    /// The outcomes of the branches.
    parts: Vec<Outcome>,
    outcome: Outcome,
}

/// The sets with an outcome of their own, where every set of branches leads to one outcome, unlike that of any other set,
/// in whatever order and number its labels come.
pub(super) fn find(probe: &mut Probe<'_>, found: &Branches) -> Result<Option<Vec<Joint>>, DecideError> {
    let count = found.branches.len();
    if count > MAX_BRANCHES || found.branches.iter().any(|branch| branch.negated || branch.with.is_some()) {
        return Ok(None);
    }
    let mut known = vec![found.default, found.empty];
    known.extend(found.branches.iter().map(|branch| branch.outcome));
    let mut joint = Vec::new();
    for set in 1..1_usize << count {
        let members: Vec<usize> = (0..count).filter(|at| set & (1 << at) != 0).collect();
        if members.len() < 2 {
            continue;
        }
        let Some(outcome) = outcome_of(probe, found, &members)? else { return Ok(None) };
        if known.iter().any(|&other| probe.differ_by_data_only(outcome, other)) {
            return Ok(None);
        }
        known.push(outcome);
        let parts: Vec<Outcome> = members.iter().map(|&at| found.branches[at].outcome).collect();
        if !union::is_of_all(probe, outcome, &parts, found.default) {
            joint.push(Joint { parts, outcome });
        }
    }
    Ok(Some(joint))
}

/// The one outcome of labels of these branches together; none where their order or number makes a difference, or where no
/// answer has them together.
fn outcome_of(probe: &mut Probe<'_>, found: &Branches, members: &[usize]) -> Result<Option<Outcome>, DecideError> {
    let mut outcome = None;
    for order in orders(members) {
        for most in [1, usize::MAX] {
            let samples = order.iter().flat_map(|&at| found.branches[at].samples.iter().take(most));
            let mut labels: Vec<&str> = Vec::new();
            for sample in samples {
                if !labels.iter().any(|other| probe.subject.exclude(other, sample)) {
                    labels.push(sample);
                } else if most == 1 {
                    return Ok(None);
                }
            }
            let this = probe.labels(&labels)?;
            if *outcome.get_or_insert(this) != this {
                return Ok(None);
            }
        }
    }
    Ok(outcome)
}

/// Branches whose numbers are looked at, in pairs.
const MAX_NUMBERED: usize = 12;

/// Tells the first two branches whose labels together lead to a number that neither of them leads to, where each has its
/// own: points that are added up.
pub(super) fn other_numbers(probe: &mut Probe<'_>, found: &Branches) -> Result<Option<Warning>, DecideError> {
    for (at, one) in found.branches.iter().take(MAX_NUMBERED).enumerate() {
        for other in found.branches.iter().take(MAX_NUMBERED).skip(at + 1) {
            let (Some(a), Some(b)) = (one.samples.first(), other.samples.first()) else { continue };
            if probe.subject.exclude(a, b) {
                continue;
            }
            let numbers = |probe: &Probe<'_>, outcome| union::numbers(&probe.own_effects(outcome, found.default));
            let (first, second) = (numbers(probe, one.outcome), numbers(probe, other.outcome));
            if first.difference(&second).next().is_none() || second.difference(&first).next().is_none() {
                continue;
            }
            let together = probe.labels(&[a, b])?;
            let both = numbers(probe, together);
            if both.iter().all(|number| first.contains(number) || second.contains(number)) {
                continue;
            }
            let [a, b, both] = [one.outcome, other.outcome, together].map(|outcome| probe.shown(outcome));
            let span = probe.own_effects(together, found.default).first().map(|effect| effect.span);
            let message = format!(
                "the numbers of several branches go together: labels for `{a}` and `{b}` together lead to `{both}`"
            );
            return Ok(Some(Warning { span: span.unwrap_or_default(), message }));
        }
    }
    Ok(None)
}

/// All orders of a few members.
fn orders(members: &[usize]) -> Vec<Vec<usize>> {
    if members.len() < 2 {
        return vec![members.to_vec()];
    }
    let first = |&first: &usize| {
        let rest: Vec<usize> = members.iter().copied().filter(|&other| other != first).collect();
        orders(&rest).into_iter().map(move |rest| std::iter::once(first).chain(rest).collect())
    };
    members.iter().flat_map(first).collect()
}

/// Tells what is done for the branches together.
pub(super) fn warning(probe: &Probe<'_>, found: &Branches, joint: &Joint, entry: Span) -> Warning {
    let parts: Vec<String> = joint.parts.iter().map(|&part| format!("`{}`", probe.shown(part))).collect();
    let each = match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    let span = probe.own_effects(joint.outcome, found.default).first().map_or(entry, |effect| effect.span);
    let message = format!("labels for {each} together lead to `{}`", probe.shown(joint.outcome));
    Warning { span, message }
}

/// Tells it of many sets of branches, with the first that is told.
pub(super) fn of_many(probe: &Probe<'_>, found: &Branches, entry: Span) -> Option<Warning> {
    let (first, rest) = found.joint.split_first()?;
    let Warning { span, message } = warning(probe, found, first, entry);
    let message = format!("{message}; {} other sets of branches have outcomes of their own, too", rest.len());
    Some(Warning { span, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_stand_in_six_orders() {
        let mut all = orders(&[0, 1, 2]);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|order| order.len() == 3));
    }
}
