//! What happens when labels of several branches, or several labels of one, come together.

use super::branches::{Branches, Found};
use super::matching::is_pattern;
use super::probe::{NEUTRAL, Outcome, Probe};
use super::words::Found as Word;
use super::{Reason, counted, counts, joint, lines, union};
use crate::decider::DecideError;
use crate::summary::{DecisionType, Order};

/// Beyond this many branches only neighbours are paired.
const MAX_PAIRED: usize = 24;

/// Words of each branch that are put into one label, and with how many branches after it.
const MAX_WORDS: usize = 4;
const REACH: usize = 3;

/// Numbers of items of one kind that may make a difference, where an answer can have so many.
const NUMBERS: [usize; 7] = [3, 4, 5, 6, 11, 21, 50];

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
    /// Something is done that neither does.
    Other,
}

type Class = (DecisionType, Option<Order>);

/// How labels of two branches come together in one answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Each is an item, or a field of the answer.
    Apart,
    /// Both are fields of one item: no other is looked at.
    OneItem,
    /// One label holds both.
    OneLabel,
    /// Two lines of one label hold one each.
    Lines,
}

/// The class and order; branches are sorted by priority where the application has one.
pub(super) fn find(probe: &mut Probe<'_>, found: &mut Branches) -> Result<Result<Class, Reason>, DecideError> {
    let company = company(probe, found)?;
    split_unions(probe, found, company)?;
    if found.branches.len() == 1 {
        return Ok(Ok((DecisionType::TrueFalse, None)));
    }
    let pairs = all_pairs(probe, found, (company, found.default))?;
    if let Some((i, j, _)) = pairs.iter().find(|pair| pair.2 == Pair::Neither) {
        let (a, b) = (probe.shown(found.branches[*i].outcome), probe.shown(found.branches[*j].outcome));
        return Ok(Err(Reason(format!("one label each for `{a}` and `{b}` leads to neither"))));
    }
    if let Some((i, j, _)) = pairs.iter().find(|pair| pair.2 == Pair::Other) {
        if company == Company::Apart
            && pairs.iter().all(|pair| matches!(pair.2, Pair::Both | Pair::Other))
            && let Some(joint) = joint::find(probe, found)?
        {
            found.joint = joint;
            return Ok(Ok((DecisionType::MultiSelect, None)));
        }
        let (a, b) = (probe.shown(found.branches[*i].outcome), probe.shown(found.branches[*j].outcome));
        return Ok(Err(Reason(format!("one label each for `{a}` and `{b}` leads to something of its own"))));
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

/// Where only the first label is looked at, it can hold words of several branches: where each does what it does by itself,
/// none of them comes first.
pub(super) fn in_one_label(probe: &mut Probe<'_>, found: &Branches, class: Class) -> Result<Class, DecideError> {
    if class.0 != DecisionType::MultiChoice || !probe.subject.has_words() {
        return Ok(class);
    }
    for pair in found.branches.windows(2) {
        let (Some(one), Some(other)) = (pair[0].samples.first(), pair[1].samples.first()) else { return Ok(class) };
        let label = format!("{one} {other}");
        if !probe.subject.knows(&label) {
            return Ok(class);
        }
        let (both, parts) = (probe.labels(&[&label])?, [pair[0].outcome, pair[1].outcome]);
        let is_known = parts.contains(&both) || both == found.default;
        if is_known || !union::is_of_all(probe, both, &parts, found.default) {
            return Ok(class);
        }
    }
    Ok((DecisionType::MultiSelect, None))
}

/// Where only the first label is looked at, and what counts are its lines: which branches a label takes that has lines of
/// several; they are sorted by priority then. Nothing where no line counts by itself, or where lines do no more than words
/// of one line.
pub(super) fn by_lines(probe: &mut Probe<'_>, found: &mut Branches, class: Class) -> Result<Option<Class>, Reason> {
    if !found.lines || !probe.subject.has_words() {
        return Ok(None);
    }
    for branch in &found.branches {
        if branch.samples.is_empty() || branch.negated || branch.except {
            return Ok(None);
        }
        for sample in &branch.samples {
            let outcome = lines::text(probe, sample)?;
            if !probe.differ_by_data_only(outcome, branch.outcome) {
                return Ok(None);
            }
        }
    }
    if class.0 != DecisionType::MultiChoice {
        return Ok(Some(class));
    }
    let pairs = all_pairs(probe, found, (Company::Lines, found.default))?;
    let in_one = all_pairs(probe, found, (Company::OneLabel, found.default))?;
    let all = |wanted: &[Pair]| !pairs.is_empty() && pairs.iter().all(|pair| wanted.contains(&pair.2));
    let together = in_one.iter().any(|pair| pair.2 == Pair::Both);
    if all(&[Pair::Both]) {
        Ok(Some((DecisionType::MultiSelect, None)))
    } else if pairs == in_one && !all(&[Pair::Lower, Pair::Higher]) {
        Ok(None)
    } else if all(&[Pair::First]) && !together {
        Ok(Some((DecisionType::MultiChoice, Some(Order::ApiOutput))))
    } else if all(&[Pair::Last]) && !together {
        Ok(Some((DecisionType::MultiChoice, Some(Order::LastMatch))))
    } else if all(&[Pair::Lower, Pair::Higher]) && !together {
        sort_by_priority(found, &pairs).map(Some)
    } else {
        Err(Reason("lines of several branches in one text are handled in more than one way".to_owned()))
    }
}

/// What two lines of one text lead to that take the same branch, where that is none of what one of them does.
pub(super) fn of_two_lines(probe: &mut Probe<'_>, found: &Branches) -> Result<Option<String>, DecideError> {
    for branch in &found.branches {
        let Some(sample) = branch.samples.first() else { continue };
        let both = probe.labels(&[&format!("{sample}\n{sample}")])?;
        if !probe.differ_by_repeats_only(both, branch.outcome) && !probe.differ_by_data_only(both, branch.outcome) {
            let (one, both) = (probe.shown_beside(branch.outcome, both), probe.shown_beside(both, branch.outcome));
            return Ok(Some(format!("two lines that lead to `{one}` lead to something else together: `{both}`")));
        }
    }
    Ok(None)
}

/// Which branch a label takes that holds words of two, where it is always the first of them in the application's order, by
/// which branches are sorted then, or always the one whose word stands first in the label.
pub(super) fn within_label(
    probe: &mut Probe<'_>,
    found: &mut Branches,
    words: &[Word],
) -> Result<Option<Order>, DecideError> {
    // Where any other name takes a branch, one with a word more in it is any other.
    if !probe.subject.has_words() || found.branches.len() < 2 || found.filler.is_none() {
        return Ok(None);
    }
    let pairs = all_pairs(probe, found, (Company::OneLabel, found.default))?;
    let all = |wanted: &[Pair]| !pairs.is_empty() && pairs.iter().all(|pair| wanted.contains(&pair.2));
    let order = if all(&[Pair::Lower, Pair::Higher]) && sort_by_priority(found, &pairs).is_ok() {
        Order::AppPriority
    } else if all(&[Pair::First]) {
        Order::ApiOutput
    } else if all(&[Pair::Last]) {
        Order::LastMatch
    } else {
        return Ok(None);
    };
    // One word may stand before another of its branch.
    for (at, first) in found.branches.iter().enumerate() {
        for second in found.branches.iter().skip(at + 1).take(REACH) {
            for (one, other) in words_of(words, first).flat_map(|one| words_of(words, second).map(move |it| (one, it)))
            {
                let led = [[one, other], [other, one]].map(|words| probe.labels(&[words.join(" ").as_str()]));
                let [forward, backward] = led;
                let expected = match order {
                    Order::AppPriority => [first.outcome; 2],
                    Order::ApiOutput => [first.outcome, second.outcome],
                    Order::LastMatch => [second.outcome, first.outcome],
                };
                if [forward?, backward?] != expected {
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(order))
}

/// Words of a branch that are as they are compared.
fn words_of<'w>(words: &'w [Word], branch: &Found) -> impl Iterator<Item = &'w str> + use<'w> {
    let outcome = branch.outcome;
    let own = words.iter().filter(move |word| word.outcome == Some(outcome) && !is_pattern(word.compared()));
    own.map(Word::compared).take(MAX_WORDS)
}

/// The class of branches that every item takes by itself: only fields of one item come together.
pub(super) fn of_item(probe: &mut Probe<'_>, found: &mut Branches) -> Result<Result<Class, Reason>, DecideError> {
    let neither = probe.labels(&[NEUTRAL])?;
    let pairs = all_pairs(probe, found, (Company::OneItem, neither))?;
    let all = |wanted: &[Pair]| pairs.iter().all(|pair| wanted.contains(&pair.2));
    Ok(if all(&[Pair::Lower, Pair::Higher]) {
        sort_by_priority(found, &pairs)
    } else if all(&[Pair::Both]) {
        Ok((DecisionType::MultiSelect, None))
    } else {
        Err(Reason("fields of one item together are handled in more than one way".to_owned()))
    })
}

/// Where only the first item is looked at, fields of one item are what comes together.
fn company(probe: &mut Probe<'_>, found: &Branches) -> Result<Company, DecideError> {
    let alone = probe.labels(&[NEUTRAL])?;
    let samples: Vec<&str> =
        found.branches.iter().filter_map(|branch| branch.samples.first()).map(String::as_str).collect();
    let has_fields = samples.iter().any(|sample| probe.subject.in_one_item(samples[0], sample).is_some());
    if !has_fields {
        return Ok(Company::Apart);
    }
    for sample in samples {
        if probe.labels(&[NEUTRAL, sample])? != alone {
            return Ok(Company::Apart);
        }
    }
    Ok(Company::OneItem)
}

/// What labels of two branches lead to together, the first of them first in the answer; `None` where no answer has both.
fn together(
    probe: &mut Probe<'_>,
    (first, second): (&Found, &Found),
    company: Company,
) -> Result<Option<Outcome>, DecideError> {
    for (one, other) in first.samples.iter().flat_map(|one| second.samples.iter().map(move |other| (one, other))) {
        match company {
            Company::Apart if probe.subject.exclude(one, other) => {}
            Company::Apart => return probe.labels(&[one, other]).map(Some),
            Company::OneItem => {
                if let Some(answer) = probe.subject.in_one_item(one, other) {
                    return probe.run(&answer).map(Some);
                }
            }
            Company::OneLabel | Company::Lines => {
                let between = if company == Company::Lines { '\n' } else { ' ' };
                let label = format!("{one}{between}{other}");
                return if probe.subject.knows(&label) { probe.labels(&[&label]).map(Some) } else { Ok(None) };
            }
        }
    }
    Ok(None)
}

/// A label that takes two branches at once is no branch of its own.
fn split_unions(probe: &mut Probe<'_>, found: &mut Branches, company: Company) -> Result<(), DecideError> {
    let count = found.branches.len();
    if !(3..=MAX_PAIRED).contains(&count) {
        return Ok(());
    }
    let mut unions: Vec<(Outcome, [Outcome; 2])> = Vec::new();
    for i in 0..count {
        for j in i + 1..count {
            let (a, b) = (&found.branches[i], &found.branches[j]);
            let Some(both) = together(probe, (a, b), company)? else { continue };
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
        let mut groups = vec![samples[..samples.len().min(2)].to_vec(), samples.clone()];
        if repeats {
            groups.extend(NUMBERS.map(|number| samples.iter().copied().cycle().take(number).collect()));
        }
        for together in groups {
            if together.len() < 2 {
                continue;
            }
            let led = probe.labels(&together)?;
            // So many of them may be a branch of their own.
            let is_counted = found
                .branches
                .iter()
                .any(|other| other.outcome == led && other.samples.iter().all(|sample| counted::is_several(sample)));
            if led != branch.outcome && !is_counted && !probe.differ_by_data_only(led, branch.outcome) {
                let outcome = probe.shown(branch.outcome);
                return Ok(Err(Reason(format!("how many labels lead to `{outcome}` makes a difference"))));
            }
        }
    }
    Ok(Ok(()))
}

/// Whether several labels of one branch outweigh one of another, which wins where there is one of each: hits that are
/// counted, or scores that are added up. `alike` are words of each branch, those outside the vocabulary among them.
pub(super) fn outweigh(
    probe: &mut Probe<'_>,
    order: Option<Order>,
    alike: &[Vec<&str>],
) -> Result<Result<(), Reason>, DecideError> {
    let reach = if alike.len() > MAX_PAIRED { 1 } else { alike.len() };
    for (i, one) in alike.iter().enumerate() {
        for (_, several) in alike.iter().enumerate().filter(|(j, _)| i != *j && i.abs_diff(*j) <= reach) {
            let (Some(&single), [first, more @ ..]) = (one.first(), several.as_slice()) else { continue };
            let all: Vec<&str> = std::iter::once(single).chain(several.iter().copied()).collect();
            let apart = |at: usize| !all[..at].iter().any(|before| probe.subject.exclude(before, all[at]));
            if more.is_empty() || !(1..all.len()).all(apart) {
                continue;
            }
            // What comes last wins anyway where the order is that of the last match.
            let orders = [[single, *first], [*first, single]];
            for pair in orders.iter().take(if order == Some(Order::LastMatch) { 1 } else { 2 }) {
                let with_more: Vec<&str> = pair.iter().chain(more).copied().collect();
                if probe.labels(&with_more)? != probe.labels(pair)? {
                    return Ok(Err(Reason(counts::MAKES_A_DIFFERENCE.to_owned())));
                }
            }
        }
    }
    Ok(Ok(()))
}

/// What labels of two branches at a time lead to, seen against what labels of neither lead to. Branches that no answer
/// takes both are no pair.
fn all_pairs(
    probe: &mut Probe<'_>,
    found: &Branches,
    (company, neither): (Company, Outcome),
) -> Result<Vec<(usize, usize, Pair)>, DecideError> {
    let count = found.branches.len();
    let mut pairs = Vec::new();
    for i in 0..count {
        let reach = if count > MAX_PAIRED { (i + 2).min(count) } else { count };
        for j in i + 1..reach {
            let (a, b) = (&found.branches[i], &found.branches[j]);
            let (Some(forward), Some(backward)) =
                (together(probe, (a, b), company)?, together(probe, (b, a), company)?)
            else {
                continue;
            };
            let pair = pair_of(probe, [a.outcome, b.outcome], [forward, backward], neither);
            pairs.push((i, j, pair));
        }
    }
    Ok(pairs)
}

/// The verdict of a pair by what labels of both lead to in either order.
fn pair_of(probe: &Probe<'_>, [a, b]: [Outcome; 2], led: [Outcome; 2], neither: Outcome) -> Pair {
    let of = |led: [Outcome; 2]| match led {
        [one, other] if (one, other) == (a, b) => Some(Pair::First),
        [one, other] if (one, other) == (b, a) => Some(Pair::Last),
        [one, other] if (one, other) == (a, a) => Some(Pair::Lower),
        [one, other] if (one, other) == (b, b) => Some(Pair::Higher),
        [one, other] if (one, other) == (neither, neither) => Some(Pair::Neither),
        _ => None,
    };
    let are_both = || led.iter().all(|&both| union::is_of_all(probe, both, &[a, b], neither));
    // The names of all may be handed on where the one branch is taken.
    let by_data = |outcome: Outcome| {
        let same = [a, b].map(|own| probe.differ_by_data_only(outcome, own));
        [a, b].into_iter().zip(same).find(|own| own.1 && same != [true, true]).map_or(outcome, |own| own.0)
    };
    of(led).or_else(|| are_both().then_some(Pair::Both)).or_else(|| of(led.map(by_data))).unwrap_or(Pair::Other)
}

/// Sorts the branches so that each wins over those after it.
fn sort_by_priority(found: &mut Branches, pairs: &[(usize, usize, Pair)]) -> Result<Class, Reason> {
    let mut left: Vec<usize> = (0..found.branches.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let beats = |one: usize, other: usize| {
            pairs.iter().any(|&(i, j, pair)| if pair == Pair::Lower { (i, j) } else { (j, i) } == (one, other))
        };
        let Some(first) = left.iter().position(|&one| !left.iter().any(|&other| beats(other, one))) else {
            return Err(Reason("the priority of the branches runs in a circle".to_owned()));
        };
        order.push(left.remove(first));
    }
    let mut sorted: Vec<_> = std::mem::take(&mut found.branches).into_iter().map(Some).collect();
    found.branches = order.into_iter().filter_map(|at| sorted[at].take()).collect();
    Ok((DecisionType::MultiChoice, Some(Order::AppPriority)))
}
