//! `json.dumps` and `json.loads`, as Python's standard library writes and reads JSON.

use std::rc::Rc;

use super::expressions::Args;
use super::json_text::{Style, dumped};
use super::machine::{Machine, Run, raise};
use super::render::to_str;
use super::table::{Key, Table};
use super::text::{ShownPart, Text};
use super::value::{Growth, Value};
use super::walk::Walk;
use crate::program::Span;

/// How deep nested containers are copied, as for reading JSON.
const MAX_NESTING: usize = 96;

impl<'p> Machine<'p, '_> {
    /// `json.dumps(value, ...)`. In a decision the text shows as the value does.
    pub(super) fn json_dumps(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(value) = args.get(0) else { return raise("TypeError") };
        if matches!(value, Value::Unknown(_)) {
            return Ok(value.clone());
        }
        // A response is plain data here, whatever turned it into that.
        if matches!(value, Value::Api(_)) {
            let shown = self.render(value, span)?;
            let text = self.text_of(value, span)?.showing(vec![ShownPart::Value(shown)]);
            self.charge(text.as_str().len(), span)?;
            self.dumped.insert(text.shared(), value.clone());
            return Ok(Value::Str(text));
        }
        let shown = self.render(value, span)?;
        let Some(style) = Style::of(args) else { return Ok(Value::unknown_shown("json.dumps(...)", shown)) };
        let text = self.walk(span, |walk| dumped(value, &style, walk))??.showing(vec![ShownPart::Value(shown)]);
        let copy = self.walk(span, |walk| plain(value, MAX_NESTING, walk))?;
        self.dumped.insert(text.shared(), copy);
        Ok(Value::Str(text))
    }

    /// `json.loads(text)`: a text that `json.dumps` made gives its value back, with what came from the API in it.
    pub(super) fn json_loads(&mut self, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        // What is given by name says what numbers and objects become.
        let is_usual = |(name, value): &(String, Value<'p>)| {
            matches!(name.as_str(), "encoding" | "strict") || matches!(value, Value::None)
        };
        if !args.keywords.iter().all(is_usual) {
            return Ok(Value::unknown("json.loads(...)"));
        }
        match args.get(0) {
            Some(Value::Str(text)) => self.json_value(text, span),
            Some(value @ (Value::Unknown(_) | Value::Api(_))) => Ok(value.clone()),
            _ => raise("TypeError"),
        }
    }

    fn json_value(&mut self, text: &Text, span: Span) -> Run<Value<'p>> {
        self.charge(text.as_str().len(), span)?;
        if let Some(value) = self.dumped.get(text.as_str()).cloned() {
            return self.walk(span, |walk| plain(&value, MAX_NESTING, walk));
        }
        if text.is_unknown() {
            return Ok(Value::unknown(format!("json.loads({})", text.as_str())));
        }
        let read = serde_json::from_str(text.as_str());
        if let Ok(super::json_text::Read(value)) = read {
            return if text.is_data() {
                self.walk(span, |walk| of_the_api(&value, MAX_NESTING, walk))
            } else {
                Ok(value)
            };
        }
        // Python reads these, JSON has no such numbers.
        if ["NaN", "Infinity"].iter().any(|word| text.as_str().contains(word)) {
            return Ok(Value::unknown("json.loads(...)"));
        }
        if text.is_data() {
            self.looked();
        }
        raise("JSONDecodeError")
    }
}

/// The value as it comes back from JSON, sharing nothing with the original.
fn plain<'p>(value: &Value<'p>, depth: usize, walk: &mut Walk) -> Value<'p> {
    let Some(depth) = depth.checked_sub(1).filter(|_| walk.pay(1)) else { return Value::unknown("deeply nested JSON") };
    match value {
        Value::List(list) => {
            let list = list.borrow();
            Value::list(list.items.iter().map(|item| plain(item, depth, walk)).collect(), list.growth)
        }
        Value::Tuple(items) => Value::list(items.iter().map(|item| plain(item, depth, walk)).collect(), Growth::Fixed),
        Value::Dict(dict) => {
            let dict = dict.borrow();
            let mut table = Table::new(dict.growth);
            for (key, value) in dict.entries() {
                let key = super::json_text::key(key).unwrap_or_else(|| to_str(key, walk));
                table.insert(Key::Str(key.shared()), Value::Str(key), plain(value, depth, walk));
            }
            Value::Dict(Rc::new(table.into()))
        }
        Value::Member(member) if !member.is_flag() => Value::Int(member.number, true),
        other => other.clone(),
    }
}

/// A value that was read from a text of the API's.
fn of_the_api<'p>(value: &Value<'p>, depth: usize, walk: &mut Walk) -> Value<'p> {
    let Some(depth) = depth.checked_sub(1).filter(|_| walk.pay(1)) else { return Value::unknown("deeply nested JSON") };
    match value {
        Value::Str(text) => Value::Str(text.clone().into_data()),
        Value::List(list) => {
            let items = list.borrow().items.iter().map(|item| of_the_api(item, depth, walk)).collect();
            Value::list(items, Growth::Mirror)
        }
        Value::Dict(dict) => {
            let mut table = Table::new(Growth::Mirror);
            for (key, value) in dict.borrow().entries() {
                let shown = of_the_api(key, depth, walk);
                if let Some(key) = Key::of(key, walk) {
                    table.insert(key, shown, of_the_api(value, depth, walk));
                }
            }
            Value::Dict(Rc::new(table.into()))
        }
        other => other.clone().into_data(),
    }
}
