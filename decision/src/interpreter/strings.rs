//! Methods of `str`.

use super::containers::clamped;
use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::sequences::COUNTED;
use super::shuffled;
use super::text::{Text, TextBuilder};
use super::value::{Growth, Value};
use super::watch::Change;
use crate::program::Span;

impl<'p> Machine<'p, '_> {
    pub(super) fn str_method(&mut self, text: &Text, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        self.charge(text.cost(), span)?;
        if let Some(value) = self.asked(text, name, args) {
            return Ok(value);
        }
        let string = text.as_str();
        let made = |string: String| Ok(Value::Str(text.derive(string)));
        match name {
            "lower" => Ok(Value::Str(text.map(str::to_lowercase))),
            "casefold" => Ok(Value::Str(text.map(casefold))),
            "upper" => Ok(Value::Str(text.map(str::to_uppercase))),
            "swapcase" => Ok(Value::Str(text.map(swapcase))),
            "title" => made(title(string)),
            "capitalize" => made(capitalize(string)),
            "strip" | "lstrip" | "rstrip" => {
                if let Some(Value::Str(set)) = args.get(0) {
                    self.charge(string.len().saturating_mul(set.as_str().len()) / COUNTED, span)?;
                }
                let stripped = strip(string, name, args)?;
                if stripped.len() == string.len() { Ok(Value::Str(text.clone())) } else { made(stripped.to_owned()) }
            }
            "removeprefix" => made(string.strip_prefix(str_arg(args, 0)?).unwrap_or(string).to_owned()),
            "removesuffix" => made(string.strip_suffix(str_arg(args, 0)?).unwrap_or(string).to_owned()),
            "replace" => {
                let (from, to) = (str_arg(args, 0)?, str_arg(args, 1)?);
                self.charge(string.len().saturating_mul(to.len() + 1) / 8, span)?;
                let count = match args.get(2) {
                    Some(Value::Int(count, _)) if *count >= 0 => *count as usize,
                    _ => usize::MAX,
                };
                if !string.contains(from) {
                    return Ok(Value::Str(text.clone()));
                }
                made(string.replacen(from, to, count))
            }
            "split" | "rsplit" | "splitlines" => {
                let parts = if name == "splitlines" { lines(string, args)? } else { split(string, name, args)? };
                // How many words the API's text has passes through, as the words do.
                let growth = if text.is_data() { Growth::Mirror } else { Growth::Fixed };
                Ok(Value::list(parts.into_iter().map(|part| Value::Str(text.derive(part))).collect(), growth))
            }
            "partition" | "rpartition" => {
                let separator = str_arg(args, 0)?;
                let cut =
                    if name == "partition" { string.split_once(separator) } else { string.rsplit_once(separator) };
                let parts = match cut {
                    Some((before, after)) => [before, separator, after],
                    None if name == "partition" => [string, "", ""],
                    None => ["", "", string],
                };
                Ok(Value::tuple(parts.map(|part| Value::Str(text.derive(part))).to_vec()))
            }
            "join" => self.join(text, args, span),
            "format" => Ok(Value::Str(self.str_format(text, args, span)?)),
            "zfill" | "ljust" | "rjust" | "center" => made(pad(string, name, args)?),
            "decode" => Ok(Value::Str(text.clone())),
            // Python writes bytes in another way.
            "encode" => Ok(Value::Str(text.clone().loosely())),
            "translate" | "expandtabs" | "format_map" | "isascii" | "isidentifier" | "isprintable" | "maketrans" => {
                Ok(Value::unknown(format!("{string}.{name}(...)")))
            }
            _ => self.str_question(text, name, args),
        }
    }

    /// What methods of a name that is watched give, as far as they are changes or questions.
    fn asked(&mut self, text: &Text, name: &str, args: &Args<'p>) -> Option<Value<'p>> {
        if !text.is_watched() || !args.keywords.is_empty() {
            return None;
        }
        let other = match &args.positional[..] {
            [] => return Change::of_method(name).and_then(|change| text.changed(change)).map(Value::Str),
            [Value::Str(other)] => other,
            _ => return None,
        };
        let answer: fn(&Text, &Text) -> bool = match name {
            "startswith" => Text::begins,
            "endswith" => Text::ends,
            "__contains__" => Text::holds,
            "__eq__" => Text::is,
            _ => return None,
        };
        self.inspect_pair(&Value::Str(text.clone()), &args.positional[0]);
        Some(Value::Bool(answer(text, other)))
    }

    /// Methods that look at the text and answer with something else.
    fn str_question(&mut self, text: &Text, name: &str, args: &Args<'p>) -> Run<Value<'p>> {
        let string = text.as_str();
        match args.get(0) {
            Some(other) => self.inspect_pair(&Value::Str(text.clone()), other),
            None => self.inspect(&Value::Str(text.clone())),
        }
        let all = |test: fn(char) -> bool| Ok(Value::Bool(!string.is_empty() && string.chars().all(test)));
        let place = |at: Option<usize>| at.map_or(-1, |at| string[..at].chars().count() as i64);
        match name {
            "startswith" | "endswith" => {
                let part = between(string, args.positional.get(1..).unwrap_or_default())?;
                let fits = |affix: &Value<'_>| match (affix, part) {
                    (Value::Str(_), None) => Some(false),
                    (Value::Str(affix), Some(part)) if name == "startswith" => Some(part.starts_with(affix.as_str())),
                    (Value::Str(affix), Some(part)) => Some(part.ends_with(affix.as_str())),
                    _ => None,
                };
                let result = match args.get(0) {
                    Some(Value::Tuple(affixes)) => {
                        affixes.iter().map(fits).try_fold(false, |any, fit| fit.map(|fit| any | fit))
                    }
                    Some(affix) => fits(affix),
                    None => None,
                };
                result.map_or_else(|| raise("TypeError"), |result| Ok(Value::Bool(result)))
            }
            "find" | "rfind" | "index" | "rindex" | "count" if args.positional.len() > 1 => {
                Ok(Value::unknown(format!("{string}.{name}(...)")))
            }
            "find" => Ok(Value::int(place(string.find(str_arg(args, 0)?)))),
            "rfind" => Ok(Value::int(place(string.rfind(str_arg(args, 0)?)))),
            "index" | "rindex" => {
                let part = str_arg(args, 0)?;
                let at = if name == "index" { string.find(part) } else { string.rfind(part) };
                if at.is_none() { raise("ValueError") } else { Ok(Value::int(place(at))) }
            }
            "count" => {
                let part = str_arg(args, 0)?;
                let count = if part.is_empty() { string.chars().count() + 1 } else { string.matches(part).count() };
                Ok(Value::int(count as i64))
            }
            "__contains__" => Ok(Value::Bool(string.contains(str_arg(args, 0)?))),
            "__eq__" => Ok(Value::Bool(string == str_arg(args, 0)?)),
            "isalpha" => all(char::is_alphabetic),
            "isdigit" | "isnumeric" | "isdecimal" => all(char::is_numeric),
            "isalnum" => all(char::is_alphanumeric),
            "isspace" => all(char::is_whitespace),
            "isupper" => {
                Ok(Value::Bool(string.chars().any(char::is_uppercase) && !string.chars().any(char::is_lowercase)))
            }
            "islower" => {
                Ok(Value::Bool(string.chars().any(char::is_lowercase) && !string.chars().any(char::is_uppercase)))
            }
            "istitle" => Ok(Value::Bool(string.chars().any(char::is_alphabetic) && title(string) == string)),
            _ => raise("AttributeError"),
        }
    }

    fn join(&mut self, separator: &Text, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        let Some(iterable) = args.get(0) else { return raise("TypeError") };
        let growth = self.growth(iterable);
        let mut texts = Vec::new();
        let items = self.items(iterable, span)?;
        let shuffled = shuffled::whole(&items);
        let in_some_order = shuffled.is_some();
        for item in shuffled.unwrap_or(items) {
            texts.push(match item {
                Value::Str(text) => text,
                Value::Unknown(_) => self.text_of(&item, span)?,
                _ => return raise("TypeError"),
            });
        }
        let unordered =
            matches!(iterable, Value::Set(_)) && texts.len() > 1 || growth == Growth::Sample || in_some_order;
        let joined = self.joined(separator, &texts, unordered, span)?;
        // As many separators as labels: their number was not decided.
        let many = matches!(growth, Growth::Mirror | Growth::Grown);
        let data = many && joined.is_data() || growth == Growth::Mirror;
        if data && !joined.is_unknown() {
            return Ok(Value::Str(joined.into_data()));
        }
        if growth != Growth::Grown || joined.is_data() {
            return Ok(Value::Str(joined));
        }
        // Filled in the order of the scores, which was not decided.
        texts.sort_by_cached_key(Text::shared);
        let shown = self.joined(separator, &texts, unordered, span)?.shown_parts();
        Ok(Value::Str(joined.showing(shown)))
    }

    fn joined(&mut self, separator: &Text, texts: &[Text], unordered: bool, span: Span) -> Run<Text> {
        let mut out = TextBuilder::default();
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                out.push(separator);
            }
            out.push(text);
            self.charge(1 + out.len() / 64, span)?;
        }
        if unordered {
            out.loosen();
        }
        Ok(out.build())
    }
}

pub(super) fn str_arg<'a>(args: &'a Args<'_>, at: usize) -> Run<&'a str> {
    match args.get(at) {
        Some(Value::Str(text)) => Ok(text.as_str()),
        _ => raise("TypeError"),
    }
}

/// What a method that takes nothing makes of a text.
pub(super) fn changed(string: &str, method: &str) -> Option<String> {
    Some(match method {
        "lower" => string.to_lowercase(),
        "upper" => string.to_uppercase(),
        "casefold" => casefold(string),
        "swapcase" => swapcase(string),
        "title" => title(string),
        "capitalize" => capitalize(string),
        "strip" => string.trim().to_owned(),
        "lstrip" => string.trim_start().to_owned(),
        "rstrip" => string.trim_end().to_owned(),
        _ => return None,
    })
}

fn casefold(string: &str) -> String {
    string.to_lowercase().replace('ß', "ss")
}

fn swapcase(string: &str) -> String {
    let swap =
        |c: char| if c.is_uppercase() { c.to_lowercase().collect::<String>() } else { c.to_uppercase().collect() };
    string.chars().map(swap).collect()
}

pub(super) fn capitalize(string: &str) -> String {
    let mut characters = string.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters.flat_map(char::to_lowercase)).collect())
}

fn title(string: &str) -> String {
    let mut out = String::with_capacity(string.len());
    let mut inside = false;
    for c in string.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

fn strip<'a>(string: &'a str, name: &str, args: &Args<'_>) -> Run<&'a str> {
    let set = match args.get(0) {
        None | Some(Value::None) => None,
        Some(_) => Some(str_arg(args, 0)?),
    };
    let strips = |c: char| set.map_or_else(|| c.is_whitespace(), |set| set.contains(c));
    Ok(match name {
        "lstrip" => string.trim_start_matches(strips),
        "rstrip" => string.trim_end_matches(strips),
        _ => string.trim_matches(strips),
    })
}

/// The part of a text from one character to another; `None` where it would begin behind its end, and not even an empty
/// text is there.
fn between<'a>(string: &'a str, bounds: &[Value<'_>]) -> Run<Option<&'a str>> {
    if bounds.is_empty() {
        return Ok(Some(string));
    }
    let length = string.chars().count();
    let Some([start, stop]) = clamped(bounds, length)? else { return raise("TypeError") };
    let is_behind = matches!(bounds[0], Value::Int(start, _) if start > length as i64);
    if is_behind || start > stop {
        return Ok(None);
    }
    let byte = |at: usize| string.char_indices().nth(at).map_or(string.len(), |(byte, _)| byte);
    Ok(Some(&string[byte(start)..byte(stop)]))
}

/// The lines of a text, by all that Python takes for an end of one.
fn lines<'a>(string: &'a str, args: &Args<'_>) -> Run<Vec<&'a str>> {
    let keeps = match args.at_or(0, "keepends") {
        None => false,
        Some(keeps) => keeps.number().map_or_else(|| raise("TypeError"), |(number, _)| Ok(number.as_f64() != 0.0))?,
    };
    let ends = |c: char| {
        matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let (mut lines, mut rest) = (Vec::new(), string);
    while let Some(at) = rest.find(ends) {
        let both = rest[at..].starts_with("\r\n");
        let end = rest[at..].chars().next().map_or(0, char::len_utf8) + usize::from(both);
        lines.push(&rest[..if keeps { at + end } else { at }]);
        rest = &rest[at + end..];
    }
    lines.extend((!rest.is_empty()).then_some(rest));
    Ok(lines)
}

fn split<'a>(string: &'a str, name: &str, args: &Args<'_>) -> Run<Vec<&'a str>> {
    let most = match args.at_or(1, "maxsplit") {
        Some(Value::Int(most, _)) if *most >= 0 => *most as usize,
        _ => usize::MAX - 1,
    };
    let separator = match args.at_or(0, "sep") {
        None | Some(Value::None) => None,
        Some(Value::Str(separator)) if separator.as_str().is_empty() => return raise("ValueError"),
        Some(Value::Str(separator)) => Some(separator.as_str().to_owned()),
        Some(_) => return raise("TypeError"),
    };
    Ok(match (separator, name) {
        (Some(separator), "split") => string.splitn(most + 1, separator.as_str()).collect(),
        (Some(separator), _) => {
            let mut parts: Vec<_> = string.rsplitn(most + 1, separator.as_str()).collect();
            parts.reverse();
            parts
        }
        (None, "split") => split_spaces(string, most),
        (None, _) => split_spaces_from_the_end(string, most),
    })
}

/// Splits at runs of white space, at most `most` times; the rest keeps its inner spaces.
fn split_spaces(string: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = string.trim_start();
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest.trim_end());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    parts
}

/// As [`split_spaces`], counted from the end.
fn split_spaces_from_the_end(string: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = string.trim_end();
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest.trim_start());
            break;
        }
        let start = rest.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8());
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end();
    }
    parts.reverse();
    parts
}

fn pad(string: &str, name: &str, args: &Args<'_>) -> Run<String> {
    let Some(Value::Int(width, _)) = args.get(0) else { return raise("TypeError") };
    // No decision prints a line wider than this; a hostile width must not fill the memory.
    let width = usize::try_from(*width).unwrap_or(0).min(4096);
    let missing = width.saturating_sub(string.chars().count());
    let fill = match args.get(1) {
        Some(Value::Str(fill)) => fill.as_str().chars().next().unwrap_or(' '),
        _ if name == "zfill" => '0',
        _ => ' ',
    };
    let fills = |count: usize| fill.to_string().repeat(count);
    Ok(match name {
        "ljust" => string.to_owned() + &fills(missing),
        "center" => {
            // As `CPython` does it: the odd one goes left where the width is odd, too.
            let left = missing / 2 + (missing & width & 1);
            fills(left) + string + &fills(missing - left)
        }
        "zfill" if string.starts_with(['-', '+']) => format!("{}{}{}", &string[..1], fills(missing), &string[1..]),
        _ => fills(missing) + string,
    })
}
