//! JSON text: written as Python writes it, every piece with its origin, and read back.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::expressions::Args;
use super::machine::{Run, raise};
use super::operators::order;
use super::render::float_repr;
use super::sorting::sorted;
use super::table::{Key, Table};
use super::text::{Origin, Text, TextBuilder};
use super::value::{Growth, Value};
use super::walk::Walk;

/// How deep nested containers are written.
const MAX_NESTING: usize = 96;
/// The widest indentation that is honoured; a hostile one must not fill the memory.
const MAX_INDENT: usize = 64;

/// How `json.dumps` was asked to write.
pub(super) struct Style {
    indent: Option<String>,
    between_items: String,
    after_key: String,
    ascii: bool,
    sorted: bool,
    /// Something is given that writes what JSON has no form for.
    has_default: bool,
}

impl Style {
    /// The style by the keyword arguments; `None` when the program does not determine it.
    pub(super) fn of(args: &Args<'_>) -> Option<Self> {
        let mut style = Self {
            indent: None,
            between_items: ", ".to_owned(),
            after_key: ": ".to_owned(),
            ascii: true,
            sorted: false,
            has_default: false,
        };
        let mut separators = None;
        for (name, value) in &args.keywords {
            match (name.as_str(), value) {
                ("ensure_ascii", value) => style.ascii = flag(value)?,
                ("sort_keys", value) => style.sorted = flag(value)?,
                ("indent" | "separators", Value::None)
                | ("check_circular" | "allow_nan" | "cls" | "default", Value::None | Value::Bool(true)) => {}
                ("indent", value) => style.indent = Some(indentation(value)?),
                ("separators", Value::Tuple(pair)) => separators = Some(texts(pair)?),
                ("separators", Value::List(pair)) => separators = Some(texts(&pair.borrow().items)?),
                ("default" | "cls", _) => style.has_default = true,
                _ => return None,
            }
        }
        if style.indent.is_some() {
            style.between_items = String::from(",");
        }
        if let Some([items, key]) = separators {
            (style.between_items, style.after_key) = (items, key);
        }
        Some(style)
    }
}

fn flag(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(value, false) => Some(*value != 0),
        Value::None => Some(false),
        _ => None,
    }
}

fn indentation(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Int(width, _) => Some(" ".repeat(usize::try_from(*width).unwrap_or(0).min(MAX_INDENT))),
        Value::Str(text) if !text.is_unknown() && text.as_str().len() <= MAX_INDENT => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn texts(pair: &[Value<'_>]) -> Option<[String; 2]> {
    match pair {
        [Value::Str(a), Value::Str(b)] if !a.is_unknown() && !b.is_unknown() => {
            Some([a.as_str().to_owned(), b.as_str().to_owned()])
        }
        _ => None,
    }
}

/// The JSON text of a value.
///
/// # Errors
/// `TypeError` for what JSON has no form for, as in Python.
pub(super) fn dumped(value: &Value<'_>, style: &Style, walk: &mut Walk) -> Run<Text> {
    let mut writer = Writer { out: TextBuilder::default(), style, walk, paid: 0, level: 0 };
    writer.value(value)?;
    writer.pay();
    Ok(writer.out.build())
}

struct Writer<'s> {
    out: TextBuilder,
    style: &'s Style,
    /// Every byte that is written is a step of it.
    walk: &'s mut Walk,
    /// Bytes that were paid for.
    paid: usize,
    level: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value<'_>) -> Run<()> {
        if !self.pay() {
            return Ok(());
        }
        match value {
            Value::None => self.own("null"),
            Value::Bool(value) => self.own(if *value { "true" } else { "false" }),
            Value::Int(value, data) => self.number(&value.to_string(), *data),
            Value::Float(value, data) => self.number(&float(*value), *data),
            Value::Member(member) if member.is_flag() => self.out.push_str(&member.name.to_lowercase(), Origin::Api),
            Value::Member(member) => self.number(&member.number.to_string(), true),
            Value::Str(text) => self.text(text),
            Value::Enum(member) if member.is_text => return self.value(&member.value),
            Value::List(list) => return self.list(&list.borrow().items, list.borrow().growth),
            Value::Tuple(items) => return self.list(items, Growth::Fixed),
            Value::Dict(dict) => return self.dict(&dict.borrow()),
            Value::Unknown(unknown) => self.out.push_str(&unknown.text, Origin::Unknown),
            Value::Api(_) => {
                self.out.push_str("{}", Origin::Api);
                self.out.loosen();
            }
            other if self.style.has_default => self.out.push_str(other.type_name(), Origin::Unknown),
            _ => return raise("TypeError"),
        }
        Ok(())
    }

    /// Pays for what was written since; whether there is more to come.
    fn pay(&mut self) -> bool {
        let since = self.out.len() - self.paid;
        self.paid = self.out.len();
        self.walk.pay(since)
    }

    fn own(&mut self, text: &str) {
        self.out.push_str(text, Origin::Program);
    }

    fn number(&mut self, text: &str, data: bool) {
        self.out.push_str(text, if data { Origin::Api } else { Origin::Program });
    }

    fn text(&mut self, text: &Text) {
        self.own("\"");
        for (piece, origin) in text.pieces() {
            self.out.push_str(&escaped(piece, self.style.ascii), origin);
        }
        self.own("\"");
        if !text.is_exact() {
            self.out.loosen();
        }
    }

    fn list(&mut self, items: &[Value<'_>], growth: Growth) -> Run<()> {
        let own = if growth == Growth::Mirror { Origin::Api } else { Origin::Program };
        self.nested(["[", "]"], own, items, |writer, item| writer.value(item))
    }

    fn dict(&mut self, dict: &Table<'_>) -> Run<()> {
        let mut entries = dict.entries().to_vec();
        if self.style.sorted && dict.unknown_keys {
            self.out.loosen();
        } else if self.style.sorted {
            entries = sorted(entries, &mut |a, b| Ok(order(&a.0, &b.0, self.walk)?.flatten() == Some(Ordering::Less)))?;
        }
        let own = if dict.growth == Growth::Mirror { Origin::Api } else { Origin::Program };
        self.nested(["{", "}"], own, &entries, |writer, (key, value)| {
            match key {
                Value::Unknown(unknown) => writer.out.push_str(&unknown.text, Origin::Unknown),
                _ => match self::key(key) {
                    Some(key) => writer.text(&key),
                    None => return raise("TypeError"),
                },
            }
            writer.own(&writer.style.after_key);
            writer.value(value)
        })
    }

    fn nested<T>(
        &mut self,
        [open, close]: [&str; 2],
        own: Origin,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Run<()>,
    ) -> Run<()> {
        self.out.push_str(open, own);
        if self.level == MAX_NESTING {
            self.out.loosen();
        } else if !items.is_empty() {
            self.level += 1;
            for (i, item) in items.iter().enumerate() {
                self.out.push_str(if i == 0 { "" } else { &self.style.between_items }, own);
                self.new_line(own);
                write(self, item)?;
            }
            self.level -= 1;
            self.new_line(own);
        }
        self.out.push_str(close, own);
        Ok(())
    }

    fn new_line(&mut self, own: Origin) {
        if let Some(indent) = &self.style.indent {
            self.out.push_str(&format!("\n{}", indent.repeat(self.level)), own);
        }
    }
}

/// A key as JSON has it; `None` where Python raises `TypeError`.
pub(super) fn key(key: &Value<'_>) -> Option<Text> {
    let text = |text: String, data: bool| Some(Text::new(text, if data { Origin::Api } else { Origin::Program }));
    match key {
        Value::Str(text) => Some(text.clone()),
        Value::None => text("null".to_owned(), false),
        Value::Bool(value) => text(value.to_string(), false),
        Value::Int(value, data) => text(value.to_string(), *data),
        Value::Float(value, data) => text(float(*value), *data),
        Value::Member(member) if member.is_flag() => text(member.name.to_lowercase(), true),
        Value::Member(member) => text(member.number.to_string(), true),
        _ => None,
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_repr(value)
    }
}

/// What stands between the quotes.
fn escaped(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ascii && c > '~') => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string never fails.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// A value read from JSON.
pub(super) struct Read<'p>(pub(super) Value<'p>);

impl<'de> Deserialize<'de> for Read<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(std::marker::PhantomData)).map(Read)
    }
}

struct Reader<'p>(std::marker::PhantomData<Value<'p>>);

impl<'de, 'p> Visitor<'de> for Reader<'p> {
    type Value = Value<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value<'p>, E> {
        Ok(Value::None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'p>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'p>, E> {
        Ok(Value::int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'p>, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::unknown("an integer beyond 64 bits"), Value::int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'p>, E> {
        Ok(Value::Float(value, false))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'p>, E> {
        Ok(Value::str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'p>, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::list(list, Growth::Fixed))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'p>, A::Error> {
        let mut table = Table::new(Growth::Fixed);
        while let Some((key, Read(value))) = entries.next_entry::<String, Read<'p>>()? {
            let key = Text::program(key);
            table.insert(Key::Str(key.shared()), Value::Str(key), value);
        }
        Ok(Value::Dict(Rc::new(table.into())))
    }
}
