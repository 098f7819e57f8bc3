//! Which of several items that take a branch is the one whose data is handed on.

use serde_json::Value as Json;

use super::axes::Axis;
use super::branches::Branches;
use super::probe::{NEUTRAL, OTHER, Probe};
use super::rank;
use super::subject::{Subject, put};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Enumeration, Shape};
use crate::summary::Handed;

/// Scores of the first and the second item.
const SCORES: [f64; 2] = [0.95, 0.9];

/// Words that are tried for one that leads nowhere.
const MAX_WORDS: usize = 8;

/// Of two items of the one branch, that which shows in what is returned or printed, or both of them where others do not.
pub(super) fn find(probe: &mut Probe<'_>, found: &Branches) -> Result<Option<Handed>, DecideError> {
    // Values of a field are the same in every item that has them.
    let ([branch], Subject::Names) = (found.branches.as_slice(), &probe.subject) else { return Ok(None) };
    let (outcome, mut samples) = (branch.outcome, branch.samples.clone());
    // What is cut or joined at its blanks shows no more as it is.
    samples.sort_by_key(|sample| sample.contains(|c: char| !c.is_alphanumeric()));
    let Some(first) = samples.first().filter(|_| !branch.negated) else { return Ok(None) };
    // A label of the API's, or one that holds the word and something else.
    let second = match samples.get(1) {
        Some(second) => second.clone(),
        None => format!("{first} {NEUTRAL}"),
    };
    if probe.labels(&[&second])? != outcome {
        return Ok(None);
    }
    let items = |scores: [f64; 2]| ApiOutput::labels([(first.as_str(), scores[0]), (second.as_str(), scores[1])]);
    let marks = [first.as_str(), &second];
    let usual = shown(probe, items(SCORES), marks)?;
    let turned = shown(probe, items([SCORES[1], SCORES[0]]), marks)?;
    Ok(match (usual, turned) {
        ([true, false], [true, false]) => Some(Handed::First),
        ([true, false], [false, true]) => Some(Handed::Highest),
        ([false, true], [false, true]) => Some(Handed::Last),
        ([true, true], [true, true]) if leaves_out(probe, found, first)? => Some(Handed::All),
        _ => None,
    })
}

/// Whether nothing shows of an item that does not take the branch, beside one that does.
fn leaves_out(probe: &mut Probe<'_>, found: &Branches, first: &str) -> Result<bool, DecideError> {
    let others = probe.compared().into_iter().filter(|word| word.chars().all(char::is_alphabetic)).take(MAX_WORDS);
    for other in [NEUTRAL.to_owned()].into_iter().chain(others) {
        let alone = probe.labels(&[&other])?;
        if first.contains(&other) || ![found.default, found.empty].contains(&alone) {
            continue;
        }
        let items = ApiOutput::labels([(first, SCORES[0]), (other.as_str(), SCORES[1])]);
        return Ok(shown(probe, items, [first, &other])? == [true, false]);
    }
    Ok(false)
}

/// What of several items of a list is handed on.
pub(super) enum OfList {
    Place(Handed),
    /// That of the greatest number.
    By(String),
}

/// What is handed on of several items of a list, if it is the only one of which anything shows: the first or the last, or
/// that in which a number is the greatest.
pub(super) fn of_list(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<OfList> {
    let place = of_alike(probe, shape, list, None)?;
    if let Handed::First | Handed::Last = place {
        for axis in rank::numbers(shape, list) {
            let mut at = |shares| of_alike(probe, shape, list, Some((&axis, shares)));
            let (descending, ascending) = (at([0.8, 0.5, 0.2]), at([0.2, 0.5, 0.8]));
            if (descending, ascending) == (Some(Handed::First), Some(Handed::Last)) {
                return Some(OfList::By(axis.show()));
            }
        }
    }
    Some(OfList::Place(place))
}

/// Of three items of a list, the first or the last one, if it is the only one of which anything shows: where another is
/// changed, nothing else does. One of their numbers can be set.
fn of_alike(probe: &mut Probe<'_>, shape: &Shape, list: &[String], set: Option<(&Axis, [f64; 3])>) -> Option<Handed> {
    const ITEMS: usize = 3;
    let item = shape.at(list).and_then(Shape::item)?;
    let [usual, other] = [0, 1].map(|which| filled(item, which));
    let mut shown = |changed: usize| {
        let items = (0..ITEMS).map(|at| if at == changed { other.clone() } else { usual.clone() }).collect();
        let mut answer = shape.nothing();
        put(&mut answer, list, Json::Array(items));
        if let Some((axis, shares)) = set {
            shares.iter().enumerate().for_each(|(at, &share)| rank::set(&mut answer, axis, at, share));
        }
        probe.run(&ApiOutput::Answer { answer }).ok()?;
        Some(probe.observed().to_owned())
    };
    let unchanged = shown(ITEMS)?;
    let mut showing = Vec::new();
    for at in 0..ITEMS {
        if shown(at)? != unchanged {
            showing.push(at);
        }
    }
    match showing[..] {
        [0] => Some(Handed::First),
        [last] if last + 1 == ITEMS => Some(Handed::Last),
        _ => None,
    }
}

/// A part of an answer all of whose fields say something: the one or the other thing.
pub(super) fn filled(shape: &Shape, which: usize) -> Json {
    const MARKS: [&str; 2] = [NEUTRAL, OTHER];
    match shape {
        Shape::Record(fields) => {
            Json::Object(fields.iter().map(|(name, field)| (name.clone(), filled(field, which))).collect())
        }
        Shape::List(item) | Shape::NonEmpty(item) => Json::Array(vec![filled(item, which)]),
        Shape::Name | Shape::Names | Shape::Text => Json::from(MARKS[which]),
        Shape::Score => Json::from([0.9, 0.8][which]),
        Shape::Percent => Json::from([90.0, 80.0][which]),
        Shape::Number { low, high } => Json::from(low + (high - low) * [0.7, 0.6][which]),
        Shape::Choice(Enumeration { members, .. }) | Shape::Word(members) => {
            members.get(which).or(members.first()).map_or(Json::from(""), |member| Json::from(member.as_str()))
        }
        Shape::Flag => Json::from(which == 1),
        Shape::OnlyWhere { then, .. } => filled(then, which),
        Shape::Polygon | Shape::Other => shape.nothing(),
    }
}

/// The items whose marks show on an answer.
fn shown(probe: &mut Probe<'_>, output: ApiOutput, marks: [&str; 2]) -> Result<[bool; 2], DecideError> {
    let output = probe.subject.output(output);
    probe.run(&output)?;
    let text = probe.observed().to_lowercase();
    // The longer mark may hold the shorter one.
    let longest = usize::from(marks[1].len() > marks[0].len());
    let [long, short] = [marks[longest], marks[1 - longest]].map(str::to_lowercase);
    let mut shown = [false; 2];
    shown[longest] = text.contains(&long);
    shown[1 - longest] = text.replace(&long, "").contains(&short);
    Ok(shown)
}
