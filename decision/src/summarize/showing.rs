//! Of which items that take a branch something shows: their names, or anything else about them, found by changing one item
//! at a time.

use serde_json::Value as Json;

use super::branches::Found;
use super::handed::filled;
use super::probe::{OTHER, Probe};
use super::subject::put;
use crate::decider::DecideError;
use crate::output::ApiOutput;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::Handed;

/// Scores are between this one, or what the branch asks for at least, and one.
const LEAST: f64 = 0.88;

/// Where the scores of the first item and the second are between the least and one.
const SHARES: [f64; 2] = [0.85, 0.45];

/// That of an item beside them.
const SURE: f64 = 0.99;
/// Below all that is usually asked for.
const UNSURE: f64 = -7.0;

/// By how much a score is changed.
const NUDGE: f64 = 0.3;

/// What the last run returned, gave to something outside, and printed.
const WAYS: usize = 3;

/// One or two items that lead to one branch.
pub(super) struct Items<'s> {
    shape: &'s Shape,
    /// The list that they are in.
    list: &'s Path,
    branch: &'s Found,
    first: String,
    second: Option<String>,
    /// The score that the branch asks for at least.
    least: f64,
    /// Fields of an item, and other values with which it takes the branch all the same.
    changes: Vec<(Path, Json)>,
}

/// An item in an answer: its label, and where its score is between the least and one.
type Placed<'l> = (&'l str, f64);

impl<'s> Items<'s> {
    pub(super) fn new(
        probe: &mut Probe<'_>,
        (shape, list): (&'s Shape, &'s Path),
        (branch, least): (&'s Found, Option<f64>),
        (first, second): (String, Option<String>),
    ) -> Result<Self, DecideError> {
        let least = least.filter(|least| *least < 1.0).map_or(LEAST, |least| least.max(LEAST));
        let mut items = Self { shape, list, branch, first, second, least, changes: Vec::new() };
        items.changes = items.find_changes(probe)?;
        Ok(items)
    }

    /// Which of the two is handed on: as it shows in what is returned, or else in what is given to something outside, or
    /// printed. `other` is a label that takes no branch.
    pub(super) fn handed(&self, probe: &mut Probe<'_>, other: Option<&str>) -> Result<Option<Handed>, DecideError> {
        let (one, [more, less]) = (self.first.as_str(), SHARES);
        let Some(two) = self.second.as_deref() else {
            return other.map_or(Ok(None), |other| self.beside(probe, other));
        };
        let usual = self.shown(probe, &[(one, more), (two, less)])?;
        let turned = self.shown(probe, &[(one, less), (two, more)])?;
        let Some(way) = (0..WAYS).find(|way| usual[*way].contains(&true)) else { return Ok(None) };
        let place = match (usual[way].as_slice(), turned[way].as_slice()) {
            ([true, false], [true, false]) => Handed::First,
            ([true, false], [false, true]) => Handed::Highest,
            ([false, true], [false, true]) => Handed::Last,
            ([true, true], [true, true]) => Handed::All,
            _ => return Ok(None),
        };
        if place == Handed::All && !self.grows(probe, way)? {
            return Ok(None);
        }
        // Without an item that takes no branch it does not show whether one must.
        let Some(other) = other else { return Ok((place == Handed::All).then_some(place)) };
        let before = self.shown(probe, &[(other, SURE), (one, more), (two, less)])?;
        let after = self.shown(probe, &[(one, more), (two, less), (other, UNSURE)])?;
        Ok(match (place, before[way].as_slice(), after[way].as_slice()) {
            (Handed::First | Handed::Highest, [false, true, false], [true, false, false])
            | (Handed::Last, [false, false, true], [false, true, false])
            | (Handed::All, [false, true, true], [true, true, false]) => Some(place),
            (Handed::First, [true, false, false], [true, false, false]) => Some(Handed::FirstOfAny),
            (Handed::All, [true, true, true], [true, true, true]) => Some(Handed::Everything),
            _ => None,
        })
    }

    /// Whether more of the two items show as more: a mean, or the first few of them, do not.
    fn grows(&self, probe: &mut Probe<'_>, way: usize) -> Result<bool, DecideError> {
        let (one, two, [more, less]) = (self.first.as_str(), self.second.as_deref().unwrap_or_default(), SHARES);
        let (mut words, mut marks) = (Vec::new(), Vec::new());
        for count in [1, 2, 4] {
            let items: Vec<Placed<'_>> = [(one, more), (two, less)].into_iter().cycle().take(count).collect();
            let text = &self.run(probe, &items, &[0, 1, 2, 3])?[way];
            words.push(words_in(text));
            marks.push(text.to_lowercase().matches(&OTHER.to_lowercase()).count());
        }
        // Texts may be joined without anything between them, and of long ones nothing is noted.
        let joined = marks[0] < marks[1] && marks[1] <= marks[2];
        Ok(joined || words[0] < words[1] && words[1] < words[2])
    }

    /// What is handed on where no two items of an answer take the branch, but another stands beside the one that does.
    fn beside(&self, probe: &mut Probe<'_>, other: &str) -> Result<Option<Handed>, DecideError> {
        let (one, share) = (self.first.as_str(), SHARES[0]);
        let before = self.shown(probe, &[(other, SURE), (one, share)])?;
        let after = self.shown(probe, &[(one, share), (other, UNSURE)])?;
        let Some(way) = (0..WAYS).find(|way| before[*way].contains(&true)) else { return Ok(None) };
        Ok(match (before[way].as_slice(), after[way].as_slice()) {
            ([true, false], [true, false]) => Some(Handed::FirstOfAny),
            ([true, true], [true, true]) => {
                let more = [(one, share), (other, SURE), (other, SURE), (other, SURE), (other, SURE)];
                let [few, many] = [2, more.len()].map(|count| self.run(probe, &more[..count], &[0, 1, 2, 3, 4]));
                (words_in(&few?[way]) + 2 < words_in(&many?[way])).then_some(Handed::Everything)
            }
            _ => None,
        })
    }

    /// The items of which something shows, in each of the ways.
    fn shown(&self, probe: &mut Probe<'_>, items: &[Placed<'_>]) -> Result<[Vec<bool>; WAYS], DecideError> {
        let usual = self.run(probe, items, &[])?;
        let mut shown: [Vec<bool>; WAYS] = usual.each_ref().map(|text| names_shown(text, items));
        for at in 0..items.len() {
            if !self.changes.is_empty() {
                let otherwise = self.run(probe, items, &[at])?;
                for (shown, (usual, otherwise)) in shown.iter_mut().zip(usual.iter().zip(&otherwise)) {
                    shown[at] |= usual != otherwise;
                }
            }
        }
        Ok(shown)
    }

    fn run(
        &self,
        probe: &mut Probe<'_>,
        items: &[Placed<'_>],
        changed: &[usize],
    ) -> Result<[String; WAYS], DecideError> {
        let answer = self.answer(probe, items, (changed, self.changes.as_slice()));
        probe.run(&ApiOutput::Answer { answer })?;
        Ok(probe.ways().clone())
    }

    /// The answer of these items, of which some are changed.
    fn answer(&self, probe: &Probe<'_>, items: &[Placed<'_>], (changed, changes): (&[usize], &[(Path, Json)])) -> Json {
        let labels = items.iter().map(|(label, share)| (*label, self.least + (1.0 - self.least) * share));
        let mut answer = probe.subject.output(ApiOutput::labels(labels)).answer(self.shape);
        for &at in changed {
            let list = self.list.iter().try_fold(&mut answer, |part, step| part.get_mut(step));
            if let Some(item) = list.and_then(|list| list.get_mut(at)) {
                for (path, value) in changes {
                    change(item, path, value, (1.0 - self.least) * NUDGE);
                }
            }
        }
        answer
    }

    /// The fields beside those that decide that can be otherwise.
    fn find_changes(&self, probe: &mut Probe<'_>) -> Result<Vec<(Path, Json)>, DecideError> {
        let own = probe.subject.own(self.shape);
        let mut changes = Vec::new();
        for (path, leaf) in self.shape.leaves().into_iter().filter(|leaf| !own.contains(&leaf.0)) {
            let Some(rest) = path.strip_prefix(self.list.as_slice()).filter(|rest| rest.len() > 1) else { continue };
            let value = match leaf {
                _ if rest[1..].contains(&ITEM.to_owned()) => continue,
                Shape::Name | Shape::Text => Json::from(OTHER),
                Shape::Number { .. } | Shape::Word(_) | Shape::Choice(_) => filled(leaf, 1),
                // Any other than it is.
                Shape::Score | Shape::Percent => Json::Null,
                _ => continue,
            };
            changes.push((rest[1..].to_vec(), value));
        }
        let label = self.first.as_str();
        let mut takes = |changes: &[(Path, Json)]| -> Result<bool, DecideError> {
            let answer = self.answer(probe, &[(label, SHARES[1])], (&[0], changes));
            Ok(probe.run(&ApiOutput::Answer { answer })? == self.branch.outcome)
        };
        if takes(&changes)? {
            return Ok(changes);
        }
        let mut harmless = Vec::new();
        for change in changes {
            if takes(std::slice::from_ref(&change))? {
                harmless.push(change);
            }
        }
        Ok(if takes(&harmless)? { harmless } else { Vec::new() })
    }
}

/// Gives a field of an item another value; a score becomes a little less.
fn change(item: &mut Json, path: &[String], value: &Json, less: f64) {
    if !value.is_null() {
        return put(item, path, value.clone());
    }
    let score = path.iter().try_fold(&*item, |part, step| part.get(step)).and_then(Json::as_f64);
    if let Some(score) = score {
        // A percentage is more than one here.
        let less = if score > 1.0 { less * 100.0 } else { less };
        put(item, path, Json::from(score - less));
    }
}

/// How many words and numbers there are in a text.
pub(super) fn words_in(text: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.')).filter(|word| !word.is_empty()).count()
}

/// The items whose names are in a text.
fn names_shown(text: &str, items: &[Placed<'_>]) -> Vec<bool> {
    let mut text = text.to_lowercase();
    let mut shown = vec![false; items.len()];
    let mut order: Vec<usize> = (0..items.len()).collect();
    // A longer name may hold a shorter one.
    order.sort_by_key(|at| std::cmp::Reverse(items[*at].0.len()));
    for at in order {
        let name = items[at].0.to_lowercase();
        let is_one = items.iter().filter(|item| item.0.to_lowercase() == name).count() == 1;
        shown[at] = is_one && !name.is_empty() && text.contains(&name);
        text = if shown[at] { text.replace(&name, "") } else { text };
    }
    shown
}
