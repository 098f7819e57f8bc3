//! Values as they show in a decision, and Python's `repr` and `str`.

use super::text::{Origin, Text, TextBuilder};
use super::value::{Growth, Value};
use crate::decision::Rendered;

/// How deep nested containers are shown; a list that holds itself ends there.
const MAX_NESTING: usize = 8;

/// A value as it shows in a decision.
pub(super) fn render(value: &Value<'_>) -> Rendered {
    render_nested(value, MAX_NESTING)
}

fn render_nested(value: &Value<'_>, depth: usize) -> Rendered {
    if depth == 0 {
        return Rendered::Chosen("...".to_owned());
    }
    match value {
        Value::Str(text) => render_text(text),
        Value::Int(_, true) | Value::Float(_, true) | Value::Api(_) | Value::Member(_) | Value::Match(_) => {
            Rendered::Data
        }
        Value::Unknown(unknown) => unknown.shown.clone(),
        Value::Generator(_) => Rendered::Unknown,
        Value::List(list) => {
            let list = list.borrow();
            sequence("[", &list.items, list.growth, "]", depth)
        }
        Value::Tuple(items) => sequence("(", items, Growth::Fixed, ")", depth),
        Value::Set(set) => {
            let set = set.borrow();
            // A set has no order of its own: show one that does not depend on how it was filled.
            let growth = if set.growth == Growth::Mirror { Growth::Mirror } else { Growth::Grown };
            sequence("{", &set.keys(), growth, "}", depth)
        }
        Value::Dict(dict) => {
            let dict = dict.borrow();
            if dict.growth == Growth::Mirror {
                return Rendered::Data;
            }
            let pair = |(key, value): &(Value<'_>, Value<'_>)| {
                let parts =
                    [render_nested(key, depth - 1), Rendered::Chosen(": ".to_owned()), render_nested(value, depth - 1)];
                Rendered::Parts(parts.into())
            };
            let mut pairs: Vec<_> = dict.entries().iter().map(pair).collect();
            if dict.growth == Growth::Grown {
                pairs.sort_by_cached_key(ToString::to_string);
                pairs.dedup();
            }
            bracketed("{", pairs, "}")
        }
        Value::Iterator(cursor) => {
            let cursor = cursor.borrow();
            sequence("[", cursor.items.as_slice(), cursor.growth, "]", depth)
        }
        other => Rendered::Chosen(repr(other).as_str().to_owned()),
    }
}

fn sequence(open: &str, items: &[Value<'_>], growth: Growth, close: &str, depth: usize) -> Rendered {
    if growth == Growth::Mirror {
        return Rendered::Data;
    }
    let mut shown: Vec<_> = items.iter().map(|item| render_nested(item, depth - 1)).collect();
    if growth == Growth::Grown {
        // Filled in the order of the scores, once per label: neither the order nor the repetitions were decided.
        shown.sort_by_cached_key(ToString::to_string);
        shown.dedup();
    }
    bracketed(open, shown, close)
}

fn bracketed(open: &str, items: Vec<Rendered>, close: &str) -> Rendered {
    let chosen: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Rendered::Chosen(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if let Some(chosen) = chosen {
        return Rendered::Chosen(format!("{open}{}{close}", chosen.join(", ")));
    }
    let mut parts = vec![Rendered::Chosen(open.to_owned())];
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            parts.push(Rendered::Chosen(", ".to_owned()));
        }
        parts.push(item);
    }
    parts.push(Rendered::Chosen(close.to_owned()));
    Rendered::Parts(parts)
}

fn render_text(text: &Text) -> Rendered {
    let pieces = text.pieces();
    let mut parts: Vec<Rendered> = Vec::new();
    for (piece, origin) in pieces {
        let part = match origin {
            Origin::Program => Rendered::Chosen(quoted(piece)),
            Origin::Api => Rendered::Data,
            Origin::Unknown => Rendered::Unknown,
        };
        // `text += description + ", "` in a loop shows once, however many labels there are.
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    if parts.len() == 1 { parts.remove(0) } else { Rendered::Parts(parts) }
}

/// Python's `repr` of a string.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.extend(['\\', 'x'].into_iter().chain(hex(c as u32))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Two hexadecimal digits.
fn hex(code: u32) -> impl Iterator<Item = char> {
    [code / 16, code % 16].into_iter().filter_map(|digit| char::from_digit(digit, 16))
}

/// Python's `repr`.
pub(super) fn repr(value: &Value<'_>) -> Text {
    let mut out = TextBuilder::default();
    write_repr(value, &mut out, MAX_NESTING);
    out.build()
}

/// Python's `str`.
pub(super) fn to_str(value: &Value<'_>) -> Text {
    match value {
        Value::Str(text) => text.clone(),
        other => repr(other),
    }
}

fn write_repr(value: &Value<'_>, out: &mut TextBuilder, depth: usize) {
    let program = Origin::Program;
    if depth == 0 || out.len() > 1 << 16 {
        return out.push_str("...", program);
    }
    match value {
        Value::None => out.push_str("None", program),
        Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }, program),
        Value::Int(value, data) => out.push_str(&value.to_string(), origin(*data)),
        Value::Float(value, data) => out.push_str(&float_repr(*value), origin(*data)),
        Value::Str(text) => {
            let plain = text.pieces();
            match plain.as_slice() {
                [(piece, origin)] => out.push_str(&quoted(piece), *origin),
                _ => out.push(text),
            }
        }
        Value::List(list) => {
            let list = list.borrow();
            write_items("[", &list.items, list.growth, "]", out, depth);
        }
        Value::Tuple(items) => {
            let close = if items.len() == 1 { ",)" } else { ")" };
            write_items("(", items, Growth::Fixed, close, out, depth);
        }
        Value::Set(set) => {
            let set = set.borrow();
            match set.len() {
                0 => out.push_str("set()", program),
                _ => write_items("{", &set.keys(), set.growth, "}", out, depth),
            }
        }
        Value::Dict(dict) => {
            out.push_str("{", program);
            for (i, (key, value)) in dict.borrow().entries().iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " }, program);
                write_repr(key, out, depth - 1);
                out.push_str(": ", program);
                write_repr(value, out, depth - 1);
            }
            out.push_str("}", program);
        }
        Value::Api(_) | Value::Match(_) => out.push_str(value.type_name(), Origin::Api),
        Value::Member(member) => {
            let class = member.class.rsplit('.').next().unwrap_or_default();
            out.push_str(&format!("{class}.{}", member.name), Origin::Api);
        }
        Value::Unknown(unknown) => out.push_str(&unknown.text, Origin::Unknown),
        Value::Builtin(name) => out.push_str(&format!("<built-in function {name}>"), program),
        other => out.push_str(&format!("<{}>", other.type_name()), program),
    }
}

fn write_items(open: &str, items: &[Value<'_>], growth: Growth, close: &str, out: &mut TextBuilder, depth: usize) {
    let own = if growth == Growth::Mirror { Origin::Api } else { Origin::Program };
    out.push_str(open, own);
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " }, own);
        write_repr(item, out, depth - 1);
    }
    out.push_str(close, own);
}

fn origin(data: bool) -> Origin {
    if data { Origin::Api } else { Origin::Program }
}

/// The shortest text that reads back as the same float, as Python writes it.
pub(super) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        return format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}
