//! Lists that items hold, such as the places of a picture where a label shows: how many there are.

use serde_json::{Map, Value as Json};

use super::conditions::{Search, Way};
use super::probe::Outcome;
use super::subject::put;
use crate::decider::DecideError;
use crate::shape::{ITEM, Path, Shape, show_path};
use crate::summary::{Bounds, Condition, Limit};

/// How many of them an item is tried with at least, besides none and one.
const MANY: usize = 12;

/// More of them are not tried.
const MOST: f64 = 150.0;

/// Numbers of them to try with a program of these constants: all few, and those around each number that it could count
/// to, in ascending order.
pub(super) fn counts(numbers: &[f64]) -> Vec<usize> {
    let limits = numbers.iter().filter(|number| number.fract() == 0.0 && (MANY as f64..MOST).contains(*number));
    let mut counts: Vec<usize> = (0..=MANY).collect();
    counts.extend(limits.flat_map(|&limit| [limit as usize - 1, limit as usize, limit as usize + 1]));
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// A list below the items that have names.
#[derive(Clone, Debug)]
pub(super) struct Held<'s> {
    pub(super) path: Path,
    item: &'s Shape,
}

impl<'s> Held<'s> {
    /// Those of an answer, which may be empty.
    pub(super) fn all(shape: &'s Shape) -> Vec<Self> {
        let leaves = shape.leaves();
        let name = leaves.iter().find(|(path, leaf)| **leaf == Shape::Name && path.iter().any(|step| step == ITEM));
        let Some((name, _)) = name else { return Vec::new() };
        let item = &name[..=name.iter().rposition(|step| step == ITEM).unwrap_or_default()];
        let mut found: Vec<Self> = Vec::new();
        for (path, _) in &leaves {
            let Some(inside) = path.strip_prefix(item) else { continue };
            let Some(at) = inside.iter().position(|step| step == ITEM) else { continue };
            let list = &path[..item.len() + at];
            // Texts alone, such as the names of a label's parents, are told by what is in them.
            if let Some(Shape::List(held)) = shape.at(list)
                && held.leaves().iter().any(|(_, leaf)| matches!(leaf, Shape::Number { .. }))
                && found.iter().all(|known| known.path != list)
            {
                found.push(Self { path: list.to_vec(), item: held });
            }
        }
        found
    }

    /// So many of them, each with its numbers as great as they can be: places that are sure.
    pub(super) fn of(&self, count: usize) -> Json {
        Json::Array(vec![full(self.item); count])
    }
}

fn full(shape: &Shape) -> Json {
    match shape {
        Shape::Record(fields) => {
            Json::Object(fields.iter().map(|(name, field)| (name.clone(), full(field))).collect::<Map<_, _>>())
        }
        Shape::Number { low, high } => Json::from(high.max(*low)),
        Shape::Single(item) => full(item),
        other => other.nothing(),
    }
}

impl Search<'_, '_, '_> {
    /// How many of a list's items the branch of these labels takes; `Err` where that does not say it all.
    pub(super) fn on_list(
        &mut self,
        (branch, labels): (Outcome, &[String]),
        held: &Held<'_>,
    ) -> Result<Result<Option<Condition>, ()>, DecideError> {
        let (mut taken, counts) = (Vec::new(), self.probe.counts.clone());
        for &count in &counts {
            let value = held.of(count);
            let mut ways = Vec::new();
            for label in labels {
                ways.push(self.way_of_part(branch, label, (&held.path, &value))?);
            }
            if ways.contains(&Way::Other) || ways.iter().any(|way| *way != ways[0]) {
                return Ok(Err(()));
            }
            taken.push(ways.first() == Some(&Way::Taken));
        }
        if taken.iter().all(|taken| *taken) {
            return Ok(Ok(None));
        }
        let intervals = intervals(&taken, &counts, &show_path(&held.path));
        if intervals.is_empty() {
            return Ok(Err(()));
        }
        Ok(Ok(Some(Condition { field: show_path(&held.path), values: Vec::new(), intervals })))
    }

    /// As [`Search::way`], where what is done for each of several is the branch, too.
    fn way_of_part(&mut self, branch: Outcome, label: &str, (path, value): (&Path, &Json)) -> Result<Way, DecideError> {
        let way = self.way(branch, label, &[(path, value)])?;
        if way != Way::Other {
            return Ok(way);
        }
        let outcome = self.outcome(label, &[(path, value)])?;
        let own = self.probe.own_effects(outcome, self.default);
        let known = &self.probe.decision(branch).effects;
        let repeats = !own.is_empty() && own.iter().all(|effect| known.contains(effect));
        Ok(if repeats { Way::Taken } else { Way::Other })
    }
}

/// The runs of numbers that are taken; the last is open.
pub(super) fn intervals(taken: &[bool], counts: &[usize], field: &str) -> Vec<Bounds> {
    let limit = |at: usize| Some(Limit { value: at as f64, inclusive: true });
    let mut found = Vec::new();
    let mut from = None;
    let mut before = 0;
    for (&is_taken, &count) in taken.iter().zip(counts) {
        match (is_taken, from) {
            (true, None) => from = Some(count),
            (false, Some(first)) => {
                found.push((first, Some(before)));
                from = None;
            }
            _ => {}
        }
        before = count;
    }
    found.extend(from.map(|first| (first, None)));
    let bounds = |(first, last): (usize, Option<usize>)| Bounds {
        field: format!("count of {field}"),
        low: if first == 0 { None } else { limit(first) },
        high: last.and_then(limit),
        percent: false,
    };
    found.into_iter().map(bounds).collect()
}

/// Puts one of each list's items into items that have none.
pub(super) fn fill(answer: &mut Json, shape: &Shape) {
    for held in Held::all(shape) {
        if is_empty(answer, &held.path) {
            put(answer, &held.path, held.of(1));
        }
    }
}

/// Whether every list at a path is empty.
fn is_empty(answer: &Json, path: &[String]) -> bool {
    let Some((step, rest)) = path.split_first() else { return answer.as_array().is_none_or(Vec::is_empty) };
    if step == ITEM {
        return answer.as_array().into_iter().flatten().all(|item| is_empty(item, rest));
    }
    answer.get(step).is_none_or(|part| is_empty(part, rest))
}
