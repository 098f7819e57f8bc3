//! What an API's answer looks like.

mod describe;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The shape of an answer or of a part of it, in the API's own field names, in snake case.
///
/// In TOML and JSON a leaf without settings is its name, everything else a table of one key:
///
/// ```toml
/// answer.record.label_annotations.list.record = { description = "name", score = "score", mid = "text" }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// An object with these fields.
    Record(BTreeMap<String, Shape>),
    /// Items, in the API's order.
    List(Box<Shape>),
    /// As [`Shape::List`], where what holds them has one at least: a face has emotions, however faint.
    NonEmpty(Box<Shape>),
    /// A list of which one item is looked at, which stands in the list's place: the words of a block of text, of which one
    /// can say all. In an answer it may be a list all the same.
    Single(Box<Shape>),
    /// The text that an item is known by: a word of the API's vocabulary.
    Name,
    /// As [`Shape::Name`], where another list of the answer has the same items once more: the blocks of a picture's text.
    SameName,
    /// The names of all items, one a line: the whole text of a picture of which the items are the parts.
    Names,
    /// How sure the API is of an item, in 0..1; items come highest first.
    Score,
    /// As [`Shape::Score`], in 0..100.
    Percent,
    /// Any other number.
    Number {
        /// The least it can be.
        low: f64,
        /// The greatest it can be.
        high: f64,
    },
    /// A member of an enumeration: a number with a name.
    Choice(Enumeration),
    /// One of a closed list of texts.
    Word(Vec<String>),
    /// Free text.
    Text,
    /// True or false.
    Flag,
    /// The outline of an item: four corners of which nothing but their number is known.
    Polygon,
    /// Something that exists, of which nothing is known.
    Other,
    /// In a dictionary only where another field has a value: a word has the number of its line, a line has none.
    OnlyWhere {
        /// The other field.
        field: String,
        /// Its value.
        is: String,
        /// What it is then.
        then: Box<Shape>,
    },
}

/// A protobuf enumeration whose members are numbered from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enumeration {
    /// Its name in the client library, e.g. `Likelihood` or `Entity.Type`.
    pub name: String,
    /// Its members, in order of their numbers.
    pub members: Vec<String>,
}

/// Field names from the answer down to a part; an item of a list is `[]`.
pub type Path = Vec<String>;

/// The step of a [`Path`] into a list.
pub const ITEM: &str = "[]";

/// `entities[].type`, as people write it.
pub fn show_path(path: &[String]) -> String {
    path.iter().fold(String::new(), |shown, step| match (step.as_str(), shown.is_empty()) {
        (ITEM, _) => shown + ITEM,
        (_, true) => step.clone(),
        _ => shown + "." + step,
    })
}

impl Shape {
    /// A record of these fields.
    pub fn record<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Record(fields.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect())
    }

    /// A list of such items.
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// Every leaf with its path.
    pub fn leaves(&self) -> Vec<(Path, &Self)> {
        let mut leaves = Vec::new();
        self.collect_leaves(&mut Vec::new(), &mut leaves);
        leaves
    }

    fn collect_leaves<'a>(&'a self, path: &mut Path, leaves: &mut Vec<(Path, &'a Self)>) {
        match self {
            Self::Record(fields) => {
                for (name, shape) in fields {
                    path.push(name.clone());
                    shape.collect_leaves(path, leaves);
                    path.pop();
                }
            }
            Self::List(item) | Self::NonEmpty(item) => {
                path.push(ITEM.to_owned());
                item.collect_leaves(path, leaves);
                path.pop();
            }
            Self::Single(item) => item.collect_leaves(path, leaves),
            leaf => leaves.push((path.clone(), leaf)),
        }
    }

    /// The lists that are in no other.
    pub(crate) fn lists(&self) -> Vec<Path> {
        let mut found: Vec<Path> = Vec::new();
        for (path, _) in self.leaves() {
            let Some(at) = path.iter().position(|step| step == ITEM) else { continue };
            if found.iter().all(|known| known[..] != path[..at]) {
                found.push(path[..at].to_vec());
            }
        }
        found
    }

    /// What a client shows where the answer says nothing: protobuf's defaults.
    pub fn nothing(&self) -> Json {
        match self {
            Self::Record(fields) => {
                Json::Object(fields.iter().map(|(name, shape)| (name.clone(), shape.nothing())).collect())
            }
            Self::List(_) => Json::Array(Vec::new()),
            Self::NonEmpty(item) => Json::Array(vec![item.nothing()]),
            Self::Single(item) => item.nothing(),
            Self::Name | Self::SameName | Self::Names | Self::Text => Json::from(""),
            Self::Score | Self::Percent => Json::from(0.0),
            Self::Number { low, high } => Json::from(0.0f64.clamp(low.min(*high), high.max(*low))),
            Self::Choice(Enumeration { members, .. }) | Self::Word(members) => {
                members.first().map_or(Json::from(""), |first| Json::from(first.as_str()))
            }
            Self::Flag => Json::from(false),
            Self::Polygon => Json::Array(vec![serde_json::json!({"x": 0.0, "y": 0.0}); 4]),
            Self::Other => Json::Null,
            Self::OnlyWhere { then, .. } => then.nothing(),
        }
    }

    /// An answer that is nothing but `value` at `path`; every list on the way has one item.
    pub fn with(&self, path: &[String], value: Json) -> Json {
        let Some((step, rest)) = path.split_first() else { return value };
        match self {
            Self::List(item) | Self::NonEmpty(item) => Json::Array(vec![item.with(rest, value)]),
            Self::Single(item) => item.with(path, value),
            Self::Record(fields) => {
                let mut object: Map<String, Json> =
                    fields.iter().map(|(name, shape)| (name.clone(), shape.nothing())).collect();
                if let Some(shape) = fields.get(step) {
                    object.insert(step.clone(), shape.with(rest, value));
                }
                Json::Object(object)
            }
            leaf => leaf.nothing(),
        }
    }

    /// The end of the part of a path that leads to the first list on it.
    pub(crate) fn first_list(&self, path: &[String]) -> Option<usize> {
        (1..=path.len())
            .find(|&end| matches!(self.at(&path[..end]), Some(Self::List(_) | Self::NonEmpty(_) | Self::Single(_))))
    }

    /// Whether one item stands for a list in a part of it.
    pub(crate) fn has_single(&self) -> bool {
        match self {
            Self::Single(_) => true,
            Self::Record(fields) => fields.values().any(Self::has_single),
            Self::List(item) | Self::NonEmpty(item) => item.has_single(),
            _ => false,
        }
    }

    /// What the items of a list are like.
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::List(item) | Self::NonEmpty(item) => Some(item),
            _ => None,
        }
    }

    /// The part at a path, to be replaced.
    pub fn at_mut(&mut self, path: &[String]) -> Option<&mut Self> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::List(item) | Self::NonEmpty(item) if step == ITEM => item.at_mut(rest),
            Self::Single(item) => item.at_mut(path),
            Self::Record(fields) => fields.get_mut(step)?.at_mut(rest),
            _ => None,
        }
    }

    /// The part at a path.
    pub fn at(&self, path: &[String]) -> Option<&Self> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::List(item) | Self::NonEmpty(item) if step == ITEM => item.at(rest),
            Self::Single(item) => item.at(path),
            Self::Record(fields) => fields.get(step)?.at(rest),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities() -> Shape {
        Shape::record([(
            "entities",
            Shape::list(Shape::record([("name", Shape::Name), ("salience", Shape::Score), ("flag", Shape::Flag)])),
        )])
    }

    #[test]
    fn leaves_have_the_paths_that_lead_to_them() {
        let shape = entities();
        let paths: Vec<String> = shape.leaves().iter().map(|leaf| show_path(&leaf.0)).collect();
        assert_eq!(paths, ["entities[].flag", "entities[].name", "entities[].salience"]);
        assert!(shape.leaves().iter().all(|(path, leaf)| shape.at(path) == Some(*leaf)));
    }

    #[test]
    fn one_item_stands_for_a_list_and_has_the_names_of_another() {
        let line = Shape::record([("text", Shape::SameName)]);
        let block = Shape::record([("lines", Shape::Single(Box::new(line)))]);
        let page = Shape::record([("blocks", Shape::list(block))]);
        let texts = Shape::list(Shape::record([("text", Shape::Name)]));
        let shape = Shape::record([("pages", Shape::Single(Box::new(page))), ("texts", texts)]);
        let leaves = shape.leaves();
        let paths: Vec<String> = leaves.iter().map(|leaf| show_path(&leaf.0)).collect();
        assert_eq!(paths, ["pages.blocks[].lines.text", "texts[].text"]);
        assert!(leaves.iter().all(|(path, leaf)| shape.at(path) == Some(*leaf)));
        assert_eq!(leaves.iter().map(|leaf| shape.first_list(&leaf.0)).collect::<Vec<_>>(), [Some(1), Some(1)]);
        assert_eq!(shape.nothing(), serde_json::json!({"pages": {"blocks": []}, "texts": []}));
        let named = serde_json::json!({
            "pages": {"blocks": [{"lines": {"text": "a"}}, {"lines": {"text": "b"}}]},
            "texts": [{"text": "a"}, {"text": "b"}],
        });
        assert_eq!(crate::ApiOutput::sure(["a", "b"]).answer(&shape), named);
        let one = serde_json::json!({"pages": {"blocks": [{"lines": {"text": "a"}}]}, "texts": []});
        assert_eq!(shape.with(&leaves[0].0, Json::from("a")), one);
        assert_eq!(shape.describe(&one), r#"{pages: {blocks: [{lines: {text: "a"}}]}}"#);
        let several =
            serde_json::json!({"pages": {"blocks": [{"lines": [{"text": "a"}, {"text": "b"}]}]}, "texts": []});
        assert_eq!(shape.describe(&several), r#"{pages: {blocks: [{lines: [{text: "a"}, {text: "b"}]}]}}"#);
    }

    #[test]
    fn an_answer_with_one_value_has_defaults_elsewhere() {
        let shape = entities();
        let path: Path = ["entities", ITEM, "name"].map(str::to_owned).to_vec();
        let answer = shape.with(&path, Json::from("Paris"));
        assert_eq!(answer, serde_json::json!({"entities": [{"name": "Paris", "salience": 0.0, "flag": false}]}));
        assert_eq!(shape.nothing(), serde_json::json!({"entities": []}));
    }
}
