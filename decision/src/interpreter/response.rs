//! The API's response as the client library and the JSON answer show it.

use std::rc::Rc;

use super::value::{ApiObject, Growth, Value};
use crate::output::{ApiOutput, Label};

/// The response with at most `limit` results.
pub(super) fn response<'p>(output: &ApiOutput, limit: usize) -> Value<'p> {
    let ApiOutput::Labels { labels } = output;
    let items: Vec<_> = labels.iter().take(limit).map(label).collect();
    // An answer in JSON leaves out what is empty; the client's objects have every attribute.
    let omitted: &[&str] =
        if items.is_empty() { &["error", "label_annotations", "labels", "responses"] } else { &["error", "responses"] };
    let labels = Value::list(items, Growth::Mirror);
    let error = object(
        vec![("code", Value::int(0)), ("message", Value::str("")), ("details", Value::list(vec![], Growth::Fixed))],
        &[],
    );
    let one = object(
        vec![("label_annotations", labels.clone()), ("labels", labels.clone()), ("error", error.clone())],
        omitted,
    );
    // `images:annotate` answers a list with one response per image; `response.responses[0]` and `response` both work.
    let batch_omitted: &[&str] =
        if omitted.len() == 4 { &["error", "label_annotations", "labels"] } else { &["error"] };
    object(
        vec![
            ("label_annotations", labels.clone()),
            ("labels", labels),
            ("error", error),
            ("responses", Value::list(vec![one], Growth::Fixed)),
        ],
        batch_omitted,
    )
}

fn label<'p>(label: &Label) -> Value<'p> {
    let description = Value::data(label.description.as_str());
    object(
        vec![
            ("description", description.clone()),
            ("name", description),
            ("score", Value::Float(label.score, true)),
            ("topicality", Value::Float(label.score, true)),
            // Rekognition's percent.
            ("confidence", Value::Float(label.score * 100.0, true)),
        ],
        &[],
    )
}

fn object<'p>(fields: Vec<(&'static str, Value<'p>)>, omitted: &'static [&'static str]) -> Value<'p> {
    Value::Api(Rc::new(ApiObject { fields, omitted }))
}

impl<'p> ApiObject<'p> {
    /// An attribute of the client's object.
    pub(super) fn attribute(&self, name: &str) -> Value<'p> {
        let name = snake_case(name);
        let field = self.fields.iter().find(|field| field.0 == name);
        // Other parts of the response (`mid`, `safe_search_annotation`) exist but are not in the output.
        field.map_or_else(|| Value::unknown(format!("{name} of the response")), |field| field.1.clone())
    }

    /// A value of the JSON answer, absent where the API leaves it out.
    pub(super) fn key(&self, key: &str) -> Option<Value<'p>> {
        let name = snake_case(key);
        if self.omitted.contains(&name.as_str()) {
            return None;
        }
        Some(self.attribute(&name))
    }
}

/// `labelAnnotations` and `LabelAnnotations` as `label_annotations`.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
