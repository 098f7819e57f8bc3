//! Decisions by how many items there are.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::branches::{Branches, Found};
use super::probe::{NEUTRAL, Outcome, Probe, contrast};
use super::several_lists::together;
use super::subject::{filled, needed_together};
use super::verify::{LONGEST, Random};
use super::words::Found as Word;
use super::{Draft, Reason};
use super::{copies, handed, numbers};
use crate::decider::DecideError;
use crate::decision::{Effect, Rendered};
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};
use crate::summary::{Bounds, DecisionType, Limit, Region, Summary};

/// How many items of one kind lead where.
pub(super) enum Counted {
    /// One outcome for any number but none.
    Same,
    /// A few outcomes, each for some numbers.
    Steps(Vec<Step>),
    /// The number itself is shown or handed on; what one item leads to.
    Number(Outcome),
    /// The numbers of these branches' items are; the other branches' make no difference.
    Numbers(Vec<usize>),
    /// Another outcome for each number: something is done for every item.
    Each,
}

/// Why numbers of labels fit no class.
pub(super) const MAKES_A_DIFFERENCE: &str = "how many labels lead to each outcome makes a difference";

/// Words of a branch that are tried together.
const MAX_ALIKE: usize = 12;

/// So little a score is above the least that counts.
const LITTLE: f64 = 1e-3;

/// More outcomes than this are one for each number.
pub(super) const MAX_STEPS: usize = 8;

/// The outcomes on 0, 1, 2, ... items of these names in turn; each name once only, where an answer has no name twice.
fn count(probe: &mut Probe<'_>, samples: &[&str], repeats: bool) -> Result<Counted, DecideError> {
    let outcomes = outcomes(most(samples.len(), repeats), &mut |number| {
        let items: Vec<&str> = samples.iter().copied().cycle().take(number).collect();
        probe.labels(&items)
    })?;
    let merged = merged(probe, &outcomes);
    Ok(match steps(&merged) {
        Counted::Steps(_) | Counted::Each if only_grows(probe, &outcomes) => Counted::Each,
        Counted::Same if merged[1] != outcomes[1] => Counted::Number(merged[1]),
        counted => counted,
    })
}

/// Fewer names are taken again and again: too few numbers tell a count from what grows with each item.
const FEW: usize = 4;

/// How many items of so many names there can be.
fn most(names: usize, repeats: bool) -> usize {
    if repeats || names < FEW { LONGEST as usize } else { names }
}

/// Outcomes that only say their numbers in one; more items than could be tried lead to what the last do.
fn merged(probe: &mut Probe<'_>, outcomes: &[Outcome]) -> Vec<Outcome> {
    let mut merged = numbers::merged(probe, outcomes);
    merged.extend(
        merged.last().copied().into_iter().cycle().take(LONGEST as usize + 1 - outcomes.len()).collect::<Vec<_>>(),
    );
    merged
}

/// Labels that are tried together with other scores.
const MAX_SURE: usize = 4;

/// Checks that so many labels of a branch lead to one outcome however sure they are, as long as each counts by itself: what
/// adds their scores up is no count.
pub(super) fn check_scores(
    probe: &mut Probe<'_>,
    found: &Branches,
    summary: &Summary,
) -> Result<Result<(), Reason>, DecideError> {
    for (branch, summarized) in found.branches.iter().zip(&summary.branches) {
        let least = summarized.min_score.map_or(0.0, |cut| cut.value) + LITTLE;
        if least + LITTLE >= 1.0 {
            // All that count are about as sure.
            continue;
        }
        let labels: Vec<&str> = branch.samples.iter().take(MAX_SURE).map(String::as_str).collect();
        for count in 2..=labels.len() {
            let mut outcome = |surest: f64| {
                let step = (surest - least) / 1e3;
                // No two scores are the very same.
                let scored = labels[..count].iter().enumerate().map(|(at, &label)| (label, surest - at as f64 * step));
                probe.scored(&scored.collect::<Vec<_>>())
            };
            if outcome(1.0)? != outcome(least + LITTLE)? {
                let reason = format!("how sure {count} labels together are makes a difference");
                return Ok(Err(Reason(reason)));
            }
        }
    }
    Ok(Ok(()))
}

/// Whether each item's data is added to that of those before it, up to some number of them.
fn only_grows(probe: &Probe<'_>, outcomes: &[Outcome]) -> bool {
    let grows =
        |pair: &[Outcome]| pair[0] == pair[1] || probe.decision(pair[0]).is_part_by_data(probe.decision(pair[1]));
    let different: BTreeSet<Outcome> = outcomes.iter().copied().collect();
    different.len() > 3 && outcomes.windows(2).skip(1).all(grows)
}

/// The outcomes on 0, 1, 2, ... items.
fn outcomes(
    most: usize,
    outcome: &mut dyn FnMut(usize) -> Result<Outcome, DecideError>,
) -> Result<Vec<Outcome>, DecideError> {
    (0..=most).map(outcome).collect()
}

/// What numbers of items lead to.
pub(super) fn steps(outcomes: &[Outcome]) -> Counted {
    if outcomes[1..].iter().all(|&outcome| outcome == outcomes[1]) {
        return Counted::Same;
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut from = 0;
    for number in 1..=outcomes.len() {
        if outcomes.get(number) == Some(&outcomes[from]) {
            continue;
        }
        let limit = |value: usize| Limit { value: value as f64, inclusive: true };
        let region = counting((from > 0).then(|| limit(from)), (number < outcomes.len()).then(|| limit(number - 1)));
        match steps.iter_mut().find(|step| step.0 == outcomes[from]) {
            Some(step) => step.1.push(region),
            None => steps.push((outcomes[from], vec![region])),
        }
        from = number;
    }
    if steps.len() > MAX_STEPS { Counted::Each } else { Counted::Steps(steps) }
}

/// What numbers of the one branch's items lead to where it takes several of them; else a reason.
pub(super) fn of_several(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[Word],
    repeats: bool,
) -> Result<Result<Counted, Reason>, DecideError> {
    let many = || Reason(MAKES_A_DIFFERENCE.to_owned());
    let [branch] = found.branches.as_slice() else { return Ok(Err(many())) };
    let repeats = repeats || probe.subject.repeats();
    let names = names(probe, branch, words)?;
    if !copies::are_alike(probe, &names, branch.outcome, repeats)? {
        return Ok(Err(Reason("which labels come together makes a difference".to_owned())));
    }
    let outcomes = outcomes(most(names.len(), repeats), &mut |number| copies::outcome(probe, &names, number))?;
    let counted = steps(&merged(probe, &outcomes));
    Ok(if let Counted::Steps(_) = counted { Ok(counted) } else { Err(many()) })
}

/// Names that lead to a branch by themselves: labels, and words of the program's.
fn names(probe: &mut Probe<'_>, branch: &Found, words: &[Word]) -> Result<Vec<String>, DecideError> {
    let mut names = branch.samples.clone();
    for word in words.iter().filter(|word| word.outcome == Some(branch.outcome)).map(Word::compared).take(MAX_ALIKE) {
        if !names.iter().any(|name| name == word) && probe.labels(&[word])? == branch.outcome {
            names.push(word.to_owned());
        }
    }
    Ok(names)
}

/// Whether it is one and the same which two of these labels come together.
fn are_alike(probe: &mut Probe<'_>, samples: &[&str]) -> Result<bool, DecideError> {
    let mut usual = None;
    for (at, one) in samples.iter().enumerate() {
        for other in &samples[at + 1..] {
            let outcome = probe.labels(&[one, other])?;
            if *usual.get_or_insert(outcome) != outcome {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What the branches' items lead to by their number: for a decision on one kind of items, else a reason.
pub(super) fn of_branches(
    probe: &mut Probe<'_>,
    found: &Branches,
    words: &[Word],
    repeats: bool,
) -> Result<Result<Counted, Reason>, DecideError> {
    let repeats = repeats || probe.subject.repeats();
    let mut each = 0;
    let mut first = None;
    let mut numbers = Vec::new();
    for (at, branch) in found.branches.iter().enumerate() {
        let samples: Vec<&str> = branch.samples.iter().map(String::as_str).collect();
        let counted = count(probe, &samples, repeats)?;
        if matches!(counted, Counted::Steps(_)) {
            let alike = names(probe, branch, words)?;
            let alike: Vec<&str> = alike.iter().map(String::as_str).collect();
            if !are_alike(probe, &alike)? {
                return Ok(Err(Reason("which labels come together makes a difference".to_owned())));
            }
        }
        match counted {
            // Another outcome for each number, of several branches, is one for each item.
            Counted::Number(_) if found.branches.len() > 1 => {
                each += 1;
                numbers.push(at);
            }
            Counted::Each => each += 1,
            Counted::Same => first = first.or(Some(Counted::Same)),
            counted => first = Some(counted),
        }
    }
    Ok(match (first, found.branches.len()) {
        (None, _) if each > 0 => Ok(Counted::Each),
        (Some(counted), 1) => Ok(counted),
        (Some(Counted::Same), _) if !numbers.is_empty() && numbers.len() == each => Ok(Counted::Numbers(numbers)),
        _ => Err(Reason(MAKES_A_DIFFERENCE.to_owned())),
    })
}

/// Fills the draft when the decision hangs only on how many items there are; `false` when it does not.
pub(super) fn fill(draft: &mut Draft, probe: &mut Probe<'_>, shape: &Shape) -> Result<bool, Reason> {
    let mut told = Vec::new();
    for list in shape.lists() {
        if let Some(steps) = steps_of(probe, shape, &list)? {
            told.push((list, steps));
        }
    }
    if let [(list, _)] = told.as_slice()
        && let Some(fields) = fields_beside(probe, shape, list)?
    {
        let list = show_path(list);
        draft.summary.field = Some(list.clone());
        return Err(Reason(format!("the outcome hangs on how many {list} there are and on {fields} together")));
    }
    let usual = draft.default_outcome;
    let field = told.iter().map(|(list, _)| show_path(list)).collect::<Vec<_>>().join(", ");
    let steps = match told.as_slice() {
        [] => return Ok(false),
        [(list, steps)] => {
            draft.summary.again = acts_again(probe, shape, list)?;
            let handed = handed::of_list(probe, shape, list);
            draft.hand_on(handed);
            steps.clone()
        }
        several => {
            let mut handed: Vec<_> = several.iter().map(|(list, _)| handed::of_list(probe, shape, list)).collect();
            handed.retain(Option::is_some);
            handed.dedup();
            // Which of one list's items it is says nothing of another's.
            draft.hand_on(if handed.len() == 1 { handed.remove(0) } else { None });
            together(probe, shape, several)?
        }
    };
    let steps = steps.into_iter().filter(|step| step.0 != usual).collect();
    draft.summary.field = Some(field);
    draft.summary.decision_type = DecisionType::Count;
    draft.push_regions(probe, usual, steps, None);
    Ok(true)
}

/// Whether a second and a third item of a list have the application do what it does for one once more.
pub(super) fn acts_again(probe: &mut Probe<'_>, shape: &Shape, list: &Path) -> Result<bool, DecideError> {
    let mut times = |number| probe.shown_times(&answer_of(shape, &[(list, number)]));
    let (one, two, three) = (times(1)?, times(2)?, times(3)?);
    if one >= two || two >= three {
        return Ok(false);
    }
    // Where something else is done once, whatever is printed of each, it is not all done again.
    let printed = |probe: &mut Probe<'_>, number| probe.printed_times(&answer_of(shape, &[(list, number)]));
    if two - one > printed(probe, 2)?.saturating_sub(printed(probe, 1)?) {
        return Ok(true);
    }
    let [none, some] = [0, 1].map(|number| probe.run(&answer_of(shape, &[(list, number)])));
    Ok(probe.own_effects(some?, none?).iter().all(|effect| effect.action == "print"))
}

/// Fields that say together what one item leads to, where its number alone does not: a picture of one face that must
/// be bright and look ahead.
fn fields_beside(probe: &mut Probe<'_>, shape: &Shape, list: &Path) -> Result<Option<String>, DecideError> {
    let ApiOutput::Answer { answer } = answer_of(shape, &[(list, 1)]) else { return Ok(None) };
    needed_together(probe, (shape, &[]), &answer, &mut Random(0x9e37_79b9_7f4a_7c15))
}

/// Whether any number of items but none leads to the same, but for the API's data and the marks around them.
fn hands_on_more(probe: &Probe<'_>, steps: &[Step]) -> bool {
    let only_none = |regions: &[Region]| matches!(regions, [region] if region.iter().any(|bounds| bounds.high.is_some_and(|high| high.value < 1.0)));
    let mut some = steps.iter().filter(|step| !only_none(&step.1)).map(|step| step.0);
    let (Some(first), Some(second)) = (some.next(), some.next()) else { return false };
    let alike = |other| probe.decision(first).is_same_without_data(probe.decision(other));
    alike(second) && some.all(alike)
}

/// What numbers of items of one list lead to, if they make a difference.
fn steps_of(probe: &mut Probe<'_>, shape: &Shape, list: &Path) -> Result<Option<Vec<Step>>, DecideError> {
    let outcomes = outcomes(LONGEST as usize, &mut |number| probe.run(&answer_of(shape, &[(list, number)])))?;
    let counted = match steps(&merged(probe, &outcomes)) {
        Counted::Steps(found) if hands_on_more(probe, &found) => Counted::Same,
        counted => counted,
    };
    Ok(match counted {
        Counted::Steps(steps) => Some(steps),
        // That there are items is not looked at where they only pass.
        Counted::Same => {
            let mut of = |number| probe.run(&answer_of(shape, &[(list, number)]));
            let (without, with) = (of(0)?, of(1)?);
            let limit = |value| Some(Limit { value, inclusive: true });
            is_told_apart(probe, without, with)
                .then(|| vec![(without, vec![counting(None, limit(0.0))]), (with, vec![counting(limit(1.0), None)])])
        }
        Counted::Each => steps_of_each(probe, &outcomes),
        Counted::Number(_) | Counted::Numbers(_) => None,
    })
}

/// What numbers of items lead to where something is done for each of them, but not for any number alike: one person is
/// spoken of in one way, several one after the other.
fn steps_of_each(probe: &mut Probe<'_>, outcomes: &[Outcome]) -> Option<Vec<Step>> {
    let folded = numbers::folded(probe, outcomes);
    match steps(&folded) {
        Counted::Steps(steps) if folded[1..].iter().any(|outcome| *outcome != folded[1]) => Some(steps),
        _ => None,
    }
}

/// One outcome and the numbers of items that lead to it.
pub(super) type Step = (Outcome, Vec<Region>);

pub(super) fn counting(low: Option<Limit>, high: Option<Limit>) -> Region {
    vec![Bounds { field: Bounds::COUNT.to_owned(), low, high, percent: false }]
}

/// The answer of so many items in these lists, and nothing else.
pub(super) fn answer_of(shape: &Shape, lists: &[(&Path, usize)]) -> ApiOutput {
    let mut answer = shape.nothing();
    for (list, number) in lists {
        // What there is has a name, though one that no application looks for.
        let item = shape.at(list).and_then(Shape::item).map_or(Json::Null, |item| filled(item, 0.0, NEUTRAL));
        super::subject::put(&mut answer, list, Json::Array(vec![item; *number]));
    }
    ApiOutput::Answer { answer }
}

/// Whether the application chose something where there is an item and something else where there is none: to open a door
/// or not, and not to hand on what there is, to show it, or to fail.
fn is_told_apart(probe: &Probe<'_>, none: Outcome, some: Outcome) -> bool {
    if probe.differ_by_data_only(none, some) {
        return false;
    }
    let chosen = |outcome, other| {
        let own = probe.own_effects(outcome, other).into_iter();
        let chosen = own.filter(|effect| !effect.values.iter().any(Rendered::has_data));
        chosen.map(|effect| effect.action.clone()).collect::<Vec<_>>()
    };
    // Other words stand around the data than where there is none: `{'ok': True, 'id': <data>}`.
    let (own, others) = (probe.own_effects(some, none), probe.own_effects(none, some));
    let is_done = |effect: &Effect| effect.action != "print" && effect.action != "raise";
    if own.iter().any(|own| is_done(own) && others.iter().any(|other| contrast(own, other))) {
        return true;
    }
    // Nothing is chosen by failing, but something may be before the program fails.
    if probe.fails(none) || probe.fails(some) {
        return false;
    }
    let (with, without) = (chosen(some, none), chosen(none, some));
    // To print something is to show people what there is; logs are no effects.
    let acts = |actions: &[String]| actions.iter().any(|action| action != "print");
    acts(&with) || (!with.is_empty() && !without.is_empty())
}

/// What the application does on an answer with an item that says nothing, where that is not what it does on an answer
/// whose lists are empty; with the list.
pub(super) fn tells_empty(probe: &mut Probe<'_>, shape: &Shape) -> Result<Option<(Outcome, Path)>, DecideError> {
    let empty = probe.run(&ApiOutput::Answer { answer: shape.nothing() })?;
    for list in shape.lists() {
        let some = probe.run(&answer_of(shape, &[(&list, 1)]))?;
        if !probe.differ_by_data_only(empty, some) {
            return Ok(Some((some, list)));
        }
    }
    Ok(None)
}
