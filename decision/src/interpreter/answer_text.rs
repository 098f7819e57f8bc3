//! The answer, or a part of it, as a text: `str(label)`, `"dog" in str(response)`.
//!
//! What is not modelled is left out, and the order is the table's; so the text is the API's data, and not so word for word.

use super::render::{escaped, write_repr};
use super::text::{Origin, TextBuilder};
use super::value::{ApiObject, Spelling, Value};
use super::walk::Walk;

/// Writes a part of the answer.
pub(super) fn write(answer: &ApiObject<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    match answer.spelling {
        Spelling::Message => write_message(answer, out, depth, walk),
        Spelling::Camel | Spelling::Pascal => write_dictionary(answer, out, depth, walk),
    }
    out.loosen();
}

/// Fields that are modelled; an error and the list of one response are there for those who look for them.
fn fields<'a, 'p>(answer: &'a ApiObject<'p>) -> impl Iterator<Item = (&'a str, &'a Value<'p>)> {
    let known = answer.fields().iter().filter(|field| !matches!(&*field.name, "error" | "responses"));
    known.map(|field| (&*field.name, &field.value)).filter(|field| !matches!(field.1, Value::Unknown(_)))
}

/// As protobuf writes its messages: a line for each field, and for each item of a list.
fn write_message(answer: &ApiObject<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    for (name, value) in fields(answer) {
        match value {
            Value::List(list) if !walk.pay(list.borrow().items.len()) => return,
            Value::List(list) => list.borrow().items.iter().for_each(|item| write_field(name, item, out, depth, walk)),
            value => write_field(name, value, out, depth, walk),
        }
    }
}

fn write_field(name: &str, value: &Value<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    let data = Origin::Api;
    match value {
        Value::Api(_) if depth == 0 => {}
        Value::Api(inner) => {
            out.push_str(&format!("{name} {{\n"), data);
            write_message(inner, out, depth - 1, walk);
            out.push_str("}\n", data);
        }
        Value::Str(text) if text.as_str().is_empty() => {}
        Value::Str(text) => out.push_str(&format!("{name}: \"{}\"\n", escaped(text.as_str(), '"')), data),
        Value::Member(member) => out.push_str(&format!("{name}: {}\n", member.name), data),
        value => {
            out.push_str(&format!("{name}: "), data);
            write_repr(value, out, depth, walk);
            out.push_str("\n", data);
        }
    }
}

/// As Python writes the dictionary that the JSON answer is read into.
fn write_dictionary(answer: &ApiObject<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    out.push_str("{", Origin::Api);
    for (at, (name, value)) in fields(answer).enumerate() {
        let key = answer.spelling.key(name);
        out.push_str(&format!("{}'{key}': ", if at == 0 { "" } else { ", " }), Origin::Api);
        match value {
            Value::Member(member) => out.push_str(&member.name, Origin::Api),
            value => write_repr(value, out, depth.saturating_sub(1), walk),
        }
    }
    out.push_str("}", Origin::Api);
}
