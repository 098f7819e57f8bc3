//! Formatting: f-strings, `str.format` and `%`.

use super::expressions::{Args, UNPACKED};
use super::format_spec::Spec;
use super::machine::{Machine, Run, raise};
use super::render::{repr, to_str};
use super::text::{Origin, Text, TextBuilder};
use super::value::{Number, Value};
use super::walk::Walk;
use crate::program::Span;

/// Characters that are put into a text in a step.
const FORMATTED: usize = 8;

/// A value under a format specification (`>10`, `.2f`, `05d`, `.0%`), after an optional conversion `!r` or `!s`.
fn format_value(value: &Value<'_>, spec: &str, walk: &mut Walk) -> Run<Text> {
    let (conversion, spec) = match spec.strip_prefix('!') {
        Some(rest) => (rest.chars().next(), rest.get(1..).unwrap_or("").trim_start_matches(':')),
        None => (None, spec.strip_prefix(':').unwrap_or(spec)),
    };
    let plain = if conversion == Some('r') { repr(value, walk) } else { to_str(value, walk) };
    if spec.is_empty() || matches!(value, Value::Unknown(_)) || plain.is_unknown() {
        return Ok(plain);
    }
    let spec = Spec::parse(spec);
    let formatted = match (value.number(), value) {
        (Some((number, _)), _) if conversion.is_none() => spec.number(number)?,
        (_, Value::None | Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::Dict(_))
            if conversion.is_none() =>
        {
            return raise("TypeError");
        }
        _ => spec.text(plain.as_str())?,
    };
    Ok(if formatted == plain.as_str() { plain } else { plain.derive(formatted) })
}

/// One conversion of `%`, e.g. `%-5.1f`.
fn converted(value: &Value<'_>, flags: &str, kind: &str, walk: &mut Walk) -> Run<Text> {
    let plain = if kind == "r" { repr(value, walk) } else { to_str(value, walk) };
    if matches!(value, Value::Unknown(_)) {
        return Ok(plain);
    }
    let size = flags.trim_start_matches(['#', '0', '-', ' ', '+']);
    let flags = &flags[..flags.len() - size.len()];
    let mut spec = Spec::parse(size);
    spec.prefixed = flags.contains('#');
    spec.sign = if flags.contains('+') {
        "+"
    } else if flags.contains(' ') {
        " "
    } else {
        ""
    };
    spec.align = Some(if flags.contains('-') { '<' } else { '>' });
    if matches!(kind, "s" | "r" | "a") {
        let text = spec.text(plain.as_str())?;
        return Ok(if text == plain.as_str() { plain } else { plain.derive(text) });
    }
    if let ("c", Value::Str(text)) = (kind, value) {
        return if text.as_str().chars().count() == 1 {
            Ok(plain.derive(spec.text(text.as_str())?))
        } else {
            raise("TypeError")
        };
    }
    let Some((number, _)) = value.number() else { return raise("TypeError") };
    if flags.contains('0') && !flags.contains('-') {
        (spec.fill, spec.align) = ('0', Some('='));
    }
    spec.kind = kind.chars().next();
    if !matches!(kind, "d" | "i" | "u" | "o" | "x" | "X" | "c") {
        return Ok(plain.derive(spec.number(number)?));
    }
    let whole = match number {
        Number::Int(value) => value,
        Number::Float(value) if matches!(kind, "d" | "i" | "u") && value.is_finite() => value.trunc() as i64,
        Number::Float(_) => return raise("TypeError"),
    };
    if matches!(kind, "i" | "u") {
        spec.kind = Some('d');
    }
    // Here the precision is the least number of digits.
    if let Some(least) = spec.precision.take() {
        let bare = spec.kind.map(String::from).unwrap_or_default();
        let digits = Spec::parse(&bare).number(Number::Int(whole.saturating_abs()))?;
        let digits = format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
        let sign = if whole < 0 { "-" } else { spec.sign };
        return Ok(plain.derive(spec.padded(sign, &digits, '>')));
    }
    Ok(plain.derive(spec.number(Number::Int(whole))?))
}

impl<'p> Machine<'p, '_> {
    /// A value under a format specification.
    pub(super) fn format_value(&mut self, value: &Value<'p>, spec: &str, span: Span) -> Run<Text> {
        let text = self.walk(span, |walk| format_value(value, spec, walk))??;
        self.charge(text.as_str().len() / FORMATTED, span)?;
        Ok(text)
    }

    /// `text % value`.
    pub(super) fn percent_format(&mut self, pattern: &Text, value: &Value<'p>, span: Span) -> Run<Text> {
        self.charge(pattern.cost(), span)?;
        let mut values = match value {
            Value::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        }
        .into_iter();
        let mut out = TextBuilder::default();
        let base = pattern.derive("");
        let origin = base.pieces().first().map_or(Origin::Program, |piece| piece.1);
        let mut rest = pattern.as_str();
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at], origin);
            rest = &rest[at + 1..];
            let named = rest.strip_prefix('(').and_then(|tail| tail.split_once(')'));
            if let Some((_, tail)) = named {
                rest = tail;
            }
            let Some(end) = rest.find(|c: char| c == '%' || c.is_ascii_alphabetic()) else {
                return raise("ValueError");
            };
            let (flags, kind) = (&rest[..end], &rest[end..=end]);
            rest = &rest[end + 1..];
            if kind == "%" {
                out.push_str("%", origin);
                continue;
            }
            let mut flags = flags.to_owned();
            while flags.contains('*') {
                let Some(Value::Int(width, _)) = values.next() else { return raise("TypeError") };
                flags = flags.replacen('*', &width.to_string(), 1);
            }
            let argument = match (named, value) {
                (Some((name, _)), Value::Dict(dict)) => dict
                    .borrow()
                    .get(&super::table::Key::Str(name.into()))
                    .cloned()
                    .map_or_else(|| raise("KeyError"), Ok)?,
                (Some(_), Value::Unknown(_)) => value.clone(),
                _ => values.next().map_or_else(|| raise("TypeError"), Ok)?,
            };
            let text = self.walk(span, |walk| converted(&argument, &flags, kind, walk))??;
            self.charge(1 + text.as_str().len() / FORMATTED, span)?;
            out.push(&text);
        }
        out.push_str(rest, origin);
        let left = values.next().is_some();
        if left && !matches!(value, Value::Dict(_) | Value::Unknown(_)) {
            return raise("TypeError");
        }
        Ok(out.build())
    }

    /// `text.format(...)`; fields are places or names, and what is picked out of them: `{0[Name]}`, `{face.joy}`.
    pub(super) fn str_format(&mut self, pattern: &Text, args: &Args<'p>, span: Span) -> Run<Text> {
        let mut out = TextBuilder::default();
        let base = pattern.derive("");
        let origin = base.pieces().first().map_or(Origin::Program, |piece| piece.1);
        let mut rest = pattern.as_str();
        let mut automatic = 0;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at], origin);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix(brace) {
                out.push_str(brace, origin);
                rest = tail;
                continue;
            }
            let Some((field, tail)) = rest.split_once('}').filter(|_| brace == "{") else { return raise("ValueError") };
            rest = tail;
            let (name, spec) = match field.find(['!', ':']) {
                Some(at) => (&field[..at], &field[at..]),
                None => (field, ""),
            };
            let (name, path) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
            let value = if name.is_empty() {
                automatic += 1;
                args.get(automatic - 1).cloned()
            } else if let Ok(place) = name.parse::<usize>() {
                args.get(place).cloned()
            } else {
                let unpacked = || args.keyword(UNPACKED).map(|_| Value::unknown(name));
                args.keyword(name).cloned().or_else(unpacked)
            };
            let Some(value) = value else {
                return raise(if name.parse::<usize>().is_ok() || name.is_empty() { "IndexError" } else { "KeyError" });
            };
            let value = self.picked(value, path, span)?;
            out.push(&self.format_value(&value, spec, span)?);
        }
        out.push_str(rest, origin);
        Ok(out.build())
    }

    /// What a format field picks out of a value: `[key]` and `.name`, one after the other.
    fn picked(&mut self, value: Value<'p>, path: &str, span: Span) -> Run<Value<'p>> {
        let (mut value, mut rest) = (value, path);
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let Some((key, tail)) = inside.split_once(']') else { return raise("ValueError") };
                let key = key.parse().map_or_else(|_| Value::str(key), Value::int);
                value = self.item(&value, &key, span)?;
                rest = tail;
            } else {
                let name = rest.trim_start_matches('.');
                let (name, tail) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
                if name.is_empty() {
                    return raise("ValueError");
                }
                value = self.attribute(&value, name)?;
                rest = tail;
            }
        }
        Ok(value)
    }
}
