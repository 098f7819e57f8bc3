//! Single items of every kind that the account tells apart: those that take each of the branches, and those that take
//! none. Answers of several are made of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Draft;
use super::mixed::Mixed;
use super::probe::Probe;
use super::subject::put;
use super::untold::{News, news};
use crate::api::Api;
use crate::decider::DecideError;
use crate::decision::Decision;
use crate::output::ApiOutput;
use crate::shape::{Path, Shape, show_path};
use crate::summary::Summary;

/// Single items tried to find some of each kind.
const ITEMS: usize = 256;

/// Different items of a kind.
pub(super) const MAX_ALIKE: usize = 8;

/// In how many ways an item is of its kind: as little as it can be, as much as it can be, and as it was found.
pub(super) const WAYS: usize = 3;

/// What is done with its words, as far as outcomes of several items are compared.
pub(super) type Said = BTreeSet<News>;

/// An item in every way.
pub(super) type Item = [Json; WAYS];

/// Items of one list.
pub(super) struct Kinds {
    list: Path,
    /// Those of each branch, then those of none.
    items: Vec<Vec<Item>>,
    /// What one of each kind leads to.
    pub(super) said: Vec<Said>,
}

impl Kinds {
    /// Items of each kind in the list that the draft speaks of; `None` where single items lead elsewhere, too.
    pub(super) fn of(
        draft: &Draft,
        probe: &mut Probe<'_>,
        api: &Api,
        mixed: &mut Mixed<'_>,
    ) -> Result<Option<Self>, DecideError> {
        let field = draft.summary.field.clone().unwrap_or_default();
        let is_of = |list: &Path| field.starts_with(&format!("{}[]", show_path(list)));
        let Some(list) = api.answer.lists().into_iter().find(is_of) else { return Ok(None) };
        let mut said: Vec<Said> = draft.summary.branches.iter().map(|branch| said(&branch.outcome)).collect();
        // What only numbers tell apart would be one kind here.
        let default = self::said(&draft.summary.default);
        let alike = |at: usize| said[at] == default || said[..at].contains(&said[at]);
        if (0..said.len()).any(alike) {
            return Ok(None);
        }
        let mut kinds: Vec<Vec<Item>> = vec![Vec::new(); said.len() + 1];
        let numbers = numbers(&api.answer, &list, &draft.summary);
        for _ in 0..ITEMS {
            let Some(item) = mixed.item(&list) else { return Ok(None) };
            let kind = single(probe, mixed, &list, &item)?;
            let at = match said.iter().position(|known| *known == kind) {
                Some(at) => at,
                None if said.len() < kinds.len() => {
                    said.push(kind);
                    said.len() - 1
                }
                None => return Ok(None),
            };
            let alike = &kinds[at];
            if alike.len() < MAX_ALIKE && alike.iter().all(|other| mixed.go_together(&list, &other[0], &item)) {
                let ways = ways(probe, mixed, (&list, &numbers), item, &said[at])?;
                kinds[at].push(ways);
            }
            if kinds.iter().all(|alike| alike.len() == MAX_ALIKE) {
                break;
            }
        }
        // Of a closed set of values every one may take a branch.
        if said.len() < kinds.len() {
            kinds.pop();
        }
        Ok((kinds.len() > 1 && kinds.iter().all(|alike| !alike.is_empty())).then_some(Self {
            list,
            items: kinds,
            said,
        }))
    }

    /// Kinds of which these are the items.
    pub(super) fn of_items(list: Path, items: Vec<Vec<Item>>) -> Self {
        Self { list, items, said: Vec::new() }
    }

    /// How many kinds there are.
    pub(super) fn count(&self) -> usize {
        self.items.len()
    }

    /// Whether an item can be there as often as one likes.
    pub(super) fn repeat(&self, mixed: &Mixed<'_>) -> bool {
        mixed.go_together(&self.list, &self.items[0][0][0], &self.items[0][0][0])
    }

    /// How many different items of a kind there are.
    pub(super) fn different(&self, kind: usize) -> usize {
        self.items[kind].len()
    }

    /// An item of a kind, in all its ways.
    pub(super) fn ways(&self, kind: usize, at: usize) -> &Item {
        &self.items[kind][at % self.items[kind].len()]
    }

    /// Some item of a kind.
    pub(super) fn one(&self, kind: usize, at: usize, way: usize) -> &Json {
        &self.ways(kind, at)[way % WAYS]
    }

    /// Whether two items can be in one answer.
    pub(super) fn go_together(&self, mixed: &Mixed<'_>, one: &Json, other: &Json) -> bool {
        mixed.go_together(&self.list, one, other)
    }

    /// How sure the API is of an item.
    pub(super) fn score(&self, shape: &Shape, item: &Json) -> Option<f64> {
        let Shape::Record(fields) = shape.at(&self.list)?.item()? else { return None };
        let score = fields.iter().find(|(_, leaf)| matches!(leaf, Shape::Score | Shape::Percent))?;
        item[score.0].as_f64()
    }

    /// Whether an item leads to the same however sure the API is of it.
    pub(super) fn leads_there_surely(
        &self,
        probe: &mut Probe<'_>,
        (mixed, shape): (&Mixed<'_>, &Shape),
        (kind, at): (usize, usize),
    ) -> Result<bool, DecideError> {
        let mut item = self.ways(kind, at)[1].clone();
        let Some(Shape::Record(fields)) = shape.at(&self.list).and_then(Shape::item) else { return Ok(true) };
        for (name, leaf) in fields {
            match leaf {
                Shape::Score => item[name] = Json::from(1.0),
                Shape::Percent => item[name] = Json::from(100.0),
                _ => {}
            }
        }
        Ok(single(probe, mixed, &self.list, &item)? == self.said[kind])
    }

    /// An answer of these items alone.
    pub(super) fn answer(&self, mixed: &Mixed<'_>, items: Vec<Json>) -> ApiOutput {
        ApiOutput::Answer { answer: mixed.of_items(&self.list, items) }
    }
}

/// What an outcome says.
pub(super) fn said(decision: &Decision) -> Said {
    news(decision).into_iter().collect()
}

/// What one item leads to.
fn single(probe: &mut Probe<'_>, mixed: &Mixed<'_>, list: &[String], item: &Json) -> Result<Said, DecideError> {
    let outcome = probe.run(&ApiOutput::Answer { answer: mixed.of_items(list, vec![item.clone()]) })?;
    Ok(said(probe.decision(outcome)))
}

/// The numbers of an item, by their paths within it, by which it could be of its kind: scores, and those that the account
/// speaks of.
fn numbers(shape: &Shape, list: &Path, summary: &Summary) -> Vec<Path> {
    let conditions = summary.branches.iter().flat_map(|branch| &branch.conditions).map(|one| one.field.clone());
    let regions = summary.branches.iter().flat_map(|branch| branch.regions.iter().flatten());
    let spoken: Vec<String> = regions.map(|bounds| bounds.field.clone()).chain(conditions).collect();
    let is_one = |path: &Path, leaf: &Shape| match leaf {
        Shape::Score | Shape::Percent => true,
        Shape::Number { .. } => spoken.contains(&show_path(path)),
        _ => false,
    };
    let leaves = shape.leaves().into_iter().filter(|(path, leaf)| path.starts_with(list) && is_one(path, leaf));
    leaves.map(|(path, _)| path[list.len() + 1..].to_vec()).collect()
}

/// An item with its numbers as low as they can be for its kind, as high, and as they are.
fn ways(
    probe: &mut Probe<'_>,
    mixed: &Mixed<'_>,
    (list, numbers): (&Path, &[Path]),
    item: Json,
    kind: &Said,
) -> Result<Item, DecideError> {
    let mut extremes = [item.clone(), item.clone()];
    for (at, extreme) in extremes.iter_mut().enumerate() {
        for path in numbers {
            let mut values = mixed.values(&[list.as_slice(), &[crate::shape::ITEM.to_owned()], path].concat());
            if at == 1 {
                values.reverse();
            }
            for value in values {
                let mut other = extreme.clone();
                put(&mut other, path, Json::from(value));
                if single(probe, mixed, list, &other)? == *kind {
                    *extreme = other;
                    break;
                }
            }
        }
    }
    let [low, high] = extremes;
    Ok([low, high, item])
}
