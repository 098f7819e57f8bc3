//! Formatting: f-strings, `str.format` and `%`.

use super::expressions::Args;
use super::machine::{Run, raise};
use super::render::{float_repr, repr, to_str};
use super::text::{Origin, Text, TextBuilder};
use super::value::{Number, Value};

/// The widest field that is honoured; a hostile width must not fill the memory.
const MAX_WIDTH: usize = 4096;

/// A value under a format specification (`>10`, `.2f`, `05d`, `.0%`), after an optional conversion `!r` or `!s`.
pub(super) fn format_value(value: &Value<'_>, spec: &str) -> Run<Text> {
    let (conversion, spec) = match spec.strip_prefix('!') {
        Some(rest) => (rest.chars().next(), rest.get(1..).unwrap_or("").trim_start_matches(':')),
        None => (None, spec.trim_start_matches(':')),
    };
    let plain = if conversion == Some('r') { repr(value) } else { to_str(value) };
    if spec.is_empty() || matches!(value, Value::Unknown(_)) || plain.is_unknown() {
        return Ok(plain);
    }
    let spec = Spec::parse(spec);
    let body = match value.number() {
        Some((number, _)) if conversion.is_none() => spec.number(number)?,
        _ => match spec.precision {
            Some(precision) => plain.as_str().chars().take(precision).collect(),
            None => plain.as_str().to_owned(),
        },
    };
    let right = spec.align.unwrap_or(if value.number().is_some() { '>' } else { '<' });
    let missing = spec.width.saturating_sub(body.chars().count());
    if missing == 0 && body == plain.as_str() {
        return Ok(plain);
    }
    let (before, after) = match right {
        '<' => (0, missing),
        '^' => (missing / 2, missing - missing / 2),
        _ => (missing, 0),
    };
    let fills = |count: usize| spec.fill.to_string().repeat(count);
    Ok(plain.derive(fills(before) + &body + &fills(after)))
}

struct Spec {
    fill: char,
    align: Option<char>,
    plus: bool,
    width: usize,
    comma: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(spec: &str) -> Self {
        let mut rest: &[char] = &spec.chars().collect::<Vec<_>>();
        let mut parsed =
            Self { fill: ' ', align: None, plus: false, width: 0, comma: false, precision: None, kind: None };
        let is_align = |c: &char| matches!(c, '<' | '>' | '^' | '=');
        if let [fill, align, tail @ ..] = rest
            && is_align(align)
        {
            (parsed.fill, parsed.align, rest) = (*fill, Some(*align), tail);
        } else if let [align, tail @ ..] = rest
            && is_align(align)
        {
            (parsed.align, rest) = (Some(*align), tail);
        }
        if let [sign @ ('+' | '-' | ' '), tail @ ..] = rest {
            (parsed.plus, rest) = (*sign == '+', tail);
        }
        if let ['0', tail @ ..] = rest {
            (parsed.fill, rest) = ('0', tail);
            parsed.align = parsed.align.or(Some('>'));
        }
        (parsed.width, rest) = digits(rest);
        parsed.width = parsed.width.min(MAX_WIDTH);
        if let [',' | '_', tail @ ..] = rest {
            (parsed.comma, rest) = (true, tail);
        }
        if let ['.', tail @ ..] = rest {
            let (precision, tail) = digits(tail);
            (parsed.precision, rest) = (Some(precision.min(MAX_WIDTH)), tail);
        }
        parsed.kind = rest.first().copied();
        parsed
    }

    fn number(&self, number: Number) -> Run<String> {
        let float = number.as_f64();
        let precision = self.precision.unwrap_or(6);
        let text = match (self.kind, number) {
            (Some('%'), _) => format!("{:.precision$}%", float * 100.0),
            (Some('f' | 'F'), _) => format!("{float:.precision$}"),
            (Some('e' | 'E'), _) => {
                let text = format!("{float:.precision$e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
            }
            (Some('d' | 'n') | None, Number::Int(value)) => value.to_string(),
            (Some('x'), Number::Int(value)) => format!("{value:x}"),
            (Some('b'), Number::Int(value)) => format!("{value:b}"),
            (Some('d' | 'x' | 'b' | 's'), _) => return raise("ValueError"),
            (Some('g' | 'G'), _) => general(float, precision.max(1)),
            (_, number) => match self.precision {
                Some(precision) => general(float, precision.max(1)),
                None => match number {
                    Number::Int(value) => value.to_string(),
                    Number::Float(value) => float_repr(value),
                },
            },
        };
        let text = if self.comma { with_commas(&text) } else { text };
        Ok(if self.plus && float >= 0.0 { format!("+{text}") } else { text })
    }
}

fn digits(text: &[char]) -> (usize, &[char]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..end].iter().collect::<String>().parse().unwrap_or(0);
    (number, &text[end..])
}

/// C's `%g`.
fn general(value: f64, precision: usize) -> String {
    let scientific = format!("{value:.*e}", precision - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|parts| parts.1.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if exponent < -4 || exponent >= precision as i32 {
        let digits = scientific.split_once('e').map_or("", |parts| parts.0);
        format!("{}e{}{:02}", trim(digits), if exponent < 0 { '-' } else { '+' }, exponent.abs())
    } else {
        trim(&format!("{value:.*}", (precision as i32 - 1 - exponent).max(0) as usize))
    }
}

fn with_commas(text: &str) -> String {
    let end = text.find(['.', 'e', '%']).unwrap_or(text.len());
    let start = usize::from(text.starts_with('-'));
    let mut out = text[..start].to_owned();
    for (i, c) in text[start..end].char_indices() {
        if i > 0 && (end - start - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out + &text[end..]
}

/// `text % value`.
pub(super) fn percent_format(pattern: &Text, value: &Value<'_>) -> Run<Text> {
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
        if let Some(tail) = rest.strip_prefix('%') {
            out.push_str("%", origin);
            rest = tail;
            continue;
        }
        let named = rest.strip_prefix('(').and_then(|tail| tail.split_once(')'));
        let argument = match (named, value) {
            (Some((name, tail)), Value::Dict(dict)) => {
                rest = tail;
                dict.borrow().get(&super::table::Key::Str(name.into())).cloned()
            }
            _ => values.next(),
        };
        let Some(argument) = argument else { return raise("TypeError") };
        let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else { return raise("ValueError") };
        let (flags, kind) = (&rest[..end], &rest[end..=end]);
        rest = &rest[end + 1..];
        let known = !matches!(argument, Value::Unknown(_));
        if known && matches!(kind, "d" | "i" | "f" | "e" | "g") && argument.number().is_none() {
            return raise("TypeError");
        }
        let argument = match (kind, argument.number()) {
            ("d" | "i", Some((number, data))) => Value::Int(number.as_f64().trunc() as i64, data),
            _ => argument,
        };
        let spec = match kind {
            "r" => "!r".to_owned(),
            "s" => flags.strip_prefix('-').map_or_else(
                || if flags.is_empty() || flags.starts_with('.') { flags.to_owned() } else { format!(">{flags}") },
                |width| format!("<{width}"),
            ),
            "i" => format!("{flags}d"),
            _ => flags.strip_prefix('-').map_or_else(|| format!("{flags}{kind}"), |width| format!("<{width}{kind}")),
        };
        out.push(&format_value(&argument, &spec)?);
    }
    out.push_str(rest, origin);
    let left = values.next().is_some();
    if left && !matches!(value, Value::Dict(_) | Value::Unknown(_)) {
        return raise("TypeError");
    }
    Ok(out.build())
}

/// `text.format(...)`; fields are places, names, and nothing after either (attributes of fields stay unknown).
pub(super) fn str_format(pattern: &Text, args: &Args<'_>) -> Run<Text> {
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
        let value = if name.is_empty() {
            automatic += 1;
            args.get(automatic - 1).cloned()
        } else if let Ok(place) = name.parse::<usize>() {
            args.get(place).cloned()
        } else if name.contains(['.', '[']) {
            Some(Value::unknown(name))
        } else {
            args.keyword(name).cloned()
        };
        let Some(value) = value else {
            return raise(if name.parse::<usize>().is_ok() || name.is_empty() { "IndexError" } else { "KeyError" });
        };
        out.push(&format_value(&value, spec)?);
    }
    out.push_str(rest, origin);
    Ok(out.build())
}
