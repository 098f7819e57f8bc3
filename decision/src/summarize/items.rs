//! Whether every item of an answer is decided on by itself.

use serde_json::Value as Json;

use super::branches::{Branches, Found};
use super::lists;
use super::probe::{NEUTRAL, OTHER, Outcome, Probe};
use super::subject::{Subject, list_of_names, put};
use crate::decider::DecideError;
use crate::decision::Effect;
use crate::output::ApiOutput;
use crate::shape::Shape;
use crate::summary::Vocabulary;

/// Branches whose samples are put together.
const MAX_SAMPLES: usize = 6;

/// Whether items leave traces of their own, also those of no branch: what several do together is what each does alone.
/// Where items of no branch do nothing, or nothing but what all do, branches that are taken one by one say the same.
pub(super) fn are_apart(probe: &mut Probe<'_>, found: &Branches, vocabulary: &Vocabulary) -> Result<bool, DecideError> {
    let filler = found.filler.clone().unwrap_or_else(|| NEUTRAL.to_owned());
    let first = found.branches.iter().filter_map(|branch| branch.samples.first().cloned());
    let mut samples: Vec<String> = first.take(MAX_SAMPLES).collect();
    let idle = probe.labels(&[&filler])?;
    let alone = probe.own_effects(idle, found.empty);
    let sorted = |branch: &Found| !alone.iter().all(|effect| probe.decision(branch.outcome).effects.contains(effect));
    if samples.is_empty() || vocabulary.labels.is_empty() {
        return Ok(false);
    }
    if alone.is_empty() || !found.branches.iter().all(sorted) {
        return by_scores(probe, found);
    }
    if !leaves_a_trace(probe, &samples[0], &filler)? {
        return by_scores(probe, found);
    }
    samples.push(filler);
    let mut told = false;
    for first in &samples {
        for second in samples.iter().filter(|second| *second != first) {
            let (one, other) = (probe.labels(&[first])?, probe.labels(&[second])?);
            let both = probe.labels(&[first, second])?;
            if !is_union(probe, both, [one, other]) {
                return Ok(false);
            }
            told |= both != one && both != other;
        }
    }
    Ok(told)
}

/// Whether an item of no branch shows beside one that is of a branch, or beside another of none: where it does not, as in a
/// row with a place for each name that is looked for, items are not told one by one, whatever an answer without any leads
/// to.
fn leaves_a_trace(probe: &mut Probe<'_>, sample: &str, filler: &str) -> Result<bool, DecideError> {
    let mut shows = |one: &str, other: &str| {
        let mut shown = Vec::new();
        for labels in [&[one][..], &[one, other], &[other, one]] {
            let times = probe.shown_times(&probe.subject.output(ApiOutput::sure(labels.iter().copied())))?;
            shown.push((times, probe.observed().to_owned()));
        }
        Ok(shown[1..].iter().all(|more| *more != shown[0]))
    };
    Ok(shows(filler, OTHER)? || shows(sample, filler)?)
}

/// Whether two items of one branch, one sure and one doubtful, leave a trace each.
fn by_scores(probe: &mut Probe<'_>, found: &Branches) -> Result<bool, DecideError> {
    let [branch] = found.branches.as_slice() else { return Ok(false) };
    let Some(sure) = branch.samples.first() else { return Ok(false) };
    let doubtful = branch.samples.get(1).cloned().unwrap_or_else(|| format!("{sure} {NEUTRAL}"));
    let (one, other) = (probe.scored(&[(sure, 1.0)])?, probe.scored(&[(&doubtful, 0.0)])?);
    let both = probe.scored(&[(sure, 1.0), (&doubtful, 0.0)])?;
    let idle = [found.default, found.empty];
    if idle.contains(&other) || both == one || both == other || !is_union(probe, both, [one, other]) {
        return Ok(false);
    }
    // A line that holds the names of both is one.
    let [more, usual] = [vec![(sure.as_str(), 1.0), (doubtful.as_str(), 0.0)], vec![(sure.as_str(), 1.0)]]
        .map(|labels| probe.subject.output(ApiOutput::labels(labels)));
    Ok(probe.shown_times(&more)? > probe.shown_times(&usual)?)
}

pub(super) fn is_union(probe: &Probe<'_>, both: Outcome, parts: [Outcome; 2]) -> bool {
    let effects = |outcome: Outcome| &probe.decision(outcome).effects;
    let inside = |a: Outcome, b: &[Outcome]| {
        effects(a).iter().all(|effect| b.iter().any(|&outcome| effects(outcome).contains(effect)))
    };
    let of_lists = parts.iter().all(|&part| probe.decision(part).is_part_by_data(probe.decision(both)));
    of_lists
        || (inside(both, &parts) && parts.iter().all(|&part| inside(part, &[both])))
        || are_joined(effects(both), parts.map(effects))
}

/// Whether lists of what single items lead to are one list together: `['paper']` and `['rest']` are `['paper', 'rest']`.
fn are_joined(both: &[Effect], [one, other]: [&Vec<Effect>; 2]) -> bool {
    let joined = |((both, one), other): ((&Effect, &Effect), &Effect)| {
        let lengths = [both, one, other].map(|effect| effect.values.len());
        let texts = both.values.iter().zip(&one.values).zip(&other.values);
        let mut texts = texts.map(|((both, one), other)| [both, one, other].map(ToString::to_string));
        let alike = [one, other].iter().all(|effect| effect.action == both.action);
        alike && lengths.iter().all(|length| *length == lengths[0]) && texts.all(|[a, b, c]| lists::joins(&a, [&b, &c]))
    };
    let alike = both.len() == one.len() && both.len() == other.len();
    alike && both.iter().zip(one).zip(other).all(joined)
}

/// Whether a second item of a branch has the application do what it does once more, where an item of none does not;
/// `names` are some that lead to each.
pub(super) fn act_again(probe: &mut Probe<'_>, found: &Branches, names: &[Vec<String>]) -> Result<bool, DecideError> {
    shows_more(probe, found, names, Probe::shown_times)
}

/// The same, but that a list holds one item more does not count.
pub(super) fn act_apart(probe: &mut Probe<'_>, found: &Branches, names: &[Vec<String>]) -> Result<bool, DecideError> {
    shows_more(probe, found, names, Probe::acted_times)
}

/// Whether an item like one before it, called the same and all, has the application do nothing more: repeats are left out.
pub(super) fn drop_repeats(
    probe: &mut Probe<'_>,
    found: &Branches,
    names: &[Vec<String>],
    shape: &Shape,
) -> Result<bool, DecideError> {
    let list = match &probe.subject {
        Subject::Members(members) => members.list().cloned(),
        Subject::Names | Subject::Within(_) => list_of_names(shape),
    };
    let Some(list) = list else { return Ok(false) };
    let mut dropped = false;
    for (branch, names) in found.branches.iter().zip(names) {
        let [first, second, ..] = names.as_slice() else { continue };
        let of_labels = |labels: &[&str]| probe.subject.output(ApiOutput::sure(labels.iter().copied())).answer(shape);
        let [one, two] = [vec![first.as_str()], vec![first.as_str(), second]].map(|labels| of_labels(&labels));
        let Some(item) = one.pointer(&format!("/{}/0", list.join("/"))).cloned() else { continue };
        let Some(other) = two.pointer(&format!("/{}/1", list.join("/"))).cloned() else { continue };
        // An answer may have the items once more, in another list or as a whole text.
        let of_items = |labels: &[&str], items: Vec<Json>| {
            let mut answer = of_labels(labels);
            put(&mut answer, &list, Json::Array(items));
            answer
        };
        let twice = of_items(&[first, first], vec![item.clone(), item.clone()]);
        // Not only beside each other.
        let apart = of_items(&[first, second, first], vec![item.clone(), other, item]);
        let [one, two, twice, apart] = [one, two, twice, apart].map(|answer| ApiOutput::Answer { answer });
        if probe.run(&twice)? != branch.outcome {
            continue;
        }
        let (one, two, twice) = (probe.shown_times(&one)?, probe.shown_times(&two)?, probe.shown_times(&twice)?);
        if two <= one || twice > one || probe.shown_times(&apart)? > two {
            return Ok(false);
        }
        dropped = true;
    }
    Ok(dropped)
}

fn shows_more<'p>(
    probe: &mut Probe<'p>,
    found: &Branches,
    names: &[Vec<String>],
    times: impl Fn(&mut Probe<'p>, &ApiOutput) -> Result<usize, DecideError>,
) -> Result<bool, DecideError> {
    for (branch, names) in found.branches.iter().zip(names) {
        let [first, second, ..] = names.as_slice() else { continue };
        let other = found.filler.as_deref().unwrap_or(NEUTRAL);
        // Where all values of a field lead there, none is of no branch.
        let is_field = matches!(probe.subject, Subject::Members(_));
        let all = !probe.subject.knows(other) || (is_field && probe.labels(&[other])? == branch.outcome);
        let usual = if all { vec![first.as_str()] } else { vec![first.as_str(), other] };
        let [more, usual] =
            [vec![first.as_str(), second], usual].map(|labels| probe.subject.output(ApiOutput::sure(labels)));
        if probe.run(&more)? != branch.outcome {
            continue;
        }
        let grows = times(probe, &more)?.saturating_sub(times(probe, &usual)?);
        // What is returned is so once, whatever is printed on the way, and so may be what is done beside that.
        let own = probe.own_effects(branch.outcome, found.default);
        let prints = own.iter().any(|effect| effect.action == "print");
        let is_done = |effect: &&Effect| match effect.action.as_str() {
            "print" => false,
            "return" => !effect.chosen_words().is_empty(),
            _ => prints,
        };
        let is_once = own.iter().any(is_done);
        let printed = probe.printed_times(&more)?.saturating_sub(probe.printed_times(&usual)?);
        if grows > if is_once { printed } else { 0 } {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Two labels that are values of different fields and that one item has both, of which now the one and now the other
/// decides: the fields are weighed against each other, as for the greatest of them.
pub(super) fn mixing(
    probe: &mut Probe<'_>,
    found: &Branches,
    vocabulary: &Vocabulary,
) -> Result<Option<(String, String)>, DecideError> {
    let ends = |branch: &Found| [branch.labels.first(), branch.labels.last()].map(Option::<&usize>::copied);
    for (at, first) in found.branches.iter().enumerate() {
        for second in &found.branches[at + 1..] {
            let mut winner = None;
            for (one, other) in ends(first).into_iter().flat_map(|one| ends(second).map(|other| (one, other))) {
                let (Some(one), Some(other)) = (one, other) else { continue };
                let (one, other) = (&vocabulary.labels[one], &vocabulary.labels[other]);
                let Some(answer) = probe.subject.in_one_item(one, other) else { continue };
                let outcome = probe.run(&answer)?;
                if *winner.get_or_insert(outcome) != outcome {
                    return Ok(Some((one.clone(), other.clone())));
                }
            }
        }
    }
    Ok(None)
}
