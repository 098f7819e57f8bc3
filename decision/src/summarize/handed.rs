//! Which of several items that take a branch is the one whose data is handed on.

use serde_json::Value as Json;

use super::branches::Branches;
use super::probe::{NEUTRAL, OTHER, Probe};
use super::subject::{Subject, put};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Enumeration, Shape};
use crate::summary::Handed;

/// Scores of the first and the second item.
const SCORES: [f64; 2] = [0.95, 0.9];

/// Of two items of the one branch, that which shows in what is returned or printed; none where both or neither do.
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
    which(probe, &items, [first, &second])
}

/// As [`find`], for items made of two scores, which are known by these marks.
pub(super) fn which(
    probe: &mut Probe<'_>,
    items: &dyn Fn([f64; 2]) -> ApiOutput,
    marks: [&str; 2],
) -> Result<Option<Handed>, DecideError> {
    let usual = shown(probe, items(SCORES), marks)?;
    let turned = shown(probe, items([SCORES[1], SCORES[0]]), marks)?;
    Ok(match (usual, turned) {
        (Some(0), Some(0)) => Some(Handed::First),
        (Some(0), Some(1)) => Some(Handed::Highest),
        (Some(1), Some(1)) => Some(Handed::Last),
        _ => None,
    })
}

/// Of several items of a list, the first or the last one, if it is the only one of which anything shows: where another is
/// changed, nothing else does.
pub(super) fn of_list(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<Handed> {
    const ITEMS: usize = 3;
    let item = shape.at(list).and_then(Shape::item)?;
    let [usual, other] = [0, 1].map(|which| filled(item, which));
    let mut shown = |changed: usize| {
        let items = (0..ITEMS).map(|at| if at == changed { other.clone() } else { usual.clone() }).collect();
        let mut answer = shape.nothing();
        put(&mut answer, list, Json::Array(items));
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
fn filled(shape: &Shape, which: usize) -> Json {
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

/// The one item whose mark shows on an answer.
fn shown(probe: &mut Probe<'_>, output: ApiOutput, marks: [&str; 2]) -> Result<Option<usize>, DecideError> {
    let output = probe.subject.output(output);
    probe.run(&output)?;
    let text = probe.observed().to_lowercase();
    // The longer mark may hold the shorter one.
    let longest = usize::from(marks[1].len() > marks[0].len());
    let [long, short] = [marks[longest], marks[1 - longest]].map(str::to_lowercase);
    let has_long = text.contains(&long);
    let has_short = text.replace(&long, "").contains(&short);
    Ok(match (has_long, has_short) {
        (true, false) => Some(longest),
        (false, true) => Some(1 - longest),
        _ => None,
    })
}
