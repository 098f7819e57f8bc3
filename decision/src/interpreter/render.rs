//! Values as they show in a decision, and Python's `repr` and `str`.

use std::fmt::Write as _;

use foldhash::HashMap;

use super::operators::PATH;
use super::table::{Class, Table};
use super::text::{Origin, ShownPart, Text, TextBuilder};
use super::value::{ApiObject, Growth, ListClass, Value};
use super::walk::Walk;
use crate::decision::Rendered;

/// How deep nested containers are shown; a list that holds itself ends there.
const MAX_NESTING: usize = 8;

/// A value as it shows in a decision.
pub(super) fn render(value: &Value<'_>, walk: &mut Walk) -> Rendered {
    render_nested(value, MAX_NESTING, walk)
}

fn render_nested(value: &Value<'_>, depth: usize, walk: &mut Walk) -> Rendered {
    if depth == 0 || !walk.pay(values_in(value)) {
        return Rendered::Chosen("...".to_owned());
    }
    match value {
        Value::Str(text) => render_text(text, walk),
        Value::Api(answer) => answered(answer, depth, walk),
        Value::Int(_, true) | Value::Float(_, true) | Value::Member(_) | Value::Match(_) => Rendered::Data,
        Value::Unknown(unknown) if unknown.is_record => record(&unknown.stored.borrow(), depth, walk),
        Value::Unknown(unknown) => unknown.shown.clone(),
        Value::Generator(_) => Rendered::Unknown,
        Value::List(list) => {
            let list = list.borrow();
            sequence(["[", "]"], &list.items, list.growth, depth, walk)
        }
        Value::Tuple(items) => sequence(["(", ")"], items, Growth::Fixed, depth, walk),
        Value::Set(set) => {
            let set = set.borrow();
            // A set has no order of its own: show one that does not depend on how it was filled.
            let growth = if set.growth == Growth::Mirror { Growth::Mirror } else { Growth::Grown };
            sequence(["{", "}"], &set.keys(), growth, depth, walk)
        }
        Value::Dict(dict) => {
            let dict = dict.borrow();
            if dict.growth == Growth::Mirror {
                return Rendered::Data;
            }
            let pair = |(key, value): &(Value<'_>, Value<'_>)| {
                let (key, value) = (render_nested(key, depth - 1, walk), render_nested(value, depth - 1, walk));
                Rendered::Parts(vec![key, Rendered::Chosen(": ".to_owned()), value])
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
            sequence(["[", "]"], cursor.items.as_slice(), cursor.growth, depth, walk)
        }
        other => Rendered::Chosen(repr(other, walk).as_str().to_owned()),
    }
}

/// How many values there are in one, which a walk through it comes by.
fn values_in(value: &Value<'_>) -> usize {
    match value {
        Value::List(list) => list.borrow().items.len(),
        Value::Tuple(items) => items.len(),
        Value::Set(table) | Value::Dict(table) => table.borrow().len(),
        Value::Iterator(cursor) => cursor.borrow().items.len(),
        Value::Api(answer) => answer.stored.borrow().len(),
        Value::Unknown(unknown) if unknown.is_record => unknown.stored.borrow().len(),
        _ => 0,
    }
}

/// A part of the answer, with what the program has put into it.
fn answered(answer: &ApiObject<'_>, depth: usize, walk: &mut Walk) -> Rendered {
    let stored = answer.stored.borrow();
    let shown: Vec<(&str, Rendered)> =
        stored.iter().map(|(key, value)| (key.as_str(), render_nested(value, depth - 1, walk))).collect();
    if !shown.iter().any(|(_, value)| matches!(value, Rendered::Chosen(_))) {
        return Rendered::Data;
    }
    let mut parts = vec![Rendered::Chosen("{**".to_owned()), Rendered::Data];
    for (key, value) in shown {
        parts.extend([Rendered::Chosen(format!(", {}: ", quoted(key))), value]);
    }
    parts.push(Rendered::Chosen("}".to_owned()));
    Rendered::Parts(parts)
}

fn sequence([open, close]: [&str; 2], items: &[Value<'_>], growth: Growth, depth: usize, walk: &mut Walk) -> Rendered {
    if growth == Growth::Mirror {
        return Rendered::Data;
    }
    let mut shown: Vec<_> = items.iter().map(|item| render_nested(item, depth - 1, walk)).collect();
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

fn render_text(text: &Text, walk: &mut Walk) -> Rendered {
    // Whatever it says.
    if text.is_watched() || !walk.pay_text(text.as_str().len()) {
        return Rendered::Data;
    }
    let mut parts: Vec<Rendered> = Vec::new();
    for part in text.shown_parts() {
        let part = match part {
            ShownPart::Words(words, Origin::Program) => Rendered::Chosen(quoted(&words)),
            ShownPart::Words(_, Origin::Api) => Rendered::Data,
            ShownPart::Words(_, Origin::Unknown) => Rendered::Unknown,
            ShownPart::Value(value) => value,
        };
        // What punctuation joins unknown texts says nothing: `names` is no other text than `first + ", " + second`.
        if part == Rendered::Unknown
            && let [.., Rendered::Unknown, Rendered::Chosen(between)] = parts.as_slice()
            && !between.contains(char::is_alphanumeric)
        {
            parts.pop();
        }
        // `text += description + ", "` in a loop shows once, however many labels there are.
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    if parts.len() == 1 { parts.remove(0) } else { Rendered::Parts(parts) }
}

/// Python's `repr` of a string.
fn quoted(text: &str) -> String {
    let quote = quote_for(text);
    format!("{quote}{}{quote}", escaped(text, quote))
}

fn quote_for(text: &str) -> char {
    if text.contains('\'') && !text.contains('"') { '"' } else { '\'' }
}

/// What stands between the quotes.
pub(super) fn escaped(text: &str, quote: char) -> String {
    let stays = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\' && char::from(byte) != quote;
    if text.bytes().all(stays) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
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
            c if is_printable(c) => out.push(c),
            // Writing to a string never fails.
            c => {
                let _ = match c as u32 {
                    code @ ..0x100 => write!(out, "\\x{code:02x}"),
                    code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out
}

/// `str.isprintable` of a character: no control or format character, and no space but the plain one.
fn is_printable(c: char) -> bool {
    !matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{a0}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'
    )
}

/// An object by the fields that it holds.
fn record(stored: &HashMap<String, Value<'_>>, depth: usize, walk: &mut Walk) -> Rendered {
    // A function is none of the object's own.
    let fields = stored.iter().filter(|(_, value)| !matches!(value, Value::Function(_)));
    let mut fields: Vec<_> = fields.filter_map(|(name, value)| Some((name.strip_prefix('.')?, value))).collect();
    fields.sort_by_key(|field| field.0);
    let shown = |(name, value): (&str, &Value<'_>)| {
        Rendered::Parts(vec![Rendered::Chosen(format!("{name}=")), render_nested(value, depth - 1, walk)])
    };
    bracketed("(", fields.into_iter().map(shown).collect(), ")")
}

/// Python's `repr`.
pub(super) fn repr(value: &Value<'_>, walk: &mut Walk) -> Text {
    let mut out = TextBuilder::default();
    write_repr(value, &mut out, MAX_NESTING, walk);
    out.build()
}

/// Python's `str`.
pub(super) fn to_str(value: &Value<'_>, walk: &mut Walk) -> Text {
    match value {
        Value::Str(text) => text.clone(),
        Value::Enum(member) => Text::program(member.path()),
        Value::Unknown(unknown) => match unknown.stored.borrow().get(super::exception::TEXT) {
            Some(Value::Str(text)) => text.clone(),
            // What the program chose of a path shows in its text, too.
            _ if unknown.stored.borrow().contains_key(PATH) => {
                repr(value, walk).showing(vec![ShownPart::Value(unknown.shown.clone())])
            }
            _ => repr(value, walk),
        },
        other => repr(other, walk),
    }
}

pub(super) fn write_repr(value: &Value<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    let program = Origin::Program;
    if depth == 0 || out.len() > 1 << 16 || !walk.pay(values_in(value)) {
        out.loosen();
        return out.push_str("...", program);
    }
    match value {
        Value::None => out.push_str("None", program),
        Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }, program),
        Value::Int(value, data) => out.push_str(&value.to_string(), origin(*data)),
        Value::Float(value, data) => out.push_str(&float_repr(*value), origin(*data)),
        Value::Str(text) if text.is_watched() || walk.pay_text(text.as_str().len()) => write_quoted(text, out),
        Value::List(list) => {
            let list = list.borrow();
            let (open, close) = match list.class {
                ListClass::List => (String::from("["), String::from("]")),
                ListClass::Deque(None) => ("deque([".to_owned(), "])".to_owned()),
                ListClass::Deque(Some(most)) => ("deque([".to_owned(), format!("], maxlen={most})")),
                ListClass::View(name) => (format!("{name}(["), "])".to_owned()),
            };
            write_items([&open, &close], &list.items, list.growth, out, depth, walk);
        }
        Value::Tuple(items) => {
            let close = if items.len() == 1 { ",)" } else { ")" };
            write_items(["(", close], items, Growth::Fixed, out, depth, walk);
        }
        Value::Set(set) => write_set(&set.borrow(), out, depth, walk),
        Value::Dict(dict) => write_dict(&dict.borrow(), out, depth, walk),
        Value::Api(answer) => super::answer_text::write(answer, out, depth, walk),
        Value::Match(_) => {
            out.push_str(value.type_name(), Origin::Api);
            out.loosen();
        }
        Value::Member(member) if member.is_flag() => out.push_str(&member.name, Origin::Api),
        Value::Member(member) => {
            let class = member.class.rsplit('.').next().unwrap_or_default();
            out.push_str(&format!("{class}.{}", member.name), Origin::Api);
        }
        Value::Enum(member) => {
            out.push_str(&format!("<{}: ", member.path()), program);
            write_repr(&member.value, out, depth - 1, walk);
            out.push_str(">", program);
        }
        Value::Unknown(unknown) => out.push_str(&unknown.text, Origin::Unknown),
        Value::Builtin(name) => write_builtin(name, out),
        other => {
            out.push_str(&format!("<{}>", other.type_name()), program);
            // Python writes its address.
            out.loosen();
        }
    }
}

fn write_builtin(name: &str, out: &mut TextBuilder) {
    let is_class = matches!(
        name,
        "bool"
            | "bytes"
            | "dict"
            | "enumerate"
            | "filter"
            | "float"
            | "frozenset"
            | "int"
            | "list"
            | "map"
            | "object"
            | "range"
            | "reversed"
            | "set"
            | "str"
            | "tuple"
            | "type"
            | "zip"
    );
    if is_class || name == "NoneType" {
        return out.push_str(&format!("<class '{name}'>"), Origin::Program);
    }
    out.push_str(&format!("<built-in function {name}>"), Origin::Program);
    if !super::builtins::is_builtin(name) {
        // Written in a way of its own.
        out.loosen();
    }
}

fn write_set(set: &Table<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    match set.len() {
        0 => out.push_str("set()", Origin::Program),
        count => {
            write_items(["{", "}"], &set.keys(), set.growth, out, depth, walk);
            // The order follows the hashes.
            if count > 1 {
                out.loosen();
            }
        }
    }
}

/// As `CPython` 3.11 writes its dictionaries.
fn write_dict(dict: &Table<'_>, out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    let program = Origin::Program;
    if dict.growth == Growth::Sample {
        out.loosen();
    }
    match &dict.class {
        Class::Dict | Class::Frame => write_entries(dict.entries(), out, depth, walk),
        Class::Default(factory) => {
            out.push_str("defaultdict(", program);
            write_repr(factory, out, depth - 1, walk);
            out.push_str(", ", program);
            write_entries(dict.entries(), out, depth, walk);
            out.push_str(")", program);
        }
        Class::Counter if dict.len() == 0 => out.push_str("Counter()", program),
        Class::Counter => {
            out.push_str("Counter(", program);
            write_entries(&dict.most_common(), out, depth, walk);
            out.push_str(")", program);
        }
        Class::Ordered if dict.len() == 0 => out.push_str("OrderedDict()", program),
        Class::Ordered => {
            let pairs: Vec<_> = dict.entries().iter().map(|(k, v)| Value::tuple(vec![k.clone(), v.clone()])).collect();
            write_items(["OrderedDict([", "])"], &pairs, dict.growth, out, depth, walk);
        }
    }
}

fn write_entries(entries: &[(Value<'_>, Value<'_>)], out: &mut TextBuilder, depth: usize, walk: &mut Walk) {
    out.push_str("{", Origin::Program);
    for (i, (key, value)) in entries.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " }, Origin::Program);
        write_repr(key, out, depth - 1, walk);
        out.push_str(": ", Origin::Program);
        write_repr(value, out, depth - 1, walk);
    }
    out.push_str("}", Origin::Program);
}

/// A text in quotes, its pieces of their own origin.
fn write_quoted(text: &Text, out: &mut TextBuilder) {
    let quote = quote_for(text.as_str());
    let pieces = text.pieces();
    let edge = |piece: Option<&(&str, Origin)>| piece.map_or(Origin::Program, |piece| piece.1);
    let mark = quote.to_string();
    out.push_str(&mark, edge(pieces.first()));
    for (piece, origin) in &pieces {
        out.push_str(&escaped(piece, quote), *origin);
    }
    out.push_str(&mark, edge(pieces.last()));
    if !text.is_exact() {
        out.loosen();
    }
}

fn write_items(
    [open, close]: [&str; 2],
    items: &[Value<'_>],
    growth: Growth,
    out: &mut TextBuilder,
    depth: usize,
    walk: &mut Walk,
) {
    let own = if growth == Growth::Mirror { Origin::Api } else { Origin::Program };
    out.push_str(open, own);
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " }, own);
        write_repr(item, out, depth - 1, walk);
    }
    out.push_str(close, own);
    if growth == Growth::Sample {
        out.loosen();
    }
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
