//! The API's response as the client library and the JSON answer show it.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value as Json;

use super::text::Text;
use super::value::{ApiField, ApiObject, Growth, Member, Spelling, Value};
use super::watch::{Log, Source, Watched};
use crate::api::Api;
use crate::output::{ApiOutput, Label};
use crate::program::ResponseForm;
use crate::shape::{Enumeration, Shape};

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of the API that the decision is about: data.
    Own,
    /// That of another API: as good as written in the program.
    Given,
}

/// What a request gets for one of the things that it asks for.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) api: &'a Api,
    pub(super) output: &'a ApiOutput,
    /// Items in each list.
    pub(super) limit: usize,
    pub(super) whose: Whose,
    /// Where it is noted what is asked about its names.
    pub(super) log: Option<&'a Rc<Log>>,
}

impl<'a> Part<'a> {
    fn view(self, form: ResponseForm) -> View<'a> {
        let named = match (self.log, self.output) {
            (Some(log), ApiOutput::Labels { labels }) => Some((log, &labels[..])),
            _ => None,
        };
        View {
            form,
            protobuf: self.api.is_protobuf(),
            omits_empty: self.api.omits_empty(form),
            data: self.whose == Whose::Own,
            limit: self.limit,
            item: None,
            named,
        }
    }

    fn answer(&self) -> Cow<'_, Json> {
        match self.output {
            ApiOutput::Answer { answer } => Cow::Borrowed(answer),
            labels @ ApiOutput::Labels { .. } => Cow::Owned(labels.answer(&self.api.answer)),
        }
    }
}

/// The response to a request for one thing or several. What comes later under a name that is there already is left out.
/// Of what is `open`, it is not known whether it is there.
pub(super) fn response<'p>(parts: &[Part<'_>], open: &[&Api], form: ResponseForm) -> Value<'p> {
    let Some(first) = parts.first() else { return Value::unknown("an empty response") };
    let view = first.view(form);
    let mut fields: Vec<ApiField<'p>> = Vec::new();
    for part in parts {
        let answer = part.answer();
        let Shape::Record(shapes) = &part.api.answer else { return view.value(&part.api.answer, Some(&answer)) };
        let mut more = part.view(form).fields(shapes, &answer);
        more.retain(|field| fields.iter().all(|known| known.name != field.name));
        fields.extend(more);
    }
    for api in open {
        let Shape::Record(shapes) = &api.answer else { continue };
        let names = shapes.keys().filter(|name| fields.iter().all(|known| *known.name != ***name));
        let names: Vec<&String> = names.collect();
        fields.extend(names.into_iter().map(|name| {
            let value = Value::unknown(format!("{name} of the response"));
            ApiField { name: name.as_str().into(), value, in_json: true }
        }));
    }
    let object = |fields| object(fields, view.spelling());
    if !view.protobuf {
        return object(fields);
    }
    let error = [
        ("code", Value::Int(0, view.data)),
        ("message", view.text("")),
        ("details", Value::list(vec![], Growth::Fixed)),
        ("status", view.text("")),
    ];
    let error = object(error.map(|(name, value)| ApiField { name: name.into(), value, in_json: true }).into());
    let empty = fields.iter().all(|field| !field.in_json);
    fields.push(ApiField { name: "error".into(), value: error, in_json: false });
    // `images:annotate` answers a list with one response per image; `response.responses[0]` and `response` both work.
    let one = Value::list(vec![object(fields.clone())], Growth::Fixed);
    fields.push(ApiField { name: "responses".into(), value: one, in_json: form == ResponseForm::Json || !empty });
    object(fields)
}

/// How an answer is looked at.
#[derive(Clone, Copy)]
struct View<'a> {
    form: ResponseForm,
    protobuf: bool,
    omits_empty: bool,
    /// Whether what is in it is data of the API.
    data: bool,
    /// Items of each list that are there; of lists inside others all are.
    limit: usize,
    /// The place of the item that is looked at in its list.
    item: Option<usize>,
    /// Where it is noted what is asked about names, and the labels that they are of.
    named: Option<(&'a Rc<Log>, &'a [Label])>,
}

impl View<'_> {
    fn spelling(self) -> Spelling {
        match (self.protobuf, self.form) {
            (true, ResponseForm::Client) => Spelling::Message,
            (true, ResponseForm::Json) => Spelling::Camel,
            (false, _) => Spelling::Pascal,
        }
    }

    fn text<'p>(self, text: &str) -> Value<'p> {
        if self.data { Value::data(text) } else { Value::str(text) }
    }

    /// The label that an item is, if it is noted what is asked about it.
    fn label(self) -> Option<Watched> {
        let ((log, labels), at) = self.named.zip(self.item)?;
        labels.get(at).map(|label| Watched::new(log, Source::Label(at), label.score))
    }

    /// The name of a label, or the names of all.
    fn name<'p>(self, shape: &Shape, text: &str) -> Value<'p> {
        let Some((log, labels)) = self.named else { return self.text(text) };
        let source = match shape {
            // Of items that have names of their own it is empty.
            Shape::Names => (!text.is_empty()).then_some(Source::All),
            _ => labels.iter().position(|label| label.description == text).map(Source::Label),
        };
        match source {
            Some(source) => Value::Str(Text::name(text, Watched::new(log, source, 0.0))),
            None => self.text(text),
        }
    }

    fn value<'p>(self, shape: &Shape, part: Option<&Json>) -> Value<'p> {
        let nothing;
        let part = if let Some(part) = part {
            part
        } else {
            nothing = shape.nothing();
            &nothing
        };
        let text = || self.text(part.as_str().unwrap_or_default());
        let growth = if self.data { Growth::Mirror } else { Growth::Fixed };
        match (shape, part) {
            (Shape::Record(fields), _) => {
                Value::Api(Rc::new(ApiObject::new(self.fields(fields, part), self.spelling(), self.label())))
            }
            (Shape::List(item) | Shape::NonEmpty(item), Json::Array(items)) => {
                let inside = |at: usize| Self { limit: usize::MAX, item: Some(at), ..self };
                let items = items.iter().take(self.limit).enumerate();
                Value::list(items.map(|(at, part)| inside(at).value(item, Some(part))).collect(), growth)
            }
            (Shape::List(_) | Shape::NonEmpty(_), _) => Value::list(Vec::new(), growth),
            (Shape::Single(item), Json::Array(items)) => {
                Value::list(items.iter().map(|part| self.value(item, Some(part))).collect(), growth)
            }
            (Shape::Single(item), _) => {
                let one = (!is_empty(item, part)).then(|| self.value(item, Some(part)));
                Value::list(one.into_iter().collect(), growth)
            }
            (Shape::OnlyWhere { then, .. }, _) => self.value(then, Some(part)),
            (Shape::Polygon, _) => Value::list(vec![corner(); 4], Growth::Fixed),
            (_, Json::Null) | (Shape::Other, _) => Value::unknown("a part of the response"),
            // What is always the same decides nothing.
            (Shape::Word(words), _) if words.len() == 1 => Value::str(part.as_str().unwrap_or_default()),
            (Shape::Name | Shape::SameName | Shape::Names, _) => self.name(shape, part.as_str().unwrap_or_default()),
            (Shape::Text | Shape::Word(_), _) => text(),
            (Shape::Score | Shape::Percent | Shape::Number { .. }, _) => {
                Value::Float(part.as_f64().unwrap_or_default(), self.data)
            }
            (Shape::Choice(_), _) if self.form == ResponseForm::Json => text(),
            (Shape::Choice(choice), _) => member(choice, part.as_str().unwrap_or_default()),
            (Shape::Flag, _) if !self.data => Value::Bool(part.as_bool().unwrap_or_default()),
            (Shape::Flag, _) => Value::data_flag(part.as_bool().unwrap_or_default()),
        }
    }

    fn fields<'p>(self, shapes: &std::collections::BTreeMap<String, Shape>, part: &Json) -> Vec<ApiField<'p>> {
        let field = |(name, shape): (&String, &Shape)| {
            let given = part.get(name);
            let empty = given.is_none_or(|given| is_empty(shape, given));
            let value = match (shape, given) {
                // The name shows in messages.
                (Shape::Other, _) | (_, Some(Json::Null)) => Value::unknown(format!("{name} of the response")),
                _ => self.value(shape, given),
            };
            let absent = match shape {
                Shape::OnlyWhere { field, is, .. } => {
                    // A name would be looked at.
                    let names =
                        shapes.get(field).is_none_or(|shape| !matches!(shape, Shape::Choice(_) | Shape::Word(_)));
                    self.named.filter(|_| names).into_iter().for_each(|(log, _)| log.read());
                    part.get(field).and_then(Json::as_str) != Some(is.as_str())
                }
                _ => self.omits_empty && empty,
            };
            ApiField { name: name.as_str().into(), value, in_json: !absent }
        };
        shapes.iter().map(field).collect()
    }
}

/// Whether there is nothing in a part of an answer: no item of a list, and of a message nothing in any of its fields.
fn is_empty(shape: &Shape, part: &Json) -> bool {
    match (shape, part) {
        (Shape::Record(fields), Json::Object(parts)) => {
            let holds_nothing = |(name, field): (&String, &Shape)| match (field, parts.get(name)) {
                (Shape::Names | Shape::SameName | Shape::Text, Some(Json::String(text))) => text.is_empty(),
                (Shape::Other, _) | (_, None) => true,
                (field, Some(part)) => is_empty(field, part),
            };
            !fields.is_empty() && fields.iter().all(holds_nothing)
        }
        (_, Json::Array(items)) => items.is_empty(),
        (Shape::Single(item), part) => is_empty(item, part),
        _ => false,
    }
}

fn corner<'p>() -> Value<'p> {
    let field = |name: &str| ApiField {
        name: name.into(),
        value: Value::unknown(format!("{name} of a corner")),
        in_json: true,
    };
    object(vec![field("x"), field("y")], Spelling::Message)
}

fn member<'p>(choice: &Enumeration, name: &str) -> Value<'p> {
    let number = choice.members.iter().position(|member| member == name).unwrap_or_default();
    Value::Member(Rc::new(Member { class: choice.name.as_str().into(), name: name.into(), number: number as i64 }))
}

/// A message of protobuf as the JSON that `MessageToDict` makes of it, in which members of enumerations are their names.
pub(super) fn in_json<'p>(value: &Value<'p>) -> Value<'p> {
    match value {
        Value::Api(message) if message.spelling == Spelling::Message && message.stored.borrow().is_empty() => {
            let fields =
                message.fields().iter().map(|field| ApiField { value: in_json(&field.value), ..field.clone() });
            object(fields.collect(), Spelling::Camel)
        }
        Value::List(list) => {
            let list = list.borrow();
            Value::list_of(list.class, list.items.iter().map(in_json).collect(), list.growth)
        }
        Value::Member(member) if !member.is_flag() => Value::data(Rc::clone(&member.name)),
        other => other.clone(),
    }
}

/// A message of protobuf as its own class writes it, with the fields that are empty.
pub(super) fn in_full<'p>(value: &Value<'p>) -> Value<'p> {
    match value {
        Value::Api(message) if message.spelling == Spelling::Message && message.stored.borrow().is_empty() => {
            // That there was an error is a message of its own, which is there or not.
            let told = |field: &ApiField<'p>| field.in_json || &*field.name != "error";
            let full =
                |field: &ApiField<'p>| ApiField { value: in_full(&field.value), in_json: told(field), ..field.clone() };
            object(message.fields().iter().map(full).collect(), Spelling::Message)
        }
        Value::List(list) => {
            let list = list.borrow();
            Value::list_of(list.class, list.items.iter().map(in_full).collect(), list.growth)
        }
        other => other.clone(),
    }
}

fn object(fields: Vec<ApiField<'_>>, spelling: Spelling) -> Value<'_> {
    Value::Api(Rc::new(ApiObject::new(fields, spelling, None)))
}

impl<'p> ApiObject<'p> {
    /// An attribute of the client's object.
    pub(super) fn attribute(&self, name: &str) -> Value<'p> {
        if let Some(value) = self.put_under(name) {
            return value;
        }
        // Other parts of the response (`image_properties_annotation`) exist but are not in the output.
        self.field(name).map_or_else(|| Value::unknown(format!("{name} of the response")), |field| field.value.clone())
    }

    /// Whether it is a JSON answer, which has no field of this name.
    pub(super) fn is_body_without(&self, name: &str) -> bool {
        self.spelling != Spelling::Message && self.field(name).is_none()
    }

    /// A value of the JSON answer, absent where the API leaves it out.
    pub(super) fn key(&self, key: &str) -> Option<Value<'p>> {
        if let Some(value) = self.put_under(key) {
            return Some(value);
        }
        match self.field(key) {
            Some(field) => field.in_json.then(|| field.value.clone()),
            None => Some(Value::unknown(format!("{key} of the response"))),
        }
    }

    /// Whether the JSON answer has a key, where that is known.
    pub(super) fn has_key(&self, key: &str) -> Option<bool> {
        let value = self.key(key);
        let is_unknown = value.as_ref().is_some_and(|value| value.unknown_text().is_some());
        match self.field(key) {
            // An API that leaves out what is empty may have left out what else it was asked for.
            Some(_) if is_unknown && self.spelling == Spelling::Camel => None,
            _ => Some(value.is_some() && !is_unknown),
        }
    }

    /// Its keys and values, as a dictionary.
    pub(super) fn entries(&self) -> Vec<(String, Value<'p>)> {
        let fields = self.fields().iter().filter(|field| field.in_json);
        let mut entries: Vec<_> = fields.map(|field| (self.spelling.key(&field.name), field.value.clone())).collect();
        for (key, value) in self.stored.borrow().iter() {
            entries.retain(|known| known.0 != *key);
            entries.push((key.clone(), value.clone()));
        }
        entries
    }

    /// What the program has put under a key or as an attribute.
    fn put_under(&self, key: &str) -> Option<Value<'p>> {
        self.stored.borrow().iter().find(|stored| stored.0 == key).map(|stored| stored.1.clone())
    }

    /// What it takes to put a value there.
    pub(super) fn cost_of(&self, value: &Value<'p>) -> usize {
        let items = if let Value::List(list) = value { list.borrow().items.len() } else { 0 };
        items + self.stored.borrow().len()
    }

    /// Puts a value under a key, or as an attribute: an answer of boto3 is a dictionary, a message's fields can be set.
    /// What holds more than plain values and other parts of the answer could hold this very object and is not looked into.
    pub(super) fn put(&self, key: &str, value: Value<'p>) {
        let is_part = |item: &Value<'p>| match item {
            Value::Api(part) => !std::ptr::eq(&raw const **part, self) && part.stored.borrow().is_empty(),
            item => is_plain(item),
        };
        let value = match value {
            Value::List(list) if list.borrow().items.iter().all(is_part) => Value::List(list),
            value if is_plain(&value) => value,
            _ => Value::unknown(format!("{key} of the response")),
        };
        let mut stored = self.stored.borrow_mut();
        stored.retain(|known| known.0 != key);
        stored.push((key.to_owned(), value));
    }

    fn field(&self, name: &str) -> Option<&ApiField<'p>> {
        // `type_` stands for the reserved word in the newer clients.
        let name = snake_case(name.strip_suffix('_').unwrap_or(name));
        self.field_of(&name)
    }
}

fn is_plain(value: &Value<'_>) -> bool {
    matches!(value, Value::None | Value::Bool(_) | Value::Int(..) | Value::Float(..) | Value::Str(_) | Value::Member(_))
}

/// `labelAnnotations` and `LabelAnnotations` as `label_annotations`, `HTTPStatusCode` as `http_status_code`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    let mut rest = name.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(c) = rest.next() {
        let starts = |before: char| !before.is_ascii_uppercase() || rest.peek().is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && before.is_some_and(starts) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    out
}
