//! Answers of anything that the program could ask for: several items of its own words and of others, every field at one of
//! the values around which the program may change its mind.

use serde_json::{Map, Value as Json};

use super::axes::Axis;
use super::constants::Constants;
use super::matching::spellings;
use super::probe::{NEUTRAL, OTHER, Probe};
use super::subject::put;
use super::verify::Random;
use crate::shape::{ITEM, Path, Shape};
use crate::summary::Summary;

/// Names that items are given at most.
const MAX_NAMES: usize = 48;

/// Items of a list that is in no other, at most.
const MOST: usize = 6;

/// Items of a list within an item, at most.
const MOST_WITHIN: usize = 3;

/// Of so many lists that are taken for one item, one has several.
const SINGLE: usize = 4;

/// A source of such answers, the same each time.
pub(super) struct Mixed<'s> {
    shape: &'s Shape,
    names: Vec<String>,
    /// Every number of the answer, and values for it.
    numbers: Vec<(Path, Vec<f64>)>,
    /// Whether an answer can have a name twice.
    repeats: bool,
    random: Random,
}

impl<'s> Mixed<'s> {
    pub(super) fn of(
        probe: &Probe<'_>,
        (shape, repeats): (&'s Shape, bool),
        constants: &Constants,
        summary: &Summary,
    ) -> Self {
        let mut names: Vec<String> = Vec::new();
        let labels = summary.branches.iter().flat_map(|branch| branch.labels.iter().take(2).cloned());
        // What is taken for one of several may be compared with nothing where it is one.
        let written = probe.written.iter().filter(|_| shape.has_single()).cloned();
        let words = probe.compared().into_iter().chain(written).filter(|word| !word.trim().is_empty());
        for name in words.flat_map(|word| spellings(&word)).chain(labels).chain([NEUTRAL.to_owned(), OTHER.to_owned()])
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let skip = names.len().saturating_sub(MAX_NAMES);
        names.drain(..skip);
        Self::with_names((shape, repeats), constants, names)
    }

    /// Answers in which texts are these names.
    pub(super) fn with_names((shape, repeats): (&'s Shape, bool), constants: &Constants, names: Vec<String>) -> Self {
        let numbers =
            Axis::all(shape).into_iter().map(|axis| (axis.path.clone(), axis.few_values(constants))).collect();
        Self { shape, names, numbers, repeats, random: Random(0x9e37_79b9_7f4a_7c15) }
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> Json {
        self.part(self.shape, &mut Vec::new())
    }

    /// An item of a list.
    pub(super) fn item(&mut self, list: &[String]) -> Option<Json> {
        let shape = self.shape;
        let item = shape.at(list)?.item()?;
        let mut path = list.to_vec();
        path.push(ITEM.to_owned());
        Some(self.part(item, &mut path))
    }

    /// An answer that is nothing but these items of a list.
    pub(super) fn of_items(&self, list: &[String], items: Vec<Json>) -> Json {
        let mut answer = self.shape.nothing();
        let item = self.shape.at(list).and_then(Shape::item);
        let items = item.map_or_else(Vec::new, |item| self.in_order(items, item));
        put(&mut answer, list, Json::Array(items));
        answer
    }

    /// Whether two items can be in one answer.
    pub(super) fn go_together(&self, list: &[String], one: &Json, other: &Json) -> bool {
        let item = self.shape.at(list).and_then(Shape::item);
        let name = item.and_then(name_of).filter(|_| !self.repeats);
        name.is_none_or(|name| one[name] != other[name])
    }

    /// Values of a number of the answer, the least first.
    pub(super) fn values(&self, path: &[String]) -> Vec<f64> {
        let number = self.numbers.iter().find(|number| number.0 == path);
        number.map_or_else(Vec::new, |number| number.1.clone())
    }

    /// A number below a limit.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.random.below(limit)
    }

    fn part(&mut self, shape: &Shape, path: &mut Path) -> Json {
        match shape {
            Shape::Record(fields) => {
                let mut object = Map::new();
                for (name, field) in fields {
                    path.push(name.clone());
                    object.insert(name.clone(), self.part(field, path));
                    path.pop();
                }
                Json::Object(object)
            }
            Shape::List(item) | Shape::NonEmpty(item) => {
                let least = usize::from(matches!(shape, Shape::NonEmpty(_)));
                let most = if path.iter().any(|step| step == ITEM) { MOST_WITHIN } else { MOST };
                let count = (least + self.random.below(most + 1)).min(most);
                path.push(ITEM.to_owned());
                let items: Vec<Json> = (0..count).map(|_| self.part(item, path)).collect();
                path.pop();
                let mut items = self.in_order(items, item);
                // What is within an item has each kind once: one of each emotion of a face.
                if let Some(kind) = field_of(item, &|leaf| matches!(leaf, Shape::Word(_))).filter(|_| most < MOST) {
                    keep_first(&mut items, kind);
                }
                Json::Array(items)
            }
            Shape::Single(item) if self.random.below(SINGLE) > 0 => self.part(item, path),
            Shape::Single(item) => {
                let count = 2 + self.random.below(MOST_WITHIN - 1);
                Json::Array((0..count).map(|_| self.part(item, path)).collect())
            }
            Shape::Score | Shape::Percent | Shape::Number { .. } => self.number(shape, path),
            Shape::Choice(choice) => {
                let members: Vec<&String> = choice.members.iter().filter(|member| !member.is_empty()).collect();
                members.get(self.random.below(members.len())).map_or(Json::Null, |member| Json::from(member.as_str()))
            }
            Shape::Word(words) => {
                words.get(self.random.below(words.len())).map_or(Json::Null, |word| Json::from(word.as_str()))
            }
            Shape::Flag => Json::from(self.random.below(2) == 0),
            Shape::Name | Shape::SameName | Shape::Names | Shape::Text => {
                Json::from(self.names[self.random.below(self.names.len())].as_str())
            }
            Shape::OnlyWhere { then, .. } => self.part(then, path),
            Shape::Polygon | Shape::Other => shape.nothing(),
        }
    }

    fn number(&mut self, shape: &Shape, path: &Path) -> Json {
        let values = self.numbers.iter().find(|number| number.0 == *path).map(|number| number.1.as_slice());
        match values {
            Some(values) if !values.is_empty() => Json::from(values[self.random.below(values.len())]),
            _ => shape.nothing(),
        }
    }

    /// Items as an API sends them: each name once, where it does so, and the surest first.
    fn in_order(&self, mut items: Vec<Json>, item: &Shape) -> Vec<Json> {
        if let Some(name) = name_of(item).filter(|_| !self.repeats) {
            keep_first(&mut items, name);
        }
        if let Some(score) = field_of(item, &|leaf| matches!(leaf, Shape::Score | Shape::Percent)) {
            let score_of = |item: &Json| item[score].as_f64().unwrap_or_default();
            items.sort_by(|a, b| score_of(b).total_cmp(&score_of(a)));
        }
        items
    }
}

/// Leaves the first item of those that have the same in a field.
fn keep_first(items: &mut Vec<Json>, field: &str) {
    let mut seen: Vec<Json> = Vec::new();
    items.retain(|item| {
        let is_new = !seen.contains(&item[field]);
        seen.push(item[field].clone());
        is_new
    });
}

fn name_of(item: &Shape) -> Option<&str> {
    field_of(item, &|leaf| *leaf == Shape::Name)
}

/// The first field of a record that is like this.
fn field_of<'s>(item: &'s Shape, wanted: &dyn Fn(&Shape) -> bool) -> Option<&'s str> {
    let Shape::Record(fields) = item else { return None };
    fields.iter().find(|field| wanted(field.1)).map(|field| field.0.as_str())
}
