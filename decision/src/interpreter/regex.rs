//! Python's `re` on top of the regex crate. What that crate cannot express (look-around, back-references) is unknown.

use std::rc::Rc;

use foldhash::HashMap;
use regex::{Regex, RegexBuilder};

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::text::Text;
use super::value::{Growth, Match, Pattern, Value};

/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// Where a match must lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchKind {
    Search,
    Start,
    Full,
}

/// The flags that change what a pattern matches, with their numbers.
const FLAGS: [(&str, &str, i64); 5] =
    [("I", "IGNORECASE", 2), ("M", "MULTILINE", 8), ("S", "DOTALL", 16), ("U", "UNICODE", 32), ("X", "VERBOSE", 64)];

/// The number of a flag of `re`, by its dotted name.
pub(super) fn flag(name: &str) -> Option<i64> {
    let name = name.strip_prefix("re.")?;
    FLAGS.iter().find(|(short, long, _)| name == *short || name == *long).map(|flag| flag.2)
}

/// The names of the flags in a number.
fn named_flags(flags: i64) -> String {
    let set = FLAGS.iter().filter(|flag| flags & flag.2 != 0).map(|flag| format!("re.{}", flag.0));
    set.collect::<Vec<_>>().join("|")
}

/// Compiles a pattern; `None` where it cannot be expressed.
pub(super) fn compile(source: &str, flags: &str) -> Option<Pattern> {
    // Python's `\Z` is the end of the text, the crate's is `\z`; named groups have one spelling in common.
    let translated = source.replace("\\Z", "\\z");
    let has = |short: &str, long: &str| {
        flags.split(['|', ' ']).any(|flag| flag == format!("re.{short}") || flag == format!("re.{long}"))
    };
    let regex = RegexBuilder::new(&translated)
        .case_insensitive(has("I", "IGNORECASE"))
        .multi_line(has("M", "MULTILINE"))
        .dot_matches_new_line(has("S", "DOTALL"))
        .ignore_whitespace(has("X", "VERBOSE"))
        .size_limit(MAX_COMPILED)
        .build()
        .ok()?;
    Some(Pattern { regex, source: source.into() })
}

impl<'p> Machine<'p, '_> {
    /// The pattern of an argument: a text or a compiled one.
    pub(super) fn pattern(&mut self, pattern: &Value<'p>, flags: Option<&Value<'p>>) -> Run<Option<Rc<Pattern>>> {
        match pattern {
            Value::Pattern(pattern) => Ok(Some(Rc::clone(pattern))),
            Value::Str(text) if text.is_unknown() => Ok(None),
            Value::Str(text) => {
                let flags = match flags {
                    Some(Value::Int(flags, _)) => named_flags(*flags),
                    flags => flags.and_then(Value::unknown_text).unwrap_or_default(),
                };
                Ok(self.memory.pattern(text.as_str(), &flags, compile))
            }
            Value::Unknown(_) => Ok(None),
            _ => raise("TypeError"),
        }
    }

    /// A match from the start of the text, with `after` as the end of the pattern.
    fn anchored<'t>(&self, pattern: &Pattern, after: &str, text: &'t str) -> Option<regex::Captures<'t>> {
        // The flags are inside the compiled pattern only: search, then check where the match lies. A leftmost match that
        // starts later, or ends early, is retried with the anchors written in.
        let found = pattern.regex.captures(text)?;
        let whole = found.get(0)?;
        if whole.start() == 0 && (!after.contains('z') || whole.end() == text.len()) {
            return Some(found);
        }
        let plain = |source: &str, _: &str| Some(Pattern { regex: Regex::new(source).ok()?, source: source.into() });
        let anchored = self.memory.pattern(&format!("\\A(?:{}{after}", pattern.regex.as_str()), "anchored", plain)?;
        anchored.regex.captures(text)
    }

    /// The text that a pattern is looked for in; none where it is unknown.
    fn searched<'v>(&mut self, pattern: &Pattern, subject: &'v Value<'p>) -> Run<Option<&'v Text>> {
        match subject {
            Value::Str(text) if !text.is_unknown() => {
                self.inspect_pair(subject, &Value::str(Rc::clone(&pattern.source)));
                Ok(Some(text))
            }
            Value::Str(_) | Value::Unknown(_) => Ok(None),
            _ => raise("TypeError"),
        }
    }

    pub(super) fn regex_match(
        &mut self,
        pattern: &Rc<Pattern>,
        subject: &Value<'p>,
        kind: MatchKind,
    ) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject)? else {
            return Ok(Value::unknown("a match of an unknown text"));
        };
        let string = text.as_str();
        let found = match kind {
            MatchKind::Search => pattern.regex.captures(string),
            // An anchored search: a match that starts later is none.
            MatchKind::Start => self.anchored(pattern, ")", string),
            MatchKind::Full => self.anchored(pattern, ")\\z", string),
        };
        Ok(found.and_then(|found| found_at(pattern, text, &found)).unwrap_or(Value::None))
    }

    /// `re.finditer`: the matches one by one.
    pub(super) fn regex_finditer(&mut self, pattern: &Rc<Pattern>, subject: &Value<'p>) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject)? else {
            return Ok(Value::unknown("the matches of an unknown text"));
        };
        let items = pattern.regex.captures_iter(text.as_str()).filter_map(|found| found_at(pattern, text, &found));
        Ok(Value::iterator(items.collect(), Growth::Grown))
    }

    pub(super) fn regex_findall(&mut self, pattern: &Rc<Pattern>, subject: &Value<'p>) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject)? else {
            return Ok(Value::unknown("the matches of an unknown text"));
        };
        let group = |found: &regex::Captures<'_>, at: usize| {
            Value::Str(text.derive(found.get(at).map_or("", |group| group.as_str())))
        };
        let items = pattern.regex.captures_iter(text.as_str()).map(|found| match found.len() {
            1 => group(&found, 0),
            2 => group(&found, 1),
            groups => Value::tuple((1..groups).map(|at| group(&found, at)).collect::<Vec<_>>()),
        });
        Ok(Value::list(items.collect(), Growth::Grown))
    }

    /// `re.split`: the pieces between the matches, and what the matches' groups hold; a limit of 0 is none.
    #[expect(clippy::unused_self, reason = "one shape for all builtins")]
    pub(super) fn regex_split(
        &mut self,
        pattern: &Rc<Pattern>,
        subject: &Value<'p>,
        limit: Option<&Value<'p>>,
    ) -> Run<Value<'p>> {
        let most = match limit {
            None | Some(Value::Int(0, _)) => usize::MAX,
            // Less than none splits nothing.
            Some(Value::Int(most, _)) => usize::try_from(*most).unwrap_or(0),
            Some(_) => return Ok(Value::unknown("the pieces of a text")),
        };
        let text = match subject {
            Value::Str(text) if !text.is_unknown() => text,
            Value::Str(_) | Value::Unknown(_) => return Ok(Value::unknown("the pieces of an unknown text")),
            _ => return raise("TypeError"),
        };
        // Matches of nothing beside other matches are counted otherwise in Python.
        if pattern.regex.is_match("") {
            return Ok(Value::unknown("the pieces of a text"));
        }
        let (string, mut from, mut pieces) = (text.as_str(), 0, Vec::new());
        for found in pattern.regex.captures_iter(string).take(most) {
            let Some(whole) = found.get(0) else { break };
            pieces.push(Value::Str(text.derive(&string[from..whole.start()])));
            let groups = found.iter().skip(1);
            pieces
                .extend(groups.map(|group| group.map_or(Value::None, |group| Value::Str(text.derive(group.as_str())))));
            from = whole.end();
        }
        pieces.push(Value::Str(text.derive(&string[from..])));
        Ok(Value::list(pieces, Growth::Fixed))
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "one shape for all builtins")]
    pub(super) fn regex_sub(
        &mut self,
        pattern: &Rc<Pattern>,
        replacement: &Value<'p>,
        subject: &Value<'p>,
    ) -> Run<Value<'p>> {
        match (replacement, subject) {
            (Value::Str(replacement), Value::Str(text))
                if !text.is_unknown() && !replacement.as_str().contains(['\\', '$']) =>
            {
                let replaced = pattern.regex.replace_all(text.as_str(), replacement.as_str());
                Ok(Value::Str(text.derive(replaced.as_ref())))
            }
            _ => Ok(Value::unknown("re.sub(...)")),
        }
    }
}

/// A match in a text.
fn found_at<'p>(pattern: &Pattern, text: &Text, found: &regex::Captures<'_>) -> Option<Value<'p>> {
    let whole = found.get(0)?;
    let characters = |at: usize| text.as_str()[..at].chars().count() as i64;
    let groups = found.iter().map(|group| group.map(|group| text.derive(group.as_str()))).collect();
    let names: HashMap<_, _> = pattern
        .regex
        .capture_names()
        .enumerate()
        .filter_map(|(at, name)| name.map(|name| (name.to_owned(), at)))
        .collect();
    let span = (characters(whole.start()), characters(whole.end()));
    Some(Value::Match(Rc::new(Match { groups, names, span, data: text.is_data() })))
}

impl Match {
    pub(super) fn group<'p>(&self, at: i64) -> Option<Value<'p>> {
        let group = self.groups.get(usize::try_from(at).ok()?)?;
        Some(group.clone().map_or(Value::None, Value::Str))
    }

    pub(super) fn method<'p>(&self, name: &str, args: &Args<'p>) -> Run<Value<'p>> {
        match name {
            "group" => match args.get(0) {
                None => Ok(self.group(0).unwrap_or(Value::None)),
                Some(Value::Int(at, _)) => self.group(*at).map_or_else(|| raise("IndexError"), Ok),
                Some(Value::Str(name)) => match self.names.get(name.as_str()) {
                    Some(&at) => Ok(self.group(at as i64).unwrap_or(Value::None)),
                    None => raise("IndexError"),
                },
                Some(_) => raise("IndexError"),
            },
            "groups" => {
                let groups = (1..self.groups.len()).filter_map(|at| self.group(at as i64));
                Ok(Value::tuple(groups.collect::<Vec<_>>()))
            }
            "start" => Ok(Value::Int(self.span.0, self.data)),
            "end" => Ok(Value::Int(self.span.1, self.data)),
            "span" => Ok(Value::tuple(vec![Value::Int(self.span.0, self.data), Value::Int(self.span.1, self.data)])),
            _ => raise("AttributeError"),
        }
    }
}
