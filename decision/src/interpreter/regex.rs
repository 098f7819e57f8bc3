//! Python's `re` on top of the regex crate. What that crate cannot express (look-around, back-references) is unknown.

use std::rc::Rc;

use foldhash::HashMap;
use regex::{Captures, RegexBuilder};

use super::expressions::Args;
use super::machine::{Machine, Run, raise};
use super::table::{Key, Table};
use super::text::Text;
use super::value::{Group, Growth, Match, Pattern, Value};
use crate::program::Span;

/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// Steps that compiling a pattern takes.
const COMPILED: usize = 4_000;

/// Patterns of one run that are compiled for nothing, as applications have a few.
const FREE_PATTERNS: usize = 16;

/// Bytes that are searched in a step. Each match may take a search through the whole text: the crate's search is linear, the
/// one for all matches is not.
const SEARCHED: usize = 64;

/// Characters that are put into a text, or counted, in a step.
const COPIED: usize = 8;

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

/// Whether flags are all known that are written as `re.I | re.M`.
fn are_known(flags: &str) -> bool {
    flags.split(['|', ' ']).filter(|name| !name.is_empty()).all(|name| flag(name).is_some())
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
    Some(Pattern { regex, source: source.into(), flags: flags.into() })
}

/// A pattern that matches from the start of a text, or all of it; `None` where that cannot be expressed.
fn compile_anchored(source: &str, flags: &str, kind: MatchKind) -> Option<Pattern> {
    let end = if kind == MatchKind::Full { "\\z" } else { "" };
    // A comment at the end of a verbose pattern would go on over what closes the group.
    let plain = compile(&format!("\\A(?:{source}){end}"), flags);
    plain.or_else(|| compile(&format!("\\A(?:{source}\n){end}"), flags))
}

impl Pattern {
    /// Whether a match of nothing can be told apart from one of something at the same place: the first of several
    /// alternatives, or the shortest match, may be nothing where Python goes on with another one.
    fn prefers_longest(&self) -> bool {
        !["|", "*?", "+?", "??", "}?"].iter().any(|lazy| self.source.contains(lazy))
    }
}

impl<'p> Machine<'p, '_> {
    /// A function of `re`.
    pub(super) fn regex_call(&mut self, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        if let Some(flag) = flag(name) {
            return Ok(Value::int(flag));
        }
        let Some(pattern) = args.at_or(0, "pattern") else { return raise("TypeError") };
        let flags_at = match name {
            "re.compile" => 1,
            "re.sub" => 4,
            "re.split" => 3,
            _ => 2,
        };
        let flags = args.at_or(flags_at, "flags").cloned();
        let Some(pattern) = self.pattern(pattern, flags.as_ref(), span)? else {
            return Ok(Value::unknown(format!("{name}(...)")));
        };
        let string = |at: usize| args.at_or(at, "string").map_or_else(|| raise("TypeError"), Ok);
        match name {
            "re.compile" => Ok(Value::Pattern(pattern)),
            "re.search" => self.regex_match(&pattern, string(1)?, MatchKind::Search, span),
            "re.match" => self.regex_match(&pattern, string(1)?, MatchKind::Start, span),
            "re.fullmatch" => self.regex_match(&pattern, string(1)?, MatchKind::Full, span),
            "re.findall" => self.regex_findall(&pattern, string(1)?, span),
            "re.finditer" => self.regex_finditer(&pattern, string(1)?, span),
            "re.split" => self.regex_split(&pattern, string(1)?, args.at_or(2, "maxsplit"), span),
            "re.sub" => match args.at_or(1, "repl") {
                Some(replacement) => self.regex_sub(&pattern, (replacement, string(2)?), args.at_or(3, "count"), span),
                None => raise("TypeError"),
            },
            _ => Ok(Value::unknown(format!("{name}(...)"))),
        }
    }

    /// A method of a compiled pattern.
    pub(super) fn pattern_method(
        &mut self,
        pattern: &Rc<Pattern>,
        name: &str,
        args: &Args<'p>,
        span: Span,
    ) -> Run<Value<'p>> {
        let string = |at: usize| args.at_or(at, "string").map_or_else(|| raise("TypeError"), Ok);
        let is_search = matches!(name, "search" | "match" | "fullmatch" | "findall" | "finditer");
        if is_search && (args.positional.len() > 1 || args.keywords.iter().any(|keyword| keyword.0 != "string")) {
            // From one place to another.
            return Ok(Value::unknown(format!("{name}(...)")));
        }
        match name {
            "search" => self.regex_match(pattern, string(0)?, MatchKind::Search, span),
            "match" => self.regex_match(pattern, string(0)?, MatchKind::Start, span),
            "fullmatch" => self.regex_match(pattern, string(0)?, MatchKind::Full, span),
            "findall" => self.regex_findall(pattern, string(0)?, span),
            "finditer" => self.regex_finditer(pattern, string(0)?, span),
            "split" => self.regex_split(pattern, string(0)?, args.at_or(1, "maxsplit"), span),
            "sub" => match args.at_or(0, "repl") {
                Some(replacement) => self.regex_sub(pattern, (replacement, string(1)?), args.at_or(2, "count"), span),
                None => raise("TypeError"),
            },
            _ => raise("AttributeError"),
        }
    }

    /// The pattern of an argument: a text or a compiled one.
    fn pattern(&mut self, pattern: &Value<'p>, flags: Option<&Value<'p>>, span: Span) -> Run<Option<Rc<Pattern>>> {
        match pattern {
            Value::Pattern(pattern) => Ok(Some(Rc::clone(pattern))),
            Value::Str(text) if text.is_unknown() => Ok(None),
            Value::Str(text) => {
                self.charge(text.cost(), span)?;
                let flags = match flags {
                    Some(Value::Int(flags, _)) => named_flags(*flags),
                    flags => flags.and_then(Value::unknown_text).unwrap_or_default(),
                };
                if !are_known(&flags) {
                    return Ok(None);
                }
                self.pay_for_pattern(text, &flags, span)?;
                Ok(self.memory.pattern(text.as_str(), &flags, compile))
            }
            Value::Unknown(_) => Ok(None),
            _ => raise("TypeError"),
        }
    }

    /// Pays for compiling a pattern, unless the run had it before: that others of the program's runs compiled it makes none
    /// of them shorter.
    fn pay_for_pattern(&mut self, source: &Text, flags: &str, span: Span) -> Run<()> {
        let is_new = self.patterns.insert((source.shared(), flags.to_owned()));
        let steps = if is_new && self.patterns.len() > FREE_PATTERNS { COMPILED } else { 0 };
        self.charge(steps, span)
    }

    /// The pattern for matches that lie there; the compiled ones are kept.
    fn anchored(&self, pattern: &Rc<Pattern>, kind: MatchKind) -> Option<Rc<Pattern>> {
        let place = match kind {
            MatchKind::Search => return Some(Rc::clone(pattern)),
            MatchKind::Start => "at the start",
            MatchKind::Full => "all of it",
        };
        let key = format!("{} {place}", pattern.flags);
        self.memory.pattern(&pattern.source, &key, |source, _| compile_anchored(source, &pattern.flags, kind))
    }

    /// The text that a pattern is looked for in; none where it is unknown.
    fn searched<'v>(&mut self, pattern: &Pattern, subject: &'v Value<'p>, span: Span) -> Run<Option<&'v Text>> {
        match subject {
            Value::Str(text) if !text.is_unknown() => {
                self.inspect_pair(subject, &Value::str(Rc::clone(&pattern.source)));
                self.charge(text.as_str().len() / SEARCHED, span)?;
                Ok(Some(text))
            }
            Value::Str(_) | Value::Unknown(_) => Ok(None),
            _ => raise("TypeError"),
        }
    }

    /// The first matches in a text, each paid for; `None` where Python may find others.
    fn matches<'t>(
        &mut self,
        pattern: &Pattern,
        text: &'t str,
        most: usize,
        span: Span,
    ) -> Run<Option<Vec<Captures<'t>>>> {
        let (mut matches, mut from) = (Vec::new(), 0);
        while matches.len() < most && from <= text.len() {
            let Some(found) = pattern.regex.captures_at(text, from) else { break };
            let Some(whole) = found.get(0) else { break };
            if whole.is_empty() && !pattern.prefers_longest() {
                return Ok(None);
            }
            // Nothing can be found right behind a match, but not twice at one place.
            let step = text[whole.end()..].chars().next().map_or(1, char::len_utf8);
            from = if whole.is_empty() { whole.end() + step } else { whole.end() };
            self.charge(found.len() + text.len() / SEARCHED, span)?;
            matches.push(found);
        }
        Ok(Some(matches))
    }

    /// A text that was found, of the same origin as the text that it was found in.
    fn piece(&mut self, text: &Text, found: &str, span: Span) -> Run<Value<'p>> {
        self.charge(found.len() / COPIED, span)?;
        Ok(Value::Str(text.derive(found)))
    }

    fn regex_match(
        &mut self,
        pattern: &Rc<Pattern>,
        subject: &Value<'p>,
        kind: MatchKind,
        span: Span,
    ) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject, span)? else {
            return Ok(Value::unknown("a match of an unknown text"));
        };
        let Some(anchored) = self.anchored(pattern, kind) else { return Ok(Value::unknown("a match of a text")) };
        match anchored.regex.captures(text.as_str()) {
            Some(found) => self.found_at(&anchored, text, &found, span),
            None => Ok(Value::None),
        }
    }

    /// A match in a text.
    fn found_at(&mut self, pattern: &Pattern, text: &Text, found: &Captures<'_>, span: Span) -> Run<Value<'p>> {
        let mut groups = Vec::with_capacity(found.len());
        for group in found.iter() {
            let Some(group) = group else {
                groups.push(None);
                continue;
            };
            self.charge(group.len() / COPIED, span)?;
            groups.push(Some(Group { text: text.derive(group.as_str()), place: group.range() }));
        }
        let names = pattern.regex.capture_names().enumerate();
        let names: HashMap<_, _> = names.filter_map(|(at, name)| name.map(|name| (name.to_owned(), at))).collect();
        Ok(Value::Match(Rc::new(Match { groups, names, subject: text.clone() })))
    }

    /// `re.finditer`: the matches one by one.
    fn regex_finditer(&mut self, pattern: &Rc<Pattern>, subject: &Value<'p>, span: Span) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject, span)? else {
            return Ok(Value::unknown("the matches of an unknown text"));
        };
        let Some(matches) = self.matches(pattern, text.as_str(), usize::MAX, span)? else {
            return Ok(Value::unknown("the matches of a text"));
        };
        let items = matches.iter().map(|found| self.found_at(pattern, text, found, span)).collect::<Run<Vec<_>>>()?;
        Ok(Value::iterator(items, Growth::Grown))
    }

    fn regex_findall(&mut self, pattern: &Rc<Pattern>, subject: &Value<'p>, span: Span) -> Run<Value<'p>> {
        let Some(text) = self.searched(pattern, subject, span)? else {
            return Ok(Value::unknown("the matches of an unknown text"));
        };
        let Some(matches) = self.matches(pattern, text.as_str(), usize::MAX, span)? else {
            return Ok(Value::unknown("the matches of a text"));
        };
        let mut items = Vec::with_capacity(matches.len());
        for found in &matches {
            // The groups, if there are any.
            let groups = found.iter().skip(usize::from(found.len() > 1));
            let mut pieces = Vec::with_capacity(found.len());
            for group in groups {
                pieces.push(self.piece(text, group.map_or("", |group| group.as_str()), span)?);
            }
            items.push(if pieces.len() == 1 { pieces.remove(0) } else { Value::tuple(pieces) });
        }
        Ok(Value::list(items, Growth::Grown))
    }

    /// `re.split`: the pieces between the matches, and what the matches' groups hold; a limit of 0 is none.
    fn regex_split(
        &mut self,
        pattern: &Rc<Pattern>,
        subject: &Value<'p>,
        limit: Option<&Value<'p>>,
        span: Span,
    ) -> Run<Value<'p>> {
        let Some(most) = most_matches(limit) else { return Ok(Value::unknown("the pieces of a text")) };
        let text = match subject {
            Value::Str(text) if !text.is_unknown() => text,
            Value::Str(_) | Value::Unknown(_) => return Ok(Value::unknown("the pieces of an unknown text")),
            _ => return raise("TypeError"),
        };
        let string = text.as_str();
        self.charge(string.len() / SEARCHED, span)?;
        let Some(matches) = self.matches(pattern, string, most, span)? else {
            return Ok(Value::unknown("the pieces of a text"));
        };
        let (mut from, mut pieces) = (0, Vec::new());
        for found in &matches {
            let Some(whole) = found.get(0) else { break };
            pieces.push(self.piece(text, &string[from..whole.start()], span)?);
            for group in found.iter().skip(1) {
                pieces.push(match group {
                    Some(group) => self.piece(text, group.as_str(), span)?,
                    None => Value::None,
                });
            }
            from = whole.end();
        }
        pieces.push(self.piece(text, &string[from..], span)?);
        Ok(Value::list(pieces, Growth::Fixed))
    }

    fn regex_sub(
        &mut self,
        pattern: &Rc<Pattern>,
        (replacement, subject): (&Value<'p>, &Value<'p>),
        count: Option<&Value<'p>>,
        span: Span,
    ) -> Run<Value<'p>> {
        let unknown = || Ok(Value::unknown("re.sub(...)"));
        let (Value::Str(replacement), Value::Str(text)) = (replacement, subject) else { return unknown() };
        if text.is_unknown() || replacement.as_str().contains('\\') {
            return unknown();
        }
        let Some(most) = most_matches(count) else { return unknown() };
        let string = text.as_str();
        self.charge(string.len() / COPIED, span)?;
        let Some(matches) = self.matches(pattern, string, most, span)? else { return unknown() };
        let (mut from, mut replaced) = (0, String::with_capacity(string.len()));
        for whole in matches.iter().filter_map(|found| found.get(0)) {
            self.charge(replacement.as_str().len() / COPIED, span)?;
            replaced.push_str(&string[from..whole.start()]);
            replaced.push_str(replacement.as_str());
            from = whole.end();
        }
        replaced.push_str(&string[from..]);
        Ok(Value::Str(text.derive(replaced)))
    }

    /// A method of a match.
    pub(super) fn match_method(&mut self, found: &Match, name: &str, args: &Args<'p>, span: Span) -> Run<Value<'p>> {
        if let Some(what) = args.all().iter().find_map(Value::unknown_text) {
            return Ok(Value::unknown(format!("{name}({what}) of a match")));
        }
        let absent = args.at_or(0, "default").cloned().unwrap_or(Value::None);
        let text = |group: &Option<Group>, absent: &Value<'p>| match group {
            Some(group) => Value::Str(group.text.clone()),
            None => absent.clone(),
        };
        match (name, args.positional.as_slice()) {
            ("group", []) => found.group(&Value::int(0)),
            ("group", [one]) => found.group(one),
            ("group", several) => Ok(Value::tuple(several.iter().map(|at| found.group(at)).collect::<Run<_>>()?)),
            ("groups", _) => Ok(Value::tuple(found.groups.iter().skip(1).map(|group| text(group, &absent)).collect())),
            ("groupdict", _) => {
                let mut named: Vec<_> = found.names.iter().collect();
                named.sort_by_key(|named| named.1);
                let mut table = Table::new(Growth::Fixed);
                for (name, at) in named {
                    let group = text(&found.groups[*at], &absent);
                    table.insert(Key::Str(name.as_str().into()), Value::str(name.as_str()), group);
                }
                Ok(Value::Dict(Rc::new(table.into())))
            }
            ("start" | "end" | "span", which) => {
                let at = found.place(which.first().unwrap_or(&Value::int(0)))?;
                let subject = found.subject.as_str();
                self.charge(subject.len() / COPIED, span)?;
                let place = |byte: usize| subject[..byte].chars().count() as i64;
                let (start, end) = found.groups[at]
                    .as_ref()
                    .map_or((-1, -1), |group| (place(group.place.start), place(group.place.end)));
                let number = |place: i64| Value::Int(place, found.subject.is_data());
                Ok(match name {
                    "start" => number(start),
                    "end" => number(end),
                    _ => Value::tuple(vec![number(start), number(end)]),
                })
            }
            ("expand", _) => Ok(Value::unknown("expand(...) of a match")),
            _ => raise("AttributeError"),
        }
    }
}

/// The most matches that an argument asks for: 0 is no limit, less than none is none.
fn most_matches(limit: Option<&Value<'_>>) -> Option<usize> {
    match limit {
        None | Some(Value::Int(0, _)) => Some(usize::MAX),
        Some(Value::Int(most, _)) => Some(usize::try_from(*most).unwrap_or(0)),
        Some(_) => None,
    }
}

impl Match {
    /// The number of a group that is given by it, or by a name.
    fn place(&self, which: &Value<'_>) -> Run<usize> {
        let place = match which {
            Value::Int(at, _) => usize::try_from(*at).ok(),
            Value::Str(name) => self.names.get(name.as_str()).copied(),
            _ => None,
        };
        place.filter(|at| *at < self.groups.len()).map_or_else(|| raise("IndexError"), Ok)
    }

    /// What a group holds.
    pub(super) fn group<'p>(&self, which: &Value<'p>) -> Run<Value<'p>> {
        let group = &self.groups[self.place(which)?];
        Ok(group.as_ref().map_or(Value::None, |group| Value::Str(group.text.clone())))
    }
}
