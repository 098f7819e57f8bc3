//! An answer in a few words.

use serde_json::{Map, Value as Json};

use super::Shape;

/// Characters at most.
const LONGEST: usize = 240;

impl Shape {
    /// An answer of this shape as people read it: what is in it, without all that is as in an answer of nothing.
    pub fn describe(&self, answer: &Json) -> String {
        let said = said(answer, self).unwrap_or_else(|| Json::Object(Map::new()));
        let text = spaced(&said);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

fn said(part: &Json, shape: &Shape) -> Option<Json> {
    match (shape, part) {
        (Shape::Record(fields), Json::Object(parts)) => {
            let said = fields.iter().filter_map(|(name, field)| Some((name.clone(), said(parts.get(name)?, field)?)));
            let said: Map<String, Json> = said.collect();
            (!said.is_empty()).then(|| Json::Object(said))
        }
        (Shape::NonEmpty(item), Json::Array(items)) if items.iter().all(|one| said(one, item).is_none()) => None,
        (Shape::List(item) | Shape::NonEmpty(item), Json::Array(items)) => {
            let items: Vec<Json> =
                items.iter().map(|one| said(one, item).unwrap_or_else(|| Json::Object(Map::new()))).collect();
            (!items.is_empty()).then(|| Json::Array(items))
        }
        (Shape::Single(item), Json::Array(items)) => {
            let items: Vec<Json> = items.iter().filter_map(|one| said(one, item)).collect();
            (!items.is_empty()).then(|| Json::Array(items))
        }
        (Shape::Single(item), one) => said(one, item),
        (leaf, value) => (*value != leaf.nothing()).then(|| value.clone()),
    }
}

/// JSON with spaces where people read on.
fn spaced(value: &Json) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", spaced(field)));
            format!("{{{}}}", list(fields.collect()))
        }
        Json::Array(items) => format!("[{}]", list(items.iter().map(spaced).collect())),
        leaf => leaf.to_string(),
    }
}
