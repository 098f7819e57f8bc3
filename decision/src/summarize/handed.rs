//! Which of several items that take a branch is the one whose data is handed on.

use serde_json::Value as Json;

use super::branches::Branches;
use super::probe::{NEUTRAL, OTHER, Probe};
use super::rank::{self, Measure};
use super::showing::{Items, words_in};
use super::subject::{Subject, list_of_names, put};
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{Enumeration, ITEM, Path, Shape, show_path};
use crate::summary::Handed;

/// Words that are tried for one that leads nowhere.
const MAX_WORDS: usize = 8;

/// Which of two items of a branch is handed on, where it is the same for all branches that hand something on. `names` are
/// some that lead to each, `least` what they ask for at least.
pub(super) fn find(
    probe: &mut Probe<'_>,
    found: &Branches,
    names: &[Vec<String>],
    (shape, least): (&Shape, &[Option<f64>]),
) -> Result<Option<Handed>, DecideError> {
    let list = match &probe.subject {
        // Values of a field of the whole answer are those of no item.
        Subject::Members(members) => members.list().cloned(),
        Subject::Names | Subject::Within(_) => list_of_names(shape),
    };
    let Some(list) = list.filter(|list| list.iter().all(|step| step != ITEM)) else { return Ok(None) };
    let mut told = None;
    for (at, (branch, names)) in found.branches.iter().zip(names).enumerate() {
        let mut names = names.clone();
        // What is cut or joined at its blanks shows no more as it is.
        names.sort_by_key(|name| name.contains(|c: char| !c.is_alphanumeric()));
        let Some(first) = names.first().filter(|_| !branch.negated && branch.with.is_none()).cloned() else { continue };
        // A label of the API's, or one that holds the word and something else, or the same once more.
        let held = format!("{first} {NEUTRAL}");
        let different = names.iter().find(|name| **name != first).cloned();
        let mut second = None;
        for name in different.into_iter().chain([held]).chain(names.get(1).cloned()) {
            if probe.labels(&[&name])? == branch.outcome {
                second = Some(name);
                break;
            }
        }
        let least = least.get(at).copied().flatten();
        let other = of_none(probe, found, &first)?;
        let mut handed = |pair: (String, Option<String>)| {
            Items::new(probe, (shape, &list), (branch, least), pair)?.handed(probe, other.as_deref())
        };
        let Some(one) = handed((first.clone(), second.clone()))? else { continue };
        // Where names are put in order, which comes first is none of the answer's doing.
        if let (Handed::First | Handed::Last, Some(second)) = (one, second)
            && handed((second, Some(first)))?.is_some_and(|turned| turned != one)
        {
            return Ok(None);
        }
        let handed = one;
        if *told.get_or_insert(handed) != handed {
            return Ok(None);
        }
    }
    Ok(told)
}

/// A label that takes no branch.
fn of_none(probe: &mut Probe<'_>, found: &Branches, first: &str) -> Result<Option<String>, DecideError> {
    let others = probe.compared().into_iter().filter(|word| word.chars().all(char::is_alphabetic)).take(MAX_WORDS);
    for other in [NEUTRAL.to_owned()].into_iter().chain(found.filler.clone()).chain(others) {
        let alone = probe.labels(&[&other])?;
        if probe.subject.knows(&other) && !first.contains(&other) && [found.default, found.empty].contains(&alone) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// What of several items of a list is handed on.
#[derive(PartialEq)]
pub(super) enum OfList {
    Place(Handed),
    /// That of the greatest number.
    By(String),
    /// The first one, and of a list within it, or by a number there, one.
    Within(Handed, String),
}

/// What is handed on of several items of a list, if it is the only one of which anything shows: the first or the last, or
/// that in which a number is the greatest.
pub(super) fn of_list(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<OfList> {
    let whole = of_items(probe, shape, list);
    if whole == Some(OfList::Place(Handed::First)) { within_first(probe, shape, list).or(whole) } else { whole }
}

/// Which item of a list within the first one is handed on, if it is one, and of one such list.
fn within_first(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<OfList> {
    let mut lists: Vec<Path> = Vec::new();
    for (path, _) in shape.leaves() {
        let Some(inside) = path.strip_prefix(list).filter(|inside| inside.len() > 1) else { continue };
        let Some(at) = inside[1..].iter().position(|step| step == ITEM) else { continue };
        let nested = path[..list.len() + 1 + at].to_vec();
        if !lists.contains(&nested) {
            lists.push(nested);
        }
    }
    let mut shown = lists.iter().filter_map(|nested| Some((nested, of_items(probe, shape, nested)?)));
    let (nested, one) = shown.next()?;
    if shown.next().is_some() {
        return None;
    }
    match one {
        OfList::Place(Handed::First) => Some(OfList::Within(Handed::FirstWithin, show_path(nested))),
        OfList::By(number) => Some(OfList::Within(Handed::GreatestWithin, number)),
        _ => None,
    }
}

fn of_items(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<OfList> {
    let place = of_alike(probe, shape, list, None);
    // Where none of those that are alike shows, one of the greatest number may.
    if let None | Some(Handed::First | Handed::Last) = place {
        for measure in rank::measures(shape, list, rank::MAX_NUMBERS) {
            let mut at = |shares| of_alike(probe, shape, list, Some((&measure, shares)));
            let (descending, ascending) = (at([0.8, 0.5, 0.2]), at([0.2, 0.5, 0.8]));
            if (descending, ascending) == (Some(Handed::First), Some(Handed::Last)) {
                return Some(OfList::By(measure.show()));
            }
        }
    }
    place.map(OfList::Place).or_else(|| of_greatest(probe, shape, list))
}

/// The number of which the greatest is handed on, wherever its item is: nothing else of an item shows.
fn of_greatest(probe: &mut Probe<'_>, shape: &Shape, list: &[String]) -> Option<OfList> {
    /// By how much a number is changed: it stays between the same two others.
    const NUDGE: f64 = 0.05;
    let usual = filled(shape.at(list).and_then(Shape::item)?, 0);
    for measure in rank::measures(shape, list, rank::MAX_NUMBERS) {
        let mut showing = |shares: [f64; 3]| {
            let mut shown = |changed: Option<usize>| {
                let mut answer = around(shape, list);
                put(&mut answer, list, Json::Array(vec![usual.clone(); shares.len()]));
                for (at, &share) in shares.iter().enumerate() {
                    measure.set(&mut answer, at, if changed == Some(at) { share + NUDGE } else { share });
                }
                probe.run(&ApiOutput::Answer { answer }).ok()?;
                Some(probe.observed().to_owned())
            };
            let unchanged = shown(None)?;
            (0..shares.len()).map(|at| Some(shown(Some(at))? != unchanged)).collect::<Option<Vec<bool>>>()
        };
        let (descending, ascending) = (showing([0.8, 0.5, 0.2])?, showing([0.2, 0.5, 0.8])?);
        if descending == [true, false, false] && ascending == [false, false, true] {
            return Some(OfList::By(measure.show()));
        }
    }
    None
}

/// The answer with one item in each list around this one.
fn around(shape: &Shape, list: &[String]) -> Json {
    let mut answer = shape.nothing();
    for at in (0..list.len()).filter(|at| list[*at] == ITEM) {
        let item = shape.at(&list[..=at]).map_or(Json::Null, |item| filled(item, 0));
        put(&mut answer, &list[..at], Json::Array(vec![item]));
    }
    answer
}

/// Of three items of a list, the first or the last one, if it is the only one of which anything shows: where another is
/// changed, nothing else does; or all of them. It counts what is returned, or else what is given to something outside, or
/// printed. One of their numbers can be set.
fn of_alike(
    probe: &mut Probe<'_>,
    shape: &Shape,
    list: &[String],
    set: Option<(&Measure, [f64; 3])>,
) -> Option<Handed> {
    const ITEMS: usize = 3;
    let item = shape.at(list).and_then(Shape::item)?;
    let [usual, other] = [0, 1].map(|which| filled(item, which));
    let mut shown = |changed: usize, count: usize| {
        let items = (0..count).map(|at| if at == changed { other.clone() } else { usual.clone() }).collect();
        let mut answer = around(shape, list);
        put(&mut answer, list, Json::Array(items));
        if let Some((measure, shares)) = set {
            shares.iter().take(count).enumerate().for_each(|(at, &share)| measure.set(&mut answer, at, share));
        }
        probe.run(&ApiOutput::Answer { answer }).ok()?;
        Some(probe.ways().clone())
    };
    let unchanged = shown(ITEMS, ITEMS)?;
    let mut by_way = vec![Vec::new(); unchanged.len()];
    for at in 0..ITEMS {
        let changed = shown(at, ITEMS)?;
        for way in (0..unchanged.len()).filter(|&way| changed[way] != unchanged[way]) {
            by_way[way].push(at);
        }
    }
    // One is returned, and another is given to something outside.
    if let [returned, sent, ..] = by_way.as_slice()
        && returned.len() == 1
        && sent.len() == 1
        && returned != sent
    {
        return None;
    }
    let (way, showing) = by_way.iter().enumerate().find(|(_, showing)| !showing.is_empty())?;
    match showing[..] {
        [0] => Some(Handed::First),
        [last] if last + 1 == ITEMS => Some(Handed::Last),
        // A mean of them, or the least, is one all the same.
        [_, _, _] => (words_in(&shown(ITEMS, 1)?[way]) < words_in(&unchanged[way])).then_some(Handed::All),
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
        Shape::Single(item) => filled(item, which),
        Shape::Name | Shape::SameName | Shape::Names | Shape::Text => Json::from(MARKS[which]),
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
